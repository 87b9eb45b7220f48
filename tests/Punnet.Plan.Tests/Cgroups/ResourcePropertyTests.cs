using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Xunit;

namespace Punnet.Plan.Tests;

/// <summary>Every property of linux.resources reaches the plan; the properties come from the case "everything" of Punnet.Spec.Tests.</summary>
public sealed class ResourcePropertyTests
{
    // The document has the values that cgroup v2 has anyway: the OOM killer is on, and a cgroup contains those below it.
    private static readonly string[] s_without_effect = ["memory/disableOOMKiller", "memory/useHierarchy"];

    [Fact]
    public void Every_property_changes_the_plan()
    {
        string document = File.ReadAllText(Path.Combine(Checkout.Root, "tests/Punnet.Spec.Tests/cases/everything/config.json"));
        string whole = Text(Resources(document));
        string[] without = [.. Leaves(Resources(document), "").Where(place => Text(Without(Resources(document), place)) == whole)];
        Assert.Equal(s_without_effect, without);
    }

    private static JsonObject Resources(string document) => JsonNode.Parse(document)!["linux"]!["resources"]!.DeepClone().AsObject();

    // A refusal is an effect too: another property needs this one.
    private static string Text(JsonObject resources)
    {
        try
        {
            return PlanText.Of(Plans.With(new JsonObject { ["linux"] = new JsonObject { ["resources"] = resources } }.ToJsonString()));
        }
        catch (Punnet.Spec.SpecException refusal)
        {
            return refusal.Message;
        }
    }

    private static IEnumerable<string> Leaves(JsonObject from, string place) => from.SelectMany(entry =>
        entry.Value is JsonObject inner ? Leaves(inner, place + entry.Key + "/") : [place + entry.Key]);

    private static JsonObject Without(JsonObject resources, string place)
    {
        string[] names = place.Split('/');
        JsonObject parent = resources;
        foreach (string name in names[..^1])
        {
            parent = parent[name]!.AsObject();
        }

        parent.Remove(names[^1]);
        return resources;
    }
}
