using System;
using System.Text.Json;

namespace Punnet.Spec;

/// <summary>Lines of a JSON document that has been read without an error.</summary>
public static class JsonLines
{
    /// <summary>The lines of the elements of a list, counted from 1.</summary>
    /// <param name="utf8">The document.</param>
    /// <param name="path">Names of the objects that lead to it, and its own.</param>
    /// <returns>Empty where it is not there.</returns>
    public static int[] OfElements(ReadOnlySpan<byte> utf8, params ReadOnlySpan<string> path)
    {
        Utf8JsonReader reader = new(utf8, new JsonReaderOptions { MaxDepth = JsonPathReader.MaxDepth });
        reader.Read();
        foreach (string name in path)
        {
            // Of equal names the last one counts.
            Utf8JsonReader last = default;
            bool isFound = false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool isWanted = reader.ValueTextEquals(name);
                reader.Read();
                last = isWanted ? reader : last;
                isFound |= isWanted;
                reader.Skip();
            }

            if (!isFound)
            {
                return [];
            }

            reader = last;
        }

        int[] lines = [];
        int line = 1;
        long counted = 0;
        while (reader.TokenType != JsonTokenType.Null && reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            line += utf8[(int)counted..(int)reader.TokenStartIndex].Count((byte)'\n');
            counted = reader.TokenStartIndex;
            Array.Resize(ref lines, lines.Length + 1);
            lines[^1] = line;
            reader.Skip();
        }

        return lines;
    }
}
