using System;
using System.Runtime.InteropServices;

namespace Punnet.Faults.Tests;

/// <summary>The calls of a tracer: ptrace(2), wait(2), posix_spawn(3).</summary>
internal static partial class Native
{
    public const int Kill = 9, Continue = 18, Stop = 19, Trap = 5;
    public const int AllKinds = 0x40000000, OwnThread = 0x20000000, NoHang = 1, Untraced = 2; // __WALL, __WNOTHREAD, WNOHANG, WUNTRACED

    private const long PtraceCall = 101, KillCall = 62, PrctlCall = 157;
    private const int BecomeSubreaper = 36; // PR_SET_CHILD_SUBREAPER

    /// <summary>ptrace(2) as the kernel has it: -1 is an error.</summary>
    public static long Trace(TraceRequest request, int pid, nint address = 0, nint data = 0) =>
        syscall(PtraceCall, (long)request, pid, address, data);

    /// <summary>The word that the kernel wrote: PTRACE_GETEVENTMSG, or PTRACE_PEEKUSER of this offset.</summary>
    public static unsafe long Peek(TraceRequest request, int pid, nint address = 0)
    {
        long word = 0;
        _ = syscall(PtraceCall, (long)request, pid, address, (nint)(&word));
        return word;
    }

    /// <summary>Whether the process stands at the beginning of a call: PTRACE_GET_SYSCALL_INFO, Linux 5.3.</summary>
    public static unsafe bool IsAtEntry(int pid, out int number)
    {
        const int Size = 88, Entry = 1;
        ulong* info = stackalloc ulong[Size / 8];
        _ = syscall(PtraceCall, (long)TraceRequest.GetSyscallInfo, pid, Size, (nint)info);
        number = (int)info[3];
        return (byte)info[0] == Entry;
    }

    public static void Send(int pid, int signal) => _ = syscall(KillCall, pid, signal, 0, 0);

    public static bool Exists(int pid) => syscall(KillCall, pid, 0, 0, 0) == 0;

    /// <summary>Orphans become children of this process, which can wait for them: process 1 may be one that does not.</summary>
    public static void AdoptOrphans() => _ = syscall(PrctlCall, BecomeSubreaper, 1, 0, 0);

    /// <summary>posix_spawn(3): the child is one of the calling thread, which can trace it, and none that .NET waits for.</summary>
    public static int Spawn(params string[] words)
    {
        string?[] environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", null];
        int error = posix_spawn(out int pid, words[0], 0, 0, [.. words, null], environment);
        return error == 0 ? pid : throw new InvalidOperationException($"cannot start {words[0]}: error {error}");
    }

    [LibraryImport("libc", SetLastError = true)]
    public static partial int waitpid(int pid, out int status, int options);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long syscall(long number, long a, long b, long c, long d);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn(out int pid, string path, nint actions, nint attributes, string?[] words, string?[] environment);
}

/// <summary>linux/ptrace.h.</summary>
internal enum TraceRequest
{
    PeekUser = 3,
    PokeUser = 6,
    Continue = 7,
    Detach = 17,
    Syscall = 24,
    GetEventMessage = 0x4201,
    Seize = 0x4206,
    Interrupt = 0x4207,
    GetSyscallInfo = 0x420e,
}
