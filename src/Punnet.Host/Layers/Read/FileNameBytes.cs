using System;
using System.Text;
using Punnet.Spec;

namespace Punnet.Host.Layers;

/// <summary>
/// Names of files as they are: bytes, each kept as one character (Latin-1). So nothing is lost of a name that is not UTF-8,
/// and ordinal comparison is the comparison of bytes.
/// </summary>
public static class FileNameBytes
{
    /// <summary>Keeps bytes.</summary>
    public static string Of(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    /// <summary>Keeps the bytes of a text that came from the command line or a document.</summary>
    public static string OfText(string text) => Of(Encoding.UTF8.GetBytes(text));

    /// <summary>The bytes.</summary>
    public static byte[] Bytes(string raw) => Encoding.Latin1.GetBytes(raw);

    /// <summary>The bytes with a NUL, for the kernel.</summary>
    public static byte[] WithNul(string raw)
    {
        byte[] bytes = new byte[raw.Length + 1];
        Encoding.Latin1.GetBytes(raw, bytes);
        return bytes;
    }

    /// <summary>The text where the bytes are UTF-8, or null.</summary>
    public static string? TryText(string raw)
    {
        byte[] bytes = Bytes(raw);
        string text = Encoding.UTF8.GetString(bytes);
        return text.Contains('\uFFFD', StringComparison.Ordinal) && !Encoding.UTF8.GetBytes(text).AsSpan().SequenceEqual(bytes)
            ? null
            : text;
    }

    /// <summary>
    /// For a terminal: unprintable bytes, the backslash and bytes that are not UTF-8 become \n, \t, \\ or three octal digits.
    /// </summary>
    public static string Printable(string raw)
    {
        StringBuilder shown = new(raw.Length);
        ReadOnlySpan<byte> rest = Bytes(raw);
        while (!rest.IsEmpty)
        {
            bool isText = Rune.DecodeFromUtf8(rest, out Rune rune, out int length) == System.Buffers.OperationStatus.Done;
            if (isText && rune.Value != '\\' && !ControlCharacter.Is(rune.Value))
            {
                shown.Append(rune.ToString());
            }
            else
            {
                foreach (byte one in rest[..length])
                {
                    Escape(shown, one);
                }
            }

            rest = rest[length..];
        }

        return shown.ToString();
    }

    private static void Escape(StringBuilder shown, byte one)
    {
        shown.Append('\\');
        switch (one)
        {
            case (byte)'\\': shown.Append('\\'); break;
            case (byte)'\n': shown.Append('n'); break;
            case (byte)'\t': shown.Append('t'); break;
            default:
                shown.Append((char)('0' + (one >> 6))).Append((char)('0' + ((one >> 3) & 7))).Append((char)('0' + (one & 7)));
                break;
        }
    }
}
