using System;
using System.Collections.Generic;

namespace Punnet.Fuzz.Tests;

/// <summary>
/// Takes what is drawn at random elsewhere from the bytes of an input, so that the fuzzer decides. Behind its end all is 0.
/// </summary>
/// <param name="input">The bytes.</param>
internal sealed class Choices(ReadOnlyMemory<byte> input) : Random
{
    private int _position;

    /// <summary>Whether all bytes are used.</summary>
    public bool AtEnd => _position >= input.Length;

    /// <inheritdoc/>
    public override int Next(int maxValue) => Next(0, maxValue);

    /// <inheritdoc/>
    public override int Next(int minValue, int maxValue)
    {
        long range = (long)maxValue - minValue;
        long drawn = range <= 0x100 ? Byte() : Byte() | (Byte() << 8);
        return range <= 0 ? minValue : (int)(minValue + (drawn % range));
    }

    /// <inheritdoc/>
    public override long NextInt64() => (long)(UInt64() >> 1);

    /// <summary>Any number.</summary>
    public ulong UInt64()
    {
        ulong number = 0;
        for (int i = 0; i < 8; i++)
        {
            number |= (ulong)Byte() << (8 * i);
        }

        return number;
    }

    /// <summary>Some bytes, or what is left.</summary>
    public ReadOnlySpan<byte> Bytes(int count)
    {
        int taken = Math.Min(count, Math.Max(input.Length - _position, 0));
        ReadOnlySpan<byte> bytes = input.Span.Slice(Math.Min(_position, input.Length), taken);
        _position += taken;
        return bytes;
    }

    /// <summary>One of some.</summary>
    public T Pick<T>(IReadOnlyList<T> from) => from[Next(from.Count)];

    private int Byte() => AtEnd ? 0 : input.Span[_position++];
}
