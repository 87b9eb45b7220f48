using System;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host;

/// <summary>
/// Removes a tree that a container wrote: no link is followed and no mount entered, names are only bytes, directories may be closed,
/// files immutable, and the tree deeper than any path is long. A directory that is not empty is first moved to the top, so that two
/// open directories are enough at any depth.
/// </summary>
public static class TreeRemoval
{
    private const ResolveFlags Strict =
        ResolveFlags.Beneath | ResolveFlags.NoMountCrossing | ResolveFlags.NoSymlinks | ResolveFlags.NoMagicLinks;

    /// <summary>Removes an entry, if it exists.</summary>
    /// <param name="parent">The directory it is in.</param>
    /// <param name="name">Its name.</param>
    /// <param name="path">For errors.</param>
    /// <exception cref="SysException">Something cannot be removed.</exception>
    public static void Remove(int parent, CString name, string path)
    {
        Errno errno = RemoveOne(parent, name.WithNul);
        if (errno is Errno.None or Errno.ENOENT)
        {
            return;
        }

        if (errno != Errno.ENOTEMPTY)
        {
            errno.OrThrow("remove", path);
        }

        Open(parent, name.WithNul, out int directory).OrThrow("open", path);
        using Descriptor top = new(directory);
        Sweep sweep = new(top.Number);
        while (sweep.Pass())
        {
        }

        RemoveOne(parent, name.WithNul).OrThrow("remove", path + (sweep.Failure == Errno.None ? "" : " (" + sweep.Failure.Words() + ")"));
    }

    private static Errno RemoveOne(int parent, ReadOnlySpan<byte> name)
    {
        Errno errno = Sys.Unlinkat(parent, name, isDirectory: false);
        if (errno == Errno.EPERM && AllowChanges(parent, name))
        {
            errno = Sys.Unlinkat(parent, name, isDirectory: false);
        }

        if (errno != Errno.EISDIR)
        {
            return errno;
        }

        errno = Sys.Unlinkat(parent, name, isDirectory: true);
        if (errno == Errno.EPERM && AllowChanges(parent, name))
        {
            errno = Sys.Unlinkat(parent, name, isDirectory: true);
        }

        return errno == Errno.EEXIST ? Errno.ENOTEMPTY : errno;
    }

    // chattr(1): the directory, or the entry itself, may be immutable. Opening anything but files and directories has effects.
    private static bool AllowChanges(int parent, ReadOnlySpan<byte> name)
    {
        Sys.ClearImmutableFlags(parent);
        if (Sys.StatxNoFollow(parent, name, out FileStatus status) != Errno.None
            || !(status.Is(FileMode.Regular) || status.Is(FileMode.Directory)))
        {
            return true;
        }

        Errno errno = Sys.Openat2(parent, name, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking, 0, Strict, out int file);
        if (errno == Errno.None)
        {
            Sys.ClearImmutableFlags(file);
            Sys.Close(file);
        }

        return true;
    }

    private static Errno Open(int parent, ReadOnlySpan<byte> name, out int directory)
    {
        const OpenFlags Flags = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;
        Errno errno = Sys.Openat2(parent, name, Flags, 0, Strict, out directory);
        if (errno == Errno.EACCES)
        {
            errno = Sys.Openat2(parent, name, OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow, 0, Strict, out int place);
            if (errno == Errno.None)
            {
                Sys.FchmodPathFd(place, Permissions.Mode0700);
                Sys.Close(place);
                errno = Sys.Openat2(parent, name, Flags, 0, Strict, out directory);
            }
        }

        if (errno == Errno.None && Sys.Geteuid() != 0)
        {
            Sys.Fchmod(directory, Permissions.Mode0700);
        }

        return errno;
    }

    /// <summary>Empties one directory, pass by pass.</summary>
    private sealed class Sweep
    {
        private readonly int _top;
        private long _lifted;

        public Sweep(int top) => _top = top;

        /// <summary>The first refusal.</summary>
        public Errno Failure { get; private set; }

        /// <summary>One pass over the top directory.</summary>
        /// <returns>Whether it changed anything.</returns>
        public bool Pass() => Empty(_top);

        private bool Empty(int directory)
        {
            bool hasChanged = false;
            Sys.Rewind(directory).OrThrow("read from the beginning");
            DirectoryEntries entries = new(directory, stackalloc byte[4096]);
            while (entries.MoveNext())
            {
                hasChanged |= Take(directory, entries.NameWithNul);
            }

            return hasChanged;
        }

        private bool Take(int directory, ReadOnlySpan<byte> name)
        {
            Errno errno = RemoveOne(directory, name);
            if (errno == Errno.ENOTEMPTY)
            {
                errno = directory == _top ? Descend(name) : Lift(directory, name);
            }

            Failure = Failure == Errno.None && errno != Errno.ENOENT ? errno : Failure;
            return errno == Errno.None;
        }

        private Errno Descend(ReadOnlySpan<byte> name)
        {
            Errno errno = Open(_top, name, out int directory);
            if (errno != Errno.None)
            {
                return errno;
            }

            using Descriptor owned = new(directory);
            bool hasChanged = Empty(directory);
            errno = RemoveOne(_top, name);
            return hasChanged && errno == Errno.ENOTEMPTY ? Errno.None : errno;
        }

        private Errno Lift(int directory, ReadOnlySpan<byte> name)
        {
            // A directory that is moved gets another "..", which must be writable.
            if (Sys.Geteuid() != 0 && Open(directory, name, out int moved) == Errno.None)
            {
                Sys.Close(moved);
            }

            while (true)
            {
                CString lifted = CString.Of(".punnet-removal-" + (++_lifted).ToString());
                Errno errno = Sys.Renameat(directory, name, _top, lifted.WithNul);
                if (errno == Errno.EPERM && AllowChanges(directory, name))
                {
                    errno = Sys.Renameat(directory, name, _top, lifted.WithNul);
                }

                // The tree may hold that name already.
                if (errno is not (Errno.ENOTEMPTY or Errno.EEXIST or Errno.ENOTDIR))
                {
                    return errno;
                }
            }
        }
    }
}
