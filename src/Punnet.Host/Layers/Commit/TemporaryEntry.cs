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
            try
            {
                Remove(_parent, _name);
            }
            catch (SysException)
            {
                // An earlier failure is reported; the next commit tries again.
            }
        }

        _made.Dispose();
    }

    private static TemporaryEntry Make(int parent, bool isDirectory)
    {
        for (int number = 0; ; number++)
        {
            byte[] name = FileNameBytes.WithNul(Prefix + Sys.Getpid().ToString() + "." + number.ToString());
            Errno errno = isDirectory ? Sys.Mkdirat(parent, name, Permissions.Mode0700) : Errno.None;
            int made = -1;
            errno = errno != Errno.None ? errno : isDirectory
                ? Sys.Openat(parent, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out made)
                : Sys.Openat(parent, name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow,
                    Permissions.Mode0600,
                    out made);

            // Before it was locked, another commit may have taken it for a leftover and locked it.
            errno = errno != Errno.None ? errno : Sys.Flock(made);
            if (errno == Errno.None && IsSame(parent, name, made))
            {
                return new TemporaryEntry(parent, name, new Descriptor(made));
            }

            if (made >= 0)
            {
                Sys.Close(made);
            }

            if (errno is not (Errno.None or Errno.EEXIST or Errno.ENOENT or Errno.EAGAIN) || number == 1000)
            {
                if (made >= 0)
                {
                    Sys.Unlinkat(parent, name, isDirectory);
                }

                throw new SysException(errno == Errno.None ? Errno.EBUSY : errno, "make a place for the new layer");
            }
        }
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
        if (Sys.Flock(opened) != Errno.None || !IsSame(parent, name, opened))
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

    private static bool IsSame(int parent, byte[] name, int opened) =>
        Sys.StatxNoFollow(parent, name, out FileStatus named) == Errno.None && Sys.Statx(opened, out FileStatus status) == Errno.None
            && named.Inode == status.Inode && named.FileSystemMajor == status.FileSystemMajor
                && named.FileSystemMinor == status.FileSystemMinor;
}
