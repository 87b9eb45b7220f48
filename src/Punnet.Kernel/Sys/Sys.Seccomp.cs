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

    /// <summary>Whether the kernel supports flags of seccomp(2): it checks them before the program, which is a null pointer here.</summary>
    public static bool KnowsSeccompFlags(SeccompFilterFlags flags) =>
        Call(SyscallNumber.Seccomp, SetModeFilter, (nint)flags, 0) == Errno.EFAULT;

    /// <summary>ioctl(2) SECCOMP_IOCTL_NOTIF_RECV: waits for the next call; ENOENT when the call was interrupted meanwhile.</summary>
    public static Errno SeccompNotifRecv(int listener, out SeccompNotification notification)
    {
        const uint Receive = 0xc0502100; // SECCOMP_IOCTL_NOTIF_RECV
        SeccompNotification place = default; // The kernel insists on zeros.
        Errno errno = Call(SyscallNumber.Ioctl, listener, unchecked((nint)Receive), (nint)(&place));
        notification = place;
        return errno;
    }

    /// <summary>ioctl(2) SECCOMP_IOCTL_NOTIF_SEND: answers a call; ENOENT when its thread no longer waits.</summary>
    public static Errno SeccompNotifSend(int listener, SeccompResponse response)
    {
        const uint Send = 0xc0182101; // SECCOMP_IOCTL_NOTIF_SEND
        return Call(SyscallNumber.Ioctl, listener, unchecked((nint)Send), (nint)(&response));
    }

    /// <summary>
    /// ioctl(2) SECCOMP_IOCTL_NOTIF_ID_VALID: ENOENT when its thread no longer waits, and the thread ID may have been reused.
    /// </summary>
    public static Errno SeccompNotifIdValid(int listener, ulong id)
    {
        const int IdValid = 0x40082102; // SECCOMP_IOCTL_NOTIF_ID_VALID
        return Call(SyscallNumber.Ioctl, listener, IdValid, (nint)(&id));
    }

    /// <summary>landlock_create_ruleset(2) with LANDLOCK_CREATE_RULESET_VERSION: the version of its interface.</summary>
    public static Errno LandlockVersion(out int version)
    {
        const int AskVersion = 1; // LANDLOCK_CREATE_RULESET_VERSION
        return Open(SyscallNumber.LandlockCreateRuleset, out version, 0, 0, AskVersion);
    }

    private struct FilterProgram
    {
        public ushort Length;
        public nint Instructions;
    }
}
