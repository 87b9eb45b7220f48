using System;
using System.Collections.Generic;
using Punnet.Host;
using Punnet.Host.Text;
using Punnet.Spec;

namespace Punnet.Cli;

/// <summary>The flags of <c>update</c>, as the part of linux.resources that each stands for.</summary>
internal static class UpdateOptions
{
    /// <summary>The options; names as runc has them.</summary>
    public static Option[] Options =>
    [
        new("resources", "r", "FILE", "JSON with limits, as linux.resources of config.json; - is standard input; flags override it"),
        new("devices", "", "", "replace the device rules by those of --resources; without it they stay"),
        new("blkio-weight", "", "WEIGHT", "weight of disk I/O, 10 to 1000"),
        new("cpu-period", "", "US", "length of a CPU period in microseconds"),
        new("cpu-quota", "", "US", "CPU time per period in microseconds; -1 is unlimited"),
        new("cpu-burst", "", "US", "unused CPU time that may accumulate, in microseconds"),
        new("cpu-share", "", "SHARES", "relative weight of CPU time, 2 to 262144"),
        new("cpu-rt-period", "", "US", "cgroup v1 only: ignored"),
        new("cpu-rt-runtime", "", "US", "cgroup v1 only: ignored"),
        new("cpuset-cpus", "", "LIST", "CPUs that may be used, such as 0-2,4"),
        new("cpuset-mems", "", "LIST", "memory nodes that may be used"),
        new("cpu-idle", "", "0|1", "1: run only when nothing else needs the CPU"),
        new("kernel-memory", "", "SIZE", "cgroup v1 only: ignored"),
        new("kernel-memory-tcp", "", "SIZE", "cgroup v1 only: ignored"),
        new("memory", "", "SIZE", "limit of memory, such as 512M; -1 is unlimited"),
        new("memory-reservation", "", "SIZE", "memory that is protected from reclaim"),
        new("memory-swap", "", "SIZE", "limit of memory and swap together; -1 is unlimited"),
        new("pids-limit", "", "N", "limit of processes and threads; -1 is unlimited"),
        new("l3-cache-schema", "", "TEXT", "Intel RDT: line for the L3 cache, such as L3:0=ff"),
        new("mem-bw-schema", "", "TEXT", "Intel RDT: line for memory bandwidth, such as MB:0=50"),
    ];

    private static readonly (string Place, string Flag)[] s_flags =
    [
        ("blockIO.weight", "blkio-weight"), ("cpu.period", "cpu-period"), ("cpu.quota", "cpu-quota"), ("cpu.burst", "cpu-burst"),
        ("cpu.shares", "cpu-share"), ("cpu.realtimePeriod", "cpu-rt-period"), ("cpu.realtimeRuntime", "cpu-rt-runtime"),
        ("cpu.cpus", "cpuset-cpus"), ("cpu.mems", "cpuset-mems"), ("cpu.idle", "cpu-idle"), ("memory.kernel", "kernel-memory"),
        ("memory.kernelTCP", "kernel-memory-tcp"), ("memory.limit", "memory"), ("memory.reservation", "memory-reservation"),
        ("memory.swap", "memory-swap"), ("pids.limit", "pids-limit"),
    ];

    /// <summary>Lines for the container's class of service.</summary>
    public static List<string> Schemata(CommandLine line)
    {
        List<string> lines = [];
        foreach (string flag in (ReadOnlySpan<string>)["l3-cache-schema", "mem-bw-schema"])
        {
            if (Given(line, flag) is string given)
            {
                lines.AddRange(given.Split('\n', StringSplitOptions.RemoveEmptyEntries));
            }
        }

        return lines;
    }

    /// <summary>All that is asked for: the file, overridden by the flags.</summary>
    /// <exception cref="PunnetException">A flag has an invalid value.</exception>
    public static Resources Overlay(CommandLine line, Resources file)
    {
        MemoryResources memory = file.Memory ?? new MemoryResources();
        CpuResources cpu = file.Cpu ?? new CpuResources();
        BlockIoResources blockIo = file.BlockIo ?? new BlockIoResources();
        return file with
        {
            Memory = memory with
            {
                Limit = Size(line, "memory") ?? memory.Limit,
                Reservation = Size(line, "memory-reservation") ?? memory.Reservation,
                Swap = Size(line, "memory-swap") ?? memory.Swap,
                Kernel = Size(line, "kernel-memory") ?? memory.Kernel,
                KernelTcp = Size(line, "kernel-memory-tcp") ?? memory.KernelTcp,
            },
            Cpu = cpu with
            {
                Shares = Count(line, "cpu-share") ?? cpu.Shares,
                Quota = Number(line, "cpu-quota") ?? cpu.Quota,
                Burst = Count(line, "cpu-burst") ?? cpu.Burst,
                Period = Count(line, "cpu-period") ?? cpu.Period,
                RealtimeRuntime = Number(line, "cpu-rt-runtime") ?? cpu.RealtimeRuntime,
                RealtimePeriod = Count(line, "cpu-rt-period") ?? cpu.RealtimePeriod,
                Cpus = Given(line, "cpuset-cpus") ?? cpu.Cpus,
                Mems = Given(line, "cpuset-mems") ?? cpu.Mems,
                Idle = Number(line, "cpu-idle") ?? cpu.Idle,
            },
            BlockIo = blockIo with { Weight = Weight(line) ?? blockIo.Weight },
            PidsLimit = Number(line, "pids-limit") ?? file.PidsLimit,
        };
    }

    /// <summary>How a place is told to the user: the flag that says it, or the place in the file.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="place">Such as memory.limit.</param>
    public static string Name(CommandLine line, string place)
    {
        foreach ((string known, string flag) in s_flags)
        {
            if (known == place && Given(line, flag) is not null)
            {
                return "--" + flag;
            }
        }

        return FileName(line) + ": " + place;
    }

    /// <summary>How the file with the limits is told to the user.</summary>
    public static string FileName(CommandLine line) => line.Value("resources") switch
    {
        null => "update",
        "-" => "standard input",
        string file => file,
    };

    // As for runc, an empty text is not given.
    private static string? Given(CommandLine line, string flag) => string.IsNullOrEmpty(line.Value(flag)) ? null : line.Value(flag);

    private static long? Size(CommandLine line, string flag) => Given(line, flag) switch
    {
        null => null,
        string text when ByteSize.TryParse(text, out long bytes) => bytes,
        string text => throw Refusal(flag, text, "a size such as 512M, or -1"),
    };

    private static long? Number(CommandLine line, string flag) => Given(line, flag) switch
    {
        null => null,
        string text when long.TryParse(text, out long number) => number,
        string text => throw Refusal(flag, text, "a whole number"),
    };

    private static ulong? Count(CommandLine line, string flag) => Given(line, flag) switch
    {
        null => null,
        string text when ulong.TryParse(text, out ulong number) => number,
        string text => throw Refusal(flag, text, "a whole number, 0 or more"),
    };

    private static uint? Weight(CommandLine line) => Count(line, "blkio-weight") switch
    {
        null => null,
        ulong weight and <= uint.MaxValue => (uint)weight,
        ulong weight => throw Refusal("blkio-weight", weight.ToString(), "10 to 1000"),
    };

    private static PunnetException Refusal(string flag, string text, string expected) =>
        new("invalid value for " + flag + ": \"" + text + "\" is not " + expected);
}
