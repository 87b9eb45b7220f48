using System.Collections.Generic;
using Punnet.Spec;
using Xunit;

namespace Punnet.Plan.Tests;

/// <summary>Mounts with ids of their own: what is planned and what is refused.</summary>
public sealed class IdMapPlannerTests
{
    private static readonly IReadOnlyList<IdMapping> Mapping = [new IdMapping(0, 5000, 10)];

    private static readonly Linux UserNamespace = new()
    {
        Namespaces = [new Namespace("mount", null), new Namespace("user", null)],
        UidMappings = [new IdMapping(0, 100000, 1000), new IdMapping(1000, 300000, 10)],
        GidMappings = [new IdMapping(0, 200000, 1000)],
    };

    [Theory]
    [InlineData("bind", false)]
    [InlineData("idmap", false)]
    [InlineData("ridmap", true)]
    public void Mappings_are_the_texts_of_the_kernel(string option, bool isTree)
    {
        IdMapPlan plan = Planning.Plan(Bind("bind", option) with
        {
            UidMappings = Mapping,
            GidMappings = [new IdMapping(1, 2, 3), new IdMapping(4, 5, 6)]
        }).IdMap!;
        Assert.Equal(("0 5000 10\n", "1 2 3\n4 5 6\n", isTree), (plan.UidMap.ToString(), plan.GidMap.ToString(), plan.Recursive));
    }

    [Fact]
    public void A_mount_that_asks_for_nothing_has_no_mapping() => Assert.Null(Planning.Plan(Bind("bind"), UserNamespace).IdMap);

    [Theory]
    [InlineData("idmap", false)]
    [InlineData("ridmap", true)]
    public void Without_mappings_those_of_the_container_are_meant(string option, bool isTree)
    {
        IdMapPlan plan = Planning.Plan(Bind("bind", option), UserNamespace).IdMap!;
        Assert.True(plan.UidMap.IsNull);
        Assert.Equal(isTree, plan.Recursive);
    }

    [Theory]
    [InlineData("idmap=uids=0-1-10#10-11-10;gids=0-100-10", "0 1 10\n10 11 10\n", "0 100 10\n")]
    [InlineData("idmap=gids=0-0-1;uids=0-7-1", "0 7 1\n", "0 0 1\n")]
    [InlineData("idmap=uids=@0-1-10;gids=@0-0-1000", "0 100001 10\n", "0 200000 1000\n")]
    [InlineData("idmap=uids=@0-1005-5;gids=3-3-3", "0 300005 5\n", "3 3 3\n")]
    public void Mappings_may_be_written_as_crun_has_them(string option, string uids, string gids)
    {
        IdMapPlan plan = Planning.Plan(Bind("bind", option), UserNamespace).IdMap!;
        Assert.Equal((uids, gids), (plan.UidMap.ToString(), plan.GidMap.ToString()));
    }

    [Theory]
    [InlineData("idmap=uids=0-1-10", "mounts[0].options[1]: needs both uids=… and gids=…")]
    [InlineData("idmap=all", "mounts[0].options[1]: \"all\" is neither uids=… nor gids=…")]
    [InlineData("idmap=uids=0-1;gids=0-1-1",
        "mounts[0].options[1]: \"0-1\" is not a mapping such as 0-1000-10: id in the file system, id on the host, number of ids")]
    [InlineData("idmap=uids=0-x-1;gids=0-1-1",
        "mounts[0].options[1]: \"0-x-1\" is not a mapping such as 0-1000-10: id in the file system, id on the host, number of ids")]
    [InlineData("idmap=uids=0-1-0;gids=0-1-1", "mounts[0].options[1][0].size: 0 maps nothing: expected 1 or more")]
    [InlineData("idmap=uids=@0-995-10;gids=0-1-1", "mounts[0].options[1]: no range of linux.uidMappings has the ids 995 to 1004")]
    public void An_invalid_mapping_is_refused(string option, string expected) =>
        Assert.Equal(expected, Planning.Refusal(() => Planning.Plan(Bind("bind", option), UserNamespace)));

    [Fact]
    public void Half_a_mapping_is_refused()
    {
        Assert.Equal(
            "mounts[0].gidMappings: is missing: ids of users and of groups are mapped together",
            Planning.Refusal(() => Planning.Plan(Bind("bind") with { UidMappings = Mapping })));
        Assert.Equal(
            "mounts[0].uidMappings: is missing: ids of users and of groups are mapped together",
            Planning.Refusal(() => Planning.Plan(Bind("bind") with { GidMappings = Mapping })));
    }

    [Theory]
    [InlineData("idmap")]
    [InlineData("ridmap")]
    public void Without_any_mapping_the_option_is_refused(string option) => Assert.Equal(
        "mounts[0].options[1]: \"" + option + "\" needs uidMappings and gidMappings, or a user namespace",
        Planning.Refusal(() => Planning.Plan(Bind("bind", option))));

    [Fact]
    public void Two_mappings_are_refused() => Assert.Equal(
        "mounts[0].options[1]: the mount has uidMappings and gidMappings already",
        Planning.Refusal(() => Planning.Plan(Bind("bind", "idmap=uids=0-1-1;gids=0-1-1") with
        {
            UidMappings = Mapping,
            GidMappings = Mapping
        })));

    [Fact]
    public void Only_a_bind_can_be_mapped() => Assert.Equal(
        "mounts[0].uidMappings: only the ids of a bind mount can be mapped",
        Planning.Refusal(() => Planning.Plan(
            new Mount { Destination = "/mnt", Type = "tmpfs", Source = "tmpfs", UidMappings = Mapping, GidMappings = Mapping })));

    [Theory]
    [InlineData("copy-symlink")]
    [InlineData("src-nofollow")]
    public void Only_a_bind_has_links_to_follow(string option) => Assert.Equal(
        "mounts[0].options[0]: only a bind mount has a source whose links matter",
        Planning.Refusal(() => Planning.Plan(new Mount { Destination = "/mnt", Type = "tmpfs", Source = "tmpfs", Options = [option] })));

    private static Mount Bind(params IReadOnlyList<string> options) => new() { Destination = "/mnt", Source = "/src", Options = options };
}
