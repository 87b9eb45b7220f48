using System;
using Punnet.Abi;
using static Tmds.Linux.LibC;
#if ARM64
using OldFileStatus = Punnet.Abi.OldFileStatusArm64;
#else
using OldFileStatus = Punnet.Abi.OldFileStatusX64;
#endif

namespace Punnet.Kernel;

/// <summary>mode of faccessat(2).</summary>
public enum AccessMode
{
    /// <summary>F_OK.</summary>
    Exists = 0,

    /// <summary>X_OK: execute a file, search a directory.</summary>
    Execute = 1,

    /// <summary>W_OK.</summary>
    Write = 2,
}

// Opening files, and their inodes: inode(7).
public static unsafe partial class Sys
{
    /// <summary>openat(2); close-on-exec is always set.</summary>
    public static Errno Openat(int directory, ReadOnlySpan<byte> path, OpenFlags flags, uint mode, out int descriptor)
    {
        descriptor = -1;
        if (!IsText(path))
        {
            return Errno.EINVAL;
        }

        fixed (byte* text = path)
        {
            return Open(SyscallNumber.Openat, out descriptor, directory, (nint)text, (nint)(flags | OpenFlags.CloseOnExec), (nint)mode);
        }
    }

    /// <summary>
    /// openat2(2); close-on-exec is always set. Retried on EAGAIN, which the kernel returns when a directory is renamed during a scoped
    /// lookup of a path with "..". Where a filter around punnet refuses the call, the fallback is <see cref="PathWalk"/>.
    /// </summary>
    public static Errno Openat2(
        int directory, ReadOnlySpan<byte> path, OpenFlags flags, uint mode, ResolveFlags resolve, out int descriptor)
    {
        descriptor = -1;
        if (!IsText(path))
        {
            return Errno.EINVAL;
        }

        OpenHow how = new() { Flags = flags | OpenFlags.CloseOnExec, Mode = mode, Resolve = resolve };
        fixed (byte* text = path)
        {
            for (int attempt = 0; ; attempt++)
            {
                Errno errno = Open(SyscallNumber.Openat2, out descriptor, directory, (nint)text, (nint)(&how), sizeof(OpenHow));
                if (errno.IsOfFilter())
                {
                    return PathWalk.Open(directory, path, flags, resolve, out descriptor);
                }

                if (errno != Errno.EAGAIN || attempt == 128)
                {
                    return errno;
                }
            }
        }
    }

    /// <summary>statx(2) by descriptor.</summary>
    public static Errno Statx(int descriptor, out FileStatus status) => Statx(descriptor, "\0"u8, AT_EMPTY_PATH, out status);

    /// <summary>statx(2) of a path; a symbolic link at its end is followed.</summary>
    public static Errno Statx(int directory, ReadOnlySpan<byte> path, out FileStatus status) => Statx(directory, path, 0, out status);

    /// <summary>statx(2) of a path; a symbolic link at its end is not followed.</summary>
    public static Errno StatxNoFollow(int directory, ReadOnlySpan<byte> path, out FileStatus status) =>
        Statx(directory, path, AT_SYMLINK_NOFOLLOW, out status);

    private static Errno Statx(int directory, ReadOnlySpan<byte> path, int flags, out FileStatus status)
    {
        status = default;
        if (!IsText(path))
        {
            return Errno.EINVAL;
        }

        fixed (byte* text = path)
        fixed (FileStatus* place = &status)
        {
            Errno errno = Call(SyscallNumber.Statx, directory, (nint)text, flags, (nint)STATX_BASIC_STATS, (nint)place);
            return errno.IsOfFilter() ? OldStatus(directory, text, flags, out status) : errno;
        }
    }

    // newfstatat(2), where a filter around punnet refuses statx(2): without attributes and mount ID.
    private static Errno OldStatus(int directory, byte* path, int flags, out FileStatus status)
    {
        OldFileStatus old = default;
        Errno errno = Call(SyscallNumber.Newfstatat, directory, (nint)path, (nint)(&old), flags);
        status = default;
        if (errno == Errno.None)
        {
            status = new FileStatus
            {
                FileSystemMajor = Major(old.FileSystem),
                FileSystemMinor = Minor(old.FileSystem),
                Inode = old.Inode,
                Links = (uint)old.Links,
                Mode = (ushort)old.Mode,
                Uid = old.Uid,
                Gid = old.Gid,
                DeviceMajor = Major(old.Device),
                DeviceMinor = Minor(old.Device),
                Size = old.Size,
                BlockSize = (uint)old.BlockSize,
                Blocks = old.Blocks,
                Accessed = new FileTime { Seconds = old.Accessed.Seconds, Nanoseconds = (uint)old.Accessed.Nanoseconds },
                Modified = new FileTime { Seconds = old.Modified.Seconds, Nanoseconds = (uint)old.Modified.Nanoseconds },
                Changed = new FileTime { Seconds = old.Changed.Seconds, Nanoseconds = (uint)old.Changed.Nanoseconds },
            };
        }

        return errno;
    }

