using System;
using Punnet.Abi;

namespace Punnet.Kernel;

// Extended attributes, xattr(7). Open files and directories are given by descriptor. Links, devices and FIFOs, which cannot be opened
// without side effects, are given by directory and name, through /proc/self/fd: the *at calls are newer than Linux 5.14.
public static unsafe partial class Sys
{
    private const int LongestName = 255; // NAME_MAX

    /// <summary>flistxattr(2): names, each with its NUL. ERANGE when the buffer is too small.</summary>
    public static Errno Flistxattr(int descriptor, Span<byte> buffer, out int length)
    {
        fixed (byte* place = buffer)
        {
            Errno errno = Call(SyscallNumber.Flistxattr, out long result, descriptor, (nint)place, buffer.Length);
            length = (int)Math.Max(result, 0);
            return errno;
        }
    }

    /// <summary>llistxattr(2) of a name in a directory: names, each with its NUL. ERANGE when the buffer is too small.</summary>
    public static Errno LlistxattrAt(int directory, ReadOnlySpan<byte> name, Span<byte> buffer, out int length)
    {
        Span<byte> path = stackalloc byte[DescriptorPathSize + LongestName + 1];
        length = 0;
        if (!FormatPathBelow(directory, name, path))
        {
            return Errno.EINVAL;
        }

        fixed (byte* text = path, place = buffer)
        {
            Errno errno = Call(SyscallNumber.Llistxattr, out long result, (nint)text, (nint)place, buffer.Length);
            length = (int)Math.Max(result, 0);
            return errno;
        }
    }

    /// <summary>fgetxattr(2). ERANGE when the buffer is too small, ENODATA without that attribute.</summary>
    public static Errno Fgetxattr(int descriptor, ReadOnlySpan<byte> attribute, Span<byte> buffer, out int length)
    {
        length = 0;
        if (!IsText(attribute))
        {
            return Errno.EINVAL;
        }

        fixed (byte* name = attribute, place = buffer)
        {
            Errno errno = Call(SyscallNumber.Fgetxattr, out long result, descriptor, (nint)name, (nint)place, buffer.Length);
            length = (int)Math.Max(result, 0);
            return errno;
        }
    }

    /// <summary>lgetxattr(2) of a name in a directory. ERANGE when the buffer is too small, ENODATA without that attribute.</summary>
    public static Errno LgetxattrAt(int directory, ReadOnlySpan<byte> name, ReadOnlySpan<byte> attribute, Span<byte> buffer, out int length)
    {
        Span<byte> path = stackalloc byte[DescriptorPathSize + LongestName + 1];
        length = 0;
        if (!IsText(attribute) || !FormatPathBelow(directory, name, path))
        {
            return Errno.EINVAL;
        }

        fixed (byte* text = path, key = attribute, place = buffer)
        {
            Errno errno = Call(SyscallNumber.Lgetxattr, out long result, (nint)text, (nint)key, (nint)place, buffer.Length);
            length = (int)Math.Max(result, 0);
            return errno;
        }
    }

    /// <summary>fsetxattr(2).</summary>
    public static Errno Fsetxattr(int descriptor, ReadOnlySpan<byte> attribute, ReadOnlySpan<byte> value)
    {
        if (!IsText(attribute))
        {
            return Errno.EINVAL;
        }

        fixed (byte* name = attribute, content = value)
        {
            return Call(SyscallNumber.Fsetxattr, descriptor, (nint)name, (nint)content, value.Length, 0);
        }
    }

    /// <summary>lsetxattr(2) of a name in a directory.</summary>
    public static Errno LsetxattrAt(int directory, ReadOnlySpan<byte> name, ReadOnlySpan<byte> attribute, ReadOnlySpan<byte> value)
    {
        Span<byte> path = stackalloc byte[DescriptorPathSize + LongestName + 1];
        if (!IsText(attribute) || !FormatPathBelow(directory, name, path))
        {
            return Errno.EINVAL;
        }

        fixed (byte* text = path, key = attribute, content = value)
        {
            return Call(SyscallNumber.Lsetxattr, (nint)text, (nint)key, (nint)content, value.Length, 0);
        }
    }

    /// <summary>setxattr(2) by descriptor, which may be O_PATH: whether a file can have user.* attributes.</summary>
    public static Errno ProbeUserXattr(int descriptor)
    {
        Span<byte> buffer = stackalloc byte[DescriptorPathSize];
        fixed (byte* text = DescriptorPath(descriptor, buffer), name = "user.punnet\0"u8)
        {
            return Call(SyscallNumber.Setxattr, (nint)text, (nint)name, (nint)text, 0, 0);
        }
    }

    // A single name: with a slash in it, links would be followed.
    private static bool FormatPathBelow(int directory, ReadOnlySpan<byte> name, Span<byte> path)
    {
        if (!IsText(name) || name.Length > LongestName + 1 || name.Contains((byte)'/'))
        {
            return false;
        }

        int length = DescriptorPath(directory, path).Length;
        path[length - 1] = (byte)'/';
        name.CopyTo(path[length..]);
        return true;
    }
}
