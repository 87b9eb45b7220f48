using System;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>
/// Values in GVariant's text format (GLib, "GVariant Text Format"), which the annotations org.systemd.property.* have: booleans, numbers
/// with or without a type word, strings, arrays, tuples and variants, each with a type before it (<c>@as []</c>) or without. Dictionaries,
/// maybe types and byte strings are not for any property of a unit.
/// </summary>
public sealed class VariantText
{
    private const int MaximumLength = 64 * 1024;

    private static readonly (string Word, char Type)[] s_words =
    [
        ("boolean", 'b'), ("byte", 'y'), ("int16", 'n'), ("uint16", 'q'), ("int32", 'i'), ("uint32", 'u'), ("int64", 'x'),
        ("uint64", 't'), ("double", 'd'), ("string", 's'), ("objectpath", 'o'), ("signature", 'g'),
    ];

    private readonly string _text;
    private readonly string _place;
    private int _position;

    private VariantText(string text, string place)
    {
        _text = text;
        _place = place;
    }

    /// <summary>Reads a value.</summary>
    /// <param name="text">The text.</param>
    /// <param name="place">Where it stands in config.json.</param>
    /// <exception cref="SpecException">The text is not such a value.</exception>
    public static BusValue Read(string text, string place)
    {
        if (text.Length > MaximumLength || text.Contains('\0', StringComparison.Ordinal))
        {
            throw new SpecException(place, "not a value: longer than 64 KiB, or with a NUL in it");
        }

        VariantText reader = new(text, place);
        BusValue value = reader.Complete(0);
        reader.SkipBlanks();
        return reader._position == text.Length ? value : throw reader.Refusal("the end");
    }

    /// <summary>The word of a type, such as uint64 for t.</summary>
    public static string WordOf(char type)
    {
        foreach ((string word, char known) in s_words)
        {
            if (known == type)
            {
                return word;
            }
        }

        return type.ToString();
    }

    // A value with its type before it in the message: a longer type would not fit there, and break all that follows.
    private BusValue Complete(int depth)
    {
        BusValue value = Value(null, depth);
        string type = value.Signature;
        return BusSignature.EndOfType(type, 0) == type.Length
            ? value : throw new SpecException(_place, "not a value: its type is longer than 255 characters, or nested too deeply");
    }

    private BusValue Value(string? expected, int depth)
    {
        if (depth > BusSignature.MaximumDepth)
        {
            throw new SpecException(_place, "not a value: nested too deeply");
        }

        SkipBlanks();
        char first = _position < _text.Length ? _text[_position] : '\0';
        return first switch
        {
            '@' => Value(Agree(expected, Signature()), depth + 1),
            '\'' or '"' => Text(expected),
            '[' => Array(expected, depth),
            '(' => Tuple(expected, depth),
            '<' => Variant(expected, depth),
            '-' or '+' or '.' or (>= '0' and <= '9') => Number(expected),
            >= 'a' and <= 'z' => Word(expected, depth),
            _ => throw Refusal("a value such as true, 'text', uint64 5 or ['a', 'b']"),
        };
    }

    private BusValue Word(string? expected, int depth)
    {
        int start = _position;
        while (_position < _text.Length && char.IsAsciiLetterOrDigit(_text[_position]))
        {
            _position++;
        }

        string word = _text[start.._position];
        if (word is "true" or "false")
        {
            Agree(expected, "b");
            return BusNumber.Of(word == "true");
        }

        foreach ((string known, char type) in s_words)
        {
            if (known == word)
            {
                return Value(Agree(expected, type.ToString()), depth + 1);
            }
        }

        _position = start;
        throw Refusal("true, false or a type such as uint64 (a text stands in quotes)");
    }

    private string Signature()
    {
        int start = ++_position;
        int end = BusSignature.EndOfType(_text, start);
        if (end < 0)
        {
            throw Refusal("a type such as as or (st)");
        }

        _position = end;
        return _text[start..end];
    }

    private BusNumber Number(string? expected)
    {
        int start = _position;
        while (_position < _text.Length && (char.IsAsciiLetterOrDigit(_text[_position]) || _text[_position] is '-' or '+' or '.'))
        {
            _position++;
        }

        string digits = _text[start.._position];
        bool isHexadecimal = digits.StartsWith("0x", StringComparison.Ordinal);
        bool isFraction = !isHexadecimal && digits.AsSpan().IndexOfAny(".eE") >= 0;
        char type = expected is null ? (isFraction ? 'd' : 'i') : expected.Length == 1 ? expected[0] : 'v';
        if (type == 'd' && double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out double real))
        {
            return new BusNumber('d', BitConverter.DoubleToUInt64Bits(real));
        }

