using System;
using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.Cgroups;

/// <summary>
/// Gives a cgroup to a user: the directory and the files that the kernel lists as safe to give away (cgroups(7), "Cgroup delegation";
/// config-linux.md#cgroup-ownership). Limits are not among them.
/// </summary>
public static class CgroupOwner
{
    private const uint Unchanged = uint.MaxValue; // chown(2): -1

    /// <summary>Changes the owner; the group stays.</summary>
    /// <param name="cgroup">The cgroup.</param>
    /// <param name="uid">The host's id of the new owner; null leaves root as the owner.</param>
    /// <exception cref="SysException">The kernel refuses it.</exception>
    public static void Set(CgroupDirectory cgroup, uint? uid)
    {
        if (uid is null or 0)
        {
            return;
        }

        Sys.Fchown(cgroup.Number, uid.Value, Unchanged).OrThrow("change the owner of the cgroup", cgroup.Path);
        foreach (string file in Files())
        {
            Errno errno = Sys.Fchownat(cgroup.Number, CString.Of(file).WithNul, uid.Value, Unchanged);
            if (errno != Errno.ENOENT)
            {
                // The kernel lists files of every controller, also of those that this cgroup does not have.
                errno.OrThrow("change the owner of", cgroup.Path + "/" + file);
            }
        }
    }

    private static List<string> Files()
    {
        string? list = HostFile.TryReadText(Sys.WorkingDirectory, "/sys/kernel/cgroup/delegate\0"u8);
        List<string> files = [];
        foreach (string file in list?.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            ?? ["cgroup.procs", "cgroup.subtree_control", "cgroup.threads"])
        {
            if (!file.Contains('/', StringComparison.Ordinal))
            {
                files.Add(file);
            }
        }

        return files;
    }
}
