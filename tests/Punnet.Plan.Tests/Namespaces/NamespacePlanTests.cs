using System.Linq;
using Xunit;

namespace Punnet.Plan.Tests;

/// <summary>config-linux.md#namespaces, #user-namespace-mappings and #offset-for-time-namespace.</summary>
public sealed class NamespacePlanTests
{
    private const string Maps = """ "uidMappings":[{"containerID":0,"hostID":1000,"size":1}],"gidMappings":[{"containerID":0,"hostID":2000,"size":2}] """;

    [Theory]
    [InlineData("""[{"type":"mount"}]""", "", "clone mount")]
    [InlineData("""[{"type":"mount","path":""}]""", "", "clone mount")]
    [InlineData("""[{"type":"uts"},{"type":"mount"},{"type":"pid"},{"type":"ipc"},{"type":"network"}]""", "",
        "clone mount pid network ipc uts")]
    [InlineData("""[{"type":"mount"},{"type":"cgroup"}]""", "", "clone mount | unshare cgroup")]
    [InlineData("""[{"type":"mount"},{"type":"time"}]""", "", "unshare time | clone mount")]
    [InlineData("""[{"type":"mount"},{"type":"time"}]""", """ "timeOffsets":{"boottime":{"secs":-5,"nanosecs":999999999}} """,
        "unshare time | clock boottime -5 999999999 | clone mount")]
    [InlineData("""[{"type":"mount"},{"type":"user"}]""", Maps, "clone user mount | uid map 0 1000 1 | gid map 0 2000 2")]
    [InlineData("""[{"type":"mount"},{"type":"network","path":"/n"}]""", "", "clone mount | join network /n (linux.namespaces[1])")]
    [InlineData("""[{"type":"mount"},{"type":"time","path":"/n"},{"type":"cgroup","path":"/c"}]""", "",
        "clone mount | join time /n (linux.namespaces[1]) | join cgroup /c (linux.namespaces[2])")]
    [InlineData("""[{"type":"mount","path":"/m"},{"type":"uts","path":"/u"}]""", "",
        "clone none | join uts /u (linux.namespaces[1]) | join mount /m (linux.namespaces[0])")]
    // What joins must do in a process of its own: a pid namespace is for children; beside a user namespace the rights would be gone.
    [InlineData("""[{"type":"mount"},{"type":"pid","path":"/p"}]""", "",
        "clone a process that joins and then clones the container's | join pid /p (linux.namespaces[1]) | clone mount")]
    [InlineData("""[{"type":"user","path":"/u"},{"type":"mount"},{"type":"ipc","path":"/i"}]""", "",
        "clone a process that joins and then clones the container's | join ipc /i (linux.namespaces[2]) | join user /u "
        + "(linux.namespaces[0]) | clone mount")]
    [InlineData("""[{"type":"user","path":"/u"},{"type":"mount"}]""", Maps,
        "clone a process that joins and then clones the container's | join user /u (linux.namespaces[0]) | clone mount")]
    [InlineData("""[{"type":"user"},{"type":"mount"},{"type":"network","path":"/n"}]""", Maps,
        "clone a process that joins and then clones the container's | join network /n (linux.namespaces[2]) | clone user mount | uid map "
        + "0 1000 1 | gid map 0 2000 2")]
    public void Namespaces_become(string namespaces, string more, string expected) =>
        Plans.AssertSection(expected + " | keyring _ses.web1", "namespaces", Plans.With(Linux(namespaces, more)));

    // What init makes is charged to the container, and a small limit does not bear it.
    [Theory]
    [InlineData(null, true)]
    [InlineData(64L << 20, true)]
    [InlineData(1L << 20, false)]
    public void Init_makes_its_own_namespaces_while_the_host_makes_the_networks(long? limit, bool expected)
    {
        Spec.Linux linux = new()
        {
            Namespaces = [new Spec.Namespace("mount", null), new Spec.Namespace("uts", null), new Spec.Namespace("network", null)],
            Resources = new Spec.Resources { Memory = new Spec.MemoryResources { Limit = limit } },
        };
        ContainerPlan plan = Planning.Plan(Planning.Config with { Linux = linux });
        Abi.CloneFlags made = expected ? Abi.CloneFlags.NewMount | Abi.CloneFlags.NewUts : Abi.CloneFlags.None;
        Assert.Equal(made, plan.MadeByInit);
    }

