using System.Collections.Generic;
using System.Linq;
using Punnet.Kernel;
using Xunit;

namespace Punnet.Startup.Tests;

/// <summary>What of a running program is mapped from its file, told from its program headers.</summary>
public sealed class SegmentTests
{
    private const uint Load = 1, Headers = 6, Locked = 0x6474e552;
    private const uint Read = 4, Write = 2, Execute = 1;

    [Fact]
    public void A_program_at_a_fixed_address_is_where_it_was_linked_to()
    {
        ProgramSegment[] plan = Plan(
            0x200040,
            Header(Headers, Read, 0x40, 0x200040, 0x200),
            Header(Load, Read, 0, 0x200000, 0x1800),
            Header(Load, Read | Execute, 0x1800, 0x202800, 0x3000),
            Header(Load, Read | Write, 0x4800, 0x206800, 0x100, 0x9000));

        Assert.Equal(
            [
                new(0x200000, 0x202000, 0, 1),
                new(0x202000, 0x206000, 0x1000, 5),
                new(0x206000, 0x207000, 0x4000, 3),
            ],
            plan);
        Assert.Equal([false, true, false], plan.Select(segment => segment.IsCode));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_position_independent_program_is_where_its_headers_are(bool hasHeadersOfHeaders)
    {
        const int Base = 0x7000_0000;
        ProgramHeader[] headers =
        [
            Header(Headers, Read, 0x40, 0x40, 0x200), Header(Load, Read, 0, 0, 0x1000), Header(Load, Read | Write, 0x1000, 0x3000, 0x1000),
        ];

        Assert.Equal(
            [new(Base, Base + 0x1000, 0, 1), new(Base + 0x3000, Base + 0x4000, 0x1000, 3)],
            Plan(Base + 0x40, hasHeadersOfHeaders ? headers : headers[1..]));
    }

    // As lld, which makes a segment of what is only written while it is relocated, and as GNU ld, where it is the beginning of the data.
    [Theory]
    [InlineData(0x3000, 0x2000, "3000-5000:1 5000-7000:3")]
    [InlineData(0x3000, 0x1fff, "3000-4000:1 4000-7000:3")]
    [InlineData(0x3000, 0x4000, "3000-7000:1")]
    [InlineData(0x3000, 0x9000, "3000-7000:1")]
    [InlineData(0x4000, 0x1000, "3000-4000:3 4000-5000:1 5000-7000:3")]
    [InlineData(0x8000, 0x1000, "3000-7000:3")]
    [InlineData(0x1000, 0x1000, "3000-7000:3")]
    public void What_is_read_only_after_relocation_stays_so(int start, int size, string expected)
    {
        ProgramSegment[] plan = Plan(
            0x40,
            Header(Load, Read, 0, 0, 0x1000),
            Header(Load, Read | Write, 0x2000, 0x3000, 0x4000),
            Header(Locked, Read, 0, (nuint)start, (nuint)size));

        Assert.Equal(expected, string.Join(' ', plan[1..].Select(part => $"{part.Start:x}-{part.End:x}:{part.Protection}")));
        Assert.All(plan[1..], part => Assert.Equal(part.Start - 0x1000, part.Offset));
    }

    // An arm64 kernel has pages of 4, 16 or 64 KiB; the linker aligns for the largest.
    [Theory]
    [InlineData(0x1000, "0-26000@0:1 36000-7f000@26000:5 8e000-93000@6e000:1 a2000-b4000@72000:3")]
    [InlineData(0x4000, "0-28000@0:1 34000-80000@24000:5 8c000-90000@6c000:1 90000-94000@70000:3 a0000-b4000@70000:3")]
    [InlineData(0x10000, "0-30000@0:1 30000-80000@20000:5 80000-90000@60000:1 90000-a0000@70000:3 a0000-c0000@70000:3")]
    public void A_part_ends_with_the_kernels_pages(int pageSize, string expected)
    {
        ProgramHeader[] headers =
        [
            Header(Load, Read, 0, 0, 0x25574), Header(Load, Read | Execute, 0x26580, 0x36580, 0x47ee0),
            Header(Load, Read | Write, 0x6e460, 0x8e460, 0x4698), Header(Load, Read | Write, 0x72af8, 0xa2af8, 0x11058, 0x20000),
            Header(Locked, Read, 0x6e460, 0x8e460, 0x4ba0),
        ];
        ProgramSegment[] segments = new ProgramSegment[ProgramSegments.Most];
        int count = ProgramSegments.Plan(headers, 0x40, (nuint)pageSize, segments);

        Assert.Equal(
            expected,
            string.Join(' ', segments[..count].Select(part => $"{part.Start:x}-{part.End:x}@{part.Offset:x}:{part.Protection}")));
    }

    [Fact]
    public void What_is_only_zero_is_not_of_the_file() =>
        Assert.Single(Plan(0x40, Header(Load, Read, 0, 0, 0x1000), Header(Load, Read | Write, 0x1000, 0x2000, 0, 0x5000)));

    [Fact]
    public void Headers_that_nobody_understands_are_no_plan()
    {
        Assert.Empty(Plan(0x40, Header(Load, Read, 0x1000, 0x1000, 0x1000)));
        IEnumerable<nuint> pages = Enumerable.Range(0, ProgramSegments.Most + 1).Select(page => (nuint)page << 12);
        Assert.Empty(Plan(0x40, [.. pages.Select(page => Header(Load, Read, page, page, 0x1000))]));
    }

    private static ProgramHeader Header(uint type, uint flags, nuint offset, nuint address, nuint fileSize, nuint? memorySize = null) =>
        new(type, flags, offset, address, address, fileSize, memorySize ?? fileSize, 0x1000);

    private static ProgramSegment[] Plan(nuint address, params ProgramHeader[] headers)
    {
        ProgramSegment[] segments = new ProgramSegment[ProgramSegments.Most];
        return segments[..ProgramSegments.Plan(headers, address, 0x1000, segments)];
    }
}
