using System;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading;
using Punnet.Abi;

namespace Punnet.Kernel;

/// <summary>The end of one step.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct TraceRecord
{
    /// <summary>When: CLOCK_MONOTONIC, nanoseconds.</summary>
    public long Nanoseconds;

    /// <summary>What the step is about: a number that the host knows.</summary>
    public int Item;

    /// <summary>Its result: 0 or an errno.</summary>
    public int Errno;

    /// <summary>Which step.</summary>
    public int Step;

    /// <summary>Which process: 0 is punnet, and each clone has a number of its own.</summary>
    public int Lane;
}

/// <summary>
/// Steps and their times, written by punnet and its clones into memory that they share: numbers, which the host puts into words. Off until
/// <see cref="Begin"/>; then a step costs a look at the clock.
/// </summary>
public static unsafe class TraceBuffer
{
    private const int Size = 64 * 1024; // bytes

    // First how many records there are, then the records.
    private static int* s_page;
    private static int s_lane;

    /// <summary>Most records; what comes later is lost.</summary>
    public static int Capacity => (Size / sizeof(TraceRecord)) - 1;

    /// <summary>Whether steps are written down.</summary>
    public static bool IsOn => s_page != null;

    /// <summary>What was written so far.</summary>
    public static ReadOnlySpan<TraceRecord> Records =>
        s_page == null ? default : new ReadOnlySpan<TraceRecord>(First, Math.Clamp(Volatile.Read(ref *s_page), 0, Capacity));

    private static TraceRecord* First => (TraceRecord*)s_page + 1;

    /// <summary>Begins, in memory.</summary>
    public static Errno Begin()
    {
        Errno errno = Sys.MmapShared(-1, Size, out nint place);
        s_page = (int*)place;
        return errno;
    }

    /// <summary>Continues in a file, where another punnet can read what the clones still write.</summary>
    /// <param name="file">An empty file, open for reading and writing.</param>
    public static Errno MoveTo(int file)
    {
        Errno errno = Sys.Ftruncate(file, Size);
        if (errno == Errno.None && (errno = Sys.MmapShared(file, Size, out nint place)) == Errno.None)
        {
            new ReadOnlySpan<byte>(s_page, Size).CopyTo(new Span<byte>((void*)place, Size));
            s_page = (int*)place;
        }

        return errno;
    }

    /// <summary>The records in a file that <see cref="MoveTo"/> has filled.</summary>
    /// <param name="bytes">Its whole content.</param>
    public static ReadOnlySpan<TraceRecord> Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            return default;
        }

        int count = Math.Clamp(MemoryMarshal.Read<int>(bytes), 0, Capacity);
        return MemoryMarshal.Cast<byte, TraceRecord>(bytes[sizeof(TraceRecord)..])[..count];
    }

    /// <summary>In a clone: its steps are its own from here on.</summary>
    public static void EnterClone()
    {
        if (s_page != null)
        {
            s_lane++;
            Mark(0, 0, Errno.None);
        }
    }

    /// <summary>A step has ended.</summary>
    public static void Mark(int step, int item, Errno errno)
    {
        if (s_page == null)
        {
            return;
        }

        int number = Interlocked.Increment(ref *s_page) - 1;
        if (number < Capacity)
        {
            TraceRecord* record = First + number;
            record->Nanoseconds = Now();
            record->Item = item;
            record->Errno = (int)errno;
            record->Step = step;
            record->Lane = s_lane;
        }
    }

    /// <summary>CLOCK_MONOTONIC, nanoseconds; without a system call where the kernel has a vdso(7).</summary>
    public static long Now() => Stopwatch.GetTimestamp();
}
