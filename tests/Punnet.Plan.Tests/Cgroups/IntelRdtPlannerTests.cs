using Xunit;

namespace Punnet.Plan.Tests;

/// <summary>linux.intelRdt: which group, whose it is, and what its schemata say.</summary>
public sealed class IntelRdtPlannerTests
{
    [Theory]
    [InlineData("{}", "web1", false)]
    [InlineData("""{"closID":""}""", "web1", false)]
    [InlineData("""{"closID":"gold"}""", "gold", true)]
    [InlineData("""{"closID":"/"}""", "", true)]
    public void A_group_is_the_containers_own_unless_it_is_named(string rdt, string group, bool shared)
    {
        IntelRdtPlan plan = Plan(rdt);
        Assert.Equal(group, plan.Group);
        Assert.Equal(shared, plan.IsShared);
        Assert.Null(plan.Monitor);
    }

    [Theory]
    [InlineData("""{"schemata":["L3:0=f","MB:0=50"]}""", "L3:0=f|MB:0=50")]
    [InlineData("""{"l3CacheSchema":"L3:0=f"}""", "L3:0=f")]
    [InlineData("""{"l3CacheSchema":"L3DATA:0=f\nL3CODE:0=3\n","memBwSchema":"MB:0=20"}""", "L3DATA:0=f|L3CODE:0=3|MB:0=20")]
    [InlineData("""{"l3CacheSchema":"L3:0=f\nMB:0=90","memBwSchema":"MB:0=20"}""", "L3:0=f|MB:0=20")]
    [InlineData("""{"l3CacheSchema":"L3:0=f","memBwSchema":"MB:0=20","schemata":["L3:0=3"]}""", "MB:0=20|L3:0=3")]
    public void What_is_more_specific_wins_for_each_resource(string rdt, string lines) =>
        Assert.Equal(lines, string.Join('|', Plan(rdt).Lines));

    [Fact]
    public void A_monitoring_group_has_the_containers_name() =>
        Assert.Equal("web1", Plan("""{"closID":"gold","enableMonitoring":true}""").Monitor);

    [Theory]
    [InlineData("a/b")]
    [InlineData("/a")]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("info")]
    [InlineData("mon_data")]
    [InlineData("mon_groups")]
    public void A_name_that_leads_elsewhere_is_refused(string name) => Assert.StartsWith(
        "linux.intelRdt.closID: \"" + name + "\" is ", Plans.Refusal("{\"linux\":{\"intelRdt\":{\"closID\":\"" + name + "\"}}}"),
            System.StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"memBwSchema":"L3:0=5"}""", "linux.intelRdt.memBwSchema: \"L3:0=5\" does not start with \"MB:\"")]
    [InlineData("""{"memBwSchema":"MB:0=5\nL3:0=f"}""",
        "linux.intelRdt.memBwSchema: \"MB:0=5\\nL3:0=f\" is not one line such as \"L3:0=ff;1=ff\"")]
    [InlineData("""{"schemata":["L3:0=f","L3"]}""", "linux.intelRdt.schemata[1]: \"L3\" is not one line such as \"L3:0=ff;1=ff\"")]
    [InlineData("""{"schemata":[":0=f"]}""", "linux.intelRdt.schemata[0]: \":0=f\" is not one line such as \"L3:0=ff;1=ff\"")]
    public void An_invalid_line_of_schemata_is_refused(string rdt, string expected) =>
        Assert.Equal(expected, Plans.Refusal("{\"linux\":{\"intelRdt\":" + rdt + "}}"));

    private static IntelRdtPlan Plan(string rdt) => Plans.With("{\"linux\":{\"intelRdt\":" + rdt + "}}").IntelRdt!;
}
