using System;

namespace Punnet.Host.Text;

/// <summary>Sizes as people and engines write them for runc: <c>512M</c>, <c>1.5g</c>, <c>64MiB</c>, <c>-1</c> for no limit.</summary>
public static class ByteSize
{
    /// <summary>Reads a size.</summary>
    /// <param name="text">
    /// A number, perhaps a blank, perhaps one of k, m, g, t and p (powers of 1024), perhaps i, perhaps b; any case.
    /// </param>
    /// <param name="bytes">Bytes, or -1.</param>
    /// <returns>False where it is invalid, or more than the kernel can count.</returns>
    public static bool TryParse(string text, out long bytes)
    {
        bytes = -1;
        if (text == "-1")
        {
            return true;
        }

        ReadOnlySpan<char> rest = text;
        rest = EndsWith(rest, 'b') ? rest[..^1] : rest;
        rest = EndsWith(rest, 'i') ? rest[..^1] : rest;
        int power = rest.IsEmpty ? 0 : "kmgtp".IndexOf(char.ToLowerInvariant(rest[^1]), StringComparison.Ordinal) + 1;
        rest = power > 0 ? rest[..^1] : rest;
        rest = EndsWith(rest, ' ') ? rest[..^1] : rest;
        return ScaledNumber.TryParse(rest, 1L << (10 * power), out bytes);
    }

    private static bool EndsWith(ReadOnlySpan<char> text, char letter) => !text.IsEmpty && char.ToLowerInvariant(text[^1]) == letter;
}
