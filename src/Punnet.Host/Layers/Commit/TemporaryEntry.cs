using System;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.Layers;

/// <summary>
/// A place beside where a commit will be, under a name that says what it is: <c>.punnet-commit.PID.N</c>. As long as its maker lives
/// it is locked; one that is not locked was left by a killed commit, and the next commit to the same directory removes it.
/// </summary>
public sealed class TemporaryEntry : IDisposable
{
    private const string Prefix = ".punnet-commit.";
    private readonly int _parent;
    private readonly Kernel.Descriptor _made;
    private readonly byte[] _name;
    private bool _isGone;

    private TemporaryEntry(int parent, byte[] name, Descriptor made)
    {
        _parent = parent;
        _name = name;
        _made = made;
    }

    /// <summary>Its descriptor: a directory open for reading, or a file open for writing.</summary>
    public int Descriptor => _made.Number;

    /// <summary>Makes a directory.</summary>
    /// <param name="parent">Descriptor of the directory that it is in; must stay open.</param>
    /// <exception cref="SysException">It cannot be made.</exception>
    public static TemporaryEntry MakeDirectory(int parent) => Make(parent, isDirectory: true);

    /// <summary>Makes a file.</summary>
    /// <param name="parent">Descriptor of the directory that it is in; must stay open.</param>
    /// <exception cref="SysException">It cannot be made.</exception>
    public static TemporaryEntry MakeFile(int parent) => Make(parent, isDirectory: false);

    /// <summary>Removes what killed commits have left.</summary>
    /// <param name="parent">Descriptor of the directory, open for reading.</param>
    /// <param name="log">Gets what could not be removed, which is not a failure.</param>
    public static void RemoveLeftovers(int parent, Log log)
    {
        foreach (LayerName found in LayerNames.Sorted(parent))
        {
            if (found.Name.StartsWith(Prefix, StringComparison.Ordinal))
            {
                try
                {
                    RemoveLeftover(parent, FileNameBytes.WithNul(found.Name));
                }
                catch (Exception failure) when (failure is SysException)
                {
                    log.Debug("commit: " + FileNameBytes.Printable(found.Name) + ", which a killed commit left, stays: " + failure.Message);
                }
            }
        }
    }

    /// <summary>Makes it what it was made for, in one step.</summary>
    /// <param name="name">The name in the same directory, with NUL.</param>
    /// <returns>EEXIST when the name is taken.</returns>
    public Errno Become(ReadOnlySpan<byte> name)
    {
        Errno errno = Sys.RenameatNoReplace(_parent, _name, _parent, name);
        _isGone = errno == Errno.None;
        return errno;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_isGone)
        {
            _isGone = true;

            // A second time for a shortage that passes. An earlier failure is reported; the next commit tries again.
            _ = TryRemove() || TryRemove();
        }

        _made.Dispose();
    }

    private bool TryRemove()
    {
        try
        {
            Remove(_parent, _name);
            return true;
        }
        catch (SysException)
        {
            return false;
        }
    }

    private static TemporaryEntry Make(int parent, bool isDirectory)
    {
        for (int number = 0; ; number++)
        {
            byte[] name = FileNameBytes.WithNul(Prefix + Sys.Getpid().ToString() + "." + number.ToString());
            Errno errno = Create(parent, name, isDirectory, out int made);
            if (errno == Errno.None)
            {
                Descriptor opened = new(made);

                // Before it was locked, another commit may have taken it for a leftover and locked it.
                bool isOwn = false;
                errno = Sys.Flock(made);
                bool isTaken = errno == Errno.EAGAIN;
                errno = errno != Errno.None ? errno : TryCompare(parent, name, made, out isOwn);
                if (isOwn)
                {
                    return new TemporaryEntry(parent, name, opened);
                }

                opened.Dispose();
                if (errno != Errno.None && !isTaken)
                {
                    Sys.Unlinkat(parent, name, isDirectory);
                }
            }

            if (errno is not (Errno.None or Errno.EEXIST or Errno.ENOENT or Errno.EAGAIN) || number == 1000)
            {
                throw new SysException(errno == Errno.None ? Errno.EBUSY : errno, "make a place for the new layer");
            }
        }
    }

    // Nothing is left of it after a failure.
    private static Errno Create(int parent, byte[] name, bool isDirectory, out int made)
    {
        if (!isDirectory)
        {
            const OpenFlags New = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow;
            return Sys.Openat(parent, name, New, Permissions.Mode0600, out made);
        }

        made = -1;
        Errno errno = Sys.Mkdirat(parent, name, Permissions.Mode0700);
        if (errno == Errno.None)
        {
            errno = Sys.Openat(parent, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out made);
            if (errno != Errno.None)
            {
                Sys.Unlinkat(parent, name, isDirectory: true);
            }
        }

        return errno;
    }

    private static void RemoveLeftover(int parent, byte[] name)
    {
        Sys.StatxNoFollow(parent, name, out FileStatus status).OrThrow("look at it");
        bool isDirectory = status.Is(FileMode.Directory);
        if (!isDirectory && !status.Is(FileMode.Regular))
        {
            return;
        }

        const OpenFlags Flags = OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking;
        Sys.Openat(parent, name, Flags | (isDirectory ? OpenFlags.Directory : OpenFlags.ReadOnly), 0, out int opened).OrThrow("open it");
        using Descriptor lockHolder = new(opened);
        if (Sys.Flock(opened) != Errno.None || TryCompare(parent, name, opened, out bool isSame) != Errno.None || !isSame)
        {
            return; // Another commit is at work.
        }

        Remove(parent, name);
    }

    private static void Remove(int parent, byte[] name)
    {
        string text = FileNameBytes.Printable(FileNameBytes.Of(name.AsSpan(0, name.Length - 1)));
        TreeRemoval.Remove(parent, CString.Of(text), text);
    }

    private static Errno TryCompare(int parent, byte[] name, int opened, out bool isSame)
    {
        isSame = false;
        Errno errno = Sys.StatxNoFollow(parent, name, out FileStatus named);
        if (errno != Errno.None)
        {
            return errno.IsMissing() ? Errno.None : errno;
        }

        errno = Sys.Statx(opened, out FileStatus status);
        isSame = errno == Errno.None && named.Inode == status.Inode && named.FileSystemMajor == status.FileSystemMajor
            && named.FileSystemMinor == status.FileSystemMinor;
        return errno;
    }
}
