using System;
using System.Text;
using Punnet.Host.Systemd;

namespace Punnet.Fuzz.Tests.Targets;

/// <summary>D-Bus messages that systemd, or who else sits at the socket, sends.</summary>
internal static class BusTarget
{
    /// <summary>A message with all the fields.</summary>
    public static byte[] Start() => new BusCall("a.b", "/a/b", "c.d", "E", "su").ToBytes(7, "\x03\0\0\0abc\0\x01\0\0\0"u8);

    /// <summary>A stream that starts with a message.</summary>
    public static void Run(byte[] input)
    {
        int length = BusMessage.LengthOf(input);
        Fault.If(length > BusMessage.HeadLength + 8 + (2 * BusMessage.MaximumLength), "too long: " + length);
        if (length > 0 && length <= input.Length && BusMessage.TryRead(input[..length]) is BusMessage message)
        {
            Fault.If(message.Body.Length > input.Length, "a body that is longer than the message");
            _ = message.FirstText();
        }

        ReadAs(input);
        Write(new Choices(input));
    }

    // A body whose signature is the beginning of the input.
    private static void ReadAs(byte[] input)
    {
        int colon = Math.Max(input.AsSpan().IndexOf((byte)':'), 0);
        string signature = Encoding.Latin1.GetString(input.AsSpan(0, colon));
        BusReader reader = new(input.AsSpan(colon));
        for (int i = 0; i < signature.Length && !reader.IsBroken; i++)
        {
            reader.Skip(signature.AsSpan(i));
        }

        while (!reader.IsAtEnd && !reader.IsBroken)
        {
            _ = reader.Text();
            _ = reader.Signature();
            reader.SkipArray((char)reader.Byte());
        }
    }

    private static void Write(Choices choices)
    {
        string member = Encoding.UTF8.GetString(choices.Bytes(choices.Next(300))).Replace("\0", "", StringComparison.Ordinal);
        string path = Encoding.UTF8.GetString(choices.Bytes(choices.Next(300))).Replace("\0", "", StringComparison.Ordinal);
        byte[] body = choices.Bytes(choices.Next(600)).ToArray();
        byte[] written = new BusCall(choices.Next(2) == 0 ? null : "a.b", path, "c.d", member, "s").ToBytes(1, body);
        Fault.If(BusMessage.LengthOf(written) != written.Length, "a message with another length");
        BusMessage read = BusMessage.TryRead(written) ?? throw new Fault("a message that is not read");
        Fault.Differ(member, read.Member, "another member");
        Fault.Differ("c.d", read.Interface, "another interface");
        Fault.Differ("s", read.Signature, "another signature");
        Fault.If(!read.Body.Span.SequenceEqual(body), "another body");
    }
}
