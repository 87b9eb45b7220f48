using System;
using System.Buffers.Binary;

namespace Punnet.Host.Systemd;

/// <summary>What a message is (D-Bus Specification, "Message Format").</summary>
public enum BusMessageType
{
    /// <summary>None that has a meaning.</summary>
    Invalid,

    /// <summary>METHOD_CALL.</summary>
    Call,

    /// <summary>METHOD_RETURN.</summary>
    Reply,

    /// <summary>ERROR.</summary>
    Error,

    /// <summary>SIGNAL.</summary>
    Signal,
}

/// <summary>A call that is to be sent.</summary>
/// <param name="Destination">Name of the callee; null where there is only one peer.</param>
/// <param name="Path">The object.</param>
/// <param name="Interface">The interface.</param>
/// <param name="Member">The method.</param>
/// <param name="Signature">Types of the arguments, or empty.</param>
public sealed record BusCall(string? Destination, string Path, string Interface, string Member, string Signature)
{
    /// <summary>Writes the message.</summary>
    /// <param name="serial">Its number, not 0.</param>
    /// <param name="body">The arguments.</param>
    public byte[] ToBytes(uint serial, ReadOnlySpan<byte> body)
    {
        BusWriter message = new();
        message.Raw([(byte)'l', (byte)BusMessageType.Call, 0, 1]); // little-endian, no flags, version 1
        message.UInt32((uint)body.Length);
        message.UInt32(serial);
        (int, int) fields = message.StartArray("(yv)");
        Field(message, 1, 'o', Path);
        Field(message, 3, 's', Member);
        Field(message, 2, 's', Interface);
        Field(message, 6, 's', Destination);
        Field(message, 8, 'g', Signature.Length == 0 ? null : Signature);
        message.EndArray(fields);
        message.Align(8);
        message.Raw(body);
        return message.Written.ToArray();
    }

    private static void Field(BusWriter message, byte code, char type, string? value)
    {
        if (value is not null)
        {
            message.Align(8);
            message.Byte(code);
            message.Variant(new Plan.BusText(type, value));
        }
    }
}

/// <summary>A message that came.</summary>
public sealed record BusMessage
{
    /// <summary>systemd sends no longer message; the specification's limit is 128 MiB.</summary>
    public const int MaximumLength = 1024 * 1024;

    /// <summary>How much of a message says how long it is.</summary>
    public const int HeadLength = 16;

    /// <summary>What it is.</summary>
    public required BusMessageType Type { get; init; }

    /// <summary>The call that it answers; 0 for none.</summary>
    public uint ReplyTo { get; init; }

    /// <summary>Of a signal.</summary>
    public string Interface { get; init; } = "";

    /// <summary>Of a signal.</summary>
    public string Member { get; init; } = "";

    /// <summary>Of an error, such as org.freedesktop.systemd1.NoSuchUnit.</summary>
    public string ErrorName { get; init; } = "";

    /// <summary>Unique name of the sender, which a bus fills in; empty without one.</summary>
    public string Sender { get; init; } = "";

    /// <summary>Types of the body.</summary>
    public string Signature { get; init; } = "";

    /// <summary>The body, which only its own message keeps.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The whole length of the message that starts with these bytes.</summary>
    /// <param name="head">Its first <see cref="HeadLength"/> bytes.</param>
    /// <returns>The length in bytes, or -1 for an invalid start.</returns>
    public static int LengthOf(ReadOnlySpan<byte> head)
    {
        if (head.Length < HeadLength || head[0] != (byte)'l' || head[3] != 1)
        {
            return -1;
        }

        uint body = BinaryPrimitives.ReadUInt32LittleEndian(head[4..]), fields = BinaryPrimitives.ReadUInt32LittleEndian(head[12..]);
        return body > MaximumLength || fields > MaximumLength ? -1 : HeadLength + (int)((fields + 7) & ~7u) + (int)body;
    }

    /// <summary>Reads a message.</summary>
    /// <param name="bytes">As long as <see cref="LengthOf"/> says.</param>
    /// <returns>Null when it is invalid.</returns>
    public static BusMessage? TryRead(byte[] bytes)
    {
        uint body = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4));
        int end = HeadLength + (int)BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(12));
        BusReader reader = new(bytes.AsSpan(0, end));
        reader.Skip("t");
        reader.Skip("t");
        BusMessage message = new()
        {
            Type = bytes[1] <= (byte)BusMessageType.Signal ? (BusMessageType)bytes[1] : BusMessageType.Invalid,
            Body = bytes.AsMemory(bytes.Length - (int)body),
        };
        while (!reader.IsAtEnd)
        {
            reader.Align(8);
            message = message.WithField(ref reader);
        }

        return reader.IsBroken ? null : message;
    }

    private BusMessage WithField(ref BusReader reader)
    {
        byte code = reader.Byte();
        string type = reader.Signature();
        switch (code, type)
        {
            case (2, "s"):
                return this with { Interface = reader.Text() };
            case (3, "s"):
                return this with { Member = reader.Text() };
            case (4, "s"):
                return this with { ErrorName = reader.Text() };
            case (5, "u"):
                return this with { ReplyTo = reader.UInt32() };
            case (7, "s"):
                return this with { Sender = reader.Text() };
            case (8, "g"):
                return this with { Signature = reader.Signature() };
            default:
                reader.Skip(type);
                return this;
        }
    }

    /// <summary>The first value of the body as a text; empty when it is not a text.</summary>
    public string FirstText()
    {
        if (Signature.Length == 0 || Signature[0] is not ('s' or 'o'))
        {
            return "";
        }

        BusReader reader = new(Body.Span);
        return reader.Text();
    }
}
