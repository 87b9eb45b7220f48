using System;
using Punnet.Abi;

namespace Punnet.Kernel;

// seccomp(2) and seccomp_unotify(2).
public static unsafe partial class Sys
{
    private const int SetModeFilter = 1; // SECCOMP_SET_MODE_FILTER

    /// <summary>seccomp(2) SECCOMP_SET_MODE_FILTER, of this thread.</summary>
    /// <param name="instructions">cBPF instructions, 8 bytes each.</param>
    /// <param name="flags">SECCOMP_FILTER_FLAG_*.</param>
    /// <param name="listener">The notification descriptor with SECCOMP_FILTER_FLAG_NEW_LISTENER, else 0.</param>
    public static Errno SeccompSetFilter(ReadOnlySpan<byte> instructions, uint flags, out int listener)
    {
        fixed (byte* code = instructions)
        {
            FilterProgram program = new() { Length = (ushort)(instructions.Length / 8), Instructions = (nint)code };
            return Open(SyscallNumber.Seccomp, out listener, SetModeFilter, (nint)flags, (nint)(&program));
        }
    }

    /// <summary>Whether the kernel knows flags of seccomp(2): it looks at them before it looks at the program, of which there is none.</summary>
    public static bool KnowsSeccompFlags(SeccompFilterFlags flags) => Call(SyscallNumber.Seccomp, SetModeFilter, (nint)flags, 0) == Errno.EFAULT;

    /// <summary>pidfd_getfd(2): a copy of another process's descriptor, close-on-exec. EBADF while that has none of this number.</summary>
    public static Errno PidfdGetfd(int pidfd, int number, out int descriptor) =>
        Open(SyscallNumber.PidfdGetfd, out descriptor, pidfd, number, 0);

    /// <summary>ioctl(2) SECCOMP_IOCTL_NOTIF_RECV: waits for the next call; ENOENT when it was given up meanwhile.</summary>
    public static Errno SeccompNotifRecv(int listener, out SeccompNotification notification)
    {
        SeccompNotification place = default; // the kernel insists on zeros
        Errno errno = Call(SyscallNumber.Ioctl, listener, unchecked((nint)0xc0502100u), (nint)(&place));
        notification = place;
        return errno;
    }

    /// <summary>ioctl(2) SECCOMP_IOCTL_NOTIF_SEND: answers a call; ENOENT when nobody waits for it any more.</summary>
    public static Errno SeccompNotifSend(int listener, SeccompResponse response) =>
        Call(SyscallNumber.Ioctl, listener, unchecked((nint)0xc0182101u), (nint)(&response));

    /// <summary>ioctl(2) SECCOMP_IOCTL_NOTIF_ID_VALID: ENOENT when nobody waits for the answer any more, and the thread's number may be another's.</summary>
    public static Errno SeccompNotifIdValid(int listener, ulong id) => Call(SyscallNumber.Ioctl, listener, 0x40082102, (nint)(&id));

    /// <summary>tkill(2).</summary>
    public static Errno Tkill(int thread, Signal signal) => Call(SyscallNumber.Tkill, thread, (nint)signal);

    /// <summary>mmap(2) of memory that a clone shares (MAP_SHARED | MAP_ANONYMOUS).</summary>
    public static Errno MmapSharedFlag(out SharedFlag flag)
    {
        const int ReadWrite = 3, SharedAnonymous = 0x21, Page = 4096;
        Errno errno = Call(SyscallNumber.Mmap, out long place, 0, Page, ReadWrite, SharedAnonymous, -1, 0);
        flag = new SharedFlag(errno == Errno.None ? (int*)place : null);
        return errno;
    }

    /// <summary>madvise(2) MADV_DONTFORK: the processes that this one clones do not have it.</summary>
    public static Errno MadviseDontfork(SharedFlag flag)
    {
        const int DontFork = 10, Page = 4096;
        return Call(SyscallNumber.Madvise, flag.Address, Page, DontFork);
    }

    private struct FilterProgram
    {
        public ushort Length;
        public nint Instructions;
    }
}
