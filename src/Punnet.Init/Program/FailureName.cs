using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Punnet.Init;

/// <summary>The one thing of a failure that the host cannot look up: what a file of the container, or the kernel, names. Its start, if it is long.</summary>
[InlineArray(Limit)]
public struct FailureName
{
    /// <summary>Most bytes, the length in front included.</summary>
    public const int Limit = 128;

    private byte _first;

    /// <summary>The bytes; empty where nothing is named.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<byte> Text
    {
        get
        {
            ReadOnlySpan<byte> all = this;
            return all.Slice(1, Math.Min((int)all[0], Limit - 1));
        }
    }

    /// <summary>Takes as much of a text as there is room for.</summary>
    public void Set(ReadOnlySpan<byte> text)
    {
        text = text[..Math.Min(text.Length, Limit - 1)];
        _first = (byte)text.Length;
        text.CopyTo(((Span<byte>)this)[1..]);
    }
}
