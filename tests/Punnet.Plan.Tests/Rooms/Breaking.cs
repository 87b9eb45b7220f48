using System;
using System.Collections.Generic;
using System.Linq;

namespace Punnet.Plan.Tests;

/// <summary>One type for each rule of Punnet.Init, which breaks it; the last one breaks none.</summary>
internal static class Breaking
{
    internal static class MakesAnObject
    {
        public static object Make() => new();
    }

    internal static class MakesAnArray
    {
        public static int[] Make(int count) => new int[count];
    }

    internal static class MakesADelegate
    {
        public static Func<int> Make(int captured) => () => captured;
    }

    internal static class Boxes
    {
        public static object Box(int value) => value;
    }

    internal static class Throws
    {
        public static void Throw(Exception exception) => throw exception;
    }

    internal static class Catches
    {
        public static int Divide(int dividend, int divisor)
        {
            try
            {
                return dividend / divisor;
            }
            catch (DivideByZeroException)
            {
                return 0;
            }
        }
    }

    internal static class Interpolates
    {
        public static string Format(int value) => $"{value}";
    }

    internal struct KeepsAString
    {
        public string Text { get; set; }
    }

    internal static class Enumerates
    {
        public static int Sum(IReadOnlyList<int> values)
        {
            int sum = 0;
            foreach (int value in values)
            {
                sum += value;
            }

            return sum;
        }
    }

    internal static class Queries
    {
        public static int Sum(int[] values) => values.Sum();
    }

    internal static class CopiesARecord
    {
        public static Pair Copy(Pair pair) => pair with { First = 1 };
    }

    internal sealed record Pair(int First, int Second);

    internal static class Nothing
    {
        public static Range Longest(ReadOnlySpan<Range> ranges)
        {
            Range longest = new(0, 0);
            Span<int> lengths = stackalloc int[2];
            foreach (Range range in ranges)
            {
                lengths[0] = range.End.Value - range.Start.Value;
                if (lengths[0] > lengths[1])
                {
                    longest = range;
                    lengths[1] = lengths[0];
                }
            }

            return longest;
        }
    }
}
