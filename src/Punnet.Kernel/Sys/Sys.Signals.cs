using System.Runtime.CompilerServices;
using Punnet.Abi;
using static Tmds.Linux.LibC;

namespace Punnet.Kernel;

public static unsafe partial class Sys
{
    private const nint IgnoringHandler = 1; // SIG_IGN

    /// <summary>pidfd_send_signal(2); kill(2) where a filter around punnet refuses that.</summary>
    /// <param name="pidfd">The process.</param>
    /// <param name="pid">Its PID: of a child that was not waited for, or of a process whose pidfd was just opened.</param>
    /// <param name="signal">The signal.</param>
    public static Errno PidfdSendSignal(int pidfd, int pid, int signal)
    {
        Errno errno = Call(SyscallNumber.PidfdSendSignal, pidfd, signal, 0, 0);
        return errno.IsOfFilter() && pid > 0 ? Call(SyscallNumber.Kill, pid, signal) : errno;
    }

    /// <summary>tkill(2).</summary>
    public static Errno Tkill(int thread, Signal signal) => Call(SyscallNumber.Tkill, thread, (nint)signal);

    /// <summary>rt_sigprocmask(2): blocks every signal of this thread.</summary>
    public static void BlockSignals() => SetSignalMask(ulong.MaxValue);

    /// <summary>rt_sigprocmask(2): blocks no signal of this thread.</summary>
    public static void UnblockSignals() => SetSignalMask(0);

    private static void SetSignalMask(ulong mask) => Call(SyscallNumber.RtSigprocmask, SIG_SETMASK, (nint)(&mask), 0, SignalSetSize);

    /// <summary>
    /// rt_sigaction(2): sets signals to their default action. Ignored signals survive exec, and CLONE_CLEAR_SIGHAND of clone3(2).
    /// </summary>
    /// <param name="ignored">One bit each, from signal 1 on; SIGKILL and SIGSTOP cannot be ignored.</param>
    [SkipLocalsInit]
    public static void ResetSignals(ulong ignored)
    {
        SignalAction action = default;
        for (int signal = 1; ignored != 0; signal++, ignored >>= 1)
        {
            if ((ignored & 1) != 0)
            {
                Call(SyscallNumber.RtSigaction, signal, (nint)(&action), 0, SignalSetSize);
            }
        }
    }

    /// <summary>rt_sigaction(2): ignores a signal.</summary>
    public static void IgnoreSignal(Signal signal)
    {
        SignalAction action = new(handler: IgnoringHandler);
        Call(SyscallNumber.RtSigaction, (nint)signal, (nint)(&action), 0, SignalSetSize);
    }

    /// <summary>
    /// rt_sigaction(2) of SIGCHLD: SIG_DFL, with SA_NOCLDWAIT where children must not become zombies. execve(2) resets that: it keeps
    /// SIG_IGN, but no flags.
    /// </summary>
    public static Errno IgnoreSigchld(bool forget)
    {
        SignalAction action = new(flags: forget ? (ulong)SA_NOCLDWAIT : 0);
        return Call(SyscallNumber.RtSigaction, SIGCHLD, (nint)(&action), 0, SignalSetSize);
    }

    /// <summary>rt_sigaction(2), without changing it: whether this process ignores a signal.</summary>
    public static bool IsSignalIgnored(Signal signal)
    {
        nint* action = stackalloc nint[4]; // The kernel's struct begins with the handler.
        return Call(SyscallNumber.RtSigaction, (nint)signal, 0, (nint)action, SignalSetSize) == Errno.None
            && action[0] == IgnoringHandler;
    }

    /// <summary>
    /// signalfd(2), close-on-exec, for the signals of <see cref="IsForwarded"/>. This thread blocks them; there is no other.
    /// </summary>
    public static Errno Signalfd(out int descriptor)
    {
        ulong set = 0;
        for (int signal = 1; signal <= (int)Signal.BadSystemCall; signal++)
        {
            set |= IsForwarded((Signal)signal) ? 1UL << (signal - 1) : 0;
        }

        return Signalfd(set, out descriptor);
    }

    /// <summary>signalfd(2), close-on-exec, for a set of signals that this thread blocks.</summary>
    /// <param name="set">Signal 1 is the lowest bit.</param>
    /// <param name="descriptor">For <see cref="ReadSignalfd"/>.</param>
    public static Errno Signalfd(ulong set, out int descriptor) =>
        Open(SyscallNumber.Signalfd4, out descriptor, -1, (nint)(&set), SignalSetSize, O_CLOEXEC); // SFD_CLOEXEC

    /// <summary>Reads the next signal from <see cref="Signalfd(out int)"/>.</summary>
    public static Errno ReadSignalfd(int descriptor, out Signal signal)
    {
        const int Length = 128; // struct signalfd_siginfo, which begins with the number
        byte* information = stackalloc byte[Length];
        Errno errno = Call(SyscallNumber.Read, descriptor, (nint)information, Length);
        signal = (Signal)(*(int*)information);
        return errno;
    }

    // Not the signals that the kernel sends for faults of the thread, nor those that a parent receives anyway.
    private static bool IsForwarded(Signal signal) => signal is not (Signal.Kill or Signal.Stop or Signal.Child or Signal.Urgent
        or Signal.IllegalInstruction or Signal.Trap or Signal.Abort or Signal.BusError or Signal.ArithmeticError
        or Signal.SegmentationFault or Signal.BrokenPipe or Signal.BadSystemCall);

    private readonly struct SignalAction(nint handler = 0, ulong flags = 0)
    {
#pragma warning disable CS0169, IDE0051, IDE0052 // The kernel's struct; zeros are SIG_DFL and an empty mask.
        private readonly nint _handler = handler;
        private readonly ulong _flags = flags;
        private readonly nint _restorer;
        private readonly ulong _mask;
#pragma warning restore CS0169, IDE0051, IDE0052
    }
}
