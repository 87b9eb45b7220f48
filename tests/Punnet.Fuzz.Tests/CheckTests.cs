using System;
using System.IO;
using System.Linq;
using System.Text;
using Punnet.Fuzz.Tests.Differential;
using Punnet.Plan;
using Punnet.Spec;
using Xunit;

namespace Punnet.Fuzz.Tests;

/// <summary><c>check</c> against <c>create</c>, for every change of one value and for many damaged documents.</summary>
public sealed class CheckTests
{
    private static readonly HostFacts s_facts = new(0, 40, "/", ulong.MaxValue);
    private static readonly PlanOptions s_options = new("check", "/bundle", NoPivot: false, NoNewKeyring: false, SystemdCgroup: false);

    [Fact]
    public void Whatever_create_refuses_check_refuses_in_the_same_words_and_nothing_else()
    {
        int refused = 0;
        string text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Differential", "base.json"));
        foreach ((string name, string document) in ConfigEdits.All(text))
        {
            refused += Compare(name, Encoding.UTF8.GetBytes(document), mostErrors: name.EndsWith(" doubled", StringComparison.Ordinal) ? 20 : 4) ? 1 : 0;
        }

        Assert.True(refused > 100, $"only {refused}");
    }

    [Fact]
    public void So_it_is_with_several_mistakes()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            ConfigMutations mutations = new(new Random(seed));
            Compare("seed " + seed.ToString(), Encoding.UTF8.GetBytes(mutations.Next().ToJsonString()), DocumentRepair.MostErrors);
        }
    }

    private static bool Compare(string name, byte[] document, int mostErrors)
    {
        string? refusal = null;
        try
        {
            Planner.Plan(ConfigReader.ReadConfig(document), s_options, s_facts);
        }
        catch (SpecException refused)
        {
            refusal = refused.Message;
        }

        CheckedDocument found = new(document);
        Config? config = DocumentRepair.Run<Config, ContainerPlan>(
            found, static (bytes, unknown) => ConfigReader.ReadConfig(bytes, unknown), read => Planner.Plan(read, s_options, s_facts),
            out ContainerPlan? plan);
        string[] errors =
            [.. found.Findings.Where(static finding => finding.IsError).Select(static finding => finding.Place + ": " + finding.Problem)];
        Assert.True(refusal is null == (errors.Length == 0), name + ": " + refusal + string.Join('\n', errors));
        Assert.True(refusal is null || errors.Contains(refusal), name + ": " + refusal + " is not in\n" + string.Join('\n', errors));
        Assert.True(errors.Length <= mostErrors, name + ":\n" + string.Join('\n', errors));
        if (config is not null && plan is not null)
        {
            ConfigReview.Of(found, config, plan, s_facts);
        }

        // Each has its place in the text.
        Assert.All(found.Findings, finding => Assert.True(finding.Position is { Line: > 0, Column: > 0 }, finding.Place));
        return refusal is not null;
    }
}
