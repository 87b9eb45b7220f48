using Punnet.Abi;
using Punnet.Spec;
using Xunit;

namespace Punnet.Plan.Tests;

/// <summary>linux.memoryPolicy and linux.personality: what is planned and what is refused.</summary>
public sealed class MemoryPolicyPlannerTests
{
    [Theory]
    [InlineData("MPOL_DEFAULT", null, 0)]
    [InlineData("MPOL_PREFERRED", "1", 1)]
    [InlineData("MPOL_PREFERRED", null, 1)]
    [InlineData("MPOL_BIND", "0", 2)]
    [InlineData("MPOL_INTERLEAVE", "0-1", 3)]
    [InlineData("MPOL_LOCAL", "", 4)]
    [InlineData("MPOL_PREFERRED_MANY", "0,2", 5)]
    [InlineData("MPOL_WEIGHTED_INTERLEAVE", "0", 6)]
    public void Every_mode_of_the_specification_is_known(string mode, string? nodes, uint expected) =>
        Assert.Equal(expected, (uint)Plan(new MemoryPolicy { Mode = mode, Nodes = nodes }).Mode);

    [Fact]
    public void Nodes_are_a_mask() =>
        Assert.Equal([0, 1, 70], Planning.Numbers(Plan(new MemoryPolicy { Mode = "MPOL_BIND", Nodes = "0-1,70" }).Nodes));

    [Theory]
    [InlineData("MPOL_F_NUMA_BALANCING", MemoryPolicyMode.NumaBalancing)]
    [InlineData("MPOL_F_RELATIVE_NODES", MemoryPolicyMode.RelativeNodes)]
    [InlineData("MPOL_F_STATIC_NODES", MemoryPolicyMode.StaticNodes)]
    public void A_flag_is_added_to_the_mode(string flag, MemoryPolicyMode expected) =>
        Assert.Equal(MemoryPolicyMode.Bind | expected, Plan(new MemoryPolicy { Mode = "MPOL_BIND", Nodes = "0", Flags = [flag] }).Mode);

    public static TheoryData<MemoryPolicy, string> Broken { get; } = new()
    {
        { new MemoryPolicy(), "linux.memoryPolicy.mode: is missing" },
        { new MemoryPolicy { Mode = "MPOL_NEAR" }, "linux.memoryPolicy.mode: \"MPOL_NEAR\" is not a memory policy (MPOL_*)" },
        { new MemoryPolicy { Mode = "MPOL_BIND" }, "linux.memoryPolicy.nodes: is missing: MPOL_BIND needs at least one node" },
        { new MemoryPolicy { Mode = "MPOL_INTERLEAVE" }, "linux.memoryPolicy.nodes: is missing: MPOL_INTERLEAVE needs at least one node" },
        { new MemoryPolicy { Mode = "MPOL_DEFAULT", Nodes = "0" }, "linux.memoryPolicy.nodes: MPOL_DEFAULT takes no nodes" },
        { new MemoryPolicy { Mode = "MPOL_LOCAL", Nodes = "0" }, "linux.memoryPolicy.nodes: MPOL_LOCAL takes no nodes" },
        { new MemoryPolicy { Mode = "MPOL_BIND", Nodes = "x" },
            "linux.memoryPolicy.nodes: \"x\" is not a list of numbers and ranges such as \"0-3,7\"" },
        { new MemoryPolicy { Mode = "MPOL_BIND", Nodes = "1024" },
            "linux.memoryPolicy.nodes: 1024 is more than 1023, the largest that any kernel has" },
        { new MemoryPolicy { Mode = "MPOL_BIND", Nodes = "0", Flags = ["STATIC"] },
            "linux.memoryPolicy.flags[0]: \"STATIC\" is not a flag of a memory policy (MPOL_F_*)" },
        {
            new MemoryPolicy { Mode = "MPOL_BIND", Nodes = "0", Flags = ["MPOL_F_STATIC_NODES", "MPOL_F_RELATIVE_NODES"] },
            "linux.memoryPolicy.flags: MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other"
        },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void An_invalid_memory_policy_is_refused(MemoryPolicy written, string expected) =>
        Assert.Equal(expected, Planning.Refusal(() => Plan(written)));

    [Theory]
    [InlineData("LINUX", ExecutionDomain.Linux)]
    [InlineData("LINUX32", ExecutionDomain.Linux32)]
    public void A_personality_is_a_domain(string domain, ExecutionDomain expected) =>
        Assert.Equal(expected, Plan(new Personality { Domain = domain }).Personality);

    [Fact]
    public void A_flag_of_a_personality_is_ignored_with_a_warning()
    {
        ProcessPlan plan = Plan(new Personality { Domain = "LINUX", Flags = ["ADDR_NO_RANDOMIZE"] });
        Assert.Equal(ExecutionDomain.Linux, plan.Personality);
        Assert.Equal(["linux.personality.flags: ignoring ADDR_NO_RANDOMIZE: flags of a personality are not supported"], plan.Warnings);
    }

    [Theory]
    [InlineData(null, "linux.personality.domain: is missing")]
    [InlineData("BSD", "linux.personality.domain: \"BSD\" is not a domain (LINUX or LINUX32)")]
    public void An_invalid_personality_is_refused(string? domain, string expected) =>
        Assert.Equal(expected, Planning.Refusal(() => Plan(new Personality { Domain = domain })));

    private static MemoryPolicyStep Plan(MemoryPolicy policy) =>
        Planning.Plan(Planning.Config with { Linux = Planning.Config.Linux! with { MemoryPolicy = policy } }).Process.MemoryPolicy!;

    private static ProcessPlan Plan(Personality personality) =>
        Planning.Plan(Planning.Config with { Linux = Planning.Config.Linux! with { Personality = personality } }).Process;
}
