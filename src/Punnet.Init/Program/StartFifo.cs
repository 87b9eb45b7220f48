using System;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Init;

/// <summary>The last wait before the program: for <c>start</c>, which is another process, or for run's own word.</summary>
internal static class StartFifo
{
    /// <summary>Waits.</summary>
    /// <returns>Where failures go from here on.</returns>
    public static InitReport Wait(InitContext context, InitReport report)
    {
        if (context.StartFifo < 0)
        {
            if (!Channel.Receive(context.Channel, out ChannelMessage answer) || answer.Kind != Message.Exec)
            {
                Sys.ExitGroup(1);
            }

            return report;
        }

        // The host side of the create waits for the end of this channel, and its stdio for ours.
        Sys.Close(context.Channel);
        ServeInit(context);
        Span<byte> one = stackalloc byte[1];
        if (Sys.Read(context.StartFifo, one, out int count) != Errno.None || count != 1)
        {
            Sys.ExitGroup(1);
        }

        return new InitReport(context.StartResult);
    }

    // Until there is something to read. Signals are blocked since the clone: left alone, one that is to end the container would wait for the
    // program, and the first process of a pid namespace would lose it then. A filter that is loaded by now may refuse both calls; then so be it.
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

    // As with runc: those that ask a program to end. Nobody is there yet who could have a meaning for the others.
    private static void Take(int signals)
    {
        if (Sys.ReadSignalfd(signals, out Signal signal) == Errno.None
            && signal is Signal.Hangup or Signal.Interrupt or Signal.Quit or Signal.Abort or Signal.Terminate)
        {
            Sys.ExitGroup(128 + (int)signal);
        }
    }
}
