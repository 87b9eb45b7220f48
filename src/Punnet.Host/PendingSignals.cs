using System;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host;

/// <summary>
/// A signal that asks punnet to end, seen between two pieces of work and in every wait, so a command can undo what it has begun: end
/// the processes of an unfinished container, thaw a container, remove an unfinished layer.
/// </summary>
public static class PendingSignals
{
    private static int s_signals = -1;
    private static bool s_isHeld;

    private static ReadOnlySpan<Signal> Ending => [Signal.Hangup, Signal.Interrupt, Signal.Quit, Signal.Terminate];

    /// <summary>For a poll(2) that an interruption ends; <see cref="Check"/> then says whether one did.</summary>
    public static PollDescriptor End => new() { Descriptor = Number, Wanted = PollEvents.In };

    /// <summary>Becomes readable when a signal comes; -1 before <see cref="Begin"/>.</summary>
    public static int Number => s_isHeld ? -1 : s_signals;

    /// <summary>Blocks signals until they are checked. A write to a closed pipe then fails and does not kill.</summary>
    /// <exception cref="SysException">The kernel has no descriptors left.</exception>
    public static void Begin()
    {
        Sys.BlockSignals();
        if (s_signals >= 0)
        {
            return;
        }

        // One that the caller has ignored (nohup) is ignored, though it is blocked.
        ulong set = 0;
        foreach (Signal signal in Ending)
        {
            set |= Sys.IsSignalIgnored(signal) ? 0 : 1UL << ((int)signal - 1);
        }

        Sys.Signalfd(set, out s_signals).OrThrow("wait for signals");
    }

    /// <summary>Whether a signal asks punnet to end.</summary>
    public static bool IsEnding(Signal signal) => Ending.Contains(signal);

    /// <summary>Undoing is not interrupted.</summary>
    /// <param name="hold">False allows it again.</param>
    public static void Hold(bool hold = true) => s_isHeld = hold;

    /// <summary>Restores the signals that were blocked for a clone.</summary>
    public static void AfterClone()
    {
        if (s_signals < 0)
        {
            Sys.UnblockSignals();
        }
    }

    /// <summary>Ends the work when it is asked to; without <see cref="Begin"/> the signal itself does.</summary>
    /// <exception cref="PunnetException">SIGHUP, SIGINT, SIGQUIT or SIGTERM came.</exception>
    public static void Check()
    {
        if (Number >= 0 && Sys.PollReadable(Number, 0, out bool isThere) == Errno.None && isThere
            && Sys.ReadSignalfd(Number, out Signal signal) == Errno.None)
        {
            throw new PunnetException("interrupted by signal " + ((int)signal).ToString()) { ExitStatus = 128 + (int)signal };
        }
    }

    /// <summary>Waits until a pipe takes at least a page; a reader that does not read must not keep a container paused forever.</summary>
    /// <param name="descriptor">The pipe.</param>
    /// <exception cref="PunnetException">SIGHUP, SIGINT, SIGQUIT or SIGTERM came.</exception>
    public static void WaitToWrite(int descriptor) => Wait(descriptor, PollEvents.Out, -1, "wait for the reader");

    /// <summary>Waits until there is something to read.</summary>
    /// <param name="descriptor">Where.</param>
    /// <param name="milliseconds">How long; negative waits forever.</param>
    /// <param name="what">As in "cannot …".</param>
    /// <returns>False when the time is over.</returns>
    /// <exception cref="PunnetException">SIGHUP, SIGINT, SIGQUIT or SIGTERM came.</exception>
    public static bool WaitToRead(int descriptor, long milliseconds, string what) => Wait(descriptor, PollEvents.In, milliseconds, what);

    private static bool Wait(int descriptor, PollEvents wanted, long milliseconds, string what)
    {
        Span<PollDescriptor> ends = [new PollDescriptor { Descriptor = descriptor, Wanted = wanted }, End];
        Sys.Ppoll(ends, milliseconds).OrThrow(what);
        if (ends[1].Found != PollEvents.None)
        {
            Check();
        }

        return ends[0].Found != PollEvents.None;
    }
}
