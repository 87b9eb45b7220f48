using System;
using System.Collections.Generic;
using System.Text;
using Punnet.Abi;
using Punnet.Host.Cgroups;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Host.Errors;

/// <summary>Why a process in new namespaces cannot be made: clone(2) and unshare(2) have one number for many causes.</summary>
public static class CloneCause
{
    /// <summary>The cause, or null when nothing is known.</summary>
    /// <param name="namespaces">Which are made.</param>
    /// <param name="errno">What the kernel says.</param>
    /// <param name="cgroup">The cgroup that it was to be made in, below the mount; null for punnet's own.</param>
    public static string? Of(NamespacePlan namespaces, Errno errno, string? cgroup) => errno switch
    {
        Errno.EPERM or Errno.EACCES when Sys.Geteuid() != 0 && !namespaces.HasUser =>
            "an ordinary user needs a user namespace: punnet spec --rootless shows how",
        Errno.EPERM when namespaces.HasUser && IsInChroot() => "punnet is in a chroot, where the kernel makes no user namespaces",
        Errno.EPERM or Errno.EACCES when Sys.Geteuid() != 0 => HostPolicy.OfUserNamespaces(),
        Errno.EPERM when !namespaces.HasUser && !HostPolicy.HasSystemAdministration() => HostPolicy.LacksSystemAdministration,
        Errno.ENOSPC => (namespaces.HasUser ? HostPolicy.OfUserNamespaces() : null) ?? Limits(namespaces),
        Errno.EAGAIN => OfCgroup(cgroup ?? CgroupMount.OwnPath()) ?? OfUser(),
        Errno.EINVAL => Unknown(namespaces),
        _ => null,
    };

    /// <summary>Why a user namespace cannot be made, or null.</summary>
    public static string? OfUserNamespace(Errno errno) => errno switch
    {
        Errno.ENOSPC => HostPolicy.OfUserNamespaces() ?? Limit("max_user_namespaces"),
        Errno.EPERM when IsInChroot() => "punnet is in a chroot, where the kernel makes no user namespaces",
        _ => null,
    };

    /// <summary>A limit of namespaces, of those in /proc/sys/user.</summary>
    public static string Limit(string name) => "a limit is reached: sysctl user." + name + " is " + Read("/proc/sys/user/" + name);

    // user_namespaces(7), clone(2): ENOSPC is a count or a depth. How many there are cannot be read, only the limits.
    private static string Limits(NamespacePlan namespaces)
    {
        StringBuilder text = new();
        for (int number = 0; number < NamespaceKinds.Count; number++)
        {
            string limit = "max_" + NamespaceKinds.FileName(number) + "_namespaces";
            string? value = IsMade(namespaces, NamespaceKinds.Flag(number)) ? Read("/proc/sys/user/" + limit) : null;
            if (value == "0")
            {
                return "namespaces of this kind are forbidden here: sysctl user." + limit + " is 0";
            }

            if (value is not null)
            {
                text.Append(text.Length == 0 ? "" : ", ").Append("user.").Append(limit).Append(" is ").Append(value);
            }
        }

        return "one of these limits is reached: " + text + "; or namespaces are nested more than 32 deep";
    }

    // The kernel counts in each cgroup from the new process's up (admin-guide/cgroup-v2.rst, "PID").
    private static string? OfCgroup(string path)
    {
        string mount = CgroupMount.Find();
        for (int end = path.Length; end > 0; end = path.LastIndexOf('/', end - 1))
        {
            string directory = mount + path[..end];
            if (Read(directory + "/pids.max") is string max && Read(directory + "/pids.current") is string now
                && long.TryParse(max, out long limit) && long.TryParse(now, out long count) && count >= limit)
            {
                return "the cgroup " + directory + " has " + now + " processes, and may have " + max + " (pids.max)";
            }
        }

        return null;
    }

    private static string OfUser() =>
        "user " + Sys.Geteuid().ToString() + " may have " + ErrnoCause.Limit(ResourceLimit.Processes) + " processes (RLIMIT_NPROC), "
        + "the host " + Read("/proc/sys/kernel/threads-max") + " (kernel.threads-max)";

    private static string? Unknown(NamespacePlan namespaces)
    {
        List<string> missing = [];
        for (int number = 0; number < NamespaceKinds.Count; number++)
        {
            string name = NamespaceKinds.FileName(number);
            if (IsMade(namespaces, NamespaceKinds.Flag(number))
                && Sys.Statx(Sys.WorkingDirectory, CString.Of("/proc/self/ns/" + name).WithNul, out _) == Errno.ENOENT)
            {
                missing.Add(name);
            }
        }

        return missing.Count == 0 ? null : "this kernel has no namespaces of the kind " + string.Join(", ", missing);
    }

    private static bool IsMade(NamespacePlan namespaces, CloneFlags kind) => (namespaces.New & kind) != CloneFlags.None
        || (kind == CloneFlags.NewCgroup && namespaces.NewCgroup) || (kind == CloneFlags.NewTime && namespaces.NewTime);

    // The root of a mount namespace is a mount, and is also the root of PID 1 if that is in the same namespace and not in a chroot.
    private static bool IsInChroot()
    {
        if (Status("/proc/1/ns/mnt\0"u8) is FileStatus namespaceOfFirst && namespaceOfFirst.Inode == Status("/proc/self/ns/mnt\0"u8)?.Inode
            && Status("/proc/1/root\0"u8) is FileStatus rootOfFirst && rootOfFirst.MountId != Status("/\0"u8)?.MountId)
        {
            return true;
        }

        foreach (MountInfo mount in MountInfo.Read())
        {
            if (mount.Point == "/")
            {
                return false;
            }
        }

        return true;
    }

    private static FileStatus? Status(ReadOnlySpan<byte> path) =>
        Sys.Statx(Sys.WorkingDirectory, path, out FileStatus status) == Errno.None ? status : null;

    private static string? Read(string path) => HostFile.TryReadText(Sys.WorkingDirectory, CString.Of(path).WithNul)?.TrimEnd();
}
