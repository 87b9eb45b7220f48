using System;

namespace Punnet.Spec;

/// <summary>Finds the word that was probably meant. Only ever runs where one was refused, or is not known.</summary>
public static class NearestWord
{
    // Two wrong, missing, surplus or exchanged letters; more similarity than that is chance.
    private const int FarthestDistance = 2;

    // Longer than every known word with two letters to spare.
    private const int LongestWord = 48;

    // A beginning that is shorter, such as "re", says nothing.
    private const int ShortestBeginning = 3;

    /// <summary>The nearest word.</summary>
    /// <param name="word">As written.</param>
    /// <param name="known">The words that are known there.</param>
    /// <returns>Null where none is near.</returns>
    public static string? Of(string? word, ReadOnlySpan<string> known)
    {
        string? nearest = null;
        int nearestDistance = FarthestDistance + 1;
        foreach (string candidate in known)
        {
            int distance = string.IsNullOrEmpty(word) ? nearestDistance : Distance(word, candidate);
            if (distance < nearestDistance)
            {
                nearest = candidate;
                nearestDistance = distance;
            }
        }

        return nearest;
    }

    /// <summary>The same, as the second line of an error: <c>did you mean "network"?</c>.</summary>
    /// <param name="word">As written.</param>
    /// <param name="known">The words that are known there.</param>
    /// <returns>Null where none is near.</returns>
    public static string? Hint(string? word, ReadOnlySpan<string> known) =>
        Of(word, known) is string nearest ? "did you mean \"" + nearest + "\"?" : null;

    /// <summary>
    /// How far a word is from a known one: 0 for the same one with other capitals; too far for one that is only alike by chance.
    /// </summary>
    private static int Distance(ReadOnlySpan<char> word, ReadOnlySpan<char> known)
    {
        const int TooFar = FarthestDistance + 1;
        if (word.Equals(known, StringComparison.OrdinalIgnoreCase))
        {
            return 0;
        }

        // SYS_ADMIN for CAP_SYS_ADMIN, net for network.
        int rest = known.Length - word.Length;
        if (rest > 0 && known.EndsWith(word, StringComparison.OrdinalIgnoreCase) && known[rest - 1] == '_')
        {
            return 1;
        }

        int letters = word.Length > LongestWord ? TooFar : Letters(word, known);

        // At least one letter must be left of what was written.
        if (letters <= FarthestDistance && letters < word.Length)
        {
            return letters;
        }

        return word.Length >= ShortestBeginning && known.StartsWith(word, StringComparison.OrdinalIgnoreCase) ? FarthestDistance : TooFar;
    }

    /// <summary>
    /// Damerau's and Levenshtein's distance: how many letters must be added, removed, replaced, or exchanged with their neighbour.
    /// </summary>
    private static int Letters(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        Span<int> before = stackalloc int[LongestWord + 1], above = stackalloc int[LongestWord + 1], row = stackalloc int[LongestWord + 1];
        for (int column = 0; column <= left.Length; column++)
        {
            row[column] = column;
        }

        for (int line = 0; line < right.Length; line++)
        {
            Span<int> free = before;
            before = above;
            above = row;
            row = free;
            row[0] = line + 1;
            for (int column = 0; column < left.Length; column++)
            {
                int replaced = above[column] + (AreSame(left[column], right[line]) ? 0 : 1);
                int least = Math.Min(replaced, Math.Min(above[column + 1], row[column]) + 1);
                bool isExchange = line > 0 && column > 0
                    && AreSame(left[column], right[line - 1]) && AreSame(left[column - 1], right[line]);
                row[column + 1] = isExchange ? Math.Min(least, before[column - 1] + 1) : least;
            }
        }

        return row[left.Length];
    }

    private static bool AreSame(char left, char right) => char.ToLowerInvariant(left) == char.ToLowerInvariant(right);
}
