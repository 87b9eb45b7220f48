using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>config-linux.md#intelrdt, for the resctrl file system (Documentation/filesystems/resctrl.rst).</summary>
internal static class IntelRdtPlanner
{
    private const string Property = "linux.intelRdt";

    /// <summary>Plans the class of service; null without one.</summary>
    /// <param name="written">As written, or null.</param>
    /// <param name="id">The container's id, which names the group where nothing else does.</param>
    /// <exception cref="SpecException">It cannot be as it is written.</exception>
    public static IntelRdtPlan? Plan(IntelRdt? written, string id)
    {
        if (written is null)
        {
            return null;
        }

        bool isShared = !string.IsNullOrEmpty(written.ClosId);
        string group = isShared ? written.ClosId! : id;
        CheckGroup(group, isShared);
        ImmutableArray<string> lines = Lines(written);
        return new IntelRdtPlan(group == "/" ? "" : group, isShared, lines, written.EnableMonitoring ? id : null);
    }

    // The root directory has other things than groups, too.
    private static void CheckGroup(string group, bool isWritten)
    {
        string? problem = group switch
        {
            "/" => null,
            "." or ".." => "is not the name of a group",
            "info" or "mon_groups" or "mon_data" => "is a directory of resctrl itself",
            _ when group.AsSpan().ContainsAny('/', '\n') => "is not the name of a group: a name without \"/\" and line break is expected",
            _ when group.Length > 255 => "is longer than 255 characters",
            _ => null,
        };
        if (problem is not null)
        {
            string place = isWritten ? Property + ".closID" : Property;
            throw new SpecException(place, "\"" + group.Replace("\n", "\\n", StringComparison.Ordinal) + "\" " + problem);
        }
    }

    // What schemata says of a resource counts more than the two older properties; memBwSchema more than an MB line of l3CacheSchema.
    private static ImmutableArray<string> Lines(IntelRdt written)
    {
        List<string> lines = [];
        if (!string.IsNullOrEmpty(written.L3CacheSchema))
        {
            foreach (string line in written.L3CacheSchema.Split('\n'))
            {
                if (line.Length > 0)
                {
                    Add(lines, line, Property + ".l3CacheSchema");
                }
            }
        }

        if (!string.IsNullOrEmpty(written.MemBwSchema))
        {
            if (!written.MemBwSchema.StartsWith("MB:", StringComparison.Ordinal))
            {
                throw new SpecException(Property + ".memBwSchema", Quoted(written.MemBwSchema) + " does not start with \"MB:\"");
            }

            Add(lines, written.MemBwSchema, Property + ".memBwSchema");
        }

        for (int i = 0; i < written.Schemata.Count; i++)
        {
            Add(lines, written.Schemata[i], JsonPath.At(Property + ".schemata", i));
        }

        return [.. lines];
    }

    private static void Add(List<string> lines, string line, string place)
    {
        int colon = line.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0 || line.IndexOf('=', colon) < 0 || line.Contains('\n', StringComparison.Ordinal))
        {
            throw new SpecException(place, Quoted(line) + " is not one line such as \"L3:0=ff;1=ff\"");
        }

        string resource = line[..(colon + 1)];
        lines.RemoveAll(earlier => earlier.StartsWith(resource, StringComparison.Ordinal));
        lines.Add(line);
    }

    private static string Quoted(string text) => "\"" + text.Replace("\n", "\\n", StringComparison.Ordinal) + "\"";
}

/// <summary>linux.intelRdt: a group of the resctrl file system that all of the container's processes are in.</summary>
/// <param name="Group">Its directory below the mount; empty for the default group, the mount itself.</param>
/// <param name="IsShared">Whether config.json names it: it may exist already, and stays when the container goes.</param>
/// <param name="Lines">Lines for its file schemata, no two of one resource; a shared group without any must exist.</param>
/// <param name="Monitor">Its monitoring group below mon_groups, or null.</param>
public sealed record IntelRdtPlan(string Group, bool IsShared, ImmutableArray<string> Lines, string? Monitor);
