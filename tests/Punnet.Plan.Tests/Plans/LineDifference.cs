using System;
using System.Text;

namespace Punnet.Plan.Tests;

/// <summary>What is different between two texts, line by line.</summary>
internal static class LineDifference
{
    private const int Context = 2;

    /// <summary>Lines that only one text has, with a few around them: as diff -U2 shows them, and <c>…</c> for what is left out.</summary>
    public static string Between(string old, string now)
    {
        string[] left = old.TrimEnd('\n').Split('\n'), right = now.TrimEnd('\n').Split('\n');
        int[,] common = CommonLengths(left, right);
        StringBuilder marked = new();
        int at = 0, other = 0;
        while (at < left.Length || other < right.Length)
        {
            bool isSame = at < left.Length && other < right.Length && left[at] == right[other];
            bool isOld = !isSame && at < left.Length && (other == right.Length || common[at + 1, other] >= common[at, other + 1]);
            marked.Append(isSame ? ' ' : isOld ? '-' : '+').Append(isSame || isOld ? left[at] : right[other]).Append('\n');
            at += isSame || isOld ? 1 : 0;
            other += isOld ? 0 : 1;
        }

        return Shorten(marked.ToString().TrimEnd('\n').Split('\n'));
    }

    // common[i, j]: how many lines the rests from i and from j share, in order.
    private static int[,] CommonLengths(string[] left, string[] right)
    {
        int[,] common = new int[left.Length + 1, right.Length + 1];
        for (int at = left.Length - 1; at >= 0; at--)
        {
            for (int other = right.Length - 1; other >= 0; other--)
            {
                common[at, other] = left[at] == right[other]
                    ? common[at + 1, other + 1] + 1 : Math.Max(common[at + 1, other], common[at, other + 1]);
            }
        }

        return common;
    }

    private static string Shorten(string[] marked)
    {
        StringBuilder text = new();
        bool isLeftOut = false;
        for (int i = 0; i < marked.Length; i++)
        {
            bool isNear = false;
            for (int near = Math.Max(0, i - Context); near <= Math.Min(marked.Length - 1, i + Context); near++)
            {
                isNear |= marked[near][0] != ' ';
            }

            if (isNear)
            {
                text.Append(marked[i]).Append('\n');
            }
            else if (!isLeftOut)
            {
                text.Append("…\n");
            }

            isLeftOut = !isNear;
        }

        return text.ToString();
    }
}
