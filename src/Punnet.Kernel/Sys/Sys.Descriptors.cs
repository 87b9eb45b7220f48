using System;
using System.Buffers.Text;
using Punnet.Abi;
using static Tmds.Linux.LibC;

namespace Punnet.Kernel;

// File descriptors, whatever they refer to.
public static unsafe partial class Sys
{
    /// <summary>Bytes that <see cref="DescriptorPath"/> needs at most.</summary>
    public const int DescriptorPathSize = 32;

    /// <summary>close(2).</summary>
    public static Errno Close(int descriptor) => Call(SyscallNumber.Close, descriptor);

    /// <summary>close_range(2).</summary>
    /// <param name="first">First descriptor.</param>
    /// <param name="last">Last descriptor, included.</param>
    /// <param name="onlyAtExec">CLOSE_RANGE_CLOEXEC: mark instead of closing (Linux 5.11).</param>
    public static Errno CloseRange(uint first, uint last, bool onlyAtExec)
    {
        const int OnlyAtExec = 4; // CLOSE_RANGE_CLOEXEC
        Errno errno = Call(SyscallNumber.CloseRange, (nint)first, (nint)last, onlyAtExec ? OnlyAtExec : 0);

        // Linux 5.9 and 5.10 know the call and not the flag.
        return errno == Errno.EINVAL && onlyAtExec ? Errno.ENOSYS : errno;
    }

    /// <summary>fcntl(2) F_SETFD FD_CLOEXEC.</summary>
    public static Errno SetCloexec(int descriptor) => Call(SyscallNumber.Fcntl, descriptor, F_SETFD, FD_CLOEXEC);

    /// <summary>fcntl(2) F_SETFL O_NONBLOCK, for all descriptors of the open file description; the other flags are cleared.</summary>
    public static Errno SetNonblock(int descriptor) => Call(SyscallNumber.Fcntl, descriptor, F_SETFL, O_NONBLOCK);

    /// <summary>dup3(2), without close-on-exec.</summary>
    public static Errno Dup3(int from, int to)
    {
        // dup3(2) refuses equal descriptors; then it only has to survive exec.
        return from == to ? Call(SyscallNumber.Fcntl, from, F_SETFD, 0) : Call(SyscallNumber.Dup3, from, to, 0);
    }

    /// <summary>fcntl(2) F_DUPFD_CLOEXEC: a copy with a number of at least <paramref name="lowest"/>.</summary>
    public static Errno DupCloexec(int descriptor, int lowest, out int copy) =>
        Open(SyscallNumber.Fcntl, out copy, descriptor, F_DUPFD_CLOEXEC, lowest);

    /// <summary>pipe2(2), close-on-exec.</summary>
    public static Errno Pipe2(out int readEnd, out int writeEnd)
    {
        int* ends = stackalloc int[2] { -1, -1 };
        Errno errno = Call(SyscallNumber.Pipe2, (nint)ends, O_CLOEXEC);
        readEnd = ends[0];
        writeEnd = ends[1];
        return errno;
    }

    /// <summary>Reopens a file with other flags, through /proc/self/fd.</summary>
    public static Errno Reopen(int descriptor, OpenFlags flags, out int opened)
    {
        Span<byte> buffer = stackalloc byte[DescriptorPathSize];
        return Openat(WorkingDirectory, DescriptorPath(descriptor, buffer), flags, 0, out opened);
    }

    /// <summary>memfd_create(2), close-on-exec.</summary>
    public static Errno MemfdCreate(ReadOnlySpan<byte> name, bool sealable, out int descriptor)
    {
        descriptor = -1;
        if (!IsText(name))
        {
            return Errno.EINVAL;
        }

        uint flags = sealable ? MFD_CLOEXEC | MFD_ALLOW_SEALING : MFD_CLOEXEC;
        fixed (byte* text = name)
        {
            return Open(SyscallNumber.MemfdCreate, out descriptor, (nint)text, (nint)flags);
        }
    }

    /// <summary>fcntl(2) F_ADD_SEALS: no more seals, no growing, shrinking or writing.</summary>
    public static Errno AddSeals(int descriptor) =>
        Call(SyscallNumber.Fcntl, descriptor, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);

    /// <summary>fcntl(2) F_GET_SEALS: whether a file is a memfd that is sealed against writing.</summary>
    public static bool IsSealed(int file) =>
        Call(SyscallNumber.Fcntl, out long seals, file, F_GET_SEALS) == Errno.None && (seals & F_SEAL_WRITE) != 0;

    /// <summary>"/proc/self/fd/N", with its NUL: proc_pid_fd(5).</summary>
    /// <param name="descriptor">N.</param>
    /// <param name="buffer">Receives the path; <see cref="DescriptorPathSize"/> bytes.</param>
    public static ReadOnlySpan<byte> DescriptorPath(int descriptor, Span<byte> buffer)
    {
        ReadOnlySpan<byte> prefix = "/proc/self/fd/"u8;
        prefix.CopyTo(buffer);
        Utf8Formatter.TryFormat(descriptor, buffer[prefix.Length..], out int digits);
        buffer[prefix.Length + digits] = 0;
        return buffer[..(prefix.Length + digits + 1)];
    }
}
