using System.Collections.Generic;

namespace Punnet.Spec;

/// <summary>
/// features.md: what the binary supports, whatever the host does. Null is "unknown" and left out; an empty list is "none".
/// </summary>
public sealed record Features
{
    /// <summary>Oldest version of the specification that is accepted.</summary>
    public required string OciVersionMin { get; init; }

    /// <summary>Newest version of the specification that is implemented.</summary>
    public required string OciVersionMax { get; init; }

    /// <summary>Names of the hooks.</summary>
    public IReadOnlyList<string>? Hooks { get; init; }

    /// <summary>Mount options that are more than data for the file system.</summary>
    public IReadOnlyList<string>? MountOptions { get; init; }

    /// <summary>features-linux.md.</summary>
    public LinuxFeatures? Linux { get; init; }

    /// <summary>Facts about the binary, by reversed domain name.</summary>
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    /// <summary>Annotations of config.json that change what the runtime does; one that ends with a dot is a prefix.</summary>
    public IReadOnlyList<string>? PotentiallyUnsafeConfigAnnotations { get; init; }
}

/// <summary>features-linux.md.</summary>
public sealed record LinuxFeatures
{
    /// <summary>Namespace types.</summary>
    public IReadOnlyList<string>? Namespaces { get; init; }

    /// <summary>CAP_* names.</summary>
    public IReadOnlyList<string>? Capabilities { get; init; }

    /// <summary>cgroup managers.</summary>
    public CgroupFeatures? Cgroup { get; init; }

    /// <summary>System call filters.</summary>
    public SeccompFeatures? Seccomp { get; init; }

    /// <summary>AppArmor profiles.</summary>
    public FeatureSwitch? Apparmor { get; init; }

    /// <summary>SELinux labels.</summary>
    public FeatureSwitch? Selinux { get; init; }

    /// <summary>Intel RDT.</summary>
    public IntelRdtFeatures? IntelRdt { get; init; }

    /// <summary>NUMA memory policy.</summary>
    public MemoryPolicyFeatures? MemoryPolicy { get; init; }

    /// <summary>Mounts beyond mount(2).</summary>
    public MountExtensionFeatures? MountExtensions { get; init; }

    /// <summary>Network devices that move into the container.</summary>
    public FeatureSwitch? NetDevices { get; init; }
}

/// <summary>Something that is supported or not.</summary>
/// <param name="Enabled">Whether it is.</param>
public sealed record FeatureSwitch(bool? Enabled);

/// <summary>features-linux.md#cgroup.</summary>
public sealed record CgroupFeatures
{
    /// <summary>cgroup v1.</summary>
    public bool? V1 { get; init; }

    /// <summary>cgroup v2.</summary>
    public bool? V2 { get; init; }

    /// <summary>cgroups that the system's systemd makes.</summary>
    public bool? Systemd { get; init; }

    /// <summary>cgroups that a user's systemd makes.</summary>
    public bool? SystemdUser { get; init; }

    /// <summary>The rdma controller.</summary>
    public bool? Rdma { get; init; }
}

/// <summary>features-linux.md#seccomp.</summary>
public sealed record SeccompFeatures
{
    /// <summary>Whether filters are supported.</summary>
    public bool? Enabled { get; init; }

    /// <summary>SCMP_ACT_*.</summary>
    public IReadOnlyList<string>? Actions { get; init; }

    /// <summary>SCMP_CMP_*.</summary>
    public IReadOnlyList<string>? Operators { get; init; }

    /// <summary>SCMP_ARCH_*.</summary>
    public IReadOnlyList<string>? Archs { get; init; }

    /// <summary>SECCOMP_FILTER_FLAG_* that are recognised.</summary>
    public IReadOnlyList<string>? KnownFlags { get; init; }

    /// <summary>SECCOMP_FILTER_FLAG_* that work.</summary>
    public IReadOnlyList<string>? SupportedFlags { get; init; }
}

/// <summary>features-linux.md#intelrdt.</summary>
public sealed record IntelRdtFeatures
{
    /// <summary>Whether RDT is supported.</summary>
    public bool? Enabled { get; init; }

    /// <summary>Whether <c>schemata</c> is supported.</summary>
    public bool? Schemata { get; init; }

    /// <summary>Whether <c>enableMonitoring</c> is supported.</summary>
    public bool? Monitoring { get; init; }
}

/// <summary>features-linux.md#memory-policy.</summary>
public sealed record MemoryPolicyFeatures
{
    /// <summary>MPOL_*.</summary>
    public IReadOnlyList<string>? Modes { get; init; }

    /// <summary>MPOL_F_*.</summary>
    public IReadOnlyList<string>? Flags { get; init; }
}

/// <summary>features-linux.md#mount-extensions.</summary>
public sealed record MountExtensionFeatures
{
    /// <summary>Mounts with an id mapping of their own.</summary>
    public FeatureSwitch? Idmap { get; init; }
}
