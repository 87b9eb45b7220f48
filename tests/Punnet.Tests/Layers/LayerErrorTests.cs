using System;
using System.Collections.Generic;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>Layers that cannot be stacked: one sentence that says which, and nothing is left.</summary>
public sealed class LayerErrorTests : ContainerTest
{
    [Theory]
    [InlineData("--layer @/nowhere", "cannot use the layer @/nowhere (--layer): no such file or directory (ENOENT)")]
    [InlineData("--layer @/file", "cannot use the layer @/file (--layer): not a directory (ENOTDIR)")]
    [InlineData("--layer @/layer --layer @/link",
        "cannot use the layer @/link (--layer): it is the same directory as the layer @/layer (--layer)")]
    [InlineData("--layer @/bundle/rootfs",
        "cannot use the layer @/bundle/rootfs (--layer): it is the same directory as the layer @/bundle/rootfs (root.path)")]
    [InlineData("--layer @/layer/in --layer @/layer",
        "cannot use the layer @/layer/in (--layer): it lies within the layer @/layer (--layer)")]
    [InlineData("--layer @/layer --upper @/layer", "cannot use the upper directory @/layer (--upper): it is the layer @/layer (--layer)")]
    [InlineData("--layer @/layer --upper @/layer/up",
        "cannot use the upper directory @/layer/up (--upper): it lies within the layer @/layer (--layer)")]
    [InlineData("--layer @/layer/in --upper @/layer",
        "cannot use the upper directory @/layer (--upper): the layer @/layer/in (--layer) lies within it")]
    [InlineData("--upper @/nowhere/up", "cannot use the upper directory @/nowhere/up (--upper): no such file or directory (ENOENT)")]
    [InlineData("--upper @/file", "cannot use the upper directory @/file (--upper): not a directory (ENOTDIR)")]
    [InlineData("--upper /proc",
        "cannot use the upper directory /proc (--upper): it is a mount itself, and overlayfs needs a work directory beside it")]
    [InlineData("--upper @/up --upper-tmpfs 1M", "--upper-tmpfs: changes go to one place: --upper is given too")]
    [InlineData("--upper-tmpfs much", "invalid value \"much\" for flag -upper-tmpfs: a size such as 64M is expected")]
    [InlineData("--upper-tmpfs 0", "invalid value \"0\" for flag -upper-tmpfs: a size such as 64M is expected")]
    [InlineData("--upper-tmpfs -1", "invalid value \"-1\" for flag -upper-tmpfs: a size such as 64M is expected")]
    [InlineData("--layer=", "--layer: is empty: expected the path of a directory")]
    public void What_cannot_be_stacked_is_named(string flags, string sentence)
    {
        Container container = Layered();
        container.Layer("layer/in");
        File.WriteAllText(container.Directory + "/file", "");
        File.CreateSymbolicLink(container.Directory + "/link", "layer");

        container.TryCreate(flags.Replace("@", container.Directory, StringComparison.Ordinal).Split(' '))
            .Fails(sentence.Replace("@", container.Directory, StringComparison.Ordinal));
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("layers", "[", "annotations[\"org.punnet.rootfs.layers\"]: expected a JSON list of paths: ")]
    [InlineData("layers", "{}", "annotations[\"org.punnet.rootfs.layers\"]: expected a JSON list of paths: ")]
    [InlineData("layers", "[1]", "annotations[\"org.punnet.rootfs.layers\"]: expected a JSON list of paths: ")]
    [InlineData("layers", "[\"nowhere\"]",
        "bundle/nowhere (annotations[\"org.punnet.rootfs.layers\"][0]): no such file or directory (ENOENT)")]
    [InlineData("layers", "[\"\"]", "annotations[\"org.punnet.rootfs.layers\"][0]: is empty: expected the path of a directory")]
    [InlineData("upper", "", "annotations[\"org.punnet.rootfs.upper\"]: is empty: expected the path of a directory")]
    [InlineData("upper-tmpfs", "1Q", "annotations[\"org.punnet.rootfs.upper-tmpfs\"]: \"1Q\" is not a size such as 64M")]
    [InlineData("layer", "[]",
        "annotations[\"org.punnet.rootfs.layer\"]: is not known: expected layers, upper or upper-tmpfs after org.punnet.rootfs.")]
    public void What_an_annotation_has_wrong_is_named(string name, string value, string sentence)
    {
        Container container = Layered();
        container.Bundle.Set("annotations", new System.Text.Json.Nodes.JsonObject { ["org.punnet.rootfs." + name] = value }.ToJsonString());
        container.TryCreate().Fails(sentence);
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("layers", "[\"x\"]", "--layer")]
    [InlineData("upper", "x", "--upper")]
    [InlineData("upper-tmpfs", "1M", "--upper-tmpfs")]
    public void An_option_and_its_annotation_stand_against_each_other(string name, string value, string option)
    {
        Container container = Layered();
        container.Bundle.Set("annotations", new System.Text.Json.Nodes.JsonObject { ["org.punnet.rootfs." + name] = value }.ToJsonString());
        container.TryCreate(option, name == "upper-tmpfs" ? "1M" : container.Layer("layer"))
            .Fails($"config.json: annotations[\"org.punnet.rootfs.{name}\"]: conflicts with {option}: give only one of them");
        container.AssertNothingLeft();
    }

