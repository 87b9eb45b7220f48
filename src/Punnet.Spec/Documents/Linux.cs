using System.Collections.Generic;

namespace Punnet.Spec;

/// <summary>config-linux.md.</summary>
public sealed record Linux
{
    /// <summary>Namespaces to make or join; a kind that is not listed is the runtime's own.</summary>
    public IReadOnlyList<Namespace> Namespaces { get; init; } = [];

    /// <summary>User ids of the user namespace.</summary>
    public IReadOnlyList<IdMapping> UidMappings { get; init; } = [];

    /// <summary>Group ids of the user namespace.</summary>
    public IReadOnlyList<IdMapping> GidMappings { get; init; } = [];

    /// <summary>Offsets of the time namespace, by clock name (monotonic, boottime).</summary>
    public IReadOnlyDictionary<string, TimeOffset> TimeOffsets { get; init; } = new Dictionary<string, TimeOffset>();

    /// <summary>Device nodes to make in the container.</summary>
    public IReadOnlyList<Device> Devices { get; init; } = [];

    /// <summary>Network devices to move into the container, by their name on the host.</summary>
    public IReadOnlyDictionary<string, NetDevice> NetDevices { get; init; } = new Dictionary<string, NetDevice>();

    /// <summary>Path of the container's cgroup.</summary>
    public string? CgroupsPath { get; init; }

    /// <summary>cgroup limits.</summary>
    public Resources? Resources { get; init; }

    /// <summary>Intel RDT.</summary>
    public IntelRdt? IntelRdt { get; init; }

    /// <summary>NUMA memory policy.</summary>
    public MemoryPolicy? MemoryPolicy { get; init; }

    /// <summary>Kernel parameters, by name.</summary>
    public IReadOnlyDictionary<string, string> Sysctl { get; init; } = new Dictionary<string, string>();

    /// <summary>System call filter.</summary>
    public Seccomp? Seccomp { get; init; }

    /// <summary>shared, slave, private or unbindable.</summary>
    public string? RootfsPropagation { get; init; }

    /// <summary>Paths that the container must not be able to read.</summary>
    public IReadOnlyList<string> MaskedPaths { get; init; } = [];

    /// <summary>Paths that the container must not be able to write.</summary>
    public IReadOnlyList<string> ReadonlyPaths { get; init; } = [];

    /// <summary>SELinux context for the container's mounts.</summary>
    public string? MountLabel { get; init; }

    /// <summary>personality(2).</summary>
    public Personality? Personality { get; init; }
}

/// <summary>config-linux.md#namespaces.</summary>
/// <param name="Type">pid, network, mount, ipc, uts, user, cgroup or time.</param>
/// <param name="Path">A namespace file to join; null makes a new one.</param>
public sealed record Namespace(string? Type, string? Path);

/// <summary>config-linux.md#offset-for-time-namespace.</summary>
/// <param name="Seconds">secs.</param>
/// <param name="Nanoseconds">nanosecs.</param>
public readonly record struct TimeOffset(long Seconds, uint Nanoseconds);

/// <summary>config-linux.md#devices.</summary>
public sealed record Device
{
    /// <summary>c, b, u or p.</summary>
    public string? Type { get; init; }

    /// <summary>Path inside the container.</summary>
    public string? Path { get; init; }

    /// <summary>Major number; absent for p.</summary>
    public long? Major { get; init; }

    /// <summary>Minor number; absent for p.</summary>
    public long? Minor { get; init; }

    /// <summary>Permission bits; null means 0666.</summary>
    public uint? FileMode { get; init; }

    /// <summary>Owner inside the container; null means 0.</summary>
    public uint? Uid { get; init; }

    /// <summary>Group inside the container; null means 0.</summary>
    public uint? Gid { get; init; }
}

/// <summary>config-linux.md#network-devices.</summary>
/// <param name="Name">New name inside the container; null keeps the old one.</param>
public sealed record NetDevice(string? Name);

/// <summary>config-linux.md#intelrdt.</summary>
public sealed record IntelRdt
{
    /// <summary>Class of service.</summary>
    public string? ClosId { get; init; }

    /// <summary>Lines for the schemata file; win over the two older properties.</summary>
    public IReadOnlyList<string> Schemata { get; init; } = [];

    /// <summary>L3 line.</summary>
    public string? L3CacheSchema { get; init; }

    /// <summary>MB line.</summary>
    public string? MemBwSchema { get; init; }

    /// <summary>Whether a monitoring group is made.</summary>
    public bool EnableMonitoring { get; init; }
}

/// <summary>config-linux.md#memory-policy.</summary>
public sealed record MemoryPolicy
{
    /// <summary>MPOL_*.</summary>
    public string? Mode { get; init; }

    /// <summary>Node list such as <c>0-1</c>.</summary>
    public string? Nodes { get; init; }

    /// <summary>MPOL_F_*.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];
}

/// <summary>config-linux.md#personality.</summary>
public sealed record Personality
{
    /// <summary>LINUX or LINUX32.</summary>
    public string? Domain { get; init; }

    /// <summary>None is supported by any runtime.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];
}
