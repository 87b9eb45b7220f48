using System;
using System.Buffers;
using System.Globalization;
using System.Text;

namespace Punnet.Spec;

/// <summary>
/// Finds the first place where a text is not JSON (RFC 8259) and says what is wrong there. Only ever runs on documents that were
/// refused: the library's own words are not in the binary, and would speak of bytes instead of lines and columns.
/// </summary>
internal ref struct JsonSyntaxError
{
    private readonly ReadOnlySpan<byte> _document;

    // One bit for each open object (1) or list (0), the innermost lowest; as many as there may be levels.
    private ulong _isObject;
    private int _depth;
    private int _position;

    private JsonSyntaxError(ReadOnlySpan<byte> document) => _document = document;

    /// <summary>The refusal of a document that is not JSON.</summary>
    /// <param name="document">The whole document.</param>
    /// <returns>Its place is <c>line 12, column 7</c>, both counted from 1, the column in characters.</returns>
    public static SpecException Explain(ReadOnlySpan<byte> document)
    {
        JsonSyntaxError diagnosis = new(document);
        string problem = diagnosis.FindFirst() ?? "not JSON";
        TextPosition position = TextPosition.Of(document, diagnosis._position);
        return new SpecException(
            string.Create(CultureInfo.InvariantCulture, $"line {position.Line}, column {position.Column}"), problem)
        {
            Position = position,
        };
    }

    private readonly bool AtEnd => _position >= _document.Length;

    private readonly byte Current => _document[_position];

    private string? FindFirst()
    {
        if (_document.StartsWith("\uFEFF"u8))
        {
            return "a byte order mark is not allowed";
        }

        if (SkipToInvalidUtf8())
        {
            return "not UTF-8";
        }

        _position = 0;
        SkipBlanks();
        if (AtEnd)
        {
            return "the document is empty";
        }

        string? problem = Value();
        while (problem is null && _depth > 0)
        {
            problem = Continue();
        }

        if (problem is not null)
        {
            return problem;
        }

        SkipBlanks();
        return AtEnd ? null : "expected the end of the document, found " + Found();
    }

    private bool SkipToInvalidUtf8()
    {
        while (!AtEnd)
        {
            if (Rune.DecodeFromUtf8(_document[_position..], out _, out int length) != OperationStatus.Done)
            {
                return true;
            }

            _position += length;
        }

        return false;
    }

    /// <summary>What comes after a value inside an object or list.</summary>
    private string? Continue()
    {
        bool inObject = (_isObject & 1) != 0;
        char close = inObject ? '}' : ']';
        SkipBlanks();
        if (AtEnd)
        {
            return EndsEarly();
        }

        if (Current == close)
        {
            _position++;
            Leave();
            return null;
        }

        if (Current != ',')
        {
            return "expected \",\" or \"" + close + "\", found " + Found();
        }

        int comma = _position++;
        SkipBlanks();
        if (!AtEnd && Current == close)
        {
            _position = comma;
            return "\",\" before \"" + close + "\" is not allowed";
        }

        return inObject ? NameAndValue() : Value();
    }

    private string? NameAndValue()
    {
        SkipBlanks();
        if (AtEnd)
        {
            return EndsEarly();
        }

        if (Current != '"')
        {
            return "expected a property name in double quotes, found " + Found();
        }

        string? problem = Text();
        if (problem is not null)
        {
            return problem;
        }

        SkipBlanks();
        if (AtEnd)
        {
            return EndsEarly();
        }

        if (Current != ':')
        {
            return "expected \":\" after the property name, found " + Found();
        }

        _position++;
        return Value();
    }

    private string? Value()
    {
        SkipBlanks();
        if (AtEnd)
        {
            return EndsEarly();
        }

        return (char)Current switch
        {
            '{' => Enter(),
            '[' => Enter(),
            '"' => Text(),
            '-' or (>= '0' and <= '9') => Number(),
            't' => Literal("true"u8),
            'f' => Literal("false"u8),
            'n' => Literal("null"u8),
            _ => "expected a value, found " + Found(),
        };
    }

    private string? Enter()
    {
        if (_depth == JsonPathReader.MaxDepth)
        {
            return "nested more than 64 levels deep";
        }

        bool entersObject = Current == '{';
        _isObject = (_isObject << 1) | (entersObject ? 1UL : 0UL);
        _depth++;
        _position++;
        SkipBlanks();
        if (AtEnd)
        {
            return EndsEarly();
        }

        if (Current == (entersObject ? '}' : ']'))
        {
            _position++;
            Leave();
            return null;
        }

        return entersObject ? NameAndValue() : Value();
    }

    private void Leave()
    {
        _isObject >>= 1;
        _depth--;
    }

    private string? Text()
    {
        int start = _position++;
        while (!AtEnd && Current != '"')
        {
            if (Current < ' ')
            {
                return Current == '\n' ? "a string must end on its line" : "a control character in a string must be escaped";
            }

            if (Current == '\\')
            {
                string? problem = Escape();
                if (problem is not null)
                {
                    return problem;
                }
            }
            else
            {
                _position++;
            }
        }

        if (AtEnd)
        {
            _position = start;
            return "a string that does not end";
        }

        _position++;
        return null;
    }

    private string? Escape()
    {
        ReadOnlySpan<byte> escape = _document[_position..];
        if (escape.Length < 2)
        {
            _position = _document.Length;
            return EndsEarly();
        }

        if ("\"\\/bfnrt"u8.Contains(escape[1]))
        {
            _position += 2;
            return null;
        }

        if (escape[1] != 'u')
        {
            return "no such escape in a string: \\" + (escape[1] is > 32 and < 127 ? ((char)escape[1]).ToString() : "...");
        }

        for (int digit = 2; digit < 6; digit++)
        {
            if (digit >= escape.Length || !char.IsAsciiHexDigit((char)escape[digit]))
            {
                return "\\u needs four hexadecimal digits";
            }
        }

        _position += 6;
        return null;
    }

    private string? Number()
    {
        if (Current == '-')
        {
            _position++;
        }

        int whole = _position;
        if (!Digits())
        {
            return AtEnd ? EndsEarly() : "expected a digit, found " + Found();
        }

        if (_document[whole] == '0' && _position - whole > 1)
        {
            _position = whole;
            return "a number must not start with 0";
        }

        if (!AtEnd && Current == '.')
        {
            _position++;
            if (!Digits())
            {
                return AtEnd ? EndsEarly() : "expected a digit, found " + Found();
            }
        }

        if (AtEnd || (Current | 0x20) != 'e')
        {
            return null;
        }

        _position++;
        if (!AtEnd && (Current is (byte)'+' or (byte)'-'))
        {
            _position++;
        }

        return Digits() ? null : AtEnd ? EndsEarly() : "expected a digit, found " + Found();
    }

    private bool Digits()
    {
        int start = _position;
        while (!AtEnd && char.IsAsciiDigit((char)Current))
        {
            _position++;
        }

        return _position > start;
    }

    private string? Literal(ReadOnlySpan<byte> word)
    {
        if (!_document[_position..].StartsWith(word))
        {
            return "expected a value, found " + Found();
        }

        _position += word.Length;
        return null;
    }

    private void SkipBlanks()
    {
        while (!AtEnd && Current is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r')
        {
            _position++;
        }
    }

    private readonly string EndsEarly() => _depth == 0 ? "the document ends too early"
        : (_isObject & 1) != 0 ? "the document ends inside an object" : "the document ends inside a list";

    /// <summary>The character, or the word, at the position.</summary>
    private readonly string Found()
    {
        const int LongestShown = 20;

        if (Current == '"')
        {
            return "a string";
        }

        if (Current == '/')
        {
            return "\"/\" (JSON has no comments)";
        }

        int length = 0;
        while (_position + length < _document.Length && length < LongestShown
            && char.IsAsciiLetterOrDigit((char)_document[_position + length]))
        {
            length++;
        }

        if (length > 0)
        {
            return "\"" + Encoding.UTF8.GetString(_document.Slice(_position, length)) + "\"";
        }

        _ = Rune.DecodeFromUtf8(_document[_position..], out Rune rune, out _);
        return Rune.IsControl(rune) ? "a control character" : "\"" + rune + "\"";
    }
}
