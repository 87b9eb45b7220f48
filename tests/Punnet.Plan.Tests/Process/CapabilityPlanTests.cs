using System;
using System.Linq;
using System.Text.Json.Nodes;
using Xunit;

namespace Punnet.Plan.Tests;

/// <summary>process.capabilities: what cannot be given is left out with a warning (config.md#linux-process), never with an error.</summary>
public sealed class CapabilityPlanTests
{
    [Theory]
    [InlineData("{}", "")]
    [InlineData("""{"bounding":["CAP_CHOWN"]}""", "bounding chown")]
    [InlineData("""{"bounding":["CAP_CHECKPOINT_RESTORE","CAP_CHOWN","CAP_CHOWN"]}""", "bounding chown checkpoint_restore")]
    [InlineData("""{"bounding":["CAP_KILL"],"permitted":["CAP_KILL"],"effective":["CAP_KILL"],"inheritable":["CAP_KILL"],"ambient":["CAP_KILL"]}""",
        "bounding kill | effective kill | permitted kill | inheritable kill | ambient kill")]
    [InlineData("""{"permitted":["CAP_KILL"]}""", "permitted kill")]
    [InlineData("""{"inheritable":["CAP_KILL"]}""", "inheritable kill")]
    // capset(2): effective only of permitted; capabilities(7): ambient only of permitted and inheritable.
    [InlineData("""{"effective":["CAP_KILL"]}""", """warn: process.capabilities.effective: ignoring "CAP_KILL", which is not permitted""")]
    [InlineData("""{"permitted":["CAP_KILL"],"ambient":["CAP_KILL"]}""",
        """permitted kill | warn: process.capabilities.ambient: can't raise ambient capability CAP_KILL: it is not permitted and inheritable""")]
    [InlineData("""{"inheritable":["CAP_KILL"],"ambient":["CAP_KILL"]}""",
        """inheritable kill | warn: process.capabilities.ambient: can't raise ambient capability CAP_KILL: it is not permitted and inheritable""")]
    // Names: as capabilities(7) writes them.
    [InlineData("""{"bounding":["CAP_CHOWN","cap_kill"]}""",
        """bounding chown | warn: process.capabilities.bounding[1]: ignoring "cap_kill", a capability that punnet does not know; did you mean "CAP_KILL"?""")]
    [InlineData("""{"bounding":["KILL"]}""",
        """warn: process.capabilities.bounding[0]: ignoring "KILL", a capability that punnet does not know; did you mean "CAP_KILL"?""")]
    [InlineData("""{"ambient":["ALL"]}""",
        """warn: process.capabilities.ambient[0]: ignoring "ALL", a capability that punnet does not know""")]
    public void Capabilities_become(string capabilities, string expected) => AssertSets(expected, capabilities, Plans.Host);

    [Fact]
    public void A_capability_that_the_kernel_does_not_know_is_left_out_of_every_set() => AssertSets(
        """bounding chown | permitted chown | warn: process.capabilities.bounding[1]: ignoring "CAP_BPF", a capability that this kernel does not know"""
            + """ | warn: process.capabilities.effective[0]: ignoring "CAP_BPF", a capability that this kernel does not know""",
        """{"bounding":["CAP_CHOWN","CAP_BPF"],"permitted":["CAP_CHOWN"],"effective":["CAP_BPF"]}""",
        Plans.Host with { LastCapability = 38 });

    [Fact]
    public void What_punnet_does_not_have_it_cannot_give() => AssertSets(
        """permitted chown | effective chown | warn: process.capabilities.permitted: ignoring "CAP_KILL", which is not punnet's to give"""
            + """ | warn: process.capabilities.effective: ignoring "CAP_KILL", which is not permitted""",
        """{"permitted":["CAP_CHOWN","CAP_KILL"],"effective":["CAP_CHOWN","CAP_KILL"]}""",
        Plans.Host with { Capabilities = 1 });

    [Fact]
    public void In_a_user_namespace_of_its_own_it_can()
    {
        ContainerPlan plan = Plans.With(
            """
            {
              "process": { "capabilities": { "bounding": ["CAP_SYS_RESOURCE"], "permitted": ["CAP_SYS_ADMIN"] } },
              "linux": {
                "namespaces": [{ "type": "mount" }, { "type": "user" }],
                "uidMappings": [{ "containerID": 0, "hostID": 1000, "size": 1 }], "gidMappings": [{ "containerID": 0, "hostID": 1000, "size": 1 }]
              }
            }
            """,
            Plans.Host with { Capabilities = 0 });

        Assert.Equal((1UL << 24, 1UL << 21), (plan.Process.Capabilities.Bounding, plan.Process.Capabilities.Permitted));
        Assert.Empty(plan.Process.Warnings);
    }

    // Every set that is not in the expected text is empty.
    private static void AssertSets(string expected, string capabilities, HostFacts facts)
    {
        string[] starts = ["bounding ", "effective ", "permitted ", "inheritable ", "ambient ", "warn: "];
        JsonObject config = new() { ["process"] = new JsonObject { ["capabilities"] = JsonNode.Parse(capabilities) } };
        string[] lines = [.. Plans.Section(Plans.With(config.ToJsonString(), facts), "process")
            .Where(line => starts.Any(start => line.StartsWith(start, StringComparison.Ordinal))
                && !line.EndsWith(" none", StringComparison.Ordinal))];

        Assert.Equal(expected.Split(" | ", StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal),
            lines.Order(StringComparer.Ordinal));
    }
}
