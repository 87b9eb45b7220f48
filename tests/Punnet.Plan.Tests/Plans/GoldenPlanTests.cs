using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Nodes;
using Punnet.Spec;
using Xunit;

namespace Punnet.Plan.Tests;

/// <summary>
/// cases/NAME/config.json and the text of its plan beside it: what a change of a planner changes is seen there as a diff. With
/// PUNNET_REWRITE_PLANS=1 the tests write the files anew.
/// </summary>
public sealed class GoldenPlanTests
{
    private const string Variable = "PUNNET_REWRITE_PLANS";

    private static readonly string Folder = Path.Combine(Checkout.Root, "tests/Punnet.Plan.Tests/cases");

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private static readonly bool Rewrites = Environment.GetEnvironmentVariable(Variable) == "1";

    public static TheoryData<string> Cases { get; } =
        [.. Directory.EnumerateDirectories(Folder).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_plan_is_the_one_that_was_reviewed(string name)
    {
        HostFacts facts = name.StartsWith("rootless", StringComparison.Ordinal)
            ? Plans.Host with { EffectiveUser = 1000, Capabilities = 0 } : Plans.Host;
        string text = PlanText.Of(Plans.Of(File.ReadAllBytes(Path.Combine(Folder, name, "config.json")), facts));

        AssertFile(Path.Combine(Folder, name, "plan.txt"), text);
    }

    [Fact]
    public void The_case_of_the_default_spec_is_the_default_spec() => AssertConfig("default", SpecTemplate.Default());

    [Fact]
    public void The_case_of_the_rootless_spec_is_the_rootless_spec() => AssertConfig("rootless", SpecTemplate.Rootless(1000, 1000));

    [Fact]
    public void The_case_with_every_mount_option_has_every_one()
    {
        Config config = ConfigReader.ReadConfig(File.ReadAllBytes(Path.Combine(Folder, "mount-options", "config.json")));
        IEnumerable<string> written = config.Mounts.SelectMany(mount => mount.Options);

        Assert.Empty(MountOptions.Names.Except(written, StringComparer.Ordinal));
    }

    private static void AssertConfig(string name, Config expected)
    {
        JsonNode written = JsonNode.Parse(ConfigWriter.Write(expected))!;
        AssertFile(Path.Combine(Folder, name, "config.json"), written.ToJsonString(Indented) + "\n");
    }

    private static void AssertFile(string path, string actual)
    {
        string accepted = File.Exists(path) ? File.ReadAllText(path) : "";
        if (accepted == actual)
        {
            return;
        }

        if (Rewrites)
        {
            File.WriteAllText(path, actual);
            return;
        }

        Assert.Fail(Path.GetRelativePath(Checkout.Root, path) + " is not what comes out now (-: the file, +: now).\n"
            + LineDifference.Between(accepted, actual)
            + "If that is right, run these tests with " + Variable + "=1, which writes the files anew, and review git diff.");
    }
}