    [Theory]
    [InlineData("""[{"type":"user"}]""", "",
        "linux.namespaces: a user namespace has no right over the mounts of the host: with it goes a mount namespace ({\"type\": "
        + "\"mount\"})")]
    [InlineData("""[{"type":"mount"},{}]""", "", "linux.namespaces[1].type: is missing")]
    [InlineData("""[{"type":""}]""", "",
        "linux.namespaces[0].type: \"\" is not a namespace (user, mount, pid, network, ipc, uts, cgroup or time)")]
    [InlineData("""[{"type":"mount"},{"type":"net"}]""", "",
        "linux.namespaces[1].type: \"net\" is not a namespace (user, mount, pid, network, ipc, uts, cgroup or time)")]
    [InlineData("""[{"type":"Mount"}]""", "",
        "linux.namespaces[0].type: \"Mount\" is not a namespace (user, mount, pid, network, ipc, uts, cgroup or time)")]
    [InlineData("""[{"type":"mount"},{"type":"pid"},{"type":"pid"}]""", "", "linux.namespaces[2].type: \"pid\" is given twice")]
    [InlineData("""[{"type":"mount"},{"type":"pid","path":"/a"},{"type":"pid","path":"/b"}]""", "",
        "linux.namespaces[2].type: \"pid\" is given twice")]
    [InlineData("""[{"type":"mount"},{"type":"ipc","path":"proc/1/ns/ipc"}]""", "",
        "linux.namespaces[1].path: \"proc/1/ns/ipc\" is not an absolute path")]
    [InlineData("""[{"type":"mount"},{"type":"user"}]""", "",
        "linux.uidMappings: is missing: a new user namespace needs at least one mapping")]
    [InlineData("""[{"type":"mount"},{"type":"user"}]""", """ "uidMappings":[{"containerID":0,"hostID":0,"size":1}] """,
        "linux.gidMappings: is missing: a new user namespace needs at least one mapping")]
    [InlineData("""[{"type":"mount"}]""", Maps,
        "linux.uidMappings: ids are mapped only in a user namespace, and linux.namespaces has none")]
    [InlineData("""[{"type":"mount"}]""", """ "gidMappings":[{"containerID":0,"hostID":0,"size":1}] """,
        "linux.gidMappings: ids are mapped only in a user namespace, and linux.namespaces has none")]
    [InlineData("""[{"type":"mount"}]""", """ "timeOffsets":{"monotonic":{"secs":1}} """,
        "linux.timeOffsets: clocks are shifted only in a time namespace, and linux.namespaces has none")]
    [InlineData("""[{"type":"mount"},{"type":"time","path":"/t"}]""", """ "timeOffsets":{"monotonic":{"secs":1}} """,
        "linux.timeOffsets: time namespace enabled, but both namespace path and time offsets specified -- you may only provide one")]
    [InlineData("""[{"type":"mount"},{"type":"time"}]""", """ "timeOffsets":{"realtime":{"secs":1}} """,
        "linux.timeOffsets.realtime: is not a clock of a time namespace (monotonic or boottime)")]
    [InlineData("""[{"type":"mount"},{"type":"time"}]""", """ "timeOffsets":{"boottime":{"nanosecs":1000000000}} """,
        "linux.timeOffsets.boottime.nanosecs: 1000000000 is a second or more: expected 0 to 999999999")]
    public void Namespaces_are_refused(string namespaces, string more, string expected) =>
        Assert.Equal(expected, Plans.Refusal(Linux(namespaces, more)));

    [Theory]
    [InlineData("""{"containerID":0,"hostID":0,"size":4294967295}""", "uid map 0 0 4294967295")]
    [InlineData("""{"containerID":4294967294,"hostID":0,"size":1}""", "uid map 4294967294 0 1")]
    [InlineData("""{"containerID":1,"hostID":5,"size":1},{"containerID":0,"hostID":6,"size":1}""", "uid map 1 5 1 | uid map 0 6 1")]
    public void A_mapping_becomes(string mappings, string expected) =>
        Assert.Equal(expected,
            string.Join(" | ",
            Plans.Section(Plans.With(Mapped(mappings)),
            "namespaces").Where(line => line.StartsWith("uid", System.StringComparison.Ordinal))));

    [Theory]
    [InlineData("""{"containerID":0,"hostID":0,"size":0}""", "linux.uidMappings[0].size: 0 maps nothing: expected 1 or more")]
    [InlineData("""{"containerID":1,"hostID":0,"size":4294967295}""",
        "linux.uidMappings[0].size: 4294967295 ids go beyond the largest, 4294967294")]
    [InlineData("""{"containerID":0,"hostID":4294967295,"size":1}""", "linux.uidMappings[0].size: 1 ids go beyond the largest, 4294967294")]
    [InlineData("""{"containerID":0,"hostID":0,"size":10},{"containerID":9,"hostID":20,"size":1}""",
        "linux.uidMappings[1]: the container's id 9 is one of linux.uidMappings[0]")]
    [InlineData("""{"containerID":0,"hostID":0,"size":1},{"containerID":20,"hostID":9,"size":2},{"containerID":40,"hostID":10,"size":5}""",
        "linux.uidMappings[2]: the host's ids 10 to 14 overlap those of linux.uidMappings[1]")]
    public void A_mapping_is_refused(string mappings, string expected) => Assert.Equal(expected, Plans.Refusal(Mapped(mappings)));

    [Fact]
    public void As_many_mappings_as_the_kernel_takes_and_no_more()
    {
        string[] mappings = [.. Enumerable.Range(0, 341).Select(id => "{\"containerID\":" + id + ",\"hostID\":" + id + ",\"size\":1}")];

        string map = Plans.With(Mapped(string.Join(',', mappings[1..]))).Namespaces.UidMap.ToString();
        Assert.Equal(340, map.Count(letter => letter == '\n'));
        Assert.Equal(
            "linux.uidMappings: 341 mappings, and the kernel takes at most 340", Plans.Refusal(Mapped(string.Join(',', mappings))));
    }

    [Fact]
    public void A_session_keyring_is_not_made_where_it_is_not_wanted() =>
        Plans.AssertSection(
            "clone mount", "namespaces", Plans.With("{}", options: new PlanOptions("web1", "/bundle", false, NoNewKeyring: true, false)));

    private static string Linux(string namespaces, string more) =>
        "{\"linux\":{\"namespaces\":" + namespaces + (more.Length == 0 ? "" : "," + more) + "}}";

    private static string Mapped(string mappings) =>
        Linux("""[{"type":"mount"},{"type":"user"}]""",
            "\"uidMappings\":[" + mappings + """],"gidMappings":[{"containerID":0,"hostID":0,"size":1}]""");
}
