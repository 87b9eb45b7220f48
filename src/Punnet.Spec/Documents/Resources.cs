using System.Collections.Generic;

namespace Punnet.Spec;

/// <summary>config-linux.md#control-groups; also what <c>update --resources</c> reads. Null is "not given".</summary>
public sealed record Resources
{
    /// <summary>Device rules, later ones win; null means the property is absent.</summary>
    public IReadOnlyList<DeviceRule>? Devices { get; init; }

    /// <summary>config-linux.md#memory.</summary>
    public MemoryResources? Memory { get; init; }

    /// <summary>config-linux.md#cpu.</summary>
    public CpuResources? Cpu { get; init; }

    /// <summary>config-linux.md#pids: limit; -1 is unlimited.</summary>
    public long? PidsLimit { get; init; }

    /// <summary>config-linux.md#block-io.</summary>
    public BlockIoResources? BlockIo { get; init; }

    /// <summary>config-linux.md#huge-page-limits.</summary>
    public IReadOnlyList<HugepageLimit> HugepageLimits { get; init; } = [];

    /// <summary>config-linux.md#network: cgroup v1 only.</summary>
    public NetworkResources? Network { get; init; }

    /// <summary>config-linux.md#rdma, by device.</summary>
    public IReadOnlyDictionary<string, RdmaLimit> Rdma { get; init; } = new Dictionary<string, RdmaLimit>();

    /// <summary>config-linux.md#unified: raw cgroup v2 files.</summary>
    public IReadOnlyDictionary<string, string> Unified { get; init; } = new Dictionary<string, string>();
}

/// <summary>config-linux.md#allowed-device-list.</summary>
public sealed record DeviceRule
{
    /// <summary>Whether the rule allows or denies.</summary>
    public bool Allow { get; init; }

    /// <summary>a, b or c; null means a.</summary>
    public string? Type { get; init; }

    /// <summary>Major number; null is any.</summary>
    public long? Major { get; init; }

    /// <summary>Minor number; null is any.</summary>
    public long? Minor { get; init; }

    /// <summary>A combination of r, w and m; null is all three.</summary>
    public string? Access { get; init; }
}

/// <summary>config-linux.md#memory; bytes.</summary>
public sealed record MemoryResources
{
    /// <summary>Hard limit; -1 is unlimited.</summary>
    public long? Limit { get; init; }

    /// <summary>Soft limit.</summary>
    public long? Reservation { get; init; }

    /// <summary>Memory plus swap.</summary>
    public long? Swap { get; init; }

    /// <summary>cgroup v1 only.</summary>
    public long? Kernel { get; init; }

    /// <summary>cgroup v1 only.</summary>
    public long? KernelTcp { get; init; }

    /// <summary>cgroup v1 only; 0 to 100.</summary>
    public ulong? Swappiness { get; init; }

    /// <summary>cgroup v1 only.</summary>
    public bool? DisableOomKiller { get; init; }

    /// <summary>cgroup v1 only.</summary>
    public bool? UseHierarchy { get; init; }

    /// <summary>Refuse a limit below what is in use.</summary>
    public bool? CheckBeforeUpdate { get; init; }
}

/// <summary>config-linux.md#cpu; times in microseconds.</summary>
public sealed record CpuResources
{
    /// <summary>Relative weight, cgroup v1 scale 2 to 262144.</summary>
    public ulong? Shares { get; init; }

    /// <summary>Run time per period; -1 is unlimited.</summary>
    public long? Quota { get; init; }

    /// <summary>Unused quota that may be saved up.</summary>
    public ulong? Burst { get; init; }

    /// <summary>Length of a period.</summary>
    public ulong? Period { get; init; }

    /// <summary>cgroup v1 only.</summary>
    public long? RealtimeRuntime { get; init; }

    /// <summary>cgroup v1 only.</summary>
    public ulong? RealtimePeriod { get; init; }

    /// <summary>CPU list.</summary>
    public string? Cpus { get; init; }

    /// <summary>Memory node list.</summary>
    public string? Mems { get; init; }

    /// <summary>1 for SCHED_IDLE.</summary>
    public long? Idle { get; init; }
}

/// <summary>config-linux.md#block-io.</summary>
public sealed record BlockIoResources
{
    /// <summary>10 to 1000.</summary>
    public uint? Weight { get; init; }

    /// <summary>cgroup v1 only.</summary>
    public uint? LeafWeight { get; init; }

    /// <summary>Weights by device.</summary>
    public IReadOnlyList<WeightDevice> WeightDevice { get; init; } = [];

    /// <summary>Bytes per second.</summary>
    public IReadOnlyList<ThrottleDevice> ThrottleReadBpsDevice { get; init; } = [];

    /// <summary>Bytes per second.</summary>
    public IReadOnlyList<ThrottleDevice> ThrottleWriteBpsDevice { get; init; } = [];

    /// <summary>Operations per second.</summary>
    public IReadOnlyList<ThrottleDevice> ThrottleReadIopsDevice { get; init; } = [];

    /// <summary>Operations per second.</summary>
    public IReadOnlyList<ThrottleDevice> ThrottleWriteIopsDevice { get; init; } = [];
}

/// <summary>Weight of one block device.</summary>
/// <param name="Major">Device major.</param>
/// <param name="Minor">Device minor.</param>
/// <param name="Weight">10 to 1000.</param>
/// <param name="LeafWeight">cgroup v1 only.</param>
public sealed record WeightDevice(long Major, long Minor, uint? Weight, uint? LeafWeight);

/// <summary>Rate limit of one block device.</summary>
/// <param name="Major">Device major.</param>
/// <param name="Minor">Device minor.</param>
/// <param name="Rate">Bytes or operations per second; 0 is unlimited.</param>
public sealed record ThrottleDevice(long Major, long Minor, ulong Rate);

/// <summary>Limit of one huge page size.</summary>
/// <param name="PageSize">Such as 2MB.</param>
/// <param name="Limit">Bytes.</param>
public sealed record HugepageLimit(string? PageSize, ulong Limit);

/// <summary>cgroup v1 network classes and priorities.</summary>
public sealed record NetworkResources
{
    /// <summary>net_cls class.</summary>
    public uint? ClassId { get; init; }

    /// <summary>How many interface priorities are given.</summary>
    public int Priorities { get; init; }
}

/// <summary>Limit of one RDMA device.</summary>
/// <param name="HcaHandles">Handles.</param>
/// <param name="HcaObjects">Objects.</param>
public sealed record RdmaLimit(uint? HcaHandles, uint? HcaObjects);
