using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;

namespace Punnet.Plan.Tests;

/// <summary>The order of the folders of a room: the sources of a folder name no type of a later one.</summary>
internal static class FloorRules
{
    private const RegexOptions Line = RegexOptions.Multiline | RegexOptions.ExplicitCapture;

    /// <summary>One sentence for each breach.</summary>
    /// <param name="floors">The namespaces, the lowest first.</param>
    /// <param name="files">Names and texts without comments and strings.</param>
    public static IEnumerable<string> Breaches(string[] floors, IEnumerable<(string Name, string Text)> files)
    {
        List<(string Name, int Floor, string Text)> sources = [.. files.Select(file => (file.Name,
            Array.IndexOf(floors, Namespace(file.Text)), file.Text))];
        foreach ((string name, _, _) in sources.Where(static source => source.Floor < 0))
        {
            yield return name + " is on no floor";
        }

        Dictionary<string, int> types = [];
        foreach ((_, int floor, string text) in sources)
        {
            foreach (Match type in Regex.Matches(text,
                @"^(?:public|internal) [\w ]*?(?:class|struct|record|enum|interface) (?:struct )?(?<name>\w+)", Line))
            {
                types[type.Groups["name"].Value] = floor;
            }
        }

        foreach ((string name, int floor, string text) in sources)
        {
            IEnumerable<string> words = Regex.Matches(text, @"(?<![\w.])[A-Z]\w+").Select(static word => word.Value)
                .Distinct(StringComparer.Ordinal);
            foreach (string word in words.Where(word => types.TryGetValue(word, out int other) && other > floor))
            {
                yield return $"{name} knows {word} of {floors[types[word]]}";
            }
        }
    }

    private static string Namespace(string text) => Regex.Match(text, @"^namespace (?<name>[\w.]+);", Line).Groups["name"].Value;
}
