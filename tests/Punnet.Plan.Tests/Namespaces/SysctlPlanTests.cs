using System.Text.Json.Nodes;
using Xunit;

namespace Punnet.Plan.Tests;

/// <summary>config-linux.md#sysctl: only what belongs to a namespace of the container, in the key forms of sysctl(8).</summary>
public sealed class SysctlPlanTests
{
    private const string Namespaces = """[{"type":"mount"},{"type":"ipc"},{"type":"network"},{"type":"uts","path":"/run/uts"}]""";

    [Theory]
    // The first separator says which one separates.
    [InlineData("net.ipv4.ip_forward", "sys/net/ipv4/ip_forward", "network")]
    [InlineData("net/ipv4/ip_forward", "sys/net/ipv4/ip_forward", "network")]
    [InlineData("net.ipv4.conf.eth0/1.forwarding", "sys/net/ipv4/conf/eth0.1/forwarding", "network")]
    [InlineData("net/ipv4/conf/eth0.1/forwarding", "sys/net/ipv4/conf/eth0.1/forwarding", "network")]
    [InlineData("net/ipv4/conf/all/rp_filter", "sys/net/ipv4/conf/all/rp_filter", "network")]
    [InlineData("kernel.sem", "sys/kernel/sem", "ipc")]
    [InlineData("kernel/sem", "sys/kernel/sem", "ipc")]
    [InlineData("kernel.msgmax", "sys/kernel/msgmax", "ipc")]
    [InlineData("kernel.msgmnb", "sys/kernel/msgmnb", "ipc")]
    [InlineData("kernel.msgmni", "sys/kernel/msgmni", "ipc")]
    [InlineData("kernel.shmall", "sys/kernel/shmall", "ipc")]
    [InlineData("kernel.shmmax", "sys/kernel/shmmax", "ipc")]
    [InlineData("kernel.shmmni", "sys/kernel/shmmni", "ipc")]
    [InlineData("kernel.shm_rmid_forced", "sys/kernel/shm_rmid_forced", "ipc")]
    [InlineData("fs.mqueue.msg_max", "sys/fs/mqueue/msg_max", "ipc")]
    [InlineData("kernel.domainname", "sys/kernel/domainname", "uts")]
    public void A_parameter_is_the_file(string key, string path, string kind) =>
        Plans.AssertSection(
            key + ": 1 to /proc/" + path + " of the " + kind + " namespace", "sysctls", Plans.With(Config(key, Namespaces)));

    [Theory]
    [InlineData("kernel.hostname", "is set by the property hostname")]
    [InlineData("kernel.core_pattern", "is not in a separate kernel namespace: it would change the host")]
    [InlineData("kernel.sem2", "is not in a separate kernel namespace: it would change the host")]
    [InlineData("kernel", "is not in a separate kernel namespace: it would change the host")]
    [InlineData("net", "is not in a separate kernel namespace: it would change the host")]
    [InlineData("network.a", "is not in a separate kernel namespace: it would change the host")]
    [InlineData("vm.swappiness", "is not in a separate kernel namespace: it would change the host")]
    [InlineData("fs.file-max", "is not in a separate kernel namespace: it would change the host")]
    [InlineData("fs.mqueue", "is not in a separate kernel namespace: it would change the host")]
    [InlineData("user.max_pid_namespaces", "needs a user namespace in linux.namespaces: without one it would change the host")]
    // What would leave the folder.
    [InlineData("", "is not the name of a kernel parameter")]
    [InlineData("net.", "is not the name of a kernel parameter")]
    [InlineData(".net", "is not the name of a kernel parameter")]
    [InlineData("net..ipv4", "is not the name of a kernel parameter")]
    [InlineData("/net/ipv4/ip_forward", "is not the name of a kernel parameter")]
    [InlineData("net/../kernel/core_pattern", "is not the name of a kernel parameter")]
    [InlineData("net.//.kernel", "is not the name of a kernel parameter")]
    [InlineData("net/./ipv4", "is not the name of a kernel parameter")]
    public void A_parameter_is_refused(string key, string expected) =>
        Assert.Equal("linux.sysctl[\"" + key + "\"]: " + expected, Plans.Refusal(Config(key, Namespaces)));

    [Theory]
    [InlineData("1\n2")]
    [InlineData("\n1")]
    public void A_value_of_several_lines_is_refused(string value) =>
        Assert.Equal(
            "linux.sysctl[\"net.core.somaxconn\"]: the value has several lines, and a kernel parameter has one",
            Plans.Refusal(Config("net.core.somaxconn", Namespaces).Replace("\"1\"", System.Text.Json.JsonSerializer.Serialize(value),
                System.StringComparison.Ordinal)));

    [Theory]
    [InlineData("net.core.somaxconn", "network")]
    [InlineData("kernel.shmmax", "ipc")]
    [InlineData("fs.mqueue.msg_max", "ipc")]
    [InlineData("kernel.domainname", "uts")]
    public void A_parameter_of_a_namespace_needs_that_namespace(string key, string kind) => Assert.Equal(
        "linux.sysctl[\"" + key + "\"]: needs " + (kind == "ipc" ? "an " : "a ") + kind
            + " namespace in linux.namespaces: without one it would change the host",
        Plans.Refusal(Config(key, """[{"type":"mount"},{"type":"cgroup"}]""")));

    [Theory]
    [InlineData("\"1\"")]
    [InlineData("\"\"")]
    [InlineData("null")]
    public void The_domain_name_may_be_said_twice_but_not_differently(string domainname)
    {
        string config = Config("kernel.domainname", Namespaces)[..^1] + ",\"domainname\":";

        Assert.Equal("1", Assert.Single(Plans.With(config + domainname + "}").Sysctls).Value.ToString());
        Assert.Equal(
            "linux.sysctl[\"kernel.domainname\"]: \"1\" contradicts the property domainname, \"2\"", Plans.Refusal(config + "\"2\"}"));
    }

    [Fact]
    public void A_value_is_written_as_it_stands()
    {
        ContainerPlan plan = Plans.With("{\"linux\":{\"namespaces\":" + Namespaces
            + ""","sysctl":{"net.ipv4.ping_group_range":"0\t1 +net\n"}}}""");

        Assert.Equal("0\t1 +net\n", Assert.Single(plan.Sysctls).Value.ToString());
    }

    private static string Config(string key, string namespaces) => new JsonObject
    {
        ["linux"] = new JsonObject { ["namespaces"] = JsonNode.Parse(namespaces), ["sysctl"] = new JsonObject { [key] = "1" } },
    }.ToJsonString();
}
