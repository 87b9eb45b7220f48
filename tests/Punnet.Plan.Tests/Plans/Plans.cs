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

    private static readonly PlanOptions Options = new("web1", "/bundle", NoPivot: false, NoNewKeyring: false, SystemdCgroup: false);

    /// <summary>Plans a whole config.json.</summary>
    public static ContainerPlan Of(ReadOnlySpan<byte> config, HostFacts? facts = null, PlanOptions? options = null) =>
        Planner.Plan(ConfigReader.ReadConfig(config), options ?? Options, facts ?? Host);

    private static readonly string[] s_places =
    [
        "linux.netDevices", "linux.rootfsPropagation", "root.readonly", "linux.mountLabel", "hostname", "domainname",
        "linux.sysctl", "linux.readonlyPaths", "linux.maskedPaths", "linux.cgroupsPath", "linux.resources.devices", "linux.intelRdt",
        "linux.namespaces", "linux.timeOffsets", "linux.uidMappings", "linux.gidMappings", "process.terminal", "process.cwd",
        "process.noNewPrivileges", "process.user.additionalGids", "process.user", "process.capabilities.bounding",
        "process.capabilities.effective", "process.capabilities.permitted", "process.capabilities.inheritable",
        "process.capabilities.ambient", "process.user.umask", "linux.personality", "linux.memoryPolicy", "process.apparmorProfile",
        "process.selinuxLabel", "process.args[0]", "process.oomScoreAdj", "process.env", "process.args", "process.scheduler",
        "process.ioPriority", "process.execCPUAffinity", "linux.seccomp", "linux.seccomp.syscalls", "linux.seccomp.flags"
    ];

    /// <summary>Plans the least config that is one, changed by a merge patch (RFC 7396).</summary>
    public static ContainerPlan With(string patch, HostFacts? facts = null, PlanOptions? options = null)
    {
        JsonNode config = JsonNode.Parse(Least)!;
        Merge(config.AsObject(), JsonNode.Parse(patch)!.AsObject());
        return Of(Encoding.UTF8.GetBytes(config.ToJsonString()), facts, options);
    }

    /// <summary>The refusal of such a config.</summary>
    public static string Refusal(string patch, HostFacts? facts = null) => Assert.Throws<SpecException>(() => With(patch, facts)).Message;

    /// <summary>
    /// The lines of one section of a plan's text, without the places that every such line has: the golden plans show those.
    /// </summary>
    public static List<string> Section(ContainerPlan plan, string heading)
    {
        List<string> lines = [];
        bool isInside = false;
        foreach (string line in PlanText.Of(plan).Split('\n'))
        {
            if (line.StartsWith("  ", StringComparison.Ordinal) && isInside)
            {
                string? place = Array.Find(s_places, place => line.EndsWith($" ({place})", StringComparison.Ordinal));
                lines.Add(place is null ? line[2..] : line[2..^(place.Length + 3)]);
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
