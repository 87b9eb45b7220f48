using System;
using Punnet.Abi;

namespace Punnet.Kernel;

/// <summary>The clocks of clock_gettime(2).</summary>
public enum Clock
{
    /// <summary>CLOCK_REALTIME: since 1970.</summary>
    Realtime = 0,

    /// <summary>CLOCK_MONOTONIC: since an unspecified point in the past; never set back.</summary>
    Monotonic = 1,
}

public static unsafe partial class Sys
{
    /// <summary>ppoll(2) on one descriptor.</summary>
    /// <param name="descriptor">The descriptor.</param>
    /// <param name="milliseconds">How long; negative means no limit.</param>
    /// <param name="isReady">Whether there is data, a hang-up or an error.</param>
    public static Errno PollReadable(int descriptor, long milliseconds, out bool isReady)
    {
        Span<PollDescriptor> one = [new PollDescriptor { Descriptor = descriptor, Wanted = PollEvents.In }];
        Errno errno = Ppoll(one, milliseconds);
        isReady = one[0].Found != PollEvents.None;
        return errno;
    }

    /// <summary>ppoll(2), retried on EINTR.</summary>
    public static Errno Ppoll(Span<PollDescriptor> descriptors, long milliseconds)
    {
        long* limit = stackalloc long[2] { milliseconds / 1000, milliseconds % 1000 * 1_000_000 };
        fixed (PollDescriptor* first = descriptors)
        {
            Errno errno;
            do
            {
                errno = Call(SyscallNumber.Ppoll, (nint)first, descriptors.Length, milliseconds < 0 ? 0 : (nint)limit, 0, SignalSetSize);
            }
            while (errno == Errno.EINTR);
            return errno;
        }
    }

    /// <summary>clock_gettime(2).</summary>
    /// <param name="clock">Which.</param>
    /// <param name="seconds">Seconds.</param>
    /// <param name="nanoseconds">0 to 999,999,999.</param>
    public static void ClockGettime(Clock clock, out long seconds, out long nanoseconds)
    {
        long* time = stackalloc long[2];
        Call(SyscallNumber.ClockGettime, (nint)clock, (nint)time);
        seconds = time[0];
        nanoseconds = time[1];
    }
}
