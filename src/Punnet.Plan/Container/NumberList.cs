using System;
using System.Collections.Immutable;
using System.Globalization;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>Lists such as <c>0-3,7</c>, for CPUs and for NUMA nodes: cpuset(7), "List format".</summary>
internal static class NumberList
{
    /// <summary>Turns a list into a mask, one bit for each number.</summary>
    /// <param name="text">The list.</param>
    /// <param name="place">Its place in config.json.</param>
    /// <param name="limit">The first number that is too large.</param>
    /// <exception cref="SpecException">The list is invalid.</exception>
    public static ImmutableArray<ulong> Mask(string text, string place, int limit)
    {
        ulong[] mask = new ulong[limit / 64];
        int last = 0;
        foreach (string part in text.Split(','))
        {
            string range = part.Trim();
            int dash = range.IndexOf('-', StringComparison.Ordinal);
            int from = Number(dash < 0 ? range : range[..dash], text, place, limit);
            int to = dash < 0 ? from : Number(range[(dash + 1)..], text, place, limit);
            if (to < from)
            {
                throw new SpecException(place, "\"" + range + "\" ends before it begins");
            }

            for (int number = from; number <= to; number++)
            {
                mask[number / 64] |= 1UL << (number % 64);
            }

            last = Math.Max(last, to);
        }

        return [.. mask.AsSpan(0, (last / 64) + 1)];
    }

    private static int Number(string digits, string text, string place, int limit)
    {
        if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            throw new SpecException(place, "\"" + text + "\" is not a list of numbers and ranges such as \"0-3,7\"");
        }

        return number < limit
            ? number
            : throw new SpecException(place, digits + " is more than " + (limit - 1).ToString() + ", the largest that any kernel has");
    }
}
