using System;
using Punnet.Abi;

namespace Punnet.Kernel;

public static unsafe partial class Sys
{
    /// <summary>fchmodat(2) of what a descriptor refers to, also one that was opened with O_PATH.</summary>
    public static Errno FchmodPathFd(int descriptor, uint mode)
    {
        Span<byte> path = stackalloc byte[32];
        if (!FormatDescriptorPath(descriptor, path))
        {
            return Errno.EINVAL;
        }

        fixed (byte* text = path)
        {
            return Call(SyscallNumber.Fchmodat, WorkingDirectory, (nint)text, (nint)mode);
        }
    }

    /// <summary>ioctl(2) FS_IOC_SETFLAGS: takes FS_IMMUTABLE_FL and FS_APPEND_FL from an open file or directory, ioctl_iflags(2).</summary>
    public static Errno ClearImmutableFlags(int descriptor)
    {
        const long Hindrances = 0x30;
        long flags = 0;
        Errno errno = Call(SyscallNumber.Ioctl, descriptor, unchecked((nint)0x80086601u), (nint)(&flags)); // FS_IOC_GETFLAGS
        flags &= ~Hindrances;
        return errno == Errno.None ? Call(SyscallNumber.Ioctl, descriptor, 0x40086602, (nint)(&flags)) : errno;
    }

    /// <summary>setxattr(2) of what a descriptor refers to, also one that was opened with O_PATH: whether it can have attributes of users.</summary>
    public static Errno ProbeUserXattr(int descriptor)
    {
        Span<byte> path = stackalloc byte[32];
        if (!FormatDescriptorPath(descriptor, path))
        {
            return Errno.EINVAL;
        }

        fixed (byte* text = path, name = "user.punnet\0"u8)
        {
            return Call(SyscallNumber.Setxattr, (nint)text, (nint)name, (nint)text, 0, 0);
        }
    }

    /// <summary>readlinkat(2) of a descriptor in /proc: the path of what it refers to, as this process sees it; no NUL is added.</summary>
    public static Errno ReadlinkFd(int descriptor, Span<byte> buffer, out int length)
    {
        length = 0;
        Span<byte> path = stackalloc byte[32];
        return FormatDescriptorPath(descriptor, path) ? Readlinkat(WorkingDirectory, path, buffer, out length) : Errno.EINVAL;
    }
}
