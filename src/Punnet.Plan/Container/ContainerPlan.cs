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
    /// Namespaces that init makes for itself, and not the clone: while the host makes that of the network or writes ID maps, init would
    /// only wait. What init makes is charged to the container. Network devices are moved before init goes on, so that their namespace has
    /// to be there.
    /// </summary>
    public CloneFlags MadeByInit
    {
        get
        {
            const CloneFlags Quick = CloneFlags.NewMount | CloneFlags.NewIpc | CloneFlags.NewUts;
            return HasLittleMemory || Namespaces.Staged ? CloneFlags.None
                : NetworkBeforeMount >= 0 ? Namespaces.New & Quick
                : !Namespaces.UidMap.IsNull && NetDevices.IsEmpty ? Namespaces.New & (Quick | CloneFlags.NewNetwork)
                : CloneFlags.None;
        }
    }

    /// <summary>Whether devices and links are made: not when /dev is the host's.</summary>
    public required bool MakesDevices { get; init; }

    /// <summary>
    /// Whether devices and links are made while the host still makes the network namespace: no mount that waits for that concerns them.
    /// </summary>
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

    /// <summary>
    /// Whether the cgroup may hold less than 4 MiB: then nothing is left to init that the host could do at its own charge.
    /// </summary>
    public bool HasLittleMemory
    {
        get
        {
            const long Ample = 4 << 20; // bytes
            foreach (CgroupWrite write in Resources.Writes)
            {
                if (write.File == "memory.max"
                    && long.TryParse(write.Value, NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out long limit)
                    && limit < Ample)
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
