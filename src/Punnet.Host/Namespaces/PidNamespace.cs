using System.Collections.Generic;
using System.Globalization;
using Punnet.Abi;
using Punnet.Host.State;
using Punnet.Kernel;

namespace Punnet.Host.Namespaces;

/// <summary>
/// The processes of a container with its own pid namespace but no cgroup: slower to find, and not all at one moment.
/// </summary>
public static class PidNamespace
{
    /// <summary>Every process in the container's pid namespace, by its pid in punnet's.</summary>
    /// <param name="container">A container without a cgroup.</param>
    /// <param name="what">The action that needs it, as in "cannot …".</param>
    /// <exception cref="PunnetException">The pid namespace is not the container's alone.</exception>
    public static List<int> Processes(Container container, string what)
    {
        if (container.Record is not { PrivatePidNamespace: true })
        {
            throw container.WithoutCgroup(what);
        }

        List<int> pids = [];
        if (container.Init is not ProcessIdentity init || !init.IsAlive())
        {
            return pids;
        }

        if (Inode(init.Pid) is not ulong own)
        {
            // Until it runs the container's program, no process may look into it, and it has no children.
            pids.Add(init.Pid);
            return pids;
        }

        using Descriptor proc = Descriptor.Open("/proc", OpenFlags.ReadOnly | OpenFlags.Directory);
        foreach (string name in DirectoryListing.Directories(proc.Number))
        {
            if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && Inode(pid) == own)
            {
                pids.Add(pid);
            }
        }

        return pids;
    }

    // Null where it has ended, or without permission to look.
    private static ulong? Inode(int pid)
    {
        CString path = CString.Of("/proc/" + pid.ToString() + "/ns/pid");
        Errno errno = Sys.Statx(Sys.WorkingDirectory, path.WithNul, out FileStatus status);
        if (errno.IsMissing() || errno is Errno.EACCES or Errno.EPERM)
        {
            return null;
        }

        errno.OrThrow("look at the pid namespace of process", pid.ToString());
        return status.Inode;
    }
}
