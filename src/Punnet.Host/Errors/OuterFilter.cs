using System;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.Errors;

/// <summary>
/// The seccomp filter of a sandbox around punnet, which may be older than the calls that punnet makes. It cannot be read; but a call with
/// arguments that mean nothing gets another answer from the kernel than from a filter.
/// </summary>
public static class OuterFilter
{
    // For these the kernel checks the arguments first; for the next it checks CAP_SYS_ADMIN, and refuses a caller without it.
    private static readonly (SyscallNumber Call, string Name)[] s_mounts =
        [(SyscallNumber.OpenTree, "open_tree"), (SyscallNumber.MountSetattr, "mount_setattr"), (SyscallNumber.Fsconfig, "fsconfig")];

    private static readonly (SyscallNumber Call, string Name)[] s_mountsOfRoot =
        [(SyscallNumber.MoveMount, "move_mount"), (SyscallNumber.Fsopen, "fsopen"), (SyscallNumber.Fsmount, "fsmount"),
            (SyscallNumber.Fspick, "fspick")];

    private static readonly (SyscallNumber Call, string Name)[] s_processes =
    [
        (SyscallNumber.PidfdOpen, "pidfd_open"), (SyscallNumber.PidfdSendSignal, "pidfd_send_signal"),
        (SyscallNumber.PidfdGetfd, "pidfd_getfd"),
    ];

    /// <summary>Whether one of the mount calls of Linux 5.2 and 5.12 is refused. Without a filter, the newest of them tells.</summary>
    public static bool RefusesMounts() => MayExist() ? FirstMount() is not null : Sys.Refuses(SyscallNumber.MountSetattr);

    /// <summary>The hint for a failure that such a filter may have caused, or null.</summary>
    /// <param name="failure">The failure's sentence.</param>
    public static string? Hint(string failure)
    {
        if (!failure.EndsWith(Errno.EPERM.Words(), StringComparison.Ordinal)
            && !failure.EndsWith(Errno.ENOSYS.Words(), StringComparison.Ordinal))
        {
            return null;
        }

        string? name = FirstMount() ?? FirstOf(s_processes);
        return name is null ? null
            : MayExist() ? "a seccomp filter around punnet refuses " + name + "(2)"
            : "this kernel has no " + name + "(2): it is older than Linux 5.14";
    }

    // Whether there is a filter, or nothing tells.
    private static bool MayExist()
    {
        const int Filtered = 2; // SECCOMP_MODE_FILTER
        return Sys.Prctl(ProcessControl.ReadSeccompMode, 0, out int mode) != Errno.None || mode == Filtered;
    }

    private static string? FirstOf((SyscallNumber Call, string Name)[] calls)
    {
        foreach ((SyscallNumber call, string name) in calls)
        {
            if (Sys.Refuses(call))
            {
                return name;
            }
        }

        return null;
    }

    private static string? FirstMount() =>
        FirstOf(s_mounts) ?? (HostPolicy.HasSystemAdministration() ? FirstOf(s_mountsOfRoot) : null);
}
