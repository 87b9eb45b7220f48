using System;
using System.Buffers;

namespace Punnet.Host.Text;

/// <summary>
/// Durations as Go writes them (time.ParseDuration), which engines pass: <c>5s</c>, <c>1m30s</c>, <c>1.5h</c>, <c>100ms</c>.
/// </summary>
public static class GoDuration
{
    private const long NanosecondsPerMillisecond = 1_000_000;
    private static readonly SearchValues<char> s_number = SearchValues.Create("0123456789.");

    /// <summary>Reads a duration.</summary>
    /// <param name="text">Numbers with units, one after the other, perhaps with a sign in front; or 0.</param>
    /// <param name="milliseconds">Milliseconds, rounded up: a microsecond is not 0.</param>
    /// <returns>False where it is invalid, or longer than Go can count.</returns>
    public static bool TryParse(string text, out long milliseconds)
    {
        bool isNegative = text.StartsWith('-');
        ReadOnlySpan<char> rest = text.AsSpan(isNegative || text.StartsWith('+') ? 1 : 0);
        milliseconds = 0;
        if (rest is "0")
        {
            return true;
        }

        long sum = 0;
        bool isValid = !rest.IsEmpty;
        while (isValid && !rest.IsEmpty)
        {
            int digits = Math.Max(rest.IndexOfAnyExcept(s_number), 0);
            int units = rest[digits..].IndexOfAny(s_number);
            ReadOnlySpan<char> unit = units < 0 ? rest[digits..] : rest.Slice(digits, units);
            isValid = Nanoseconds(unit) is long length && ScaledNumber.TryParse(rest[..digits], length, out long part)
                && (sum += part) >= 0;
            rest = rest[(digits + unit.Length)..];
        }

        milliseconds = (sum / NanosecondsPerMillisecond) + (sum % NanosecondsPerMillisecond > 0 ? 1 : 0);
        milliseconds = isNegative ? -milliseconds : milliseconds;
        return isValid;
    }

    private static long? Nanoseconds(ReadOnlySpan<char> unit) => unit switch
    {
        "ns" => 1,
        "us" or "µs" or "μs" => 1000,
        "ms" => NanosecondsPerMillisecond,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => null,
    };
}
