using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Punnet.Spec;

/// <summary>Writes the members of one value, inside its braces.</summary>
/// <typeparam name="T">The value.</typeparam>
/// <param name="writer">Where to.</param>
/// <param name="value">The value.</param>
internal delegate void WriteMembers<in T>(Utf8JsonWriter writer, T value);

/// <summary>The kinds of members that our documents have. What is null is left out.</summary>
internal static class JsonMembers
{
    /// <summary>One line, no blanks.</summary>
    public static JsonWriterOptions OneLine => new() { Encoder = Encoder };

    // Nobody puts these documents into a web page: only what JSON itself demands is escaped.
    private static JavaScriptEncoder Encoder => JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    /// <summary>One member a line.</summary>
    /// <param name="character">A blank or a tab.</param>
    /// <param name="size">How many of them a level.</param>
    public static JsonWriterOptions Indented(char character, int size) =>
        new() { Encoder = Encoder, Indented = true, IndentCharacter = character, IndentSize = size, NewLine = "\n" };

    /// <summary>Writes a document that is one object.</summary>
    /// <typeparam name="T">The value.</typeparam>
    /// <param name="options">Its outer form.</param>
    /// <param name="value">The value.</param>
    /// <param name="members">Writes the members.</param>
    /// <returns>UTF-8 without a line end.</returns>
    public static byte[] Document<T>(JsonWriterOptions options, T value, WriteMembers<T> members)
    {
        ArrayBufferWriter<byte> text = new();
        using (Utf8JsonWriter writer = new(text, options))
        {
            writer.Element(value, members);
        }

        return text.WrittenSpan.ToArray();
    }

    /// <summary>An object without a name.</summary>
    public static void Element<T>(this Utf8JsonWriter writer, T value, WriteMembers<T> members)
    {
        writer.WriteStartObject();
        members(writer, value);
        writer.WriteEndObject();
    }

    /// <summary>A string.</summary>
    public static void Text(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }

    /// <summary>A number.</summary>
    public static void Number(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, long? value)
    {
        if (value is not null)
        {
            writer.WriteNumber(name, value.Value);
        }
    }

    /// <summary>A number without sign.</summary>
    public static void Number(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, ulong? value)
    {
        if (value is not null)
        {
            writer.WriteNumber(name, value.Value);
        }
    }

    /// <summary>true or false.</summary>
    public static void Flag(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, bool? value)
    {
        if (value is not null)
        {
            writer.WriteBoolean(name, value.Value);
        }
    }

    /// <summary>true; false is left out.</summary>
    public static void FlagIfSet(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, bool value) => writer.Flag(name, value ? true : null);

    /// <summary>An object.</summary>
    public static void Object<T>(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, T? value, WriteMembers<T> members)
        where T : class
    {
        if (value is not null)
        {
            writer.WritePropertyName(name);
            writer.Element(value, members);
        }
    }

    /// <summary>A list of strings; an empty one is left out.</summary>
    public static void Strings(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<string> values) =>
        writer.OptionalStrings(name, values.Count == 0 ? null : values);

    /// <summary>A list of strings.</summary>
    public static void OptionalStrings(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<string>? values)
    {
        if (values is null)
        {
            return;
        }

        writer.WriteStartArray(name);
        foreach (string value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }

    /// <summary>A list of objects; an empty one is left out.</summary>
    public static void List<T>(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<T> values, WriteMembers<T> members) =>
        writer.OptionalList(name, values.Count == 0 ? null : values, members);

    /// <summary>A list of objects.</summary>
    public static void OptionalList<T>(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<T>? values, WriteMembers<T> members)
    {
        if (values is null)
        {
            return;
        }

        writer.WriteStartArray(name);
        foreach (T value in values)
        {
            writer.Element(value, members);
        }

        writer.WriteEndArray();
    }

    /// <summary>A map of strings; an empty one is left out.</summary>
    public static void StringMap(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyDictionary<string, string> values)
    {
        if (values.Count == 0)
        {
            return;
        }

        writer.WriteStartObject(name);
        foreach (KeyValuePair<string, string> entry in values)
        {
            writer.WriteString(entry.Key, entry.Value);
        }

        writer.WriteEndObject();
    }

    /// <summary>A map of objects; an empty one is left out.</summary>
    public static void Map<T>(
        this Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyDictionary<string, T> values, WriteMembers<T> members)
    {
        if (values.Count == 0)
        {
            return;
        }

        writer.WriteStartObject(name);
        foreach (KeyValuePair<string, T> entry in values)
        {
            writer.WritePropertyName(entry.Key);
            writer.Element(entry.Value, members);
        }

        writer.WriteEndObject();
    }
}
