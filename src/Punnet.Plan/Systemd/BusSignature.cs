using System;

namespace Punnet.Plan;

/// <summary>Type signatures of D-Bus (D-Bus Specification, "Summary of types"), without dictionaries and descriptors.</summary>
public static class BusSignature
{
    /// <summary>How deep a type may be nested; the specification has 32 for arrays and 32 for tuples.</summary>
    public const int MaximumDepth = 32;

    private const int MaximumLength = 255;

    /// <summary>Where the complete type that starts at a place ends, or -1 if there is none.</summary>
    /// <param name="signature">A signature.</param>
    /// <param name="start">Index of the type's first letter.</param>
    public static int EndOfType(ReadOnlySpan<char> signature, int start) =>
        signature.Length <= MaximumLength ? EndOfType(signature, start, 0) : -1;

    /// <summary>Whether a text is any number of complete types: a bus ends the connection over an invalid one.</summary>
    public static bool IsSignature(ReadOnlySpan<char> text)
    {
        int end = 0;
        while (end >= 0 && end < text.Length)
        {
            end = EndOfType(text, end);
        }

        return end == text.Length;
    }

    /// <summary>Whether a text is an object path ("Valid Object Paths"): a bus ends the connection over an invalid one.</summary>
    public static bool IsObjectPath(ReadOnlySpan<char> text)
    {
        if (text is "/")
        {
            return true;
        }

        bool isValid = text.StartsWith('/') && !text.EndsWith('/');
        for (int i = 1; isValid && i < text.Length; i++)
        {
            isValid = char.IsAsciiLetterOrDigit(text[i]) || text[i] == '_' || (text[i] == '/' && text[i - 1] != '/');
        }

        return isValid;
    }

    private static int EndOfType(ReadOnlySpan<char> signature, int start, int depth)
    {
        if (start >= signature.Length || depth > MaximumDepth)
        {
            return -1;
        }

        return signature[start] switch
        {
            'y' or 'b' or 'n' or 'q' or 'i' or 'u' or 'x' or 't' or 'd' or 's' or 'o' or 'g' or 'v' => start + 1,
            'a' => EndOfType(signature, start + 1, depth + 1),
            '(' => EndOfTuple(signature, start + 1, depth + 1),
            _ => -1,
        };
    }

    private static int EndOfTuple(ReadOnlySpan<char> signature, int start, int depth)
    {
        int end = start;
        do
        {
            end = EndOfType(signature, end, depth);
            if (end < 0 || end >= signature.Length)
            {
                return -1;
            }
        }
        while (signature[end] != ')');
        return end + 1;
    }
}
