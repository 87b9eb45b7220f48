using System;
using System.Diagnostics.CodeAnalysis;
using System.Threading;
using Punnet.Abi;
using static Tmds.Linux.LibC;

namespace Punnet.Kernel;

public static unsafe partial class Sys
{
    private const int Exited = 4; // WEXITED
    private const int InfoSize = 32, InfoCode = 2, InfoPid = 3, InfoStatus = 6; // siginfo_t: 128 bytes, as ints

    /// <summary>
    /// clone3(2) without shared memory: returns twice, like fork(2). The caller has blocked signals; the new process may only call <see
    /// cref="Sys"/> and code that allocates nothing, and ends with <see cref="ExitGroup"/> or exec.
    /// </summary>
    /// <param name="flags">New namespaces; CLONE_PIDFD is always added.</param>
    /// <param name="cgroup">Directory descriptor with <see cref="CloneFlags.IntoCgroup"/>, else -1.</param>
    /// <param name="pid">0 in the new process.</param>
    /// <param name="pidfd">For the caller.</param>
    public static Errno Clone3(CloneFlags flags, int cgroup, out int pid, out int pidfd)
    {
        int place = -1;
        CloneArguments arguments = new()
        {
            Flags = flags | CloneFlags.Pidfd,
            Pidfd = (ulong)&place,

            // With CLONE_PARENT the exit signal is the caller's, and giving one is an error.
            ExitSignal = (flags & CloneFlags.Parent) != CloneFlags.None ? 0 : (ulong)Signal.Child,
        };
        if (cgroup >= 0)
        {
            arguments.Flags |= CloneFlags.IntoCgroup;
            arguments.Cgroup = (ulong)cgroup;
        }

        Errno errno = Call(SyscallNumber.Clone3, out long result, (nint)(&arguments), sizeof(CloneArguments));
        if (errno.IsOfFilter())
        {
            // A seccomp filter cannot see clone3's arguments: many return ENOSYS for it and allow the older call.
            errno = OldClone(arguments, cgroup, &place, out result);
        }

        pid = (int)result;
        pidfd = place;
        return errno;
    }

    // clone(2) has no CLONE_INTO_CGROUP: the new process enters its cgroup itself, before anything else, and reports over a pipe.
    private static Errno OldClone(CloneArguments arguments, int cgroup, int* pidfd, out long pid)
    {
        pid = -1;
        int procs = -1, result = -1, report = -1;
        Errno errno = Errno.None;
        if (cgroup >= 0)
        {
            errno = Openat(cgroup, "cgroup.procs\0"u8, OpenFlags.WriteOnly, 0, out procs);
            errno = errno == Errno.None ? Pipe2(out result, out report) : errno;
        }

        if (errno == Errno.None)
        {
            nint flags = (nint)((ulong)(arguments.Flags & ~CloneFlags.IntoCgroup) | arguments.ExitSignal);
            errno = Call(SyscallNumber.Clone, out pid, flags, 0, (nint)pidfd);
        }

        if (errno == Errno.None && pid == 0 && cgroup >= 0)
        {
            Errno entered = WriteAll(procs, "0"u8);
            WriteAll(report, new ReadOnlySpan<byte>(&entered, sizeof(Errno)));
            while (entered != Errno.None)
            {
                ExitGroup(1);
            }
        }

        Close(procs);
        Close(report);
        if (errno == Errno.None && pid > 0 && cgroup >= 0)
        {
            Read(result, new Span<byte>(&errno, sizeof(Errno)), out int count);
            if (errno != Errno.None || count == 0)
            {
                Waitid(*pidfd, out _);
                Close(*pidfd);
                *pidfd = -1;
                errno = errno == Errno.None ? Errno.ECHILD : errno;
            }
        }

        Close(result);
        return errno;
    }

    /// <summary>
    /// clone(2) of the last process of a chain: a child of the caller's parent. It uses only what nearly every seccomp filter allows, and
    /// no pidfd: the caller may be at its limit of descriptors.
    /// </summary>
    /// <param name="number">Receives its PID before it runs.</param>
    /// <param name="isNew">Whether this is the new process.</param>
    public static Errno CloneSibling(SharedFlag number, out bool isNew)
    {
        Errno errno = Call(SyscallNumber.Clone, out long pid, (nint)SiblingFlags, 0, number.Address);
        isNew = errno == Errno.None && pid == 0;
        return errno;
    }

    /// <summary>The flags of <see cref="CloneSibling"/>: the first argument of clone(2).</summary>
    public const CloneFlags SiblingFlags = CloneFlags.Parent | CloneFlags.StoresPid;

    /// <summary>
    /// exit_group(2); exit(2) where a filter refuses that; and where it refuses both, a segmentation fault, which no filter can prevent.
    /// </summary>
    [DoesNotReturn]
    public static void ExitGroup(int status)
    {
        const nint Nowhere = 16; // In the first page, which is never mapped: vm.mmap_min_addr.
        while (true)
        {
            Call(SyscallNumber.ExitGroup, status);
            Call(SyscallNumber.Exit, status);

            // SIGSEGV from a fault always ends the process when it is blocked, even PID 1 of a PID namespace.
            BlockSignals();
            Volatile.Write(ref *(int*)Nowhere, 0);
        }
    }

