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
    private readonly ArrayBufferWriter<byte> _text;
    private readonly byte _indentCharacter;
    private readonly int _indentSize;
    private int _depth;

    // Whether the next thing needs a comma before it.
    private bool _follows;

    // Set between a name and its value, which stand on one line.
    private bool _valueIsNext;

    /// <summary>An empty document.</summary>
    /// <param name="indentCharacter">A blank or a tab.</param>
    /// <param name="indentSize">How many of them a level; 0 writes everything on one line.</param>
    /// <param name="capacity">How many bytes there is room for at first.</param>
    public JsonWriter(char indentCharacter, int indentSize, int capacity = 1024)
    {
        _text = new ArrayBufferWriter<byte>(capacity);
        _indentCharacter = (byte)indentCharacter;
        _indentSize = indentSize;
    }

    /// <summary>Ends the line.</summary>
    public void EndLine() => _text.Write("\n"u8);

    /// <summary>The document.</summary>
    /// <returns>UTF-8.</returns>
    public byte[] ToArray() => Written.ToArray();

    /// <summary>The document, as long as nothing is added to it: UTF-8.</summary>
    public ReadOnlySpan<byte> Written
    {
        get
        {
            Debug.Assert(_depth == 0, "every object and list is closed");
            return _text.WrittenSpan;
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
        _text.Write("null"u8);
    }

    /// <summary>Writes true or false.</summary>
    public void Boolean(ReadOnlySpan<byte> name, bool value)
    {
        Name(name);
        Separate();
        _text.Write(value ? "true"u8 : "false"u8);
    }

    /// <summary>Writes a whole number.</summary>
    public void Integer(ReadOnlySpan<byte> name, long value)
    {
        Name(name);
        Separate();
        _ = Utf8Formatter.TryFormat(value, _text.GetSpan(20), out int length);
        _text.Advance(length);
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
        _ = Utf8Formatter.TryFormat(value, _text.GetSpan(20), out int length);
        _text.Advance(length);
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
        _text.Write(value);
        Byte('"');
    }

    /// <summary>Writes a value that is a property and already has the form of JSON.</summary>
    public void Raw(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Name(name);
        Separate();
        _text.Write(value);
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
        _text.Write(name);
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
        _text.Write(_indentSize == 0 ? ":"u8 : ": "u8);
        _valueIsNext = true;
    }

    /// <summary>Whatever has to stand between the last thing and the next one.</summary>
    private void Separate()
    {
        if (_valueIsNext)
        {
            _valueIsNext = false;
            return;
        }

        if (_follows)
        {
            Byte(',');
        }

        if (_depth > 0)
        {
            NewLine();
        }

        _follows = true;
    }

    private void Open(char bracket)
    {
        Separate();
        Byte(bracket);
        _depth++;
        _follows = false;
    }

    private void Close(char bracket)
    {
        _depth--;

        // Nothing inside: the brackets stand together.
        if (_follows)
        {
            NewLine();
        }

        Byte(bracket);
        _follows = true;
    }

    private void NewLine()
    {
        if (_indentSize == 0)
        {
            return;
        }

        int length = 1 + (_depth * _indentSize);
        Span<byte> blanks = _text.GetSpan(length)[..length];
        blanks.Fill(_indentCharacter);
        blanks[0] = (byte)'\n';
        _text.Advance(length);
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

            Encoding.UTF8.GetBytes(value[..plain], _text);
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
        _text.GetSpan(1)[0] = (byte)ascii;
        _text.Advance(1);
    }
}
