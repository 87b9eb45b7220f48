using System.Collections.Generic;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>
/// The words that a property of config.json takes, and the kernel's number for each. Not generic: every type with static objects
/// costs each start of punnet some 1,200 instructions.
/// </summary>
/// <param name="words">Sorted by the numbers of their characters, for the search.</param>
internal sealed class Vocabulary((string Name, ulong Value)[] words)
{
    /// <summary>All words, sorted, as <c>features</c> prints them.</summary>
    public IReadOnlyList<string> Names => NamesOf(words);

    /// <summary>The word that was probably meant, as a hint; or null.</summary>
    public string? Hint(string? name) => NearestWord.Hint(name, NamesOf(words));

    /// <summary>Looks a word up.</summary>
    /// <param name="name">The word.</param>
    /// <param name="value">The number that it stands for.</param>
    /// <returns>False for a word that is not in the vocabulary.</returns>
    public bool TryFind(string? name, out ulong value) => TryFind(words, name, out value);

    /// <summary>The words of a table.</summary>
    public static string[] NamesOf<T>((string Name, T Value)[] words)
    {
        string[] names = new string[words.Length];
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = words[i].Name;
        }

        return names;
    }

    /// <summary>Looks a word up in a table, sorted by the numbers of their characters.</summary>
    public static bool TryFind<T>((string Name, T Value)[] words, string? name, out T? value)
    {
        int low = 0, high = words.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            int order = string.CompareOrdinal(words[middle].Name, name);
            if (order == 0)
            {
                value = words[middle].Value;
                return true;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        value = default;
        return false;
    }

    /// <summary>The first word for a number, or null.</summary>
    public string? NameOf(ulong value)
    {
        foreach ((string name, ulong number) in words)
        {
            if (number == value)
            {
                return name;
            }
        }

        return null;
    }

    /// <summary>The words without the prefix that all of them have, in small letters, with their numbers.</summary>
    public (ulong Bits, string Word)[] Short(string prefix)
    {
        (ulong Bits, string Word)[] all = new (ulong, string)[words.Length];
        for (int i = 0; i < all.Length; i++)
        {
            all[i] = (words[i].Value, words[i].Name[prefix.Length..].ToLowerInvariant());
        }

        return all;
    }
}
