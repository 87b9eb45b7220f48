using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Punnet.Spec;
using Xunit;

namespace Punnet.Plan.Tests;

/// <summary>A root of layers, as it is planned.</summary>
public sealed class OverlayPlanTests
{
    private const string ReadOnly = """{"root":{"readonly":true}}""";

    private const string UserNamespace = """
        {"linux":{"namespaces":[{"type":"mount"},{"type":"user"}],
          "uidMappings":[{"containerID":0,"hostID":1000,"size":1}],"gidMappings":[{"containerID":0,"hostID":1000,"size":1}]}}
        """;

    private static readonly LayerRequest OneLayer = new()
    { Layers = [new RequestedPath("app", "--layer")], StateDirectory = "/run/punnet/web1" };

    private static readonly LayerRequest OnRoot = OneLayer with { Root = RootContent.Filled };

    [Fact]
    public void Without_a_request_the_root_is_a_directory() => Assert.Null(Plans.With("{}").Overlay);

    [Fact]
    public void A_filled_root_is_the_lowest_layer_and_changes_go_to_the_state_directory() => AssertRoot(
        "layer /bundle/rootfs (root.path) | layer /bundle/app (--layer) | changes to /run/punnet/web1/upper, removed with the container"
        + " | stack the layers on /bundle/rootfs index=off metacopy=off redirect_dir=off volatile",
        "{}", OnRoot);

    [Theory]
    [InlineData(RootContent.Empty, "/bundle/rootfs")]
    [InlineData(RootContent.Missing, "/run/punnet/web1/rootfs")]
    public void A_root_without_files_is_only_a_place(RootContent content, string place)
    {
        ContainerPlan plan = Plan("{}", OneLayer with { Root = content });

        Assert.Equal(place, plan.Root.ToString());
        Assert.Equal(["/bundle/app"], plan.Overlay!.Layers.Select(layer => layer.Path.ToString()));
    }

    [Fact]
    public void A_config_without_a_root_has_the_layers_alone() =>
        Assert.Equal("/run/punnet/web1/rootfs", Plan("""{"root":null}""", OneLayer).Root.ToString());

    [Fact]
    public void An_upper_directory_that_is_kept_is_not_volatile() => AssertRoot(
        "layer /bundle/rootfs (root.path) | layer /bundle/app (--layer) | changes to /keep (--upper)"
        + " | stack the layers on /bundle/rootfs index=off metacopy=off redirect_dir=off",
        "{}", OnRoot with { Upper = new RequestedPath("/keep", "--upper") });

    [Fact]
    public void Changes_in_memory_have_a_size() => AssertRoot(
        "layer /bundle/rootfs (root.path) | layer /bundle/app (--layer) | changes to a tmpfs of 4096 bytes"
        + " | stack the layers on /bundle/rootfs index=off metacopy=off redirect_dir=off volatile",
        "{}", OnRoot with { TmpfsSize = 4096, TmpfsPlace = "--upper-tmpfs" });

    [Fact]
    public void A_read_only_root_has_no_upper_directory() => AssertRoot(
        "layer /bundle/rootfs (root.path) | layer /bundle/app (--layer) | stack the layers on /bundle/rootfs index=off metacopy=off "
        + "redirect_dir=off",
        ReadOnly, OnRoot);

    [Fact]
    public void A_single_layer_that_is_only_read_is_bound()
    {
        OverlayPlan plan = Plan(ReadOnly, OneLayer).Overlay!;

        Assert.True(plan.IsBind);
        Assert.False(Plan("{}", OneLayer).Overlay!.IsBind);
    }

    [Theory]
    [InlineData(0u, true)]
    [InlineData(1000u, false)]
    public void In_a_user_namespace_marks_are_those_of_users_and_root_maps_the_ids(uint user, bool mapsIds)
    {
        OverlayPlan plan = Plan(UserNamespace, OneLayer, Plans.Host with { EffectiveUser = user }).Overlay!;

        Assert.Equal(mapsIds, plan.MapsIds);
        Assert.True(plan.UserXattr);
        Assert.Equal(["index", "userxattr", "volatile"], plan.Options.Select(option => option.Key.ToString()));
    }

    [Fact]
    public void A_path_keeps_its_dots_which_a_link_may_give_another_meaning()
    {
        LayerRequest request = OneLayer with { Layers = [new RequestedPath("link/../app", "--layer")] };

        Assert.Equal("/bundle/link/../app", Plan("{}", request).Overlay!.Layers[0].Path.ToString());
    }

    [Fact]
    public void Five_hundred_layers_are_the_most()
    {
        Assert.Equal(500, Plan("{}", Many(500)).Overlay!.Layers.Length);
        Assert.Equal("--layer: 501 layers, and the kernel stacks at most 500", Refusal(Many(501)));
        Assert.Equal(
            "--layer: 501 layers with root.path, and the kernel stacks at most 500", Refusal(Many(500) with { Root = RootContent.Filled }));
    }

    [Fact]
    public void A_request_that_contradicts_itself_is_refused()
    {
        Assert.Equal("root.path: there is nothing in it, and no layer is given", Refusal(OneLayer with { Layers = [] }));
        Assert.Equal(
            "--layer: is empty: expected the path of a directory", Refusal(OneLayer with { Layers = [new RequestedPath("", "--layer")] }));
        Assert.Equal(
            "here: changes go to one place: there is given too",
            Refusal(OneLayer with { Upper = new RequestedPath("/up", "there"), TmpfsSize = 1, TmpfsPlace = "here" }));
        Assert.Equal("here: a tmpfs needs at least 1 byte", Refusal(OneLayer with { TmpfsSize = 0, TmpfsPlace = "here" }));
    }

    private static LayerRequest Many(int count) => OneLayer with
    {
        Layers = Enumerable.Range(0, count).Select(number => new RequestedPath("/l" + number, "--layer")).ToImmutableArray(),
    };

    private static void AssertRoot(string expected, string patch, LayerRequest request)
    {
        IEnumerable<string> lines = Plans.Section(Plan(patch, request), "root")
            .Where(line => !line.StartsWith("enter", StringComparison.Ordinal));

        Assert.Equal(expected, string.Join(" | ", lines.Where(line => line != "read-only")));
    }

    private static string Refusal(LayerRequest request) => Assert.Throws<SpecException>(() => Plan("{}", request)).Message;

    private static ContainerPlan Plan(string patch, LayerRequest request, HostFacts? facts = null) =>
        Plans.With(patch, facts,
            new PlanOptions("web1", "/bundle", NoPivot: false, NoNewKeyring: false, SystemdCgroup: false) { Layers = request });
}
