using System;
using System.Buffers.Binary;
using System.Text;
using Punnet.Plan;

namespace Punnet.Host.Systemd;

/// <summary>
/// Writes values in D-Bus's wire format (D-Bus Specification, "Marshaling"), little-endian. What is written starts at a place that is
/// aligned to 8, as a message and its body do.
/// </summary>
public sealed class BusWriter
{
    private byte[] _bytes = new byte[512];

    /// <summary>How much is written.</summary>
    public int Length { get; private set; }

    /// <summary>What is written.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    /// <summary>One byte.</summary>
    public void Byte(byte value) => Room(1)[0] = value;

    /// <summary>A uint32, also the form of a boolean.</summary>
    public void UInt32(uint value)
    {
        Align(4);
        BinaryPrimitives.WriteUInt32LittleEndian(Room(4), value);
    }

    /// <summary>A string or an object path.</summary>
    public void Text(string text)
    {
        int count = Encoding.UTF8.GetByteCount(text);
        UInt32((uint)count);
        Encoding.UTF8.GetBytes(text, Room(count));
        Byte(0);
    }

    /// <summary>A signature.</summary>
    public void Signature(string signature)
    {
        Byte((byte)signature.Length);
        Encoding.ASCII.GetBytes(signature, Room(signature.Length));
        Byte(0);
    }

    /// <summary>Starts an array.</summary>
    /// <param name="element">Type of its elements, which says how the first is aligned.</param>
    /// <returns>For <see cref="EndArray"/>.</returns>
    public (int Length, int Start) StartArray(string element)
    {
        UInt32(0);
        int length = Length - 4;
        Align(AlignmentOf(element[0])); // Not counted in the length.
        return (length, Length);
    }

    /// <summary>Ends an array: its length is known.</summary>
    public void EndArray((int Length, int Start) array) =>
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(array.Length), (uint)(Length - array.Start));

    /// <summary>Fills up to a multiple.</summary>
    public void Align(int multiple) => Room(-Length & (multiple - 1)).Clear();

    /// <summary>Bytes as they are.</summary>
    public void Raw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Room(bytes.Length));

    /// <summary>Any value.</summary>
    public void Value(BusValue value)
    {
        switch (value)
        {
            case BusNumber number:
                Number(number);
                break;
            case BusText { Type: 'g' } signature:
                Signature(signature.Text);
                break;
            case BusText text:
                Text(text.Text);
                break;
            case BusVariant variant:
                Variant(variant.Value);
                break;
            case BusArray array:
                (int, int) place = StartArray(array.Element);
                foreach (BusValue item in array.Items)
                {
                    Value(item);
                }

                EndArray(place);
                break;
            case BusStructure structure:
                Align(8);
                foreach (BusValue member in structure.Members)
                {
                    Value(member);
                }

                break;
        }
    }

    /// <summary>A value behind its type.</summary>
    public void Variant(BusValue value)
    {
        Signature(value.Signature);
        Value(value);
    }

    /// <summary>"Summary of D-Bus marshalling": what a type is aligned to.</summary>
    public static int AlignmentOf(char type) => type switch
    {
        'y' or 'g' or 'v' => 1,
        'n' or 'q' => 2,
        'b' or 'i' or 'u' or 's' or 'o' or 'a' => 4,
        _ => 8,
    };

    private void Number(BusNumber number)
    {
        int size = AlignmentOf(number.Type); // Of numbers it is also how long they are.
        Align(size);
        Span<byte> eight = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(eight, number.Bits);
        Raw(eight[..size]);
    }

    private Span<byte> Room(int count)
    {
        if (Length + count > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + count));
        }

        Span<byte> room = _bytes.AsSpan(Length, count);
        Length += count;
        return room;
    }
}
