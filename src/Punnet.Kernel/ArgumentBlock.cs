using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Punnet.Abi;

namespace Punnet.Kernel;

/// <summary>
/// argv or an environment as execve(2) takes it: a null-terminated array of pointers. The host builds it in unmanaged memory, and the new
/// process only passes it on. It is never freed.
/// </summary>
public readonly unsafe struct ArgumentBlock
{
    private readonly byte** _pointers;
    private readonly int _count;

    private ArgumentBlock(byte** pointers, int count)
    {
        _pointers = pointers;
        _count = count;
    }

    /// <summary>Address of the array.</summary>
    internal nint Pointer => (nint)_pointers;

    /// <summary>Copies strings out of managed memory.</summary>
    /// <param name="texts">The strings in order.</param>
    /// <param name="spare">How many entries <see cref="Append"/> can still add.</param>
    public static ArgumentBlock Of(IReadOnlyList<CString> texts, int spare = 0)
    {
        nuint size = (nuint)(texts.Count + spare + 1) * (nuint)sizeof(byte*);
        nuint table = size;
        for (int i = 0; i < texts.Count; i++)
        {
            size += (nuint)texts[i].WithNul.Length;
        }

        byte* memory = (byte*)NativeMemory.Alloc(size);
        byte** pointers = (byte**)memory;
        byte* next = memory + table;
        for (int i = 0; i < texts.Count; i++)
        {
            ReadOnlySpan<byte> text = texts[i].WithNul;
            text.CopyTo(new Span<byte>(next, text.Length));
            pointers[i] = next;
            next += text.Length;
        }

        for (int i = texts.Count; i <= texts.Count + spare; i++)
        {
            pointers[i] = null;
        }

        return new ArgumentBlock(pointers, texts.Count + spare);
    }

    /// <summary>Puts one more string into the first spare entry; it must not move until exec.</summary>
    /// <param name="text">With NUL, on the stack or in fixed memory of the caller.</param>
    /// <returns>False when there is no spare entry.</returns>
    public bool Append(ReadOnlySpan<byte> text)
    {
        for (int i = 0; i < _count; i++)
        {
            if (_pointers[i] is null)
            {
                fixed (byte* start = text)
                {
                    _pointers[i] = start;
                }

                return true;
            }
        }

        return false;
    }
}
