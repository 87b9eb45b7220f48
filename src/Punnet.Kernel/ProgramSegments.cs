using System;

namespace Punnet.Kernel;

/// <summary>A program header, Elf64_Phdr of elf(5).</summary>
/// <param name="Type">PT_LOAD and its kin.</param>
/// <param name="Flags">PF_X is 1, PF_W 2, PF_R 4.</param>
/// <param name="Offset">Where it starts in the file.</param>
/// <param name="Address">Where it starts in memory, as linked.</param>
/// <param name="PhysicalAddress">Unused.</param>
/// <param name="FileSize">Bytes in the file.</param>
/// <param name="MemorySize">Bytes in memory.</param>
/// <param name="Alignment">Of the address and the offset.</param>
public readonly record struct ProgramHeader(
    uint Type, uint Flags, nuint Offset, nuint Address, nuint PhysicalAddress, nuint FileSize, nuint MemorySize, nuint Alignment);

/// <summary>Pages of a running program that are mapped from its file with one protection.</summary>
/// <param name="Start">The first address.</param>
/// <param name="End">The address after the last byte.</param>
/// <param name="Offset">Where it starts in the file.</param>
/// <param name="Protection">PROT_READ, PROT_WRITE and PROT_EXEC of mmap(2).</param>
public readonly record struct ProgramSegment(nuint Start, nuint End, nuint Offset, int Protection)
{
    /// <summary>Whether it is code, which is never written.</summary>
    public bool IsCode => (Protection & 4) != 0;
}

/// <summary>The parts of a running program that are mapped from its file, computed from its program headers.</summary>
public static class ProgramSegments
{
    /// <summary>More parts than a linker makes: a segment has at most three, where the protection changes within it.</summary>
    public const int Most = 16;

    private const nuint FileHeaderSize = 64; // Elf64_Ehdr; linkers put the program headers after it.

    /// <summary>Plans the mappings.</summary>
    /// <param name="headers">The program headers.</param>
    /// <param name="address">Where they are in memory, AT_PHDR of getauxval(3).</param>
    /// <param name="pageSize">Of the kernel, AT_PAGESZ: 4096 bytes, and on arm64 also 16384 or 65536.</param>
    /// <param name="segments">Receives the parts in the order of the headers.</param>
    /// <returns>How many; 0 where the headers are not understood.</returns>
    public static int Plan(ReadOnlySpan<ProgramHeader> headers, nuint address, nuint pageSize, Span<ProgramSegment> segments)
    {
        const uint Load = 1, RelocatedReadOnly = 0x6474e552; // PT_LOAD, PT_GNU_RELRO
        if (!TryFindBase(headers, address, out nuint start))
        {
            return 0;
        }

        nuint lockedStart = 0, lockedEnd = 0;
        foreach (ProgramHeader header in headers)
        {
            if (header.Type == RelocatedReadOnly)
            {
                lockedStart = Floor(start + header.Address);
                lockedEnd = Floor(start + header.Address + header.MemorySize);
            }
        }

        int count = 0;
        foreach (ProgramHeader header in headers)
        {
            if (header.Type != Load || header.FileSize == 0)
            {
                continue;
            }

            nuint from = Floor(start + header.Address), to = Floor(start + header.Address + header.FileSize + pageSize - 1);
            nuint offset = Floor(header.Offset);
            int protection = 1 | ((header.Flags & 1) != 0 ? 4 : 0);
            if ((header.Flags & 2) == 0)
            {
                count = Add(segments, count, from, to, offset, protection);
                continue;
            }

            // PT_GNU_RELRO, written only during relocation: the whole segment, its beginning, or nothing of it.
            nuint first = nuint.Clamp(lockedStart, from, to), last = nuint.Clamp(lockedEnd, first, to);
            count = Add(segments, count, from, first, offset, protection | 2);
            count = Add(segments, count, first, last, offset + (first - from), protection);
            count = Add(segments, count, last, to, offset + (last - from), protection | 2);
        }

        return count <= segments.Length ? count : 0;

        nuint Floor(nuint place) => place & ~(pageSize - 1);
    }

    private static int Add(Span<ProgramSegment> segments, int count, nuint from, nuint to, nuint offset, int protection)
    {
        if (from == to)
        {
            return count;
        }

        if (count < segments.Length)
        {
            segments[count] = new ProgramSegment(from, to, offset, protection);
        }

        return count + 1;
    }

    // The load bias: PT_PHDR is the address of the headers themselves. Not every linker writes it.
    private static bool TryFindBase(ReadOnlySpan<ProgramHeader> headers, nuint address, out nuint start)
    {
        const uint Load = 1, ProgramHeaders = 6;
        foreach (ProgramHeader header in headers)
        {
            bool isFirst = header.Type == Load && header.Offset == 0 && header.FileSize > FileHeaderSize;
            if (isFirst || header.Type == ProgramHeaders)
            {
                start = address - header.Address - (isFirst ? FileHeaderSize : 0);
                return true;
            }
        }

        start = 0;
        return false;
    }
}
