using System;
using System.Buffers;
using System.Globalization;

namespace Punnet;

/// <summary>Durations as Go writes them (time.ParseDuration), which engines pass: <c>5s</c>, <c>1m30s</c>, <c>1.5h</c>, <c>100ms</c>.</summary>
internal static class GoDuration
{
    private const decimal MostMilliseconds = 9_223_372_036_854m; // int64 nanoseconds, which is what Go can hold
    private static readonly SearchValues<char> s_number = SearchValues.Create("0123456789.");

    /// <summary>Reads a duration.</summary>
    /// <param name="text">Numbers with units, one after the other, perhaps with a sign in front; or 0.</param>
    /// <param name="milliseconds">Whole milliseconds, away from 0: a microsecond is not nothing.</param>
    /// <returns>False where it is none.</returns>
    public static bool TryParse(string text, out long milliseconds)
    {
        milliseconds = 0;
        bool isNegative = text.StartsWith('-');
        ReadOnlySpan<char> rest = text.AsSpan(isNegative || text.StartsWith('+') ? 1 : 0);
        if (rest is "0")
        {
            return true;
        }

        decimal sum = 0;
        bool isValid = !rest.IsEmpty;
        while (isValid && !rest.IsEmpty)
        {
            int digits = rest.IndexOfAnyExcept(s_number);
            int units = digits <= 0 ? 0 : rest[digits..].IndexOfAny(s_number);
            ReadOnlySpan<char> unit = digits <= 0 ? "" : units < 0 ? rest[digits..] : rest.Slice(digits, units);
            isValid = decimal.TryParse(rest[..Math.Max(digits, 0)], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number)
                && Unit(unit) is decimal length && number <= MostMilliseconds && (sum += number * length) <= MostMilliseconds;
            rest = isValid ? rest[(digits + unit.Length)..] : rest;
        }

        milliseconds = isValid ? (long)Math.Ceiling(sum) : 0;
        milliseconds = isNegative ? -milliseconds : milliseconds;
        return isValid;
    }

    // In milliseconds.
    private static decimal? Unit(ReadOnlySpan<char> unit) => unit switch
    {
        "ns" => 0.000_001m,
        "us" or "µs" or "μs" => 0.001m,
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => null,
    };
}
