using System;
using Punnet.Abi;
using static Tmds.Linux.LibC;

namespace Punnet.Kernel;

/// <summary>whence of lseek(2).</summary>
public enum SeekFrom
{
    /// <summary>SEEK_SET.</summary>
    Start = 0,

    /// <summary>SEEK_DATA: the next byte that is not in a hole; ENXIO when there is no more data.</summary>
    Data = 3,

    /// <summary>SEEK_HOLE: the next hole; the end of the file counts as one.</summary>
    Hole = 4,
}

// The content of files, and writing it to disk.
public static unsafe partial class Sys
{
    /// <summary>read(2), retried on EINTR.</summary>
    public static Errno Read(int descriptor, Span<byte> buffer, out int count)
    {
        fixed (byte* bytes = buffer)
        {
            Errno errno;
            long result;
            do
            {
                errno = Call(SyscallNumber.Read, out result, descriptor, (nint)bytes, buffer.Length);
            }
            while (errno == Errno.EINTR);
            count = (int)result;
            return errno;
        }
    }

    /// <summary>write(2), retried on EINTR; may write less than asked.</summary>
    public static Errno Write(int descriptor, ReadOnlySpan<byte> bytes, out int count)
    {
        fixed (byte* start = bytes)
        {
            Errno errno;
            long result;
            do
            {
                errno = Call(SyscallNumber.Write, out result, descriptor, (nint)start, bytes.Length);
            }
            while (errno == Errno.EINTR);
            count = (int)result;
            return errno;
        }
    }

    /// <summary>write(2) until everything is written.</summary>
    public static Errno WriteAll(int descriptor, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            Errno errno = Write(descriptor, bytes, out int count);
            if (errno != Errno.None)
            {
                return errno;
            }

            bytes = bytes[count..];
        }

        return Errno.None;
    }

    /// <summary>lseek(2).</summary>
    public static Errno Lseek(int descriptor, long offset, SeekFrom from, out long position) =>
        Call(SyscallNumber.Lseek, out position, descriptor, (nint)offset, (nint)from);

    /// <summary>lseek(2) to the start.</summary>
    public static Errno Rewind(int descriptor) => Call(SyscallNumber.Lseek, descriptor, 0, SEEK_SET);

    /// <summary>pread64(2), retried on EINTR.</summary>
    public static Errno Pread64(int descriptor, Span<byte> buffer, long offset, out int count)
    {
        fixed (byte* bytes = buffer)
        {
            Errno errno;
            long result;
            do
            {
                errno = Call(SyscallNumber.Pread64, out result, descriptor, (nint)bytes, buffer.Length, (nint)offset);
            }
            while (errno == Errno.EINTR);
            count = (int)result;
            return errno;
        }
    }

    /// <summary>ftruncate(2).</summary>
    public static Errno Ftruncate(int descriptor, long length) => Call(SyscallNumber.Ftruncate, descriptor, (nint)length);

    /// <summary>sendfile(2) until the end of the source.</summary>
    public static Errno Sendfile(int from, int to)
    {
        const nint Chunk = 0x1000000; // bytes
        while (true)
        {
            Errno errno = Call(SyscallNumber.Sendfile, out long sent, to, from, 0, Chunk);
            if (errno != Errno.None || sent == 0)
            {
                return errno;
            }
        }
    }

    /// <summary>ioctl_ficlone(2) FICLONE: the whole content, shared until either file is written.</summary>
    public static Errno Ficlone(int from, int to)
    {
        const int Clone = 0x40049409; // FICLONE
        return Call(SyscallNumber.Ioctl, to, Clone, from);
    }

    /// <summary>copy_file_range(2): may copy less than asked; 0 at the end of the source.</summary>
    public static Errno CopyFileRange(int from, long fromOffset, int to, long toOffset, long length, out long copied) =>
        Call(SyscallNumber.CopyFileRange, out copied, from, (nint)(&fromOffset), to, (nint)(&toOffset), (nint)length, 0);

    /// <summary>syncfs(2): the whole file system that a descriptor is on.</summary>
    public static Errno Syncfs(int descriptor) => Call(SyscallNumber.Syncfs, descriptor);

    /// <summary>fsync(2).</summary>
    public static Errno Fsync(int descriptor) => Call(SyscallNumber.Fsync, descriptor);
}
