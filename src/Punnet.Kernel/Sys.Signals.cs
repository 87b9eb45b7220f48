using System.Runtime.InteropServices;
using Punnet.Abi;
using Tmds.Linux;

namespace Punnet.Kernel;

// The .NET runtime has a thread of its own (the finalizer's) that blocks no signal. While punnet's main thread blocks them all, a
// signal to the process is handled on that thread, which never does anything else here: so the handler may simply pass it on.
public static unsafe partial class Sys
{
    private static int s_forwardTo = -1;
    private static int s_sizeFrom = -1;
    private static int s_sizeTo = -1;

    /// <summary>Passes every signal that this process gets on to another one, and terminal sizes to another terminal.</summary>
    /// <param name="pidfd">Who gets the signals.</param>
    /// <param name="fromTerminal">Whose size is copied at SIGWINCH, or -1: then the signal is passed on like any other.</param>
    /// <param name="toTerminal">Master of the terminal that gets the size.</param>
    public static Errno ForwardSignals(int pidfd, int fromTerminal, int toTerminal)
    {
        s_forwardTo = pidfd;
        s_sizeFrom = fromTerminal;
        s_sizeTo = toTerminal;
        sigaction action = default;
        action.sa_handler = (delegate* unmanaged<int, void>)&Forward;
        action.sa_flags = 0x10000000; // SA_RESTART
        _ = LibC.sigfillset(&action.sa_mask);
        for (int signal = 1; signal <= (int)Signal.BadSystemCall; signal++)
        {
            if (IsForwarded((Signal)signal) && LibC.sigaction(signal, &action, null) != 0)
            {
                return (Errno)LibC.errno;
            }
        }

        return Errno.None;
    }

    // Not what the kernel sends to a thread for its own faults, and not what the runtime uses (SIGURG) or a parent gets anyway.
    private static bool IsForwarded(Signal signal) => signal is not (Signal.Kill or Signal.Stop or Signal.Child or Signal.Urgent)
        && (int)signal is not (4 or 5 or 6 or 7 or 8 or 11 or 13 or 31); // SIGILL TRAP ABRT BUS FPE SEGV PIPE SYS

    [UnmanagedCallersOnly]
    private static void Forward(int signal)
    {
        if (signal == (int)Signal.WindowChange && s_sizeFrom >= 0)
        {
            if (GetTerminalSize(s_sizeFrom, out TerminalSize size) == Errno.None)
            {
                SetTerminalSize(s_sizeTo, size);
            }

            return;
        }

        SendSignal(s_forwardTo, signal);
    }
}
