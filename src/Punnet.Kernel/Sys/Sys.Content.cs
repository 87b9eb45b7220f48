using System;
using Punnet.Abi;

namespace Punnet.Kernel;

/// <summary>whence of lseek(2).</summary>
public enum SeekFrom
{
    /// <summary>SEEK_SET.</summary>
    Start = 0,

    /// <summary>SEEK_DATA: the next byte that is not in a hole; ENXIO when there is none.</summary>
    Data = 3,

    /// <summary>SEEK_HOLE: the next hole; the end of the file counts as one.</summary>
    Hole = 4,
}

// The content of files and how it gets to the disk.
public static unsafe partial class Sys
{
    /// <summary>lseek(2).</summary>
    public static Errno Lseek(int descriptor, long offset, SeekFrom from, out long position) =>
        Call(SyscallNumber.Lseek, out position, descriptor, (nint)offset, (nint)from);

    /// <summary>pread64(2), tried again when a signal interrupts it.</summary>
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

    /// <summary>ioctl_ficlone(2) FICLONE: the whole content, shared until one of both is written.</summary>
    public static Errno Ficlone(int from, int to) => Call(SyscallNumber.Ioctl, to, 0x40049409, from);

    /// <summary>copy_file_range(2): may copy less than asked; 0 at the end of the source.</summary>
    public static Errno CopyFileRange(int from, long fromOffset, int to, long toOffset, long length, out long copied) =>
        Call(SyscallNumber.CopyFileRange, out copied, from, (nint)(&fromOffset), to, (nint)(&toOffset), (nint)length, 0);

    /// <summary>syncfs(2): everything of the file system that a descriptor is on.</summary>
    public static Errno Syncfs(int descriptor) => Call(SyscallNumber.Syncfs, descriptor);

    /// <summary>fsync(2).</summary>
    public static Errno Fsync(int descriptor) => Call(SyscallNumber.Fsync, descriptor);

    /// <summary>utimensat(2) of a name; a symbolic link is not followed.</summary>
    public static Errno Utimensat(int directory, ReadOnlySpan<byte> name, FileTime accessed, FileTime modified)
    {
        long* times = stackalloc long[4] { accessed.Seconds, accessed.Nanoseconds, modified.Seconds, modified.Nanoseconds };
        if (!IsText(name))
        {
            return Errno.EINVAL;
        }

        fixed (byte* text = name)
        {
            return Call(SyscallNumber.Utimensat, directory, (nint)text, (nint)times, 0x100); // AT_SYMLINK_NOFOLLOW
        }
    }

    /// <summary>utimensat(2) of what a descriptor refers to.</summary>
    public static Errno Futimens(int descriptor, FileTime accessed, FileTime modified)
    {
        long* times = stackalloc long[4] { accessed.Seconds, accessed.Nanoseconds, modified.Seconds, modified.Nanoseconds };
        return Call(SyscallNumber.Utimensat, descriptor, 0, (nint)times, 0);
    }

    /// <summary>linkat(2): another name for what a name means; a symbolic link is not followed.</summary>
    public static Errno Linkat(int fromDirectory, ReadOnlySpan<byte> from, int toDirectory, ReadOnlySpan<byte> to)
    {
        if (!IsText(from) || !IsText(to))
        {
            return Errno.EINVAL;
        }

        fixed (byte* source = from, target = to)
        {
            return Call(SyscallNumber.Linkat, fromDirectory, (nint)source, toDirectory, (nint)target, 0);
        }
    }

    /// <summary>renameat2(2) with RENAME_NOREPLACE: EEXIST when the new name is taken.</summary>
    public static Errno RenameatNoReplace(int fromDirectory, ReadOnlySpan<byte> from, int toDirectory, ReadOnlySpan<byte> to)
    {
        if (!IsText(from) || !IsText(to))
        {
            return Errno.EINVAL;
        }

        fixed (byte* source = from, target = to)
        {
            return Call(SyscallNumber.Renameat2, fromDirectory, (nint)source, toDirectory, (nint)target, 1);
        }
    }

    /// <summary>flock(2) LOCK_EX | LOCK_NB: such a lock is of the open file, directories have it too; EAGAIN when another one holds it.</summary>
    public static Errno Flock(int descriptor) => Call(SyscallNumber.Flock, descriptor, 6);

    /// <summary>Opens again what a descriptor refers to, with other flags, through /proc/self/fd.</summary>
    public static Errno Reopen(int descriptor, OpenFlags flags, out int opened)
    {
        Span<byte> path = stackalloc byte[32];
        FormatDescriptorPath(descriptor, path);
        return Openat(WorkingDirectory, path, flags, 0, out opened);
    }

    /// <summary>Whether a file is one in memory that nobody can write any more, fcntl(2) F_GET_SEALS.</summary>
    public static bool IsSealed(int file)
    {
        const int GetSeals = 1034, SealWrite = 8;
        return Call(SyscallNumber.Fcntl, out long seals, file, GetSeals) == Errno.None && (seals & SealWrite) != 0;
    }
}
