using System;
using Punnet.Kernel;

namespace Punnet.Host.Text;

/// <summary>Times as the state and the log have them.</summary>
public static class Timestamp
{
    /// <summary>Now, RFC 3339 with nanoseconds, UTC: <c>2026-11-23T08:00:00.123456789Z</c>.</summary>
    public static string Now()
    {
        Sys.ClockGettime(Clock.Realtime, out long seconds, out long nanoseconds);
        DateTime now = DateTime.UnixEpoch.AddSeconds(seconds);

        // Not DateTime.ToString: with it come time zones and cultures, 60 types that every start of punnet would set up.
        Span<char> text = stackalloc char[30];
        Write(text[..4], now.Year);
        text[4] = '-';
        Write(text[5..7], now.Month);
        text[7] = '-';
        Write(text[8..10], now.Day);
        text[10] = 'T';
        Write(text[11..13], now.Hour);
        text[13] = ':';
        Write(text[14..16], now.Minute);
        text[16] = ':';
        Write(text[17..19], now.Second);
        text[19] = '.';
        Write(text[20..29], nanoseconds);
        text[29] = 'Z';
        return new string(text);
    }

    private static void Write(Span<char> place, long number)
    {
        for (int i = place.Length - 1; i >= 0; i--)
        {
            place[i] = (char)('0' + (number % 10));
            number /= 10;
        }
    }
}
