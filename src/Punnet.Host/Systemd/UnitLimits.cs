using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using Punnet.Host.Cgroups;
using Punnet.Plan;

namespace Punnet.Host.Systemd;

/// <summary>Planned writes to a cgroup's files as properties of its unit.</summary>
public static class UnitLimits
{
    private const int FirstVersionWithIdle = 252;

    /// <summary>The properties for the writes; of two for the same, the later.</summary>
    /// <param name="writes">The plan.</param>
    /// <param name="cgroup">A cgroup in use, which keeps values that are not given; null for a new one.</param>
    /// <param name="systemd">Asked for its features, if the writes need them.</param>
    public static List<UnitProperty> Of(IReadOnlyList<CgroupWrite> writes, CgroupDirectory? cgroup, SystemdClient systemd)
    {
        List<UnitProperty> properties = [];
        foreach (CgroupWrite planned in writes)
        {
            // systemd sets bfq's weight by IOWeight too.
            CgroupWrite write = planned.Fallback is { File: "io.weight" } other ? other : planned;
            bool isSkipped = write.UnlessIdle && IsIdle(cgroup);
            string value = write.File == "cpu.max" && cgroup is not null ? Whole(write, CgroupFile.Text(cgroup, "cpu.max")) : write.Value;
            if (!isSkipped)
            {
                properties.AddRange(Of(write.File, value, systemd));
            }
        }

        for (int i = properties.Count - 1; i >= 0; i--)
        {
            string name = properties[i].Name;
            if (properties.FindLastIndex(property => property.Name == name) > i)
            {
                properties.RemoveAt(i);
            }
        }

        return properties;
    }

    /// <summary>The properties for the current values of the files.</summary>
    public static List<UnitProperty> Current(IReadOnlyList<CgroupWrite> writes, CgroupDirectory cgroup, SystemdClient systemd)
    {
        List<CgroupWrite> held = [];
        foreach (CgroupWrite planned in writes)
        {
            string file = planned.Fallback is { File: "io.weight" } ? "io.weight" : planned.File;
            held.Add(new CgroupWrite(planned.Controller, file, CgroupFile.Text(cgroup, file), planned.Place));
            if (file == "cpu.idle" && !IsIdle(cgroup))
            {
                held.Add(new CgroupWrite(planned.Controller, "cpu.weight", CgroupFile.Text(cgroup, "cpu.weight"), planned.Place));
            }
        }

        return Of(held, null, systemd);
    }

    private static ImmutableArray<UnitProperty> Of(string file, string value, SystemdClient systemd) => (file, value) switch
    {
        ("cpu.idle", "1") => systemd.Version() >= FirstVersionWithIdle ? [UnitLimit.Idle] : [],
        // A cgroup that is not idle has a weight. One in the plan comes later.
        ("cpu.idle", _) => UnitLimit.Of("cpu.weight", "100"),
        _ => UnitLimit.Of(file, value),
    };

    private static bool IsIdle(CgroupDirectory? cgroup) => cgroup is not null && CgroupFile.Text(cgroup, "cpu.idle") == "1";

    // "50000" keeps the period, and "100000" after the first word the quota: systemd has to be told both.
    private static string Whole(CgroupWrite write, string held)
    {
        string[] now = held.Split(' ');
        return now.Length != 2 ? write.Value
            : write.KeepsFirstWord ? now[0] + " " + write.Value
            : write.Value.Contains(' ', StringComparison.Ordinal) ? write.Value : write.Value + " " + now[1];
    }
}
