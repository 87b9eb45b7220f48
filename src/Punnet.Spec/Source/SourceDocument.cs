using System;
using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Punnet.Spec;

/// <summary>
/// A JSON text whose values know where they stand, and can be taken out or replaced: for a check that goes on behind the first mistake.
/// Places are written as in refusals: <c>mounts[3].options[1]</c>.
/// </summary>
public sealed class SourceDocument
{
    /// <summary>Reads a text.</summary>
    /// <param name="text">UTF-8; where it is not JSON, the document ends there.</param>
    public SourceDocument(byte[] text)
    {
        Text = text;
        Root = new SourceNode(null, 0, null) { IsObject = true, End = text.Length };
        try
        {
            Read();
        }
        catch (JsonException)
        {
            IsBroken = true; // Whoever reads the text says what is wrong.
        }
    }

    /// <summary>The text, as written.</summary>
    public byte[] Text { get; }

    /// <summary>Whether it is not JSON from some place on.</summary>
    public bool IsBroken { get; }

    /// <summary>The whole.</summary>
    public SourceNode Root { get; private set; }

    /// <summary>Where a byte stands.</summary>
    public TextPosition PositionOf(int offset) => TextPosition.Of(Text, offset);

    /// <summary>Finds the value at a place of the document as it is after all edits.</summary>
    /// <param name="place">The place.</param>
    /// <param name="rest">What of the place does not exist, such as <c>.type</c> where that is missing.</param>
    public SourceNode Find(string place, out string rest)
    {
        SourceNode node = Root;
        rest = place;
        while (rest.Length > 0 && node.Replacement is null && Step(node, rest, false, out int length) is SourceNode next)
        {
            node = next;
            rest = rest[length..];
        }

        return node;
    }

    /// <summary>Whether the value at a place is as it was written.</summary>
    public bool IsWritten(string place) => Find(place, out string rest).IsWritten && rest.Length == 0;

    /// <summary>Whether what is missing in a value was taken out of it.</summary>
    /// <param name="node">The value.</param>
    /// <param name="rest">As <see cref="Find"/> gives it.</param>
    public static bool WasRemoved(SourceNode node, string rest) => rest.Length > 0 && Step(node, rest, true, out _) is not null;

    /// <summary>The place at which a value was written.</summary>
    /// <param name="node">The value.</param>
    /// <param name="place">Its place in the document as it is: how its names are written stays, and so does what follows the value.</param>
    public static string PlaceOf(SourceNode node, string? place = null)
    {
        StringBuilder written = new();
        Append(written, node);
        return place is null ? written.ToString() : WithIndexes(node, place) ?? written.ToString();
    }

    // An index of a list counts what was removed before it.
    private static string? WithIndexes(SourceNode node, string place)
    {
        string[] indexes = [];
        for (SourceNode? inside = node; inside is not null; inside = inside.Parent)
        {
            if (inside.Index >= 0)
            {
                indexes = [inside.Index.ToString(CultureInfo.InvariantCulture), .. indexes];
            }
        }

        string[] parts = place.Split('[');
        int next = 0;
        for (int i = 1; i < parts.Length && next < indexes.Length; i++)
        {
            int end = parts[i].IndexOf(']', StringComparison.Ordinal);
            if (end > 0 && int.TryParse(parts[i].AsSpan(0, end), NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                parts[i] = indexes[next++] + parts[i][end..];
            }
        }

        return next == indexes.Length ? string.Join('[', parts) : null;
    }

    /// <summary>A value's text, as it is now.</summary>
    public string TextOf(SourceNode node) =>
        node.Replacement ?? Encoding.UTF8.GetString(Text.AsSpan(node.Start, node.End - node.Start));

    /// <summary>The document after all edits.</summary>
    public byte[] Write()
    {
        ArrayBufferWriter<byte> target = new(Text.Length + 64);
        Write(target, Root);
        return target.WrittenSpan.ToArray();
    }

    private void Read()
    {
        Utf8JsonReader reader = new(Text, new JsonReaderOptions { MaxDepth = JsonPathReader.MaxDepth });
        SourceNode? inside = null;
        string? name = null;
        int nameStart = 0;
        while (reader.Read())
        {
            int start = (int)reader.TokenStartIndex;
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                name = Encoding.UTF8.GetString(reader.ValueSpan);
                nameStart = start;
            }
            else if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
            {
                inside!.End = (int)reader.BytesConsumed;
                inside = inside.Parent;
            }
            else
            {
                bool isObject = reader.TokenType == JsonTokenType.StartObject, isList = reader.TokenType == JsonTokenType.StartArray;
                SourceNode node = new(inside, start, inside is { IsObject: true } ? name : null)
                {
                    NameStart = nameStart,
                    End = isObject || isList ? Text.Length : (int)reader.BytesConsumed,
                    IsObject = isObject,
                    IsList = isList,
                };
                Root = inside is null ? node : Root;
                inside = isObject || isList ? node : inside;
            }
        }
    }

    // Of equal names the last one counts, and of names that begin alike the longest.
    private static SourceNode? Step(SourceNode node, string place, bool isRemoved, out int longest)
    {
        SourceNode? found = null;
        int index = 0;
        longest = 0;
        foreach (SourceNode child in node.Children)
        {
            if (child.IsRemoved == isRemoved)
            {
                int length = node.IsList ? Match("[" + index++.ToString() + "]", place) : MatchName(node, child.Name!, place);
                if (length > 0 && length >= longest)
                {
                    longest = length;
                    found = child;
                }
            }
        }

        return found;
    }

    // The reader and the planner write a name that is no word in two ways.
    private static int MatchName(SourceNode node, string name, string place)
    {
        StringBuilder shown = new(node.Parent is null ? "" : "-");
        JsonPathReader.AppendName(shown, name);
        return Math.Max(
            Match(shown.ToString().TrimStart('-'), place),
            Math.Max(Match("[\"" + name + "\"]", place), Match((node.Parent is null ? "" : ".") + name, place)));
    }

    private static int Match(string start, string place) =>
        start.Length > 0 && place.StartsWith(start, StringComparison.Ordinal)
        && (place.Length == start.Length || place[start.Length] is '.' or '[')
            ? start.Length : 0;

    private static void Append(StringBuilder place, SourceNode node)
    {
        if (node.Parent is null)
        {
            return;
        }

        Append(place, node.Parent);
        if (node.Name is null)
        {
            place.Append('[').Append(node.Index).Append(']');
        }
        else
        {
            JsonPathReader.AppendName(place, node.Name);
        }
    }

    private void Write(ArrayBufferWriter<byte> target, SourceNode node)
    {
        if (node.Replacement is string json)
        {
            target.Write(Encoding.UTF8.GetBytes(json));
            return;
        }

        if (!node.IsObject && !node.IsList)
        {
            target.Write(Text.AsSpan(node.Start, node.End - node.Start));
            return;
        }

        target.Write(node.IsObject ? "{"u8 : "["u8);
        bool follows = false;
        foreach (SourceNode child in node.Children)
        {
            if (child.IsRemoved)
            {
                continue;
            }

            target.Write(follows ? ","u8 : default);
            follows = true;
            if (child.Name is not null)
            {
                target.Write(Encoding.UTF8.GetBytes("\"" + child.Name + "\":"));
            }

            Write(target, child);
        }

        target.Write(node.IsObject ? "}"u8 : "]"u8);
    }
}
