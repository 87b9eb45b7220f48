using System;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Init;

/// <summary>The last wait before the program: for <c>start</c>, which is another process, or for a message of <c>run</c>.</summary>
internal static class StartFifo
{
    /// <summary>Waits.</summary>
    /// <returns>Where failures are reported from here on.</returns>
    public static InitReport Wait(InitContext context, InitReport report)
    {
        if (context.StartFifo < 0)
        {
            Namespaces.AwaitHost(context, Message.Exec, report);
            return report;
        }

        // The host side of create waits for the end of file of this channel, and its caller for that of the streams.
        Sys.Close(context.Channel);
        ServeInit(context);
        Span<byte> one = stackalloc byte[1];
        Errno errno = Sys.Read(context.StartFifo, one, out int count);
        report = new InitReport(context.StartResult);
        report.Check(InitStep.HostAnswer, errno);
        if (count != 1)
        {
            Sys.ExitGroup(1);
        }

        return report;
    }

    // Waits until the FIFO is readable. Signals are blocked since the clone: a signal that ends the container would stay pending until the
    // program runs, and PID 1 of a PID namespace would lose it then. If a filter refuses both calls, that cannot be helped.
    private static void ServeInit(InitContext context)
    {
        Sys.Signalfd(ulong.MaxValue, out int signals);
        Span<PollDescriptor> ends =
        [
            new PollDescriptor { Descriptor = context.StartFifo, Wanted = PollEvents.In },
            new PollDescriptor { Descriptor = signals, Wanted = PollEvents.In },
            new PollDescriptor { Descriptor = context.NamespaceSocket, Wanted = PollEvents.In },
        ];
        while (Sys.Ppoll(ends, -1) == Errno.None && ends[0].Found == PollEvents.None)
        {
            if (ends[1].Found != PollEvents.None)
            {
                Take(signals);
            }

            if (ends[2].Found != PollEvents.None)
            {
                NamespaceSocket.Answer(context);
            }
        }

        Sys.Close(signals);
        NamespaceSocket.Close(context);
    }

    // As with runc: the signals that terminate a program. No program is there yet to handle the others.
    private static void Take(int signals)
    {
        if (Sys.ReadSignalfd(signals, out Signal signal) == Errno.None
            && signal is Signal.Hangup or Signal.Interrupt or Signal.Quit or Signal.Abort or Signal.Terminate)
        {
            Sys.ExitGroup(128 + (int)signal);
        }
    }
}
