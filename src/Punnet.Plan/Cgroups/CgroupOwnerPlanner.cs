using System;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>
/// config-linux.md#cgroup-ownership: a container with a cgroup namespace of its own that can write to its cgroup file system gets to
/// own its cgroup, so that systemd runs in it without the rights of root.
/// </summary>
internal static class CgroupOwnerPlanner
{
    /// <summary>The host's id of process.user.uid where the cgroup becomes that user's; null where it stays as it was made.</summary>
    internal static uint? Plan(Linux linux, NamespacePlan namespaces, ImmutableArray<MountStep> mounts, uint uid, HostFacts facts)
    {
        // Without privileges on the host the cgroup belongs to the caller, who cannot give it away.
        return facts.EffectiveUser == 0 && namespaces.NewCgroup && IsWritable(mounts) ? HostId(linux, namespaces, uid) : null;
    }

    // The last mount at a place is the one that is seen.
    private static bool IsWritable(ImmutableArray<MountStep> mounts)
    {
        const MountAttributes ReadOnly = MountAttributes.ReadOnly;
        bool isWritable = false;
        foreach (MountStep mount in mounts)
        {
            if (mount.Destination.Text.SequenceEqual("/sys/fs/cgroup"u8))
            {
                isWritable = mount.Kind == MountKind.Cgroup && ((mount.Set | mount.RecursiveSet) & ReadOnly) == MountAttributes.None;
            }
        }

        return isWritable;
    }

    private static uint? HostId(Linux linux, NamespacePlan namespaces, uint uid)
    {
        foreach (IdMapping mapping in linux.UidMappings)
        {
            if (uid >= mapping.ContainerId && uid - mapping.ContainerId < mapping.Size)
            {
                return mapping.HostId + (uid - mapping.ContainerId);
            }
        }

        // A joined user namespace without mappings beside it: what its ids are on the host is not written anywhere.
        return namespaces.HasUser ? null : uid;
    }
}