        Int128 number = 0;
        bool isNumber = !isFraction && (isHexadecimal
            ? Int128.TryParse(digits.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number)
            : Int128.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number));
        (Int128 least, Int128 most) = Range(type);
        if (!isNumber || (isHexadecimal && number < 0) || number < least || number > most)
        {
            _position = start;
            throw Refusal(least > most ? Name(expected ?? "d") : "a number from " + least + " to " + most
                + (expected is null ? ", or a type before it such as uint64" : ""));
        }

        return new BusNumber(type, unchecked((ulong)number));
    }

    private static (Int128 Least, Int128 Most) Range(char type) => type switch
    {
        'y' => (0, byte.MaxValue),
        'n' => (short.MinValue, short.MaxValue),
        'q' => (0, ushort.MaxValue),
        'i' => (int.MinValue, int.MaxValue),
        'u' => (0, uint.MaxValue),
        'x' => (long.MinValue, long.MaxValue),
        't' => (0, ulong.MaxValue),
        _ => (1, 0),
    };

    private BusText Text(string? expected)
    {
        string type = expected is "o" or "g" ? expected : Agree(expected, "s");
        char quote = _text[_position++];
        StringBuilder text = new();
        while (_position < _text.Length && _text[_position] != quote)
        {
            char letter = _text[_position++];
            text.Append(letter == '\\' ? Escape() : letter);
        }

        if (_position == _text.Length)
        {
            throw Refusal("a " + quote + " at the end of the text");
        }

        _position++;
        string value = text.ToString();
        bool isValid = type switch
        {
            "o" => BusSignature.IsObjectPath(value),
            "g" => BusSignature.IsSignature(value),
            _ => true,
        };
        return isValid ? new BusText(type[0], value) : throw Refusal("before it " + Name(type));
    }

    private char Escape()
    {
        char letter = _position < _text.Length ? _text[_position++] : '\0';
        char meant = letter switch
        {
            '\\' or '\'' or '"' => letter,
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'u' when _position + 4 <= _text.Length
                && ushort.TryParse(
                _text.AsSpan(_position, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort code)
                && !char.IsSurrogate((char)code) => (char)code,
            _ => '\0',
        };
        if (meant == '\0')
        {
            throw Refusal("after a backslash one of \\ ' \" n t r, or u and four digits");
        }

        _position += letter == 'u' ? 4 : 0;
        return meant;
    }

    private BusArray Array(string? expected, int depth)
    {
        string? element = expected is null ? null : expected[0] == 'a' ? expected[1..] : throw Refusal(Name(expected));
        ImmutableArray<BusValue>.Builder items = ImmutableArray.CreateBuilder<BusValue>();
        _position++;
        while (!Ends(']', items.Count > 0))
        {
            BusValue item = Value(element, depth + 1);
            element = item.Signature;
            items.Add(item);
        }

        return new BusArray(
            element ?? throw new SpecException(_place, "an empty array needs its type before it, such as @as []"), items.ToImmutable());
    }

    private BusStructure Tuple(string? expected, int depth)
    {
        if (expected is not null && expected[0] != '(')
        {
            throw Refusal(Name(expected));
        }

        ImmutableArray<BusValue>.Builder members = ImmutableArray.CreateBuilder<BusValue>();
        int next = 1;
        _position++;
        while (!Ends(')', members.Count > 0))
        {
            int end = expected is null ? 0 : BusSignature.EndOfType(expected, next);
            members.Add(Value(end > 0 ? expected![next..end] : expected is null ? null : throw Refusal(Name(expected)), depth + 1));
            next = end;
        }

        BusStructure tuple = new(members.ToImmutable());
        return members.Count == 0 || (expected is not null && tuple.Signature != expected) ? throw Refusal(Name(expected ?? "(s)")) : tuple;
    }

    private BusVariant Variant(string? expected, int depth)
    {
        Agree(expected, "v");
        _position++;
        BusValue value = Complete(depth + 1);
        SkipBlanks();
        if (_position >= _text.Length || _text[_position] != '>')
        {
            throw Refusal(">");
        }

        _position++;
        return new BusVariant(value);
    }

    // Behind an opening bracket, or behind an item: over the comma to the next item, or over the closing bracket.
    private bool Ends(char close, bool hasItems)
    {
        SkipBlanks();
        if (hasItems && _position < _text.Length && _text[_position] == ',')
        {
            _position++;
            SkipBlanks();
        }
        else if (hasItems && (_position >= _text.Length || _text[_position] != close))
        {
            throw Refusal("a comma or " + close);
        }

        if (_position < _text.Length && _text[_position] == close)
        {
            _position++;
            return true;
        }

        return false;
    }

    private string Agree(string? expected, string found) => expected is null || expected == found ? found : throw Refusal(Name(expected));

    private void SkipBlanks()
    {
        while (_position < _text.Length && _text[_position] is ' ' or '\t' or '\n' or '\r')
        {
            _position++;
        }
    }

    private static string Name(string signature) =>
        signature.Length == 1 ? "a value of type " + WordOf(signature[0]) : "a value of type " + signature;

    private SpecException Refusal(string expected) =>
        new(_place,
            PlanWords.Quoted(_text) + " is not a GVariant text: expected " + expected + " at character "
            + (_position + 1).ToString(CultureInfo.InvariantCulture));
}
