using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Punnet.Plan;
using Punnet.Spec;

namespace Punnet.Cgroup.Tests;

/// <summary>Resources as "memory.limit=100; memory.swap=200", and plans as "memory.swap.max = 100; memory.max = 100".</summary>
internal static class ResourceText
{
    internal static Resources Parse(string text)
    {
        ILookup<string, string> given = text
            .Split(';', StringSplitOptions.RemoveEmptyEntries)
            .Select(static pair => pair.Trim(' ').Split('=', 2))
            .ToLookup(static pair => pair[0], static pair => pair[1]);
        bool Has(string section) => given.Any(pair => pair.Key.StartsWith(section, StringComparison.Ordinal));
        string? Word(string key) => given[key].SingleOrDefault();
        long? Number(string key) => Word(key) is string word ? long.Parse(word, CultureInfo.InvariantCulture) : null;
        ulong? Natural(string key) => Word(key) is string word ? ulong.Parse(word, CultureInfo.InvariantCulture) : null;
        bool? Flag(string key) => Word(key) is string word ? bool.Parse(word) : null;
        IReadOnlyList<ThrottleDevice> Throttles(string key) => [.. given[key].Select(static word => word.Split(':')).Select(static word => new ThrottleDevice(long.Parse(word[0]), long.Parse(word[1]), ulong.Parse(word[2])))];
        return new Resources
        {
            Memory = !Has("memory.") ? null : new MemoryResources
            {
                Limit = Number("memory.limit"),
                Reservation = Number("memory.reservation"),
                Swap = Number("memory.swap"),
                Kernel = Number("memory.kernel"),
                KernelTcp = Number("memory.kernelTCP"),
                Swappiness = Natural("memory.swappiness"),
                DisableOomKiller = Flag("memory.disableOOMKiller"),
                UseHierarchy = Flag("memory.useHierarchy"),
                CheckBeforeUpdate = Flag("memory.checkBeforeUpdate"),
            },
            Cpu = !Has("cpu.") ? null : new CpuResources
            {
                Shares = Natural("cpu.shares"),
                Quota = Number("cpu.quota"),
                Period = Natural("cpu.period"),
                Burst = Natural("cpu.burst"),
                RealtimeRuntime = Number("cpu.realtimeRuntime"),
                RealtimePeriod = Natural("cpu.realtimePeriod"),
                Cpus = Word("cpu.cpus"),
                Mems = Word("cpu.mems"),
                Idle = Number("cpu.idle"),
            },
            PidsLimit = Number("pids.limit"),
            BlockIo = !Has("blockIO.") ? null : new BlockIoResources
            {
                Weight = (uint?)Natural("blockIO.weight"),
                LeafWeight = (uint?)Natural("blockIO.leafWeight"),
                WeightDevice = [.. given["blockIO.weightDevice"].Select(static word => word.Split(':')).Select(static word => new WeightDevice(long.Parse(word[0]), long.Parse(word[1]), Small(word[2]), Small(word.ElementAtOrDefault(3))))],
                ThrottleReadBpsDevice = Throttles("blockIO.throttleReadBpsDevice"),
                ThrottleWriteBpsDevice = Throttles("blockIO.throttleWriteBpsDevice"),
                ThrottleReadIopsDevice = Throttles("blockIO.throttleReadIOPSDevice"),
                ThrottleWriteIopsDevice = Throttles("blockIO.throttleWriteIOPSDevice"),
            },
            HugepageLimits = [.. given["hugepage"].Select(static word => word.Split(':')).Select(static word => new HugepageLimit(word[0],
            ulong.Parse(word[1])))],
            Network = !Has("network.")
                ? null : new NetworkResources
                {
                    ClassId = (uint?)Natural("network.classID"),
                    Priorities = (int)(Number("network.priorities") ?? 0)
                },
            Rdma = given["rdma"].Select(static word => word.Split(':'))
            .ToDictionary(static word => word[0], static word => new RdmaLimit(Small(word[1]), Small(word[2]))),
            Unified = given["unified"].Select(static word => word.Split(':', 2))
            .ToDictionary(static word => word[0], static word => word[1]),
        };

        static uint? Small(string? word) => string.IsNullOrEmpty(word) ? null : uint.Parse(word);
    }

    internal static string Text(ResourcePlan plan) => string.Join("; ", plan.Writes.Select(Text));

    private static string Text(CgroupWrite write)
    {
        string text = write.File + " = " + write.Value;
        text += write.OnError switch
        {
            CgroupError.IgnoreMissing => " (may be missing)",
            CgroupError.RetryAfterNext => " (again after the next)",
            _ => string.Empty
        };
        text += write.KeepsFirstWord ? " (keeps the first word)" : string.Empty;
        text += write.UnlessIdle ? " (unless idle)" : string.Empty;
        return text + (write.Fallback is null ? string.Empty : " or " + Text(write.Fallback));
    }
}
