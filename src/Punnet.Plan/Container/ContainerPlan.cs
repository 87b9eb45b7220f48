using System.Collections.Immutable;
using System.Globalization;
using Punnet.Abi;

namespace Punnet.Plan;

/// <summary>
/// All that a create will do, in the order in which it is done: made from config.json alone, before anything is touched.
/// Paths inside the container's root stand here as they were written; they are resolved at the moment of use.
/// </summary>
public sealed record ContainerPlan
{
    /// <summary>The container's root file system on the host, absolute; with <see cref="Overlay"/>, where that is mounted.</summary>
    public required CString Root { get; init; }

    /// <summary>Layers that the root is stacked from; null when <see cref="Root"/> itself is the root.</summary>
    public OverlayPlan? Overlay { get; init; }

    /// <summary>Whether the root becomes read-only, after everything was put into it.</summary>
    public required bool RootReadOnly { get; init; }

    /// <summary>Propagation of the container's root: MS_SLAVE, MS_SHARED, MS_PRIVATE, MS_UNBINDABLE, with MS_REC or without.</summary>
    public required MountFlags RootPropagation { get; init; }

    /// <summary>MS_MOVE and chroot(2) in place of pivot_root(2), for a root on a ramfs.</summary>
    public required bool NoPivot { get; init; }

    /// <summary>Which namespaces are new, which are joined.</summary>
    public required NamespacePlan Namespaces { get; init; }

    /// <summary>mounts, in their order.</summary>
    public required ImmutableArray<MountStep> Mounts { get; init; }

    /// <summary>
    /// Place of the first mount that may show or use the network namespace, or the number of mounts. Until there the host makes that
    /// namespace, which takes the kernel longer than all the others together, while init mounts. -1: the clone makes it, or none is new.
    /// </summary>
    public required int NetworkBeforeMount { get; init; }

    /// <summary>
    /// Namespaces that init makes for itself, and not the clone: while the host makes that of the network, init would only wait. What init
    /// makes is charged to the container.
    /// </summary>
    public CloneFlags MadeByInit => NetworkBeforeMount < 0 || HasLittleMemory
        ? CloneFlags.None
        : Namespaces.New & (CloneFlags.NewMount | CloneFlags.NewIpc | CloneFlags.NewUts);

    /// <summary>Whether devices and links are made: not when /dev is the host's.</summary>
    public required bool MakesDevices { get; init; }

    /// <summary>Whether devices and links are made while the host still makes the network namespace: no mount that waits for that concerns them.</summary>
    public bool DevicesBeforeNetwork { get; init; }

    /// <summary>Device nodes: the defaults, then linux.devices.</summary>
    public required ImmutableArray<DeviceStep> Devices { get; init; }

    /// <summary>Links below /dev.</summary>
    public required ImmutableArray<LinkStep> Links { get; init; }

    /// <summary>Kernel parameters.</summary>
    public required ImmutableArray<SysctlStep> Sysctls { get; init; }

    /// <summary>linux.readonlyPaths.</summary>
    public required ImmutableArray<CString> ReadOnlyPaths { get; init; }

    /// <summary>linux.maskedPaths.</summary>
    public required ImmutableArray<CString> MaskedPaths { get; init; }

    /// <summary>hostname, or null.</summary>
    public required CString HostName { get; init; }

    /// <summary>domainname, or null.</summary>
    public required CString DomainName { get; init; }

    /// <summary>Name of a new session keyring, or null to keep the caller's.</summary>
    public required CString Keyring { get; init; }

    /// <summary>linux.mountLabel, or null.</summary>
    public CString MountLabel { get; init; }

    /// <summary>Network devices that move into the container.</summary>
    public ImmutableArray<NetDeviceStep> NetDevices { get; init; } = [];

    /// <summary>The program and what it may do.</summary>
    public required ProcessPlan Process { get; init; }

    /// <summary>The six kinds of hooks.</summary>
    public required HooksPlan Hooks { get; init; }

    /// <summary>Where the container's cgroup lies.</summary>
    public required CgroupPlan Cgroup { get; init; }

    /// <summary>Limits of the cgroup.</summary>
    public required ResourcePlan Resources { get; init; }

