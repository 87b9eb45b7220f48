using System;

namespace Punnet.Spec;

/// <summary>A place in a text, as editors count.</summary>
/// <param name="line">From 1 on.</param>
/// <param name="column">In characters, from 1 on.</param>
public readonly struct TextPosition(int line, int column)
{
    /// <summary>From 1 on.</summary>
    public int Line { get; } = line;

    /// <summary>In characters, from 1 on.</summary>
    public int Column { get; } = column;

    /// <summary>The place of a byte.</summary>
    /// <param name="text">UTF-8.</param>
    /// <param name="offset">The byte; beyond the end is the end.</param>
    public static TextPosition Of(ReadOnlySpan<byte> text, int offset)
    {
        ReadOnlySpan<byte> before = text[..Math.Min(offset, text.Length)];
        int column = 1;
        foreach (byte unit in before[(before.LastIndexOf((byte)'\n') + 1)..])
        {
            // Continuation bytes belong to the character before them.
            column += (unit & 0xC0) == 0x80 ? 0 : 1;
        }

        return new TextPosition(before.Count((byte)'\n') + 1, column);
    }
}
