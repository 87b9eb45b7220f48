using System;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Init;

/// <summary>
/// Paths inside the container's root. Every component can be an attacker's symbolic link, and can change during the lookup: the kernel
/// resolves a path inside the root, in one call, to a descriptor (CVE-2019-18837, CVE-2021-30465, CVE-2024-45310).
/// </summary>
internal static class RootPath
{
    private const int Limit = 4096; // PATH_MAX
    private const int LinkLimit = 40; // path_resolution(7)

    /// <summary>Opens a path, O_PATH.</summary>
    /// <param name="root">The container's root.</param>
    /// <param name="path">With NUL; always relative to the root.</param>
    /// <param name="flags">Added to O_PATH.</param>
    /// <param name="descriptor">The descriptor.</param>
    public static Errno Find(int root, ReadOnlySpan<byte> path, OpenFlags flags, out int descriptor) =>
        Sys.Openat2(root, path, OpenFlags.Path | flags, 0, ResolveFlags.InRoot | ResolveFlags.NoMagicLinks, out descriptor);

    /// <summary>Opens a path for I/O, not O_PATH.</summary>
    public static Errno Open(int root, ReadOnlySpan<byte> path, OpenFlags flags, out int descriptor) =>
        Sys.Openat2(root, path, flags, 0, ResolveFlags.InRoot | ResolveFlags.NoMagicLinks, out descriptor);

    /// <summary>Opens a path, O_PATH; ELOOP if a component is a symbolic link.</summary>
    public static Errno FindWithoutLinks(int root, ReadOnlySpan<byte> path, out int descriptor) =>
        Sys.Openat2(root, path, OpenFlags.Path, 0, ResolveFlags.InRoot | ResolveFlags.NoSymlinks, out descriptor);

    /// <summary>
    /// Opens a path, O_PATH, and makes what is missing: directories (0755), and at the end a directory or an empty file (0644). A dangling
    /// link is followed, inside the root, and its target is made.
    /// </summary>
    public static Errno FindOrMake(int root, ReadOnlySpan<byte> path, bool isDirectory, out int descriptor)
    {
        Errno errno = Find(root, path, OpenFlags.ReadOnly, out descriptor);
        if (errno != Errno.ENOENT)
        {
            return errno;
        }

        if (path.Length > Limit)
        {
            return Errno.ENAMETOOLONG;
        }

        Span<byte> text = stackalloc byte[Limit];
        path.CopyTo(text);
        int length = path.Length - 1;
        for (int links = 0; links <= LinkLimit; links++)
        {
            errno = Walk(root, text, ref length, isDirectory, out descriptor);
            if (errno != Errno.EEXIST)
            {
                return errno;
            }
        }

        return Errno.ELOOP;
    }

    /// <summary>For a failure: the beginning of a path, up to the component that is missing or in the way.</summary>
    public static ReadOnlySpan<byte> Beginning(int root, ReadOnlySpan<byte> path)
    {
        Span<byte> prefix = stackalloc byte[Limit];
        int found = 0;
        for (int i = 1; i <= path.Length && i < Limit; i++)
        {
            if (i == path.Length || path[i] == '/')
            {
                path[..i].CopyTo(prefix);
                prefix[i] = 0;
                if (Find(root, prefix[..(i + 1)], OpenFlags.ReadOnly, out int descriptor) != Errno.None)
                {
                    break;
                }

                Sys.Close(descriptor);
                found = i;
            }
        }

        return found == 0 ? "/"u8 : path[..found];
    }

    // One walk from the root along the whole path. EEXIST: a dangling link was met, and its target is now in the path.
    private static Errno Walk(int root, Span<byte> text, ref int length, bool isDirectory, out int descriptor)
    {
        descriptor = -1;
        Errno errno = FindStart(root, text, length, out int parent, out int start);
        while (errno == Errno.None)
        {
            while (start < length && text[start] == '/')
            {
                start++;
            }

            if (start == length)
            {
                descriptor = parent;
                return Errno.None;
            }

            int end = start;
            while (end < length && text[end] != '/')
            {
                end++;
            }

            bool isLast = end == length;
            byte saved = text[end];
            text[end] = 0;
            errno = Step(root, parent, text[..(end + 1)], text[start..(end + 1)], isLast && !isDirectory, out int next);
            text[end] = saved;
            if (errno == Errno.EEXIST)
            {
                errno = FollowLink(parent, text, ref length, start, end);
                Sys.Close(parent);
                return errno == Errno.None ? Errno.EEXIST : errno;
            }

            Sys.Close(parent);
            parent = next;
            start = end;
        }

        return errno;
    }

    // The parent of the last component, which is mostly all that is missing; else the root.
    private static Errno FindStart(int root, Span<byte> text, int length, out int parent, out int start)
    {
        start = text[..length].LastIndexOf((byte)'/');
        if (start > 0)
        {
            text[start] = 0;
            Errno errno = Find(root, text[..(start + 1)], OpenFlags.Directory, out parent);
            text[start] = (byte)'/';
            if (errno == Errno.None)
            {
                return errno;
            }
        }

        start = 0;
        return Find(root, "/\0"u8, OpenFlags.Directory, out parent);
    }

    // Opens the path so far, and makes it if it is missing. Always from the root: a link in it can lead anywhere inside.
    private static Errno Step(int root, int parent, ReadOnlySpan<byte> soFar, ReadOnlySpan<byte> name, bool asFile, out int next)
    {
        Errno errno = Find(root, soFar, OpenFlags.ReadOnly, out next);
        if (errno != Errno.ENOENT)
        {
            return errno;
        }

        errno = asFile
            ? Sys.Mknodat(parent, name, FileMode.Regular | Permissions.Mode0644, 0, 0)
            : Sys.Mkdirat(parent, name, Permissions.Mode0755);
        return errno == Errno.None ? Find(root, soFar, OpenFlags.ReadOnly, out next) : errno;
    }

    // text[start..end] is a link in parent: replaces it by its target.
    private static Errno FollowLink(int parent, Span<byte> text, ref int length, int start, int end)
    {
        Span<byte> target = stackalloc byte[Limit];
        byte saved = text[end];
        text[end] = 0;
        Errno errno = Sys.Readlinkat(parent, text[start..(end + 1)], target, out int targetLength);
        text[end] = saved;
        if (errno == Errno.EINVAL)
        {
            return Errno.None; // Not a link: another process made it in between. Walk again.
        }

        if (errno != Errno.None)
        {
            return errno;
        }

        int keep = targetLength > 0 && target[0] == '/' ? 0 : start;
        int rest = length - end;
        if (keep + targetLength + rest >= Limit)
        {
            return Errno.ENAMETOOLONG;
        }

        text[end..length].CopyTo(text[(keep + targetLength)..]);
        target[..targetLength].CopyTo(text[keep..]);
        length = keep + targetLength + rest;
        text[length] = 0;
        return Errno.None;
    }
}
