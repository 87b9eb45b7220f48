using System;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Init;

/// <summary>
/// A detached copy of a mount that passes nothing on: a copy of a shared mount is its peer, and what is mounted over it would appear on
/// the host.
/// </summary>
public static class PrivateMount
{
    /// <summary>Makes one of a directory.</summary>
    /// <param name="directory">Where a relative path starts; the directory itself with an empty path.</param>
    /// <param name="path">The path, with NUL.</param>
    /// <param name="user">A user namespace whose ids its files get, or -1.</param>
    /// <param name="mount">The mount, or -1; the caller closes it.</param>
    /// <param name="isMapping">Whether it was the mapping that failed.</param>
    public static Errno Clone(int directory, ReadOnlySpan<byte> path, int user, out int mount, out bool isMapping)
    {
        isMapping = false;
        Errno errno = Sys.OpenTreeClone(directory, path, recursive: false, out mount);
        if (errno != Errno.None)
        {
            return errno;
        }

        MountAttributeChange change = new() { Propagation = MountFlags.Private };
        if (user >= 0)
        {
            change.Set = MountAttributes.IdMap;
            change.UserNamespace = (ulong)user;
        }

        errno = Sys.MountSetattr(mount, change, recursive: false);
        if (errno != Errno.None)
        {
            isMapping = user >= 0;
            Sys.Close(mount);
            mount = -1;
        }

        return errno;
    }
}
