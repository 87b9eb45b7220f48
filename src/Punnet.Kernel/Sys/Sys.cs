using System;
using Punnet.Abi;
using Tmds.Linux;

namespace Punnet.Kernel;

/// <summary>
/// The kernel as methods: one system call, one method, one errno. Nothing here throws, allocates or returns a pointer. Strings are passed
/// with their NUL (<see cref="CString.WithNul"/>, or a literal <c>"…\0"u8</c>); one without gets EINVAL.
/// </summary>
/// <remarks>
/// Every call goes through syscall(2). The C library's own setuid(2) and its kin signal every thread that it believes to exist, and those
/// threads are missing in the new process. Neither may the new process take a lock that another thread held.
/// </remarks>
public static unsafe partial class Sys
{
    /// <summary>AT_FDCWD: relative to the working directory.</summary>
    public const int WorkingDirectory = -100;

    private const int Recursive = 0x8000; // AT_RECURSIVE
    private const int SignalSetSize = sizeof(ulong);

    private static Errno Call(SyscallNumber number, out long result, nint a = 0, nint b = 0, nint c = 0, nint d = 0, nint e = 0, nint f = 0)
    {
        result = (ssize_t)LibC.syscall((int)number, (void*)a, (void*)b, (void*)c, (void*)d, (void*)e, (void*)f);
        return result == -1 ? (Errno)LibC.errno : Errno.None;
    }

    private static Errno Call(SyscallNumber number, nint a = 0, nint b = 0, nint c = 0, nint d = 0, nint e = 0, nint f = 0) =>
        Call(number, out _, a, b, c, d, e, f);

    // A call that returns a descriptor: -1 on error, so that closing it is harmless.
    private static Errno Open(SyscallNumber number, out int descriptor, nint a = 0, nint b = 0, nint c = 0, nint d = 0, nint e = 0)
    {
        Errno errno = Call(number, out long result, a, b, c, d, e);
        descriptor = (int)result;
        return errno;
    }

    /// <summary>
    /// Whether a filter refuses this call, or the kernel lacks it. The arguments are invalid for every call of the table.
    /// </summary>
    public static bool Refuses(SyscallNumber number) => Answer(number).IsOfFilter();

    /// <summary>What the kernel, or a filter before it, answers to a call with arguments that are invalid for every call.</summary>
    public static Errno Answer(SyscallNumber number) => Call(number, -1, 0, -1);

    private static bool IsText(ReadOnlySpan<byte> text) => !text.IsEmpty && text[^1] == 0;
}
