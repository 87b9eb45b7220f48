using System;
using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics;
using System.Text;

namespace Punnet.Spec;

/// <summary>
/// The text of a JSON document that is being written (RFC 8259). Utf8JsonWriter would do, but preparing its table of characters
/// costs 0.11 ms in every <c>create</c>, more than reading the whole config.json.
/// </summary>
internal sealed class JsonWriter
{
    private readonly ArrayBufferWriter<byte> text;
    private readonly byte indentCharacter;
    private readonly int indentSize;
    private int depth;

    // Whether the next thing needs a comma before it.
    private bool follows;

    // Set between a name and its value, which stand on one line.
    private bool valueIsNext;

    /// <summary>An empty document.</summary>
    /// <param name="indentCharacter">A blank or a tab.</param>
    /// <param name="indentSize">How many of them a level; 0 writes everything on one line.</param>
    /// <param name="capacity">How many bytes there is room for at first.</param>
    public JsonWriter(char indentCharacter, int indentSize, int capacity = 1024)
    {
        text = new ArrayBufferWriter<byte>(capacity);
        this.indentCharacter = (byte)indentCharacter;
        this.indentSize = indentSize;
    }

    /// <summary>Ends the line.</summary>
    public void EndLine() => text.Write("\n"u8);

    /// <summary>The document.</summary>
    /// <returns>UTF-8.</returns>
    public byte[] ToArray() => Written.ToArray();

    /// <summary>The document, as long as nothing is added to it: UTF-8.</summary>
    public ReadOnlySpan<byte> Written
    {
        get
        {
            Debug.Assert(depth == 0, "every object and list is closed");
            return text.WrittenSpan;
        }
    }

    /// <summary>Opens an object that is a property.</summary>
    public void StartObject(ReadOnlySpan<byte> name)
    {
        Name(name);
        StartObject();
    }

    /// <summary>Opens an object that is an element, an entry's value or the document.</summary>
    public void StartObject() => Open('{');

    /// <summary>Closes the innermost object.</summary>
    public void EndObject() => Close('}');

    /// <summary>Opens a list that is a property.</summary>
    public void StartList(ReadOnlySpan<byte> name)
    {
        Name(name);
        StartList();
    }

    /// <summary>Opens a list that is the document.</summary>
    public void StartList() => Open('[');

    /// <summary>Closes the innermost list.</summary>
    public void EndList() => Close(']');

    /// <summary>Writes null.</summary>
    public void Null()
    {
        Separate();
        text.Write("null"u8);
    }

    /// <summary>Writes true or false.</summary>
    public void Boolean(ReadOnlySpan<byte> name, bool value)
    {
        Name(name);
        Separate();
        text.Write(value ? "true"u8 : "false"u8);
    }

    /// <summary>Writes a whole number.</summary>
    public void Integer(ReadOnlySpan<byte> name, long value)
    {
        Name(name);
        Separate();
        _ = Utf8Formatter.TryFormat(value, text.GetSpan(20), out int length);
        text.Advance(length);
    }

    /// <summary>Writes a whole number without sign.</summary>
    public void Integer(ReadOnlySpan<byte> name, ulong value)
    {
        Name(name);
        Integer(value);
    }

    /// <summary>Writes a whole number that is an element.</summary>
    public void Integer(ulong value)
    {
        Separate();
        _ = Utf8Formatter.TryFormat(value, text.GetSpan(20), out int length);
        text.Advance(length);
    }

    /// <summary>Writes a string that is a property.</summary>
    public void String(ReadOnlySpan<byte> name, string value)
    {
        Name(name);
        String(value);
    }

    /// <summary>Writes a string that is a property and already has the form of JSON, but no quotes.</summary>
    public void Quoted(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Name(name);
        Separate();
        Byte('"');
        text.Write(value);
        Byte('"');
    }

    /// <summary>Writes a value that is a property and already has the form of JSON.</summary>
    public void Raw(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Name(name);
        Separate();
        text.Write(value);
    }

    /// <summary>Writes a string that is an element or an entry's value.</summary>
    public void String(string value)
    {
        Separate();
        Quoted(value);
    }

    /// <summary>Writes the name of a property.</summary>
    /// <param name="name">Without characters that need an escape.</param>
    public void Name(ReadOnlySpan<byte> name)
    {
        Separate();
        Byte('"');
        text.Write(name);
        Byte('"');
        Colon();
    }

    /// <summary>Writes the key of a map's entry.</summary>
    /// <param name="key">Any text.</param>
    public void Key(string key)
    {
        Separate();
        Quoted(key);
        Colon();
    }

    private void Colon()
    {
        text.Write(indentSize == 0 ? ":"u8 : ": "u8);
        valueIsNext = true;
    }

    /// <summary>Whatever has to stand between the last thing and the next one.</summary>
    private void Separate()
    {
        if (valueIsNext)
        {
            valueIsNext = false;
            return;
        }

        if (follows)
        {
            Byte(',');
        }

        if (depth > 0)
        {
            NewLine();
        }

        follows = true;
    }

    private void Open(char bracket)
    {
        Separate();
        Byte(bracket);
        depth++;
        follows = false;
    }

    private void Close(char bracket)
    {
        depth--;

        // Nothing inside: the brackets stand together.
        if (follows)
        {
            NewLine();
        }

        Byte(bracket);
        follows = true;
    }

    private void NewLine()
    {
        if (indentSize == 0)
        {
            return;
        }

        int length = 1 + (depth * indentSize);
        Span<byte> blanks = text.GetSpan(length)[..length];
        blanks.Fill(indentCharacter);
        blanks[0] = (byte)'\n';
        text.Advance(length);
    }

    private void Quoted(ReadOnlySpan<char> value)
    {
        Byte('"');
        while (!value.IsEmpty)
        {
            int plain = 0;
            while (plain < value.Length && value[plain] is not ('"' or '\\') && !ControlCharacter.Is(value[plain]))
            {
                plain++;
            }

            Encoding.UTF8.GetBytes(value[..plain], text);
            if (plain == value.Length)
            {
                break;
            }

            Escaped(value[plain]);
            value = value[(plain + 1)..];
        }

        Byte('"');
    }

    private void Escaped(char character)
    {
        Byte('\\');
        if (character is '"' or '\\')
        {
            Byte(character);
            return;
        }

        char letter = character switch
        {
            '\b' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\f' => 'f',
            '\r' => 'r',
            _ => 'u',
        };
        Byte(letter);
        if (letter == 'u')
        {
            for (int shift = 12; shift >= 0; shift -= 4)
            {
                Byte("0123456789abcdef"[(character >> shift) & 0xF]);
            }
        }
    }

    private void Byte(char ascii)
    {
        text.GetSpan(1)[0] = (byte)ascii;
        text.Advance(1);
    }
}
