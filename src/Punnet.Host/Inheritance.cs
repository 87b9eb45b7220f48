using System;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host;

/// <summary>
/// What punnet's caller leaves to it, where a container, a hook or punnet itself would suffer from it: execve(2), "signals" and below.
/// </summary>
public static class Inheritance
{
    private const uint Umask = Permissions.GroupOrOthersWrite;
    private static ulong? s_ignored;

    /// <summary>
    /// Signals that a program would start with ignored, one bit each from signal 1 on; all of them where it is unknown. Read at once from
    /// /proc/self/status: otherwise each of the 62 costs a system call to ask for or to reset.
    /// </summary>
    public static ulong IgnoredSignals => s_ignored ??= Read();

    /// <summary>
    /// Makes punnet able to wait for its children, and what it makes readable for those who may read it. Before the first clone.
    /// </summary>
    public static void ReadOnce() => s_ignored ??= Read();

    /// <summary>
    /// Opens the null device in place of standard streams that are closed: what punnet opens next would become one of them.
    /// </summary>
    /// <exception cref="SysException">There is no null device.</exception>
    public static void OpenStandardStreams()
    {
        Span<PollDescriptor> streams =
        [
            new PollDescriptor { Descriptor = 0 },
            new PollDescriptor { Descriptor = 1 },
            new PollDescriptor { Descriptor = 2 },
        ];

        // Fails where the caller allows fewer than three descriptors: the next open then fails, with its own error.
        Sys.Ppoll(streams, 0);
        for (int stream = 0; stream < streams.Length; stream++)
        {
            if ((streams[stream].Found & PollEvents.NotOpen) != PollEvents.None)
            {
                // The lowest free descriptor, which is this one; init replaces it with the container's null device.
                Sys.Openat(Sys.WorkingDirectory, "/dev/null\0"u8, OpenFlags.ReadWrite, 0, out int opened).OrThrow("open", "/dev/null");
                Sys.Dup3(opened, stream).OrThrow("open", "/dev/null"); // No longer close-on-exec.
                Output.IsClosed |= stream == 1;
            }
        }
    }

    private static ulong Read()
    {
        Span<byte> buffer = stackalloc byte[4096];
        bool isRead = HostFile.TryRead(Sys.WorkingDirectory, "/proc/self/status\0"u8, buffer, out int count);
        ReadOnlySpan<byte> status = isRead ? buffer[..count] : default;
        ulong ignored = Number(status, "\nSigIgn:\t"u8, 16) ?? ulong.MaxValue;
        if ((ignored & Bit(Signal.Child)) != 0)
        {
            // The kernel would reap them, and keep their status to itself: wait(2).
            Sys.IgnoreSigchld(false);
        }

        // No more than others have by default: a container's user reads its own cgroup.
        if (((Number(status, "\nUmask:\t"u8, 8) ?? uint.MaxValue) & ~Umask) != 0)
        {
            Sys.Umask(Umask);
        }

        return ignored;
    }

    private static ulong Bit(Signal signal) => 1UL << ((int)signal - 1);

    private static ulong? Number(ReadOnlySpan<byte> status, ReadOnlySpan<byte> name, uint radix)
    {
        int start = status.IndexOf(name);
        if (start < 0)
        {
            return null;
        }

        ulong value = 0;
        foreach (byte digit in status[(start + name.Length)..])
        {
            if (!char.IsAsciiHexDigitLower((char)digit))
            {
                return value;
            }

            value = value * radix + (digit <= (byte)'9' ? digit - (uint)'0' : digit - (uint)'a' + 10);
        }

        return null; // Cut off: the number may be.
    }
}
