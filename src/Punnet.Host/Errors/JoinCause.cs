using System;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Host.Errors;

/// <summary>Why a namespace cannot be joined: setns(2) has one number for many causes.</summary>
public static class JoinCause
{
    /// <summary>For a namespace that config.json names.</summary>
    public static string? Of(NamespaceJoin join, NamespacePlan plan, Errno errno) => errno switch
    {
        Errno.EINVAL when join.Kind == CloneFlags.NewUser =>
            IsOwn(join) ? "punnet is in this user namespace already" : "a process with threads, or with a shared root, cannot join it",
        Errno.EINVAL when join.Kind == CloneFlags.NewPid => "a pid namespace can be joined only from one above it",
        Errno.EPERM when join.Kind == CloneFlags.NewUser => "punnet needs CAP_SYS_ADMIN in that user namespace, and may not be in a chroot",
        Errno.EPERM when plan.HasUser => "the namespace must belong to the container's user namespace",
        Errno.EPERM => HostPolicy.HasSystemAdministration()
            ? "it belongs to a user namespace in which punnet has no CAP_SYS_ADMIN"
            : HostPolicy.LacksSystemAdministration,
        _ => null,
    };

    /// <summary>For the file of a namespace.</summary>
    public static string? OfFile(string path, Errno errno) => PathCause.Of(path, errno) switch
    {
        string cause when errno == Errno.ENOENT && path.StartsWith("/proc/", StringComparison.Ordinal) =>
            cause + ": the process may have ended",
        null when errno is Errno.EACCES or Errno.EPERM && path.StartsWith("/proc/", StringComparison.Ordinal) =>
            "punnet must be allowed to trace a process to open its namespaces: as its user, with all of its capabilities, "
            + "or with CAP_SYS_PTRACE",
        var cause => cause,
    };

    /// <summary>For an exec.</summary>
    public static string? OfExec(Errno errno) => errno switch
    {
        Errno.EPERM when Sys.Geteuid() != 0 => "exec needs the user that made the container",
        Errno.EPERM when !HostPolicy.HasSystemAdministration() => HostPolicy.LacksSystemAdministration,
        Errno.ESRCH or Errno.ENOMEM => "the first process of the container's pid namespace may have ended meanwhile",
        Errno.EAGAIN => "the container has as many processes as it may have (pids.max of its cgroup, RLIMIT_NPROC)",
        _ => null,
    };

    private static bool IsOwn(NamespaceJoin join) =>
        Sys.Statx(Sys.WorkingDirectory, "/proc/self/ns/user\0"u8, out FileStatus own) == Errno.None
        && Sys.Statx(Sys.WorkingDirectory, join.Path.WithNul, out FileStatus joined) == Errno.None && own.Inode == joined.Inode;
}
