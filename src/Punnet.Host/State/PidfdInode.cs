using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.State;

/// <summary>
/// The inode number of a pidfd: until the next boot, no other process gets the same (pidfs, Linux 6.9). It is asked for in half the time
/// that /proc/PID/stat takes, but after a boot a process may have it again.
/// </summary>
public static class PidfdInode
{
    /// <summary>The number; 0 where pidfds are not files of pidfs.</summary>
    /// <param name="pidfd">A pidfd.</param>
    public static ulong Of(int pidfd) =>
        Sys.Fstatfs(pidfd, out long magic) == Errno.None && magic == FileSystemMagic.Pidfs
            && Sys.Statx(pidfd, out FileStatus status) == Errno.None ? status.Inode : 0;

    /// <summary>Whether a process of this boot lives: it exists, and is no zombie.</summary>
    /// <param name="pid">Its pid.</param>
    /// <param name="inode">What <see cref="Of"/> said.</param>
    /// <exception cref="SysException">The kernel does not tell.</exception>
    public static bool IsAlive(int pid, ulong inode)
    {
        using Descriptor? pidfd = ProcessIdentity.TryOpen(pid);
        if (pidfd is null)
        {
            return false;
        }

        Sys.PollReadable(pidfd.Number, 0, out bool hasEnded).OrThrow("look at the container's first process");
        return !hasEnded && Sys.Statx(pidfd.Number, out FileStatus status) == Errno.None && status.Inode == inode;
    }
}
