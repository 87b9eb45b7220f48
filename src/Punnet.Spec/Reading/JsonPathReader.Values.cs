using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Punnet.Spec;

/// <content>The values that documents are made of. JSON null gives null, or the empty value where the method cannot return null.</content>
internal ref partial struct JsonPathReader
{
    private const string LoneSurrogate = "half of a surrogate pair is not a character";

    /// <summary>A string.</summary>
    public readonly string? String()
    {
        if (IsNull)
        {
            return null;
        }

        Expect(JsonTokenType.String);
        return Decode();
    }

    /// <summary>true or false; null is false.</summary>
    public readonly bool Boolean() => OptionalBoolean() ?? false;

    /// <summary>true or false.</summary>
    public readonly bool? OptionalBoolean() => _reader.TokenType switch
    {
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        JsonTokenType.Null => null,
        _ => throw Mismatch("true or false"),
    };

    /// <summary>A whole number of 16 bits without sign.</summary>
    public readonly ushort? UInt16() => !IsNumber() ? null
        : _reader.TryGetUInt16(out ushort value) ? value : throw OutOfRange(ushort.MinValue, ushort.MaxValue);

    /// <summary>A whole number of 32 bits without sign.</summary>
    public readonly uint? UInt32() => !IsNumber() ? null
        : _reader.TryGetUInt32(out uint value) ? value : throw OutOfRange(uint.MinValue, uint.MaxValue);

    /// <summary>A whole number of 64 bits without sign.</summary>
    public readonly ulong? UInt64() => !IsNumber() ? null
        : _reader.TryGetUInt64(out ulong value) ? value : throw OutOfRange(ulong.MinValue, ulong.MaxValue);

    /// <summary>A whole number of 32 bits.</summary>
    public readonly int? Int32() => !IsNumber() ? null
        : _reader.TryGetInt32(out int value) ? value : throw OutOfRange(int.MinValue, int.MaxValue);

    /// <summary>A whole number of 64 bits.</summary>
    public readonly long? Int64() => !IsNumber() ? null
        : _reader.TryGetInt64(out long value) ? value : throw OutOfRange(long.MinValue, long.MaxValue);

    /// <summary>A list of strings; null is an empty list.</summary>
    public IReadOnlyList<string> Strings() => OptionalStrings() ?? [];

    /// <summary>A list of strings.</summary>
    public IReadOnlyList<string>? OptionalStrings() => OptionalList(static (ref JsonPathReader cursor) => cursor.String() ?? string.Empty);

    /// <summary>A list; null is an empty list.</summary>
    /// <typeparam name="T">Its elements.</typeparam>
    /// <param name="read">Reads one element.</param>
    public IReadOnlyList<T> List<T>(ReadValue<T> read) => OptionalList(read) ?? [];

    /// <summary>A list.</summary>
    /// <typeparam name="T">Its elements.</typeparam>
    /// <param name="read">Reads one element.</param>
    public IReadOnlyList<T>? OptionalList<T>(ReadValue<T> read)
    {
        if (IsNull)
        {
            return null;
        }

        EnterList();
        List<T> elements = [];
        while (NextElement())
        {
            elements.Add(read(ref this));
        }

        return elements;
    }

    /// <summary>A map of strings; null is an empty map.</summary>
    public IReadOnlyDictionary<string, string> StringMap() => Map(static (ref JsonPathReader cursor) => cursor.String() ?? string.Empty);

    /// <summary>A map in the order written; null is an empty map, and of equal keys the last value wins.</summary>
    /// <typeparam name="T">Its values.</typeparam>
    /// <param name="read">Reads one value.</param>
    public IReadOnlyDictionary<string, T> Map<T>(ReadValue<T> read)
    {
        EnterObject();
        Dictionary<string, T> entries = [];
        while (NextEntry(out string key))
        {
            entries[key] = read(ref this);
        }

        return entries;
    }

    /// <summary>An object, or null.</summary>
    /// <typeparam name="T">What is made of it.</typeparam>
    /// <param name="read">Reads the object.</param>
    public T? Optional<T>(ReadValue<T> read)
        where T : class => IsNull ? null : read(ref this);

    private readonly string Decode()
    {
        string text;
        try
        {
            text = _reader.GetString() ?? string.Empty;
        }
        catch (InvalidOperationException)
        {
            throw Refuse(LoneSurrogate);
        }

        // Only an escape can make a NUL; the kernel would cut the string there, and act on something else than was written.
        if (_reader.ValueIsEscaped && text.Contains('\0'))
        {
            throw Refuse("a string must not hold \\u0000");
        }

        return text;
    }

    private readonly bool IsNumber()
    {
        if (IsNull)
        {
            return false;
        }

        Expect(JsonTokenType.Number);
        return true;
    }

    private readonly SpecException OutOfRange(Int128 least, Int128 most)
    {
        const int LongestShown = 40;

        ReadOnlySpan<byte> literal = _reader.ValueSpan;
        string shown = literal.Length <= LongestShown
            ? Encoding.UTF8.GetString(literal)
            : Encoding.UTF8.GetString(literal[..LongestShown]) + "...";
        return Refuse(string.Create(CultureInfo.InvariantCulture, $"{shown} is not a whole number from {least} to {most}"));
    }

    private readonly void Expect(JsonTokenType expected)
    {
        if (_reader.TokenType != expected)
        {
            throw Mismatch(Describe(expected));
        }
    }

    private readonly SpecException Mismatch(string expected) => Refuse("expected " + expected + ", found " + Describe(_reader.TokenType));

    private static string Describe(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.String => "a string",
        JsonTokenType.Number => "a number",
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        _ => "null",
    };
}
