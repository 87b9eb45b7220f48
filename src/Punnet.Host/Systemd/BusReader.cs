using System;
using System.Buffers.Binary;
using System.Text;

namespace Punnet.Host.Systemd;

/// <summary>
/// Reads values in D-Bus's wire format, little-endian. The other end may send anything: each length is checked, and after
/// the first violation everything reads as empty and <see cref="IsBroken"/> stays set.
/// </summary>
public ref struct BusReader
{
    private readonly ReadOnlySpan<byte> _bytes;
    private int _position;

    /// <summary>Reads from the first byte, which counts as aligned to 8.</summary>
    public BusReader(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Whether the format was violated.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Whether all is read.</summary>
    public readonly bool IsAtEnd => _position >= _bytes.Length;

    /// <summary>One byte.</summary>
    public byte Byte() => Take(1) is [byte value] ? value : (byte)0;

    /// <summary>A uint32.</summary>
    public uint UInt32()
    {
        Align(4);
        ReadOnlySpan<byte> four = Take(4);
        return four.IsEmpty ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(four);
    }

    /// <summary>A string or an object path.</summary>
    public string Text()
    {
        uint length = UInt32();
        return Terminated(length);
    }

    /// <summary>A signature.</summary>
    public string Signature() => Terminated(Byte());

    /// <summary>Goes on at a multiple.</summary>
    public void Align(int multiple) => Take(-_position & (multiple - 1));

    /// <summary>Jumps over an array.</summary>
    /// <param name="element">Type of its elements.</param>
    public void SkipArray(char element)
    {
        uint length = UInt32();
        Align(BusWriter.AlignmentOf(element));
        Take(length);
    }

    /// <summary>Jumps over one value.</summary>
    /// <param name="signature">Starts with its type.</param>
    public void Skip(ReadOnlySpan<char> signature)
    {
        char type = signature.IsEmpty ? '\0' : signature[0];
        switch (type)
        {
            case 's' or 'o':
                Text();
                break;
            case 'g':
                Signature();
                break;
            case 'a' when signature.Length > 1:
                SkipArray(signature[1]);
                break;
            case 'y' or 'b' or 'n' or 'q' or 'i' or 'u' or 'x' or 't' or 'd' or 'h':
                int size = type == 'h' ? 4 : BusWriter.AlignmentOf(type);
                Align(size);
                Take((uint)size);
                break;
            default:
                Break(); // Tuples and variants are in no header, and could be nested endlessly.
                break;
        }
    }

    private string Terminated(uint length)
    {
        ReadOnlySpan<byte> text = Take((long)length + 1);
        if (text.IsEmpty || text[^1] != 0)
        {
            Break();
            return "";
        }

        return Encoding.UTF8.GetString(text[..^1]);
    }

    private ReadOnlySpan<byte> Take(long count)
    {
        if (IsBroken || count > _bytes.Length - _position)
        {
            Break();
            return default;
        }

        ReadOnlySpan<byte> taken = _bytes.Slice(_position, (int)count);
        _position += (int)count;
        return taken;
    }

    private void Break()
    {
        IsBroken = true;
        _position = _bytes.Length;
    }
}