    /// <summary>Whether the cgroup may hold less than 4 MiB: then nothing is left to init that the host could do at its own charge.</summary>
    public bool HasLittleMemory
    {
        get
        {
            const long Ample = 4 << 20; // bytes
            foreach (CgroupWrite write in Resources.Writes)
            {
                if (write.File == "memory.max" && long.TryParse(write.Value, NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out long limit) && limit < Ample)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>The class of service, or null.</summary>
    public IntelRdtPlan? IntelRdt { get; init; }

    /// <summary>The cgroup's device program.</summary>
    public required ImmutableArray<EbpfInstruction> DeviceProgram { get; init; }

    /// <summary>What the state and the hooks are told of config.json.</summary>
    public required ConfigExcerpt Excerpt { get; init; }
}

/// <summary>Namespaces of a container.</summary>
public sealed record NamespacePlan
{
    /// <summary>Made by the clone itself: everything but cgroup and time.</summary>
    public required CloneFlags New { get; init; }

    /// <summary>Made by unshare(2) once the process is in its cgroup; in the clone it would be rooted at punnet's own.</summary>
    public required bool NewCgroup { get; init; }

    /// <summary>Made by unshare(2) before the clone: offsets can be set only while no process is in it.</summary>
    public required bool NewTime { get; init; }

    /// <summary>Text for timens_offsets, time_namespaces(7); null without.</summary>
    public required CString TimeOffsets { get; init; }

    /// <summary>Namespaces to join, in the order in which they are joined.</summary>
    public required ImmutableArray<NamespaceJoin> Joins { get; init; }

    /// <summary>
    /// Whether a process of its own joins and then clones the container's: a joined pid namespace counts only for children, and
    /// joins must come before a user namespace that would not own what is joined.
    /// </summary>
    public required bool Staged { get; init; }

    /// <summary>Text for uid_map, user_namespaces(7); null without a new user namespace.</summary>
    public required CString UidMap { get; init; }

    /// <summary>Text for gid_map.</summary>
    public required CString GidMap { get; init; }

    /// <summary>Whether the container has a user namespace that is not the host's.</summary>
    public bool HasUser => Has(CloneFlags.NewUser);

    /// <summary>Whether the mount namespace belongs to a user namespace below the host's: the kernel has made all of it a slave, mount_namespaces(7).</summary>
    public bool MadeForUser => HasUser && (New & CloneFlags.NewMount) != CloneFlags.None;

    /// <summary>Whether the container's mounts are made in the mount namespace of punnet, and are the host's to remove.</summary>
    public bool SharesMounts => !Has(CloneFlags.NewMount);

    /// <summary>Whether a kind is new or joined.</summary>
    public bool Has(CloneFlags kind)
    {
        if ((New & kind) != CloneFlags.None
            || (kind == CloneFlags.NewCgroup && NewCgroup)
            || (kind == CloneFlags.NewTime && NewTime))
        {
            return true;
        }

        foreach (NamespaceJoin join in Joins)
        {
            if (join.Kind == kind)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>A namespace to join.</summary>
/// <param name="Kind">Its kind, as clone(2) names it.</param>
/// <param name="Path">Its file on the host.</param>
/// <param name="Index">Place in linux.namespaces.</param>
public sealed record NamespaceJoin(CloneFlags Kind, CString Path, int Index);

/// <summary>One device node.</summary>
/// <param name="Path">As written, absolute.</param>
/// <param name="Mode">Type and permission bits.</param>
/// <param name="Major">Major number.</param>
/// <param name="Minor">Minor number.</param>
/// <param name="Uid">Owner in the container.</param>
/// <param name="Gid">Group in the container.</param>
/// <param name="Index">Place in linux.devices; -1 for a default device.</param>
public sealed record DeviceStep(CString Path, uint Mode, uint Major, uint Minor, uint Uid, uint Gid, int Index);

/// <summary>One symbolic link below /dev.</summary>
/// <param name="Name">Name in /dev.</param>
/// <param name="Target">Where it points.</param>
public sealed record LinkStep(CString Name, CString Target);

/// <summary>One kernel parameter.</summary>
/// <param name="Path">Below /proc, such as <c>sys/net/ipv4/ip_forward</c>.</param>
/// <param name="Value">As written.</param>
/// <param name="Name">The key in linux.sysctl.</param>
/// <param name="Kind">The kind of namespace that it belongs to.</param>
public sealed record SysctlStep(CString Path, CString Value, string Name, CloneFlags Kind);

/// <summary>A network device that moves into the container.</summary>
/// <param name="Name">On the host.</param>
/// <param name="NewName">In the container.</param>
public sealed record NetDeviceStep(CString Name, CString NewName);

/// <summary>Hooks by kind.</summary>
public sealed record HooksPlan
{
    /// <summary>Runtime namespace, before <see cref="CreateRuntime"/>.</summary>
    public required ImmutableArray<HookStep> Prestart { get; init; }

    /// <summary>Runtime namespace.</summary>
    public required ImmutableArray<HookStep> CreateRuntime { get; init; }

    /// <summary>Container namespace, before pivot_root.</summary>
    public required ImmutableArray<HookStep> CreateContainer { get; init; }

    /// <summary>Container namespace, at start.</summary>
    public required ImmutableArray<HookStep> StartContainer { get; init; }

    /// <summary>Runtime namespace, after start.</summary>
    public required ImmutableArray<HookStep> Poststart { get; init; }

    /// <summary>Runtime namespace, after delete.</summary>
    public required ImmutableArray<HookStep> Poststop { get; init; }

    /// <summary>Whether the host runs hooks while the new process waits.</summary>
    public bool HasCreateRuntime => !Prestart.IsEmpty || !CreateRuntime.IsEmpty;

    /// <summary>Whether the new process runs hooks itself.</summary>
    public bool HasInContainer => !CreateContainer.IsEmpty || !StartContainer.IsEmpty;
}

/// <summary>One hook.</summary>
/// <param name="Kind">Its property in hooks, such as createRuntime.</param>
/// <param name="Index">Place in that list.</param>
/// <param name="Path">The program.</param>
/// <param name="Args">argv; never empty.</param>
/// <param name="Env">Environment; default (not empty) inherits.</param>
/// <param name="TimeoutSeconds">0 for none.</param>
public sealed record HookStep(string Kind, int Index, CString Path, ImmutableArray<CString> Args, ImmutableArray<CString> Env, long TimeoutSeconds);
