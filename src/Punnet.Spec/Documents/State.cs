using System.Collections.Generic;

namespace Punnet.Spec;

/// <summary>
/// What the state directory keeps of a container from create to delete. The pid is not in it: a process is known by more than a
/// number that the kernel may give away again.
/// </summary>
public sealed record StateRecord
{
    /// <summary>Version of the punnet that made the container; null of one before 1.0.</summary>
    public string? Punnet { get; init; }

    /// <summary>
    /// Form of the state directory; this is 1. It rises when an older punnet would do wrong with what is new in it, such as not to undo
    /// something: docs/packages.md.
    /// </summary>
    public int Version { get; init; } = StateJson.RecordVersion;

    /// <summary>ociVersion of the bundle's config.json.</summary>
    public required string OciVersion { get; init; }

    /// <summary>The container's id.</summary>
    public required string Id { get; init; }

    /// <summary>Absolute path of the bundle.</summary>
    public required string Bundle { get; init; }

    /// <summary>Absolute path of the root file system.</summary>
    public required string Rootfs { get; init; }

    /// <summary>Time of create: RFC 3339 with nanoseconds, UTC.</summary>
    public required string Created { get; init; }

    /// <summary>User id of who created the container.</summary>
    public required uint Owner { get; init; }

    /// <summary>Path of the cgroup below the cgroup2 mount; null without one.</summary>
    public string? Cgroup { get; init; }

    /// <summary>The systemd unit that the cgroup belongs to; null with the cgroupfs driver.</summary>
    public string? SystemdUnit { get; init; }

    /// <summary>The socket of the systemd that made the unit; null with the cgroupfs driver.</summary>
    public string? SystemdAddress { get; init; }

    /// <summary>linux.intelRdt; null without.</summary>
    public ResctrlRecord? Resctrl { get; init; }

    /// <summary>Name of the session keyring that the container's programs share; null where they have their callers'.</summary>
    public string? Keyring { get; init; }

    /// <summary>Absolute path of what was read in place of the bundle's config.json; null without.</summary>
    public string? Config { get; init; }

    /// <summary>Path of the container's config.json, for an exec.</summary>
    public string ConfigPath => Config ?? Bundle + "/config.json";

    /// <summary>Whether the container's processes all die with its first one.</summary>
    public required bool PrivatePidNamespace { get; init; }

    /// <summary>config.md#annotations.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    /// <summary>Hooks for start.</summary>
    public IReadOnlyList<Hook> Poststart { get; init; } = [];

    /// <summary>Hooks for delete: by then the bundle may be gone.</summary>
    public IReadOnlyList<Hook> Poststop { get; init; } = [];

    /// <summary>Layers that the root is made of; null for a root that is an ordinary directory.</summary>
    public OverlayRecord? Overlay { get; init; }
}

/// <summary>The parts of a root of layers: overlayfs.rst. All paths are absolute.</summary>
public sealed record OverlayRecord
{
    /// <summary>Directories that are only read, the lowest first.</summary>
    public required IReadOnlyList<string> Layers { get; init; }

    /// <summary>Directory that takes what the container changes; null where nothing is kept of it: a read-only root, or a tmpfs.</summary>
    public string? Upper { get; init; }

    /// <summary>Size in bytes of the tmpfs that takes it; null without one.</summary>
    public ulong? UpperTmpfs { get; init; }

    /// <summary>Whether <see cref="Upper"/> is in the state directory, and goes with the container.</summary>
    public bool OwnsUpper { get; init; }

    /// <summary>Whether overlayfs keeps its own attributes under <c>user.overlay.</c>, and not under <c>trusted.overlay.</c>.</summary>
    public bool UserXattr { get; init; }
}

/// <summary>The class of service that a container is in (config-linux.md#intelrdt).</summary>
/// <param name="Directory">Its directory, absolute.</param>
/// <param name="Monitor">Directory of the container's monitoring group; null without.</param>
/// <param name="IsOwn">Whether it goes with the container.</param>
public sealed record ResctrlRecord(string Directory, string? Monitor, bool IsOwn);

/// <summary>config-linux.md#containerprocessstate: what a seccomp agent gets beside the listener.</summary>
public sealed record ContainerProcessState
{
    /// <summary>Version of the specification.</summary>
    public required string OciVersion { get; init; }

    /// <summary>Names of the descriptors that come with it, in their order.</summary>
    public IReadOnlyList<string> Fds { get; init; } = ["seccompFd"];

    /// <summary>The process that has the filter, in the runtime's pid namespace.</summary>
    public required int Pid { get; init; }

    /// <summary>linux.seccomp.listenerMetadata; left out when absent.</summary>
    public string? Metadata { get; init; }

    /// <summary>The container.</summary>
    public required ContainerState State { get; init; }
}

/// <summary>runtime.md#state, and what runc prints beyond it.</summary>
public sealed record ContainerState
{
    /// <summary>Version of the specification.</summary>
    public required string OciVersion { get; init; }

    /// <summary>The container's id.</summary>
    public required string Id { get; init; }

    /// <summary>The first process as the host sees it; 0 when there is none.</summary>
    public required int Pid { get; init; }

    /// <summary>creating, created, running, stopped or paused.</summary>
    public required string Status { get; init; }

    /// <summary>Absolute path of the bundle.</summary>
    public required string Bundle { get; init; }

    /// <summary>Absolute path of the root file system.</summary>
    public required string Rootfs { get; init; }

    /// <summary>Time of create: RFC 3339 with nanoseconds, UTC.</summary>
    public required string Created { get; init; }

    /// <summary>config.md#annotations; left out when empty.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    /// <summary>Name of the user who created the container, or <c>#</c> and the id.</summary>
    public required string Owner { get; init; }

    /// <summary>How the first process ended: 0 to 255 as exited, 128 + signal when killed. Left out where it is not known.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Whether the kernel killed a process because memory was used up. Left out where it is not known.</summary>
    public bool? OomKilled { get; init; }

    /// <summary>When the first process ended: RFC 3339 with nanoseconds, UTC. Left out where it is not known.</summary>
    public string? Finished { get; init; }
}
