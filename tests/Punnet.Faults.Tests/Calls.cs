using System.Collections.Generic;
using System.Text;
using Punnet.Abi;

namespace Punnet.Faults.Tests;

/// <summary>The names of calls, and which faults they can have.</summary>
internal static class Calls
{
    private static readonly Dictionary<int, string> names = ReadNames();

    /// <summary>These report no error, or only one of a wrong argument: man 2 of each.</summary>
    private static readonly HashSet<string> unfailing =
    [
        "exit", "exit_group", "rt_sigreturn", "rt_sigaction", "rt_sigprocmask", "getpid", "gettid", "getppid", "getuid", "geteuid",
        "getgid", "getegid", "umask", "set_tid_address", "set_robust_list", "arch_prctl", "sched_yield", "restart_syscall", "brk",
        "clock_gettime",
    ];

    /// <summary>These can wait, and a signal then ends the wait: signal(7). EINTR of any other would be a lie.</summary>
    private static readonly HashSet<string> interruptible =
    [
        "read", "write", "pread64", "pwrite64", "readv", "writev", "open", "openat", "openat2", "poll", "ppoll", "wait4", "waitid",
        "connect", "accept4", "sendto", "sendmsg", "recvfrom", "recvmsg", "nanosleep", "clock_nanosleep", "futex", "flock", "fsync",
        "fdatasync", "close", "copy_file_range", "sendfile", "fallocate", "ftruncate", "epoll_wait", "pselect6", "add_key", "keyctl",
    ];

    /// <summary>These have no descriptor to run out of.</summary>
    private static readonly HashSet<string> opening =
    [
        "open", "openat", "openat2", "pipe2", "socket", "socketpair", "accept4", "recvmsg", "dup", "dup2", "dup3", "fcntl", "memfd_create",
        "signalfd4", "eventfd2", "epoll_create1", "pidfd_open", "pidfd_getfd", "clone3", "clone", "fsopen", "fspick", "fsmount",
        "open_tree", "bpf", "seccomp", "ioctl", "inotify_init1", "timerfd_create", "execve", "sendmsg", "setns", "unshare", "mmap",
    ];

    public static string Name(int number) => names.GetValueOrDefault(number, $"call {number}");

    /// <summary>Whether a call can end so.</summary>
    public static bool IsPossible(CallSite site, string what)
    {
        string name = site.Name;
        if (site is { Process: "0", Name: "mmap", Index: 1 } && what[0] == 'E')
        {
            return false; // The C library asks for 512 bytes, and knows no word for it: no code of punnet has run.
        }

        return what switch
        {
            _ when what.StartsWith("SIG", System.StringComparison.Ordinal) => true,
            _ when unfailing.Contains(name) => false,

            // flock(2), never waiting: another holds the lock, and would be there.
            "EAGAIN" when name is "flock" => false,
            "EINTR" => interruptible.Contains(name),
            "EMFILE" or "ENFILE" => opening.Contains(name),

            // close(2): the descriptor is gone all the same, and no memory, space or permission is needed.
            "ENOMEM" or "EAGAIN" or "EPERM" or "ENOSYS" when name is "close" => false,
            "ENOSPC" when name is "read" or "pread64" or "close" or "munmap" or "statx" or "fstat" or "newfstatat" or "getdents64" => false,
            "ENOSPC" or "EIO" or "EAGAIN" when name is "munmap" or "mprotect" or "poll" or "ppoll" or "waitid" or "wait4" => false,
            "ENOMEM" or "ENOSPC" when name is "kill" or "pidfd_send_signal" or "setresuid" or "setresgid" => false,
            _ => true,
        };
    }

    /// <summary>Whether the kernel does the work even where it reports an error: close(2).</summary>
    public static bool IsDoneAllTheSame(string name) => name is "close";

    private static Dictionary<int, string> ReadNames()
    {
        Dictionary<int, string> found = [];
        for (int index = 0; index < SyscallTable.NameCount; index++)
        {
            int number = SyscallTable.SlotOf(SeccompArchitecture.X86_64, index);
            if (number != SyscallTable.Unknown)
            {
                found[number] = Encoding.ASCII.GetString(SyscallTable.NameAt(index));
            }
        }

        return found;
    }
}
