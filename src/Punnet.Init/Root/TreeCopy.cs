using System;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Init;

/// <summary>
/// tmpcopyup: copies what a tmpfs covers into it before it is attached, out of reach of other processes. Files, directories, links and
/// nodes keep owner and permissions; a file with several hard links becomes several files.
/// </summary>
internal static class TreeCopy
{
    private const int DepthLimit = 64;
    private const int Chunk = 4096;

    /// <summary>Copies the content of one directory into another.</summary>
    public static Errno Run(int from, int to) => Copy(from, to, depth: 0);

    private static Errno Copy(int from, int to, int depth)
    {
        if (depth == DepthLimit)
        {
            return Errno.ELOOP;
        }

        DirectoryEntries entries = new(from, stackalloc byte[Chunk]);
        while (entries.MoveNext())
        {
            Errno errno = CopyOne(from, to, entries.NameWithNul, depth);
            if (errno != Errno.None)
            {
                return errno;
            }
        }

        return entries.Errno;
    }

    private static Errno CopyOne(int from, int to, ReadOnlySpan<byte> name, int depth)
    {
        Errno errno = Sys.StatxNoFollow(from, name, out FileStatus status);
        if (errno != Errno.None)
        {
            return errno;
        }

        // Owner before mode: chown(2) clears the set-user-ID bit.
        uint mode = status.Mode & Permissions.Mask;
        return (status.Mode & FileMode.TypeMask) switch
        {
            FileMode.Directory => CopyDirectory(from, to, name, status, depth),
            FileMode.Regular => CopyFile(from, to, name),
            FileMode.SymbolicLink => CopyLink(from, to, name, status),
            uint type => Then(Sys.Mknodat(to, name, type | mode, status.DeviceMajor, status.DeviceMinor), to, name, status),
        };
    }

    private static Errno CopyDirectory(int from, int to, ReadOnlySpan<byte> name, FileStatus status, int depth)
    {
        const OpenFlags Flags = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;
        Errno errno = Sys.Mkdirat(to, name, Permissions.Mode0700);
        if (errno != Errno.None)
        {
            return errno;
        }

        errno = Sys.Openat(from, name, Flags, 0, out int source);
        if (errno != Errno.None)
        {
            return errno;
        }

        errno = Sys.Openat(to, name, Flags, 0, out int target);
        if (errno == Errno.None)
        {
            errno = Copy(source, target, depth + 1);
            errno = errno == Errno.None ? Own(target, status) : errno;
            Sys.Close(target);
        }

        Sys.Close(source);
        return errno;
    }

    private static Errno CopyFile(int from, int to, ReadOnlySpan<byte> name)
    {
        Errno errno = Sys.Openat(from, name, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking, 0, out int source);
        if (errno != Errno.None)
        {
            return errno;
        }

        // It may have been replaced since: reading a FIFO would block.
        errno = Sys.Statx(source, out FileStatus status);
        errno = errno == Errno.None && !status.Is(FileMode.Regular) ? Errno.EAGAIN : errno;
        if (errno != Errno.None)
        {
            Sys.Close(source);
            return errno;
        }

        errno = Sys.Openat(to, name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, Permissions.Mode0600, out int target);
        if (errno == Errno.None)
        {
            errno = Sys.Sendfile(source, target);
            errno = errno == Errno.None ? Own(target, status) : errno;
            Sys.Close(target);
        }

        Sys.Close(source);
        return errno;
    }

    private static Errno CopyLink(int from, int to, ReadOnlySpan<byte> name, FileStatus status)
    {
        Span<byte> target = stackalloc byte[Chunk + 1];
        Errno errno = Sys.Readlinkat(from, name, target[..Chunk], out int length);
        if (errno != Errno.None)
        {
            return errno;
        }

        target[length] = 0;
        return Then(Sys.Symlinkat(target[..(length + 1)], to, name), to, name, status);
    }

    private static Errno Then(Errno made, int to, ReadOnlySpan<byte> name, FileStatus status) =>
        made != Errno.None ? made : Sys.Fchownat(to, name, status.Uid, status.Gid);

    private static Errno Own(int target, FileStatus status)
    {
        Errno errno = Sys.Fchown(target, status.Uid, status.Gid);
        return errno == Errno.None ? Sys.Fchmod(target, status.Mode & Permissions.Mask) : errno;
    }
}
