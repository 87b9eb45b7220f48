using System;

namespace Punnet.Host.Checkpoint;

/// <summary>
/// Reads the fields of a message in the wire format of Protocol Buffers, in their order: protobuf.dev/programming-guides/encoding.
/// </summary>
public ref struct ProtobufReader
{
    private ReadOnlySpan<byte> _rest;

    /// <summary>Begins a message.</summary>
    public ProtobufReader(ReadOnlySpan<byte> message) => _rest = message;

    /// <summary>Number of the field that <see cref="Next"/> has found.</summary>
    public int Field { get; private set; }

    /// <summary>Its value, where that is a number; else 0.</summary>
    public ulong Number { get; private set; }

    /// <summary>Its bytes, where that is a text or a message; else empty.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Where its value begins, in bytes from the end of the message.</summary>
    public int Begin { get; private set; }

    /// <summary>Whether the message was cut off, or has a field that no message of CRIU's has.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Finds the next field.</summary>
    /// <returns>False at the end, and when the message is broken.</returns>
    public bool Next()
    {
        Number = 0;
        Bytes = default;
        if (_rest.IsEmpty || IsBroken)
        {
            return false;
        }

        bool hasKey = TryVarint(out ulong key);
        Begin = _rest.Length;
        IsBroken = !hasKey || key >> 3 is 0 or > int.MaxValue || !TryValue((int)(key & 7));
        Field = (int)(key >> 3);
        return !IsBroken;
    }

    private bool TryValue(int type)
    {
        const int Varint = 0, Fixed64 = 1, LengthDelimited = 2, Fixed32 = 5;
        ulong number;
        switch (type)
        {
            case Varint:
                bool isWhole = TryVarint(out number);
                Number = number;
                return isWhole;
            case Fixed64:
                return TryTake(sizeof(ulong), out _);
            case Fixed32:
                return TryTake(sizeof(uint), out _);
            case LengthDelimited:
                bool isThere = TryVarint(out number) & TryTake(number, out ReadOnlySpan<byte> bytes);
                Bytes = bytes;
                return isThere;
            default:
                return false; // Groups are long gone.
        }
    }

    private bool TryTake(ulong length, out ReadOnlySpan<byte> bytes)
    {
        if (length > (ulong)_rest.Length)
        {
            bytes = default;
            return false;
        }

        bytes = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return true;
    }

    private bool TryVarint(out ulong value)
    {
        value = 0;
        for (int i = 0; i < _rest.Length && i < 10; i++)
        {
            value |= (ulong)(_rest[i] & 0x7f) << (7 * i);
            if (_rest[i] < 0x80)
            {
                _rest = _rest[(i + 1)..];
                return true;
            }
        }

        return false;
    }
}
