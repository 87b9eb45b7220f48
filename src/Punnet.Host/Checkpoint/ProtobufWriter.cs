using System;
using System.Buffers;
using System.Text;

namespace Punnet.Host.Checkpoint;

/// <summary>
/// A message in the wire format of Protocol Buffers: protobuf.dev/programming-guides/encoding. CRIU's messages need varints and lengths
/// only. Google.Protobuf would be in every start of punnet: docs/dependencies.md.
/// </summary>
public sealed class ProtobufWriter
{
    private readonly ArrayBufferWriter<byte> _message = new();

    /// <summary>The message so far.</summary>
    public ReadOnlySpan<byte> Written => _message.WrittenSpan;

    /// <summary>Adds a bool that is true; false is what a reader takes for a field that is not there.</summary>
    /// <param name="field">Its number.</param>
    /// <param name="value">Its value.</param>
    public void Flag(int field, bool value)
    {
        if (value)
        {
            Number(field, 1);
        }
    }

    /// <summary>Adds a number or an enum, unless it is null: int32 and int64 with the sign in ten bytes.</summary>
    /// <param name="field">Its number.</param>
    /// <param name="value">Its value.</param>
    public void Number(int field, long? value)
    {
        if (value is long number)
        {
            Varint((ulong)field << 3);
            Varint((ulong)number);
        }
    }

    /// <summary>Adds a text, unless it is null.</summary>
    /// <param name="field">Its number.</param>
    /// <param name="value">Its value.</param>
    public void Text(int field, string? value)
    {
        if (value is not null)
        {
            Bytes(field, Encoding.UTF8.GetBytes(value));
        }
    }

    /// <summary>Adds a message as a field.</summary>
    /// <param name="field">Its number.</param>
    /// <param name="inner">The message.</param>
    public void Message(int field, ProtobufWriter inner) => Bytes(field, inner.Written);

    private void Bytes(int field, ReadOnlySpan<byte> bytes)
    {
        const ulong LengthDelimited = 2;
        Varint(((ulong)field << 3) | LengthDelimited);
        Varint((ulong)bytes.Length);
        _message.Write(bytes);
    }

    private void Varint(ulong value)
    {
        Span<byte> bytes = stackalloc byte[10];
        int length = 0;
        for (; value > 0x7f; value >>= 7)
        {
            bytes[length++] = (byte)(value | 0x80);
        }

        bytes[length++] = (byte)value;
        _message.Write(bytes[..length]);
    }
}
