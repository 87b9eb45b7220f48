using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Json.Nodes;
using Punnet.Spec;
using Xunit;

namespace Punnet.Plan.Tests;

/// <summary>Plans of small configs, and what became of one section.</summary>
internal static class Plans
{
    /// <summary>A host where punnet is root and has every capability that Linux 5.14 knows.</summary>
    public static readonly HostFacts Host = new(
        EffectiveUser: 0, LastCapability: 40, OwnCgroup: "/user.slice/session-1.scope", Capabilities: (1UL << 41) - 1);

    private const string Least = """
        {
          "ociVersion": "1.2.0",
          "root": { "path": "rootfs" },
          "process": { "cwd": "/", "args": ["/bin/sh"] },
          "linux": { "namespaces": [{ "type": "mount" }] }
        }
        """;

    private static readonly CreateOptions Options = new("web1", "/bundle", NoPivot: false, NoNewKeyring: false, SystemdCgroup: false);

    /// <summary>Plans a whole config.json.</summary>
    public static ContainerPlan Of(ReadOnlySpan<byte> config, HostFacts? facts = null, CreateOptions? options = null) =>
        Planner.Plan(SpecJson.ReadConfig(config), options ?? Options, facts ?? Host);

    /// <summary>Plans the least config that is one, changed by a merge patch (RFC 7396).</summary>
    public static ContainerPlan With(string patch, HostFacts? facts = null, CreateOptions? options = null)
    {
        JsonNode config = JsonNode.Parse(Least)!;
        Merge(config.AsObject(), JsonNode.Parse(patch)!.AsObject());
        return Of(Encoding.UTF8.GetBytes(config.ToJsonString()), facts, options);
    }

    /// <summary>The refusal of such a config.</summary>
    public static string Refusal(string patch, HostFacts? facts = null) => Assert.Throws<SpecException>(() => With(patch, facts)).Message;

    /// <summary>The lines of one section of a plan's text.</summary>
    public static List<string> Section(ContainerPlan plan, string heading)
    {
        List<string> lines = [];
        bool isInside = false;
        foreach (string line in PlanText.Of(plan).Split('\n'))
        {
            if (line.StartsWith("  ", StringComparison.Ordinal) && isInside)
            {
                lines.Add(line[2..]);
            }
            else
            {
                isInside = line == heading;
            }
        }

        return lines;
    }

    /// <summary>Asserts all lines of one section; they are given in one text, with <c> | </c> between them.</summary>
    public static void AssertSection(string expected, string heading, ContainerPlan plan) =>
        Assert.Equal(expected, string.Join(" | ", Section(plan, heading)));

    private static void Merge(JsonObject target, JsonObject patch)
    {
        foreach (KeyValuePair<string, JsonNode?> change in patch)
        {
            if (change.Value is null)
            {
                target.Remove(change.Key);
            }
            else if (change.Value is JsonObject inner && target[change.Key] is JsonObject existing)
            {
                Merge(existing, inner);
            }
            else
            {
                target[change.Key] = change.Value.DeepClone();
            }
        }
    }
}
