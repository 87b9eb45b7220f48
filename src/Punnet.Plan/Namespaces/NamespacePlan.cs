using System.Collections.Immutable;
using Punnet.Abi;

namespace Punnet.Plan;

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

    /// <summary>
    /// Whether the mount namespace belongs to a user namespace below the host's: the kernel has made all of it a slave,
    /// mount_namespaces(7).
    /// </summary>
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
