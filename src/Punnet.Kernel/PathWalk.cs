using System;
using Punnet.Abi;

namespace Punnet.Kernel;

/// <summary>
/// openat2(2) with RESOLVE_IN_ROOT or RESOLVE_BENEATH in user space, for where a seccomp filter around punnet refuses that call. The path
/// is walked one component at a time, each opened with O_PATH | O_NOFOLLOW below the last. The kernel never follows a link and never
/// resolves "..", so no concurrent rename leads out of the starting directory.
/// </summary>
internal ref struct PathWalk
{
    private const int Limit = 4096; // PATH_MAX
    private const int LinkLimit = 40; // path_resolution(7)

    private readonly int _root;
    private readonly ResolveFlags _resolve;
    private readonly ulong _mount;

    // The rest of the path starts at _next.
    private readonly Span<byte> _rest;
    private int _next;
    private int _length;

    // The path of _here: the real names from the root down, each followed by a NUL.
    private readonly Span<byte> _names;
    private int _depth;
    private int _here;
    private int _links;

    private PathWalk(int root, ResolveFlags resolve, ulong mount, Span<byte> rest, Span<byte> names)
    {
        _root = root;
        _resolve = resolve;
        _mount = mount;
        _rest = rest;
        _names = names;
        _here = root;
    }

    /// <summary>Opens a path; close-on-exec is always set.</summary>
    /// <param name="root">Directory that the path does not leave.</param>
    /// <param name="path">With NUL.</param>
    /// <param name="flags">As of openat(2), without O_CREAT.</param>
    /// <param name="resolve">With RESOLVE_IN_ROOT or RESOLVE_BENEATH; ENOSYS without either.</param>
    /// <param name="descriptor">What was opened, or -1.</param>
    public static Errno Open(int root, ReadOnlySpan<byte> path, OpenFlags flags, ResolveFlags resolve, out int descriptor)
    {
        descriptor = -1;
        if ((resolve & (ResolveFlags.InRoot | ResolveFlags.Beneath)) == ResolveFlags.None
            || (flags & OpenFlags.Create) != OpenFlags.ReadOnly)
        {
            return Errno.ENOSYS;
        }

        if (path.Length > Limit)
        {
            return Errno.ENAMETOOLONG;
        }

        ulong mount = 0;
        if ((resolve & ResolveFlags.NoMountCrossing) != ResolveFlags.None)
        {
            Errno errno = Identify(root, out mount);
            if (errno != Errno.None)
            {
                return errno;
            }
        }

        Span<byte> rest = stackalloc byte[Limit];
        Span<byte> names = stackalloc byte[Limit + 1];
        for (int attempt = 0; ; attempt++)
        {
            path.CopyTo(rest);
            PathWalk walk = new(root, resolve, mount, rest, names) { _length = path.Length - 1 };
            Errno errno = walk.Run(flags, out descriptor);
            walk.MoveTo(root);
            if (errno != Errno.EAGAIN || attempt == 128)
            {
                return errno;
            }
        }
    }

    private Errno Run(OpenFlags flags, out int descriptor)
    {
        descriptor = -1;
        if (_length == 0)
        {
            return Errno.ENOENT;
        }

        Errno errno = _rest[0] == '/' ? Restart() : Errno.None;
        while (errno == Errno.None)
        {
            while (_next < _length && _rest[_next] == '/')
            {
                _next++;
            }

            if (_next == _length)
            {
                return Sys.Openat(_here, ".\0"u8, flags, 0, out descriptor);
            }

            int start = _next;
            while (_next < _length && _rest[_next] != '/')
            {
                _next++;
            }

            bool isLast = _next == _length;
            _rest[_next] = 0;
            ReadOnlySpan<byte> name = _rest[start..(_next + 1)];
            if (name.SequenceEqual("..\0"u8))
            {
                errno = Ascend();
            }
            else if (!name.SequenceEqual(".\0"u8))
            {
                errno = Step(name, isLast, flags, out descriptor);
                if (isLast && descriptor >= 0)
                {
                    return errno;
                }
            }

            if (!isLast && _rest[_next] == 0)
            {
                _rest[_next] = (byte)'/';
            }
        }

        return errno;
    }

    // One component: a directory on the way, a link, which is replaced by its target, or the last one, which is opened as asked.
    private Errno Step(ReadOnlySpan<byte> name, bool isLast, OpenFlags flags, out int descriptor)
    {
        descriptor = -1;
        Errno errno = Sys.Openat(_here, name, OpenFlags.Path | OpenFlags.NoFollow, 0, out int found);
        if (errno != Errno.None)
        {
            return errno;
        }

        errno = Sys.Statx(found, out FileStatus status);
        errno = errno == Errno.None ? CheckMount(found) : errno;
        bool isLink = status.Is(FileMode.SymbolicLink);
        bool isMeant = isLink && isLast && (flags & (OpenFlags.Path | OpenFlags.NoFollow)) == (OpenFlags.Path | OpenFlags.NoFollow);
        if (errno != Errno.None)
        {
            Sys.Close(found);
            return errno;
        }

        if (isLink && !isMeant)
        {
            errno = isLast && (flags & OpenFlags.NoFollow) != OpenFlags.ReadOnly ? Errno.ELOOP : Follow(found);
            Sys.Close(found);
            return errno;
        }

        if (!status.Is(FileMode.Directory) && (!isLast || (flags & OpenFlags.Directory) != OpenFlags.ReadOnly))
        {
            Sys.Close(found);
            return Errno.ENOTDIR;
        }

        if (!isLast)
        {
            return Descend(name, found);
        }

        if ((flags & OpenFlags.Path) != OpenFlags.ReadOnly)
        {
            descriptor = found;
            return Errno.None;
        }

        Sys.Close(found);
        return Use(name, flags, out descriptor);
    }

    // Opens for reading or writing what now has that name in this directory, unless it is a link.
    private readonly Errno Use(ReadOnlySpan<byte> name, OpenFlags flags, out int descriptor)
    {
        Errno errno = Sys.Openat(_here, name, flags | OpenFlags.NoFollow, 0, out descriptor);
        if (errno == Errno.ELOOP)
        {
            return Errno.EAGAIN; // It has been replaced by a link.
        }

        errno = errno == Errno.None ? CheckMount(descriptor) : errno;
        if (errno != Errno.None && descriptor >= 0)
        {
            Sys.Close(descriptor);
            descriptor = -1;
        }

        return errno;
    }

    private Errno Descend(ReadOnlySpan<byte> name, int directory)
    {
        if (_depth + name.Length > _names.Length)
        {
            Sys.Close(directory);
            return Errno.ENAMETOOLONG;
        }

        name.CopyTo(_names[_depth..]);
        _depth += name.Length;
        MoveTo(directory);
        return Errno.None;
    }

    // "..": walks down again from the root along the names that led here, without the last. A name that has become a link is not followed.
    private Errno Ascend()
    {
        if (_depth == 0)
        {
            return (_resolve & ResolveFlags.InRoot) != ResolveFlags.None ? Errno.None : Errno.EXDEV;
        }

        ReadOnlySpan<byte> names = _names[..(_depth - 1)];
        int depth = names.LastIndexOf((byte)0) + 1;
        MoveTo(_root);
        for (int start = 0; start < depth;)
        {
            int length = names[start..].IndexOf((byte)0) + 1;
            Errno errno = Sys.Openat(
                _here, names.Slice(start, length), OpenFlags.Path | OpenFlags.NoFollow | OpenFlags.Directory, 0, out int directory);
            errno = errno == Errno.None ? CheckMount(directory) : errno;
            if (errno != Errno.None)
            {
                return errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP ? Errno.EAGAIN : errno;
            }

            MoveTo(directory);
            start += length;
        }

        _depth = depth;
        return Errno.None;
    }

    // Replaces a link by its target.
    private Errno Follow(int link)
    {
        if ((_resolve & ResolveFlags.NoSymlinks) != ResolveFlags.None || ++_links > LinkLimit)
        {
            return Errno.ELOOP;
        }

        Span<byte> text = stackalloc byte[Limit];
        Errno errno = Sys.Readlinkat(link, "\0"u8, text, out int length);
        if (errno != Errno.None)
        {
            return errno;
        }

        text = text[..length];
        if (length == 0 || IsMagic(link, text))
        {
            return length == 0 ? Errno.ENOENT : Errno.ELOOP;
        }

        int rest = _length - _next;
        if (length + rest >= Limit)
        {
            return Errno.ENAMETOOLONG;
        }

        if (rest > 0)
        {
            _rest[_next] = (byte)'/';
        }

        _rest[_next.._length].CopyTo(_rest[length..]);
        text.CopyTo(_rest);
        _next = 0;
        _length = length + rest;
        return text[0] == '/' ? Restart() : Errno.None;
    }

    // A magic link of proc(5) leads to an object, not along its text. The ordinary links there (self, thread-self, mounts, net) are
    // relative.
    private static bool IsMagic(int link, ReadOnlySpan<byte> text) =>
        Sys.Fstatfs(link, out long magic) != Errno.None
            || (magic == FileSystemMagic.Proc && (text[0] is (byte)'/' or (byte)'(' || text.Contains((byte)':')));

    private Errno Restart()
    {
        if ((_resolve & ResolveFlags.InRoot) == ResolveFlags.None)
        {
            return Errno.EXDEV;
        }

        _depth = 0;
        MoveTo(_root);
        return Errno.None;
    }

    private void MoveTo(int directory)
    {
        if (_here != _root)
        {
            Sys.Close(_here);
        }

        _here = directory;
    }

    private readonly Errno CheckMount(int descriptor)
    {
        if ((_resolve & ResolveFlags.NoMountCrossing) == ResolveFlags.None)
        {
            return Errno.None;
        }

        Errno errno = Identify(descriptor, out ulong mount);
        return errno == Errno.None && mount != _mount ? Errno.EXDEV : errno;
    }

    // Compares mounts by their ID (Linux 5.8), or by file system where statx(2) is refused too: then a bind mount of the same file system
    // passes unnoticed.
    private static Errno Identify(int descriptor, out ulong mount)
    {
        const uint HasMountId = 0x1000; // STATX_MNT_ID
        Errno errno = Sys.Statx(descriptor, out FileStatus status);
        mount = (status.Mask & HasMountId) != 0 ? status.MountId : ((ulong)status.FileSystemMajor << 32) | status.FileSystemMinor;
        return errno;
    }
}
