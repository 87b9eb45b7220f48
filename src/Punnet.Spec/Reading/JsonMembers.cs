using System;
using System.Collections.Generic;

namespace Punnet.Spec;

/// <summary>Writes the members of one value, inside its braces.</summary>
/// <typeparam name="T">The value.</typeparam>
/// <param name="writer">Where to.</param>
/// <param name="value">The value.</param>
internal delegate void WriteMembers<in T>(JsonWriter writer, T value);

/// <summary>The kinds of members that our documents have. What is null is left out.</summary>
internal static class JsonMembers
{
    /// <summary>Writes a document that is one object.</summary>
    /// <typeparam name="T">The value.</typeparam>
    /// <param name="writer">Empty.</param>
    /// <param name="value">The value.</param>
    /// <param name="members">Writes the members.</param>
    /// <returns>UTF-8 without a line end.</returns>
    public static byte[] Document<T>(this JsonWriter writer, T value, WriteMembers<T> members)
    {
        writer.Element(value, members);
        return writer.ToArray();
    }

    /// <summary>An object without a name.</summary>
    public static void Element<T>(this JsonWriter writer, T value, WriteMembers<T> members)
    {
        writer.StartObject();
        members(writer, value);
        writer.EndObject();
    }

    /// <summary>A string.</summary>
    public static void Text(this JsonWriter writer, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            writer.String(name, value);
        }
    }

    /// <summary>A number.</summary>
    public static void Number(this JsonWriter writer, ReadOnlySpan<byte> name, long? value)
    {
        if (value is not null)
        {
            writer.Integer(name, value.Value);
        }
    }

    /// <summary>A number without sign.</summary>
    public static void Number(this JsonWriter writer, ReadOnlySpan<byte> name, ulong? value)
    {
        if (value is not null)
        {
            writer.Integer(name, value.Value);
        }
    }

    /// <summary>true or false.</summary>
    public static void Flag(this JsonWriter writer, ReadOnlySpan<byte> name, bool? value)
    {
        if (value is not null)
        {
            writer.Boolean(name, value.Value);
        }
    }

    /// <summary>true; false is left out.</summary>
    public static void FlagIfSet(this JsonWriter writer, ReadOnlySpan<byte> name, bool value) => writer.Flag(name, value ? true : null);

    /// <summary>An object.</summary>
    public static void Object<T>(this JsonWriter writer, ReadOnlySpan<byte> name, T? value, WriteMembers<T> members)
        where T : class
    {
        if (value is not null)
        {
            writer.Name(name);
            writer.Element(value, members);
        }
    }

    /// <summary>A list of strings; an empty one is left out.</summary>
    public static void Strings(this JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<string> values) =>
        writer.OptionalStrings(name, values.Count == 0 ? null : values);

    /// <summary>A list of strings.</summary>
    public static void OptionalStrings(this JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<string>? values)
    {
        if (values is null)
        {
            return;
        }

        writer.StartList(name);
        foreach (string value in values)
        {
            writer.String(value);
        }

        writer.EndList();
    }

    /// <summary>A list of objects; an empty one is left out.</summary>
    public static void List<T>(this JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<T> values, WriteMembers<T> members) =>
        writer.OptionalList(name, values.Count == 0 ? null : values, members);

    /// <summary>A list of objects.</summary>
    public static void OptionalList<T>(this JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<T>? values, WriteMembers<T> members)
    {
        if (values is null)
        {
            return;
        }

        writer.StartList(name);
        foreach (T value in values)
        {
            writer.Element(value, members);
        }

        writer.EndList();
    }

    /// <summary>A map of strings; an empty one is left out.</summary>
    public static void StringMap(this JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyDictionary<string, string> values)
    {
        if (values.Count == 0)
        {
            return;
        }

        writer.StartObject(name);
        foreach (KeyValuePair<string, string> entry in values)
        {
            writer.Key(entry.Key);
            writer.String(entry.Value);
        }

        writer.EndObject();
    }

    /// <summary>A map of objects; an empty one is left out.</summary>
    public static void Map<T>(
        this JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyDictionary<string, T> values, WriteMembers<T> members)
    {
        if (values.Count == 0)
        {
            return;
        }

        writer.StartObject(name);
        foreach (KeyValuePair<string, T> entry in values)
        {
            writer.Key(entry.Key);
            writer.Element(entry.Value, members);
        }

        writer.EndObject();
    }
}