    /// <summary>execve(2); returns only on failure.</summary>
    public static Errno Execve(ReadOnlySpan<byte> path, ArgumentBlock arguments, ArgumentBlock environment)
    {
        if (!IsText(path))
        {
            return Errno.EINVAL;
        }

        fixed (byte* text = path)
        {
            return Call(SyscallNumber.Execve, (nint)text, arguments.Pointer, environment.Pointer);
        }
    }

    /// <summary>waitid(2) for the end of a child.</summary>
    /// <param name="pidfd">The child.</param>
    /// <param name="status">The exit status, or 128 + signal when killed by one.</param>
    public static Errno Waitid(int pidfd, out int status)
    {
        const int ByPidfd = 3; // P_PIDFD
        int* info = stackalloc int[InfoSize];
        new Span<int>(info, InfoSize).Clear();
        Errno errno;
        do
        {
            errno = Call(SyscallNumber.Waitid, ByPidfd, pidfd, (nint)info, Exited, 0);
        }
        while (errno == Errno.EINTR);
        status = info[InfoCode] == CLD_EXITED ? info[InfoStatus] : 128 + info[InfoStatus];
        return errno;
    }

    /// <summary>waitid(2) for any child, without waiting: reaps the orphans of a subreaper.</summary>
    /// <param name="pid">0 when no child has ended.</param>
    public static Errno WaitidAny(out int pid)
    {
        const int Any = 0, NoHang = 1; // P_ALL, WNOHANG
        int* info = stackalloc int[InfoSize];
        new Span<int>(info, InfoSize).Clear();
        Errno errno = Call(SyscallNumber.Waitid, Any, 0, (nint)info, Exited | NoHang, 0);
        pid = info[InfoPid];
        return errno;
    }

    /// <summary>pidfd_open(2).</summary>
    public static Errno PidfdOpen(int pid, out int pidfd) => Open(SyscallNumber.PidfdOpen, out pidfd, pid, 0);

    /// <summary>
    /// pidfd_getfd(2): a copy of another process's descriptor, close-on-exec. EBADF while that process has no such descriptor.
    /// </summary>
    public static Errno PidfdGetfd(int pidfd, int number, out int descriptor) =>
        Open(SyscallNumber.PidfdGetfd, out descriptor, pidfd, number, 0);

    /// <summary>kill(2) with signal 0: whether the process exists and punnet may signal it.</summary>
    /// <param name="pid">Its PID, above 0.</param>
    public static Errno ProbeProcess(int pid) => Call(SyscallNumber.Kill, pid, 0);

    /// <summary>prctl(2).</summary>
    public static Errno Prctl(ProcessControl option, nint argument) => Call(SyscallNumber.Prctl, (nint)option, argument, 0, 0, 0);

    /// <summary>prctl(2) with a return value.</summary>
    public static Errno Prctl(ProcessControl option, nint argument, out int answer)
    {
        Errno errno = Call(SyscallNumber.Prctl, out long result, (nint)option, argument, 0, 0, 0);
        answer = (int)result;
        return errno;
    }

    /// <summary>prlimit(2).</summary>
    public static Errno SetRlimit(int pid, ResourceLimit limit, ulong soft, ulong hard)
    {
        ulong* pair = stackalloc ulong[2] { soft, hard };
        return Call(SyscallNumber.Prlimit64, pid, (nint)limit, (nint)pair, 0);
    }

    /// <summary>prlimit(2) of this process, without changing it.</summary>
    public static Errno GetRlimit(ResourceLimit limit, out ulong soft, out ulong hard)
    {
        ulong* pair = stackalloc ulong[2];
        Errno errno = Call(SyscallNumber.Prlimit64, 0, (nint)limit, 0, (nint)pair);
        soft = pair[0];
        hard = pair[1];
        return errno;
    }

    /// <summary>prlimit(2): raises the soft limit of this process to the hard limit.</summary>
    public static Errno RaiseRlimit(ResourceLimit limit)
    {
        Errno errno = GetRlimit(limit, out ulong soft, out ulong hard);
        return errno != Errno.None || soft >= hard ? errno : SetRlimit(0, limit, hard, hard);
    }

    /// <summary>setsid(2).</summary>
    public static Errno Setsid() => Call(SyscallNumber.Setsid);

    /// <summary>getpid(2).</summary>
    public static int Getpid()
    {
        Call(SyscallNumber.Getpid, out long pid);
        return (int)pid;
    }

    /// <summary>umask(2).</summary>
    public static void Umask(uint mask) => Call(SyscallNumber.Umask, (nint)mask);

    /// <summary>personality(2).</summary>
    public static Errno Personality(uint persona) => Call(SyscallNumber.Personality, (nint)persona);
}
