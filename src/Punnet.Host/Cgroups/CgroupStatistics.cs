using System;
using System.Collections.Generic;
using System.Text.Json;

namespace Punnet.Host.Cgroups;

/// <summary>
/// What a cgroup has used, in the JSON that runc's events has (its types/events.go, scales of cgroup v1: nanoseconds, swap with memory)
/// and a few members more: memory.events, pids.events, limit of huge pages.
/// </summary>
public static class CgroupStatistics
{
    /// <summary>runc writes the largest number where there is no limit.</summary>
    private const ulong Unlimited = ulong.MaxValue;

    /// <summary>Reads the cgroup's files and writes members of an object.</summary>
    /// <param name="cgroup">The container's.</param>
    /// <param name="json">Where to.</param>
    public static void Write(CgroupDirectory cgroup, Utf8JsonWriter json)
    {
        WriteCpu(cgroup, json);
        WriteCpuSet(cgroup, json);
        WriteMemory(cgroup, json);
        WritePids(cgroup, json);
        CgroupStatisticsBlockIo.Write(cgroup, json);
        WriteHugepages(cgroup, json);
    }

    /// <summary>psi(5), Documentation/accounting/psi.rst: left out where the kernel does not count it.</summary>
    internal static void WritePressure(CgroupDirectory cgroup, Utf8JsonWriter json, string file)
    {
        string text = CgroupFile.Text(cgroup, file);
        if (text.Length == 0)
        {
            return;
        }

        json.WriteStartObject("psi");
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] words = line.Split(' ');
            json.WriteStartObject(words[0]);
            foreach (string word in words.AsSpan(1))
            {
                int equals = word.IndexOf('=', StringComparison.Ordinal);
                json.WritePropertyName(word.AsSpan(0, Math.Max(equals, 0)));
                json.WriteRawValue(word.AsSpan(equals + 1)); // Both write numbers alike: 0.00.
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteCpu(CgroupDirectory cgroup, Utf8JsonWriter json)
    {
        const ulong Nanoseconds = 1000; // per microsecond
        Dictionary<string, ulong> stat = CgroupFile.Table(cgroup, "cpu.stat");
        json.WriteStartObject("cpu");
        json.WriteStartObject("usage");
        json.WriteNumber("total", stat.GetValueOrDefault("usage_usec") * Nanoseconds);
        json.WriteNumber("kernel", stat.GetValueOrDefault("system_usec") * Nanoseconds);
        json.WriteNumber("user", stat.GetValueOrDefault("user_usec") * Nanoseconds);
        json.WriteEndObject();
        json.WriteStartObject("throttling");
        json.WriteNumber("periods", stat.GetValueOrDefault("nr_periods"));
        json.WriteNumber("throttledPeriods", stat.GetValueOrDefault("nr_throttled"));
        json.WriteNumber("throttledTime", stat.GetValueOrDefault("throttled_usec") * Nanoseconds);
        json.WriteEndObject();
        WritePressure(cgroup, json, "cpu.pressure");
        json.WriteEndObject();
    }

    private static void WriteCpuSet(CgroupDirectory cgroup, Utf8JsonWriter json)
    {
        json.WriteStartObject("cpuset");
        WriteNumbers(json, "cpus", CgroupFile.Text(cgroup, "cpuset.cpus.effective"));
        WriteNumbers(json, "mems", CgroupFile.Text(cgroup, "cpuset.mems.effective"));
        foreach (string name in (ReadOnlySpan<string>)[
            "cpu_exclusive", "mem_hardwall", "mem_exclusive", "memory_migrate", "memory_spread_page",
            "memory_spread_slab", "memory_pressure", "sched_load_balance"])
        {
            json.WriteNumber(name, 0); // cgroup v1 only; readers expect them.
        }

        json.WriteNumber("sched_relax_domain_level", 0);
        json.WriteEndObject();
    }

    // "0-2,4" is [0,1,2,4].
    private static void WriteNumbers(Utf8JsonWriter json, string name, string list)
    {
        if (list.Length == 0)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (string range in list.Split(','))
        {
            string[] ends = range.Split('-');
            if (ushort.TryParse(ends[0], out ushort first) && ushort.TryParse(ends[^1], out ushort last))
            {
                for (int number = first; number <= last; number++)
                {
                    json.WriteNumberValue(number);
                }
            }
        }

        json.WriteEndArray();
    }

    private static void WriteMemory(CgroupDirectory cgroup, Utf8JsonWriter json)
    {
        Dictionary<string, ulong> stat = CgroupFile.Table(cgroup, "memory.stat");
        Dictionary<string, ulong> events = CgroupFile.Table(cgroup, "memory.events");
        ulong usage = CgroupFile.Number(cgroup, "memory.current");
        ulong limit = CgroupFile.Number(cgroup, "memory.max", Unlimited);
        ulong swapLimit = CgroupFile.Number(cgroup, "memory.swap.max", Unlimited);
        bool isUnlimited = limit == Unlimited || swapLimit == Unlimited || swapLimit > Unlimited - limit;
        json.WriteStartObject("memory");
        json.WriteNumber("cache", stat.GetValueOrDefault("file"));
        WriteEntry(json, "usage", limit, usage, CgroupFile.Number(cgroup, "memory.peak"), events.GetValueOrDefault("max"));
        WriteEntry(
            json, "swap", isUnlimited ? Unlimited : swapLimit + limit, CgroupFile.Number(cgroup, "memory.swap.current") + usage, 0, 0);
        WriteEntry(json, "kernel", Unlimited, stat.GetValueOrDefault("kernel"), 0, 0);
        WriteEntry(json, "kernelTCP", Unlimited, stat.GetValueOrDefault("sock"), 0, 0);
        WriteTable(json, "raw", stat);
        WritePressure(cgroup, json, "memory.pressure");
        WriteTable(json, "events", events);
        json.WriteEndObject();
    }

    private static void WriteEntry(Utf8JsonWriter json, string name, ulong limit, ulong usage, ulong max, ulong failures)
    {
        json.WriteStartObject(name);
        json.WriteNumber("limit", limit);
        json.WriteNumber("usage", usage);
        if (max > 0)
        {
            json.WriteNumber("max", max);
        }

        json.WriteNumber("failcnt", failures);
        json.WriteEndObject();
    }

    private static void WriteTable(Utf8JsonWriter json, string name, Dictionary<string, ulong> table)
    {
        if (table.Count == 0)
        {
            return;
        }

        json.WriteStartObject(name);
        foreach ((string key, ulong value) in table)
        {
            json.WriteNumber(key, value);
        }

        json.WriteEndObject();
    }

    private static void WritePids(CgroupDirectory cgroup, Utf8JsonWriter json)
    {
        json.WriteStartObject("pids");
        json.WriteNumber("current", CgroupFile.Number(cgroup, "pids.current"));
        ulong limit = CgroupFile.Number(cgroup, "pids.max");
        if (limit > 0)
        {
            json.WriteNumber("limit", limit);
        }

        WriteTable(json, "events", CgroupFile.Table(cgroup, "pids.events"));
        json.WriteEndObject();
    }

    private static void WriteHugepages(CgroupDirectory cgroup, Utf8JsonWriter json)
    {
        const string Prefix = "hugetlb.", Suffix = ".current";
        json.WriteStartObject("hugetlb");
        foreach (string file in DirectoryListing.All(cgroup.Number))
        {
            string size = file.StartsWith(Prefix, StringComparison.Ordinal) && file.EndsWith(Suffix, StringComparison.Ordinal)
                ? file[Prefix.Length..^Suffix.Length]
                : string.Empty;
            if (size.Length > 0 && !size.EndsWith(".rsvd", StringComparison.Ordinal))
            {
                json.WriteStartObject(size);
                json.WriteNumber("usage", CgroupFile.Number(cgroup, file));
                json.WriteNumber("limit", CgroupFile.Number(cgroup, Prefix + size + ".max", Unlimited));
                json.WriteNumber("failcnt", CgroupFile.Table(cgroup, Prefix + size + ".events").GetValueOrDefault("max"));
                json.WriteEndObject();
            }
        }

        json.WriteEndObject();
    }
}
