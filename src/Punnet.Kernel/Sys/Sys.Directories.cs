using System;
using Punnet.Abi;
using static Tmds.Linux.LibC;

namespace Punnet.Kernel;

// The entries of directories, and the working directory.
public static unsafe partial class Sys
{
    /// <summary>getdents64(2).</summary>
    public static Errno Getdents64(int descriptor, Span<byte> buffer, out int count)
    {
        fixed (byte* place = buffer)
        {
            Errno errno = Call(SyscallNumber.Getdents64, out long result, descriptor, (nint)place, buffer.Length);
            count = (int)result;
            return errno;
        }
    }

    /// <summary>mkdirat(2).</summary>
    public static Errno Mkdirat(int directory, ReadOnlySpan<byte> path, uint mode)
    {
        if (!IsText(path))
        {
            return Errno.EINVAL;
        }

        fixed (byte* text = path)
        {
            return Call(SyscallNumber.Mkdirat, directory, (nint)text, (nint)mode);
        }
    }

    /// <summary>mknodat(2).</summary>
    public static Errno Mknodat(int directory, ReadOnlySpan<byte> path, uint mode, uint major, uint minor)
    {
        if (!IsText(path))
        {
            return Errno.EINVAL;
        }

        // makedev(3): the kernel's encoding of 12 + 20 bits in 32.
        uint device = (minor & 0xff) | ((major & 0xfff) << 8) | ((minor & ~0xffu) << 12);
        fixed (byte* text = path)
        {
            return Call(SyscallNumber.Mknodat, directory, (nint)text, (nint)mode, (nint)device);
        }
    }

    /// <summary>symlinkat(2).</summary>
    public static Errno Symlinkat(ReadOnlySpan<byte> target, int directory, ReadOnlySpan<byte> path)
    {
        if (!IsText(target) || !IsText(path))
        {
            return Errno.EINVAL;
        }

        fixed (byte* to = target)
        fixed (byte* text = path)
        {
            return Call(SyscallNumber.Symlinkat, (nint)to, directory, (nint)text);
        }
    }

    /// <summary>readlinkat(2); no NUL is added.</summary>
    public static Errno Readlinkat(int directory, ReadOnlySpan<byte> path, Span<byte> buffer, out int length)
    {
        length = 0;
        if (!IsText(path))
        {
            return Errno.EINVAL;
        }

        fixed (byte* text = path)
        fixed (byte* place = buffer)
        {
            Errno errno = Call(SyscallNumber.Readlinkat, out long result, directory, (nint)text, (nint)place, buffer.Length);
            length = (int)result;
            return errno;
        }
    }

    /// <summary>readlinkat(2) of /proc/self/fd/N: the path of the file in the root of this process; no NUL is added.</summary>
    public static Errno ReadlinkFd(int descriptor, Span<byte> buffer, out int length)
    {
        Span<byte> path = stackalloc byte[DescriptorPathSize];
        return Readlinkat(WorkingDirectory, DescriptorPath(descriptor, path), buffer, out length);
    }

    /// <summary>linkat(2); a symbolic link is not followed.</summary>
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

    /// <summary>unlinkat(2).</summary>
    public static Errno Unlinkat(int directory, ReadOnlySpan<byte> path, bool isDirectory)
    {
        if (!IsText(path))
        {
            return Errno.EINVAL;
        }

        fixed (byte* text = path)
        {
            return Call(SyscallNumber.Unlinkat, directory, (nint)text, isDirectory ? AT_REMOVEDIR : 0);
        }
    }

    /// <summary>renameat(2).</summary>
    public static Errno Renameat(int fromDirectory, ReadOnlySpan<byte> from, int toDirectory, ReadOnlySpan<byte> to)
    {
        if (!IsText(from) || !IsText(to))
        {
            return Errno.EINVAL;
        }

        fixed (byte* source = from)
        fixed (byte* target = to)
        {
            return Call(SyscallNumber.Renameat, fromDirectory, (nint)source, toDirectory, (nint)target);
        }
    }

    /// <summary>renameat2(2) with RENAME_NOREPLACE: EEXIST when the new name exists.</summary>
    public static Errno RenameatNoReplace(int fromDirectory, ReadOnlySpan<byte> from, int toDirectory, ReadOnlySpan<byte> to)
    {
        const int NoReplace = 1; // RENAME_NOREPLACE
        if (!IsText(from) || !IsText(to))
        {
            return Errno.EINVAL;
        }

        fixed (byte* source = from, target = to)
        {
            return Call(SyscallNumber.Renameat2, fromDirectory, (nint)source, toDirectory, (nint)target, NoReplace);
        }
    }

    /// <summary>chdir(2).</summary>
    public static Errno Chdir(ReadOnlySpan<byte> path)
    {
        if (!IsText(path))
        {
            return Errno.EINVAL;
        }

        fixed (byte* text = path)
        {
            return Call(SyscallNumber.Chdir, (nint)text);
        }
    }

    /// <summary>fchdir(2).</summary>
    public static Errno Chdir(int descriptor) => Call(SyscallNumber.Fchdir, descriptor);

    /// <summary>getcwd(2): the length includes the NUL. Outside the root the path starts with "(unreachable)".</summary>
    public static Errno Getcwd(Span<byte> buffer, out int length)
    {
        fixed (byte* place = buffer)
        {
            Errno errno = Call(SyscallNumber.Getcwd, out long result, (nint)place, buffer.Length);
            length = (int)result;
            return errno;
        }
    }
}
