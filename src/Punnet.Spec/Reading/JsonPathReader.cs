using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Punnet.Spec;

/// <summary>Reads the value that the cursor stands on, and leaves the cursor on its last token.</summary>
/// <typeparam name="T">What is made of it.</typeparam>
/// <param name="cursor">Stands on the value's first token.</param>
internal delegate T ReadValue<T>(ref JsonPathReader cursor);

/// <summary>
/// A Utf8JsonReader that knows its place in the document (<c>mounts[3].options[1]</c>). JSON null is an absent value, and inside a
/// list or a map an empty one, as in Go's encoding/json, which the engines test their documents with.
/// </summary>
internal ref partial struct JsonPathReader
{
    /// <summary>How deep a document may nest.</summary>
    public const int MaxDepth = 64;

    // The deepest known value, linux.seccomp.syscalls[0].args[0].op, has six steps; what is unknown is skipped without steps.
    private const int MaxSteps = 12;

    // The longest known name has 23 characters, and each may be written as \uXXXX.
    private const int LongestName = 160;

    private readonly ReadOnlySpan<byte> _document;
    private readonly Span<PathSegment> _steps;
    private readonly Span<char> _nameBuffer;
    private readonly UnknownProperties? _unknown;
    private Utf8JsonReader _reader;
    private int _depth;

    private JsonPathReader(ReadOnlySpan<byte> document, Span<PathSegment> steps, Span<char> nameBuffer, UnknownProperties? unknown)
    {
        _document = document;
        _steps = steps;
        _nameBuffer = nameBuffer;
        _unknown = unknown;
        _reader = new Utf8JsonReader(document, new JsonReaderOptions { MaxDepth = MaxDepth });
    }

    /// <summary>Whether the value is JSON's null.</summary>
    public readonly bool IsNull => _reader.TokenType == JsonTokenType.Null;

    /// <summary>Reads a whole document that is one object.</summary>
    /// <typeparam name="T">What is made of it.</typeparam>
    /// <param name="document">UTF-8 without a byte order mark.</param>
    /// <param name="unknown">Collects unknown properties; null to ignore them.</param>
    /// <param name="read">Reads the object.</param>
    /// <exception cref="SpecException">The text is not JSON, or not what <paramref name="read"/> expects.</exception>
    public static T ReadDocument<T>(ReadOnlySpan<byte> document, UnknownProperties? unknown, ReadValue<T> read) =>
        ReadDocument(document, unknown, JsonTokenType.StartObject, read);

    /// <summary>Reads a whole document that is one list of strings.</summary>
    /// <param name="document">UTF-8 without a byte order mark.</param>
    /// <exception cref="SpecException">The text is not JSON, or something else.</exception>
    public static IReadOnlyList<string> ReadStrings(ReadOnlySpan<byte> document) =>
        ReadDocument<IReadOnlyList<string>>(document, null, JsonTokenType.StartArray, new(ReadStrings));

    private static IReadOnlyList<string> ReadStrings(ref JsonPathReader cursor) => cursor.Strings();

    /// <summary>Reads a whole document that is one list.</summary>
    /// <typeparam name="T">What is made of an entry.</typeparam>
    /// <param name="document">UTF-8 without a byte order mark.</param>
    /// <param name="unknown">Collects unknown properties; null to ignore them.</param>
    /// <param name="read">Reads an entry.</param>
    /// <exception cref="SpecException">The text is not JSON, or not what <paramref name="read"/> expects.</exception>
    public static IReadOnlyList<T> ReadList<T>(ReadOnlySpan<byte> document, UnknownProperties? unknown, ReadValue<T> read) =>
        ReadDocument(document, unknown, JsonTokenType.StartArray, (ref JsonPathReader cursor) => cursor.List(read));

    private static T ReadDocument<T>(ReadOnlySpan<byte> document, UnknownProperties? unknown, JsonTokenType start, ReadValue<T> read)
    {
        // Checked once for all: from here on no string can fail to decode but by an escape.
        if (!Utf8.IsValid(document))
        {
            throw JsonSyntaxError.Explain(document);
        }

        JsonPathReader cursor = new(document, stackalloc PathSegment[MaxSteps], stackalloc char[LongestName], unknown);
        try
        {
            cursor._reader.Read();
            cursor.Expect(start);
            T result = read(ref cursor);

            // Also refuses whatever stands behind the object.
            cursor._reader.Read();
            return result;
        }
        catch (JsonException)
        {
            throw JsonSyntaxError.Explain(document);
        }
    }

    /// <summary>Enters the object that the cursor stands on.</summary>
    /// <exception cref="SpecException">It is something else.</exception>
    public void EnterObject()
    {
        if (IsNull)
        {
            _steps[_depth++] = PathSegment.Null;
            return;
        }

        Expect(JsonTokenType.StartObject);
        _steps[_depth++] = PathSegment.Nothing;
    }

    /// <summary>Moves to the value of the next property, or leaves the object.</summary>
    /// <param name="name">Its name; overwritten by the next call, and empty when it is longer than any known name.</param>
    /// <returns>False when the object has ended.</returns>
    public bool NextProperty(out ReadOnlySpan<char> name)
    {
        if (!MoveToName())
        {
            name = default;
            return false;
        }

        name = Name();
        _reader.Read();
        return true;
    }

    /// <summary>Moves to the value of the next entry of a map whose keys the user chooses, or leaves the map.</summary>
    /// <param name="key">The entry's key.</param>
    /// <returns>False when the map has ended.</returns>
    public bool NextEntry(out string key)
    {
        if (!MoveToName())
        {
            key = string.Empty;
            return false;
        }

        key = Decode();
        _reader.Read();
        return true;
    }

    /// <summary>Enters the list that the cursor stands on.</summary>
    /// <exception cref="SpecException">It is something else.</exception>
    public void EnterList()
    {
        Expect(JsonTokenType.StartArray);
        _steps[_depth++] = PathSegment.Index(-1);
    }

    /// <summary>Moves to the next element, or leaves the list.</summary>
    /// <returns>False when the list has ended.</returns>
    public bool NextElement()
    {
        _reader.Read();
        if (_reader.TokenType == JsonTokenType.EndArray)
        {
            _depth--;
            return false;
        }

        _steps[_depth - 1] = PathSegment.Index(_steps[_depth - 1].Start + 1);
        return true;
    }

    /// <summary>Skips a value that is known and not used.</summary>
    public void Skip() => _reader.Skip();

    /// <summary>Skips the value of an unknown property, and notes its place.</summary>
    /// <param name="known">The names that are known here, separated by blanks.</param>
    public void SkipUnknown(string known)
    {
        if (_unknown is not null)
        {
            PathSegment step = _steps[_depth - 1];
            string name = Encoding.UTF8.GetString(_document.Slice(step.Start, step.Length));
            _unknown.Add(Place(), name, known);
        }

        _reader.Skip();
    }

    /// <summary>A refusal of the value that the cursor stands on.</summary>
    /// <param name="problem">What is wrong with it.</param>
    public readonly SpecException Refuse(string problem) => new(Place(), problem);

    /// <summary>A refusal of the object that the cursor has just left, because a property is not there.</summary>
    /// <param name="name">The property.</param>
    public readonly SpecException RefuseMissing(string name)
    {
        string place = Place();
        return new SpecException(place.Length == 0 ? name : place + "." + name, "is missing");
    }

    private bool MoveToName()
    {
        if (_steps[_depth - 1].IsNull)
        {
            _depth--;
            return false;
        }

        _reader.Read();
        if (_reader.TokenType == JsonTokenType.EndObject)
        {
            _depth--;
            return false;
        }

        _steps[_depth - 1] = new PathSegment((int)_reader.TokenStartIndex + 1, _reader.ValueSpan.Length);
        return true;
    }

    private readonly ReadOnlySpan<char> Name()
    {
        if (_reader.ValueSpan.Length > LongestName)
        {
            return default;
        }

        try
        {
            return _nameBuffer[.._reader.CopyString(_nameBuffer)];
        }
        catch (InvalidOperationException)
        {
            throw Refuse(LoneSurrogate);
        }
    }

    private readonly string Place()
    {
        StringBuilder place = new();
        foreach (PathSegment step in _steps[.._depth])
        {
            if (step.IsIndex)
            {
                place.Append('[').Append(step.Start).Append(']');
            }
            else if (step.IsName)
            {
                AppendName(place, Encoding.UTF8.GetString(_document.Slice(step.Start, step.Length)));
            }
        }

        return place.ToString();
    }

    /// <summary>Appends a property to a place.</summary>
    internal static void AppendName(StringBuilder place, string name)
    {
        const int LongestShown = 60;

        bool plain = name.Length is > 0 and <= LongestShown;
        foreach (char character in name)
        {
            plain &= char.IsAsciiLetterOrDigit(character) || character == '_';
        }

        if (!plain)
        {
            string shown = name.Length <= LongestShown ? name : name[..LongestShown] + "...";
            place.Append("[\"").Append(shown).Append("\"]");
            return;
        }

        if (place.Length > 0)
        {
            place.Append('.');
        }

        place.Append(name);
    }
}
