using System;
using System.Globalization;
using System.Text;
using Punnet.Abi;
using Punnet.Cli;
using Punnet.Console;
using Punnet.Host;
using Punnet.Host.State;
using Punnet.Host.Text;
using Punnet.Kernel;

namespace Punnet.Commands;

/// <summary><c>top</c>: what containers use, again and again.</summary>
internal static class TopCommand
{
    /// <summary>The command.</summary>
    public static Command Definition => new()
    {
        Name = "top",
        Arguments = "[ID...]",
        Summary = "show what containers use: a live table in a terminal, lines otherwise",
        Examples = "punnet top\npunnet top --once web | cat",
        Options =
        [
            new("delay", "d", "TIME", "time between two looks (default: 1s)"),
            new("count", "n", "N", "print N tables and end"),
            new("once", "", "", "print one table and end"),
        ],
        MinArguments = 0,
        MaxArguments = int.MaxValue,
        Run = new(Run),
    };

    private static int Run(GlobalOptions globals, CommandLine line)
    {
        string given = line.Value("delay") ?? "1s";
        if (!GoDuration.TryParse(given, out long delay) || delay <= 0)
        {
            throw new UsageException("invalid value \"" + given + "\" for flag -delay: a time such as 1s or 500ms is expected");
        }

        string number = line.Value("count") ?? (line.Has("once") ? "1" : "0");
        if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            || (count == 0 && line.Value("count") is not null))
        {
            throw new UsageException("invalid value \"" + number + "\" for flag -count: a number above 0 is expected");
        }

        StateStore store = globals.Store();
        foreach (string id in line.Positionals)
        {
            Container.Find(store, id).Dispose();
        }

        PendingSignals.Begin();
        UsageTable table = new(store, line.Positionals);
        table.Update();
        if (count > 0 || !TopScreen.CanDraw())
        {
            return Print(table, delay, count, endsEmpty: line.Positionals.Count > 0);
        }

        using TopScreen screen = new();
        screen.Begin();
        while (true)
        {
            (int lines, int columns) = TopScreen.Size();
            if (TopScreen.Draw(table.Text(lines, columns, TopScreen.LineEnd)) != Errno.None
                || (table.IsEmpty && line.Positionals.Count > 0))
            {
                return 0;
            }

            if (Wait(delay, screen.HasKeys) is int status)
            {
                return status;
            }

            table.Update();
        }
    }

    // The first look is only what the next one is compared with.
    private static int Print(UsageTable table, long delay, int count, bool endsEmpty)
    {
        for (int printed = 0; count == 0 || printed < count; printed++)
        {
            if (Wait(delay, hasKeys: false) is int status)
            {
                return status;
            }

            table.Update();
            if (endsEmpty && table.IsEmpty)
            {
                return 0;
            }

            string text = (printed > 0 ? "\n" : "") + table.Text(int.MaxValue, int.MaxValue, "\n");
            Errno errno = Output.TryWrite(Encoding.UTF8.GetBytes(text));
            if (errno == Errno.EPIPE)
            {
                return 0; // The end of a pipe is not a failure, as for events.
            }

            errno.OrThrow("write to standard output");
        }

        return 0;
    }

    // Until the time is over, or the status to end with: a key, a signal, or the loss of the reader.
    private static int? Wait(long delay, bool hasKeys)
    {
        long end = Now() + delay;
        while (true)
        {
            Span<PollDescriptor> ends =
            [
                PendingSignals.End,
                new PollDescriptor { Descriptor = hasKeys ? 0 : -1, Wanted = PollEvents.In },
                new PollDescriptor { Descriptor = 1, Wanted = PollEvents.None },
            ];
            Sys.Ppoll(ends, Math.Max(end - Now(), 0)).OrThrow("wait");
            if (ends[0].Found != PollEvents.None && Sys.ReadSignalfd(PendingSignals.Number, out Signal signal) == Errno.None)
            {
                return signal == Signal.Interrupt ? 0 : 128 + (int)signal;
            }

            if (ends[2].Found != PollEvents.None || (ends[1].Found != PollEvents.None && TopScreen.IsEnd()))
            {
                return 0;
            }

            if (Now() >= end)
            {
                return null;
            }
        }
    }

    private static long Now()
    {
        Sys.ClockGettime(Clock.Monotonic, out long seconds, out long nanoseconds);
        return (seconds * 1000) + (nanoseconds / 1_000_000);
    }
}
