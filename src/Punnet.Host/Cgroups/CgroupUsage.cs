using System;
using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.Cgroups;

/// <summary>What a cgroup uses at a moment (admin-guide/cgroup-v2.rst). What no controller counts is null.</summary>
public sealed class CgroupUsage
{
    /// <summary>When it was read: microseconds of CLOCK_MONOTONIC.</summary>
    public long Moment { get; private init; }

    /// <summary>cpu.stat, usage_usec: microseconds of all processors.</summary>
    public ulong Cpu { get; private init; }

    /// <summary>memory.current, bytes.</summary>
    public ulong? Memory { get; private init; }

    /// <summary>memory.max, bytes; null without a limit.</summary>
    public ulong? MemoryLimit { get; private init; }

    /// <summary>memory.events, oom_kill.</summary>
    public ulong? OomKills { get; private init; }

    /// <summary>pids.current; without that controller the processes, of which no thread counts.</summary>
    public ulong? Pids { get; private init; }

    /// <summary>pids.max; null without a limit.</summary>
    public ulong? PidsLimit { get; private init; }

    /// <summary>io.stat, bytes read from all devices.</summary>
    public ulong? Read { get; private init; }

    /// <summary>io.stat, bytes written to all devices.</summary>
    public ulong? Written { get; private init; }

    /// <summary>cpu.pressure, memory.pressure and io.pressure: percent of ten seconds in which some process waited, psi(5).</summary>
    public string?[] Pressures { get; private init; } = [];

    /// <summary>Reads a cgroup's files; one that is removed meanwhile has nothing.</summary>
    /// <exception cref="SysException">A file is there and cannot be opened.</exception>
    public static CgroupUsage Of(CgroupDirectory cgroup)
    {
        Sys.ClockGettime(Clock.Monotonic, out long seconds, out long nanoseconds);
        ulong? memory = Number(cgroup, "memory.current");
        bool hasIo = Sys.Faccessat(cgroup.Number, "io.stat\0"u8, AccessMode.Exists) == Errno.None;
        string io = CgroupFile.Text(cgroup, "io.stat");
        return new CgroupUsage
        {
            Moment = (seconds * 1_000_000) + (nanoseconds / 1000),
            Cpu = CgroupFile.Table(cgroup, "cpu.stat").GetValueOrDefault("usage_usec"),
            Memory = memory,
            MemoryLimit = Number(cgroup, "memory.max"),
            OomKills = memory is null ? null : CgroupFile.Table(cgroup, "memory.events").GetValueOrDefault("oom_kill"),
            Pids = Number(cgroup, "pids.current") ?? (ulong)cgroup.Processes().Count,
            PidsLimit = Number(cgroup, "pids.max"),
            Read = hasIo ? Sum(io, "rbytes=") : null,
            Written = hasIo ? Sum(io, "wbytes=") : null,
            Pressures = [Pressure(cgroup, "cpu.pressure"), Pressure(cgroup, "memory.pressure"), Pressure(cgroup, "io.pressure")],
        };
    }

    private static ulong? Number(CgroupDirectory cgroup, string file) =>
        ulong.TryParse(CgroupFile.Text(cgroup, file), out ulong number) ? number : null;

    // "8:0 rbytes=1 wbytes=2 …", a line a device.
    private static ulong Sum(string table, string key)
    {
        ulong sum = 0;
        foreach (string word in table.Split([' ', '\n']))
        {
            if (word.StartsWith(key, StringComparison.Ordinal) && ulong.TryParse(word.AsSpan(key.Length), out ulong value))
            {
                sum += value;
            }
        }

        return sum;
    }

    // "some avg10=0.00 …"
    private static string? Pressure(CgroupDirectory cgroup, string file)
    {
        const string Start = "some avg10=";
        string text = CgroupFile.Text(cgroup, file);
        return text.StartsWith(Start, StringComparison.Ordinal) ? text[Start.Length..].Split(' ')[0] : null;
    }
}
