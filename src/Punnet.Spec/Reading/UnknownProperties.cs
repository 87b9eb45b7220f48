using System;
using System.Collections.Generic;

namespace Punnet.Spec;

/// <summary>A property that the specification does not have. It is ignored, as config.md#extensibility demands.</summary>
/// <param name="Place">Where it stands, such as <c>mounts[3].optons</c>.</param>
/// <param name="Nearest">The known name that was probably meant, or null.</param>
public sealed record UnknownProperty(string Place, string? Nearest);

/// <summary>Collects the properties that the specification does not have, to warn about a misspelt one.</summary>
public sealed class UnknownProperties
{
    // Two wrong, missing or surplus letters; more similarity than that is chance.
    private const int FarthestDistance = 2;

    // Longer than every known name with two letters to spare.
    private const int LongestName = 32;

    private readonly List<UnknownProperty> _found = [];

    /// <summary>What was found, in the order of the document.</summary>
    public IReadOnlyList<UnknownProperty> Found => _found;

    /// <summary>Notes one property.</summary>
    /// <param name="place">Where it stands.</param>
    /// <param name="name">Its name.</param>
    /// <param name="known">The names that are known there, separated by blanks.</param>
    internal void Add(string place, string name, string known) => _found.Add(new UnknownProperty(place, Nearest(name, known)));

    private static string? Nearest(string name, string known)
    {
        if (name.Length > LongestName)
        {
            return null;
        }

        string? nearest = null;
        int nearestDistance = int.MaxValue;
        foreach (Range range in known.AsSpan().Split(' '))
        {
            ReadOnlySpan<char> candidate = known.AsSpan()[range];
            int distance = candidate.Equals(name, StringComparison.OrdinalIgnoreCase) ? 0 : Distance(name, candidate);

            // At least one letter must be left of what was written.
            if (distance <= FarthestDistance && (distance == 0 || distance < name.Length) && distance < nearestDistance)
            {
                nearest = candidate.ToString();
                nearestDistance = distance;
            }
        }

        return nearest;
    }

    /// <summary>Levenshtein's distance: how many letters must be added, removed or replaced.</summary>
    private static int Distance(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        Span<int> row = stackalloc int[LongestName + 1];
        for (int column = 0; column <= left.Length; column++)
        {
            row[column] = column;
        }

        for (int line = 0; line < right.Length; line++)
        {
            int diagonal = row[0];
            row[0] = line + 1;
            for (int column = 0; column < left.Length; column++)
            {
                int replaced = diagonal + (left[column] == right[line] ? 0 : 1);
                diagonal = row[column + 1];
                row[column + 1] = Math.Min(replaced, Math.Min(diagonal, row[column]) + 1);
            }
        }

        return row[left.Length];
    }
}
