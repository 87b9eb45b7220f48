using System;
using System.Runtime.InteropServices;

namespace Punnet.Kernel;

/// <summary>Bytes at a fixed address, for strings that execve(2) reads. Never freed.</summary>
public readonly unsafe struct FixedBuffer
{
    private readonly byte* _start;
    private readonly int _size;

    /// <summary>Allocates memory.</summary>
    /// <param name="size">Bytes.</param>
    public FixedBuffer(int size)
    {
        _start = (byte*)NativeMemory.Alloc((nuint)size);
        _size = size;
    }

    /// <summary>The bytes.</summary>
    public Span<byte> Span => new(_start, _size);
}
