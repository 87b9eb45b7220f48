using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Punnet.Init;

/// <summary>
/// The part of a failure that the host cannot look up: a name from a file of the container, or the kernel's message. Long ones are cut.
/// </summary>
[InlineArray(Limit)]
public struct FailureName
{
    /// <summary>The size in bytes, with the length.</summary>
    public const int Limit = 128;

    private byte _first;

    /// <summary>The bytes; empty without a name.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Text
    {
        get
        {
            ReadOnlySpan<byte> all = this;
            return all.Slice(1, Math.Min((int)all[0], Limit - 1));
        }
    }

    /// <summary>Copies as much of a text as fits.</summary>
    public void Set(ReadOnlySpan<byte> text)
    {
        text = text[..Math.Min(text.Length, Limit - 1)];
        _first = (byte)text.Length;
        text.CopyTo(((Span<byte>)this)[1..]);
    }
}
