using System;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Layers;

/// <summary>
/// A signal that asks punnet to end, seen between two pieces of work, so that what was begun can be undone: a container thawed, an
/// unfinished layer removed.
/// </summary>
internal static class Interruption
{
    private static int s_signals = -1;

    /// <summary>From here on signals wait to be seen; a write to a closed pipe fails, and does not kill.</summary>
    /// <exception cref="SysException">The kernel has no descriptors left.</exception>
    public static void Begin()
    {
        Sys.BlockSignals();
        if (s_signals < 0)
        {
            Sys.OpenSignals(out s_signals).OrThrow("wait for signals");
        }
    }

    /// <summary>Ends the work when it is asked to; without <see cref="Begin"/> the signal itself does.</summary>
    /// <exception cref="PunnetException">SIGHUP, SIGINT, SIGQUIT or SIGTERM came.</exception>
    public static void Check()
    {
        if (s_signals >= 0 && Sys.WaitReadable(s_signals, 0, out bool isThere) == Errno.None && isThere)
        {
            Take();
        }
    }

    /// <summary>Waits until a pipe takes at least a page; a reader that does not read must not keep a container still for ever.</summary>
    /// <param name="descriptor">The pipe.</param>
    /// <exception cref="PunnetException">SIGHUP, SIGINT, SIGQUIT or SIGTERM came.</exception>
    public static void WaitToWrite(int descriptor)
    {
        Span<PollDescriptor> ends =
        [
            new PollDescriptor { Descriptor = descriptor, Wanted = PollEvents.Out },
            new PollDescriptor { Descriptor = s_signals, Wanted = PollEvents.In },
        ];
        do
        {
            Sys.Poll(ends, -1).OrThrow("wait for the reader");
            if (ends[1].Found != PollEvents.None)
            {
                Take();
            }
        }
        while (ends[0].Found == PollEvents.None);
    }

    private static void Take()
    {
        if (Sys.ReadSignal(s_signals, out Signal signal) == Errno.None
            && signal is Signal.Hangup or Signal.Interrupt or Signal.Quit or Signal.Terminate)
        {
            throw new PunnetException("interrupted by signal " + ((int)signal).ToString());
        }
    }
}
