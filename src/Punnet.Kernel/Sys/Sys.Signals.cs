using Punnet.Abi;

namespace Punnet.Kernel;

public static unsafe partial class Sys
{
    /// <summary>signalfd(2), close-on-exec: what of <see cref="IsForwarded"/> arrives while this thread blocks it. There is no other thread.</summary>
    public static Errno Signalfd(out int descriptor)
    {
        ulong set = 0;
        for (int signal = 1; signal <= (int)Signal.BadSystemCall; signal++)
        {
            set |= IsForwarded((Signal)signal) ? 1UL << (signal - 1) : 0;
        }

        return Signalfd(set, out descriptor);
    }

    /// <summary>signalfd(2), close-on-exec: those of a set of signals that arrive while this thread blocks them.</summary>
    /// <param name="set">Signal 1 is the lowest bit.</param>
    /// <param name="descriptor">For <see cref="ReadSignalfd"/>.</param>
    public static Errno Signalfd(ulong set, out int descriptor)
    {
        const int CloseOnExec = 0x80000;
        Errno errno = Call(SyscallNumber.Signalfd4, out long result, -1, (nint)(&set), sizeof(ulong), CloseOnExec);
        descriptor = (int)result;
        return errno;
    }

    /// <summary>rt_sigaction(2), without a change: whether this process ignores a signal.</summary>
    public static bool IsSignalIgnored(Signal signal)
    {
        const nint Ignore = 1; // SIG_IGN
        nint* action = stackalloc nint[4]; // The kernel's struct begins with the handler.
        return Call(SyscallNumber.RtSigaction, (nint)signal, 0, (nint)action, sizeof(ulong)) == Errno.None && action[0] == Ignore;
    }

    /// <summary>Takes the next signal from <see cref="Signalfd(out int)"/>.</summary>
    public static Errno ReadSignalfd(int descriptor, out Signal signal)
    {
        const int Length = 128; // struct signalfd_siginfo, which begins with the number
        byte* information = stackalloc byte[Length];
        Errno errno = Call(SyscallNumber.Read, descriptor, (nint)information, Length);
        signal = (Signal)(*(int*)information);
        return errno;
    }

    // Not what the kernel sends to a thread for its own faults, and not what a parent gets anyway.
    private static bool IsForwarded(Signal signal) => signal is not (Signal.Kill or Signal.Stop or Signal.Child or Signal.Urgent)
        && (int)signal is not (4 or 5 or 6 or 7 or 8 or 11 or 13 or 31); // SIGILL TRAP ABRT BUS FPE SEGV PIPE SYS
}