    [Fact]
    public void Five_hundred_and_one_layers_are_too_many()
    {
        Container container = Layered();
        List<string> flags = [];
        for (int layer = 0; layer < 501; layer++)
        {
            flags.AddRange(["--layer", "/l"]);
        }

        container.TryCreate(flags).Fails("--layer: 502 layers with root.path, and the kernel stacks at most 500");
    }

    [Fact]
    public void Who_brings_only_layers_is_told_how_to_make_a_config()
    {
        Container container = Layered();
        string bundle = container.Directory + "/none";
        Directory.CreateDirectory(bundle);
        container.Call("run", "--bundle", bundle, "--layer", container.Layer("layer"), container.Id)
            .Fails($"cannot open {bundle}/config.json: no such file or directory (ENOENT)", $"\"punnet spec --bundle {bundle}\"");
    }

    [Fact]
    public void An_empty_root_without_a_layer_is_refused()
    {
        Container container = Layered();
        Directory.Delete(container.Bundle.Rootfs, recursive: true);
        Directory.CreateDirectory(container.Bundle.Rootfs);
        container.TryCreate("--upper-tmpfs", "1M").Fails("config.json: root.path: there is nothing in it, and no layer is given");
    }

    [Fact]
    public void A_file_system_that_cannot_take_changes_is_named()
    {
        Container container = Layered();
        string inner = container.Directory + "/inner", outer = container.Directory + "/outer";
        Directory.CreateDirectory(inner);
        Directory.CreateDirectory(outer);
        string low = container.Layer("low"), high = container.Layer("high"), other = container.Layer("other");

        // The kernel stacks file systems two high: on this one a third would be needed.
        new Command("mount", ["-t", "overlay", "-o", $"lowerdir={low}:{high}", "overlay", inner]).Run().Succeeds();
        new Command("mount",
            ["-t", "overlay", "-o", $"lowerdir={inner},upperdir={Made(other + "/up")},workdir={Made(other + "/work")}", "overlay",
            outer]).Run().Succeeds();
        try
        {
            container.TryCreate("--upper", Made(outer + "/upper"))
                .Fails($"cannot use the upper directory {outer}/upper (--upper): its file system, overlay, cannot take the changes of an "
                    + $"overlay: ", "--upper-tmpfs SIZE");
        }
        finally
        {
            new Command("umount", [outer]).Run().Succeeds();
            new Command("umount", [inner]).Run().Succeeds();
        }

        container.AssertNothingLeft();
    }

    [Fact]
    public void A_read_only_file_system_cannot_be_an_upper_directory()
    {
        Container container = Layered();
        string place = container.Directory + "/ro";
        Directory.CreateDirectory(place);
        new Command("mount", ["-t", "tmpfs", "tmpfs", place]).Run().Succeeds();
        try
        {
            Directory.CreateDirectory(place + "/upper");
            new Command("mount", ["-o", "remount,ro", place]).Run().Succeeds();
            container.TryCreate("--upper", place + "/upper")
                .Fails($"cannot use the upper directory {place}/upper (--upper): read-only file system (EROFS)");
            container.TryCreate("--upper", place + "/new")
                .Fails($"cannot use the upper directory {place}/new (--upper): read-only file system (EROFS)");
        }
        finally
        {
            new Command("umount", [place]).Run().Succeeds();
        }
    }

    [Fact]
    public void A_work_directory_that_others_could_have_made_is_refused()
    {
        Container container = Layered();
        string upper = container.Directory + "/upper";
        Directory.CreateDirectory(upper);
        Assert.Equal(0, Mono.Unix.Native.Syscall.stat(upper, out Mono.Unix.Native.Stat status));
        string work = $"{container.Directory}/.punnet-work-{status.st_ino}";
        Directory.CreateDirectory(work);
        Assert.Equal(0, Mono.Unix.Native.Syscall.chown(work, 1000, 1000));

        container.TryCreate("--upper", upper).Fails($"the work directory .punnet-work-{status.st_ino} beside it is open to other users");
        Assert.True(Directory.Exists(work));
        container.AssertNothingLeft();
    }

    private static string Made(string directory) => Directory.CreateDirectory(directory).FullName;

    private Container Layered()
    {
        Runtime.MustBePunnet();
        return NewContainer().Writable().Sleeps();
    }
}