    // major(3) and minor(3).
    private static uint Major(ulong device) => (uint)(((device >> 8) & 0xfff) | ((device >> 32) & ~0xfffUL));

    private static uint Minor(ulong device) => (uint)((device & 0xff) | ((device >> 12) & ~0xffUL));

    /// <summary>f_type of fstatfs(2), see <see cref="FileSystemMagic"/>.</summary>
    public static Errno Fstatfs(int descriptor, out long magic)
    {
        long* buffer = stackalloc long[15]; // struct statfs: 120 bytes
        Errno errno = Call(SyscallNumber.Fstatfs, descriptor, (nint)buffer);
        magic = buffer[0];
        return errno;
    }

    /// <summary>
    /// faccessat2(2), for the effective IDs. Where a filter is older than that call, faccessat(2): wherever punnet calls this, the real IDs
    /// are the effective ones.
    /// </summary>
    /// <param name="directory">Directory of a relative path.</param>
    /// <param name="path">The path.</param>
    /// <param name="mode">What is checked.</param>
    public static Errno Faccessat(int directory, ReadOnlySpan<byte> path, AccessMode mode)
    {
        if (!IsText(path))
        {
            return Errno.EINVAL;
        }

        fixed (byte* text = path)
        {
            Errno errno = Call(SyscallNumber.Faccessat2, directory, (nint)text, (nint)mode, AT_EACCESS);
            return errno.IsOfFilter() ? Call(SyscallNumber.Faccessat, directory, (nint)text, (nint)mode) : errno;
        }
    }

    /// <summary>fchmod(2).</summary>
    public static Errno Fchmod(int descriptor, uint mode) => Call(SyscallNumber.Fchmod, descriptor, (nint)mode);

    /// <summary>fchmodat(2); a symbolic link is followed.</summary>
    public static Errno Fchmodat(int directory, ReadOnlySpan<byte> path, uint mode)
    {
        if (!IsText(path))
        {
            return Errno.EINVAL;
        }

        fixed (byte* text = path)
        {
            return Call(SyscallNumber.Fchmodat, directory, (nint)text, (nint)mode);
        }
    }

    /// <summary>fchmodat(2) by descriptor, which may be O_PATH.</summary>
    public static Errno FchmodPathFd(int descriptor, uint mode)
    {
        Span<byte> buffer = stackalloc byte[DescriptorPathSize];
        return Fchmodat(WorkingDirectory, DescriptorPath(descriptor, buffer), mode);
    }

    /// <summary>fchown(2).</summary>
    public static Errno Fchown(int descriptor, uint uid, uint gid) => Call(SyscallNumber.Fchown, descriptor, (nint)uid, (nint)gid);

    /// <summary>fchownat(2); a symbolic link is not followed, and an empty path is the descriptor itself, which may be O_PATH.</summary>
    public static Errno Fchownat(int directory, ReadOnlySpan<byte> path, uint uid, uint gid)
    {
        if (!IsText(path))
        {
            return Errno.EINVAL;
        }

        fixed (byte* text = path)
        {
            int flags = AT_SYMLINK_NOFOLLOW | (path.Length == 1 ? AT_EMPTY_PATH : 0);
            return Call(SyscallNumber.Fchownat, directory, (nint)text, (nint)uid, (nint)gid, flags);
        }
    }

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
            return Call(SyscallNumber.Utimensat, directory, (nint)text, (nint)times, AT_SYMLINK_NOFOLLOW);
        }
    }

    /// <summary>utimensat(2) by descriptor.</summary>
    public static Errno Futimens(int descriptor, FileTime accessed, FileTime modified)
    {
        long* times = stackalloc long[4] { accessed.Seconds, accessed.Nanoseconds, modified.Seconds, modified.Nanoseconds };
        return Call(SyscallNumber.Utimensat, descriptor, 0, (nint)times, 0);
    }

    /// <summary>ioctl(2) FS_IOC_SETFLAGS: clears FS_IMMUTABLE_FL and FS_APPEND_FL of an open file or directory, ioctl_iflags(2).</summary>
    public static Errno ClearImmutableFlags(int descriptor)
    {
        const uint GetFlags = 0x80086601, SetFlags = 0x40086602; // FS_IOC_GETFLAGS, FS_IOC_SETFLAGS
        const long Immutable = 0x10, Append = 0x20; // FS_IMMUTABLE_FL, FS_APPEND_FL
        long flags = 0;
        Errno errno = Call(SyscallNumber.Ioctl, descriptor, unchecked((nint)GetFlags), (nint)(&flags));
        flags &= ~(Immutable | Append);
        return errno == Errno.None ? Call(SyscallNumber.Ioctl, descriptor, (nint)SetFlags, (nint)(&flags)) : errno;
    }
}
