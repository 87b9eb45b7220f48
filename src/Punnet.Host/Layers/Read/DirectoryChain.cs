using System;
using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.Layers;

/// <summary>
/// The way from a tree's root to the current place in it, by descriptors: no path is ever put together, no link followed, no mount
/// crossed, so a tree may have any depth and content. Of a deep way only the two ends are kept open; the
/// rest is found again by "..", which must then be the same directory.
/// </summary>
public sealed class DirectoryChain : IDisposable
{
    private const OpenFlags Flags = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;
    private const ResolveFlags Resolve = ResolveFlags.Beneath | ResolveFlags.NoSymlinks | ResolveFlags.NoMountCrossing;
    private readonly List<Step> _steps = [];
    private readonly string _tree;
    private readonly int _window;

    /// <summary>Stands at the root.</summary>
    /// <param name="root">The root, opened for reading; closed with the chain.</param>
    /// <param name="tree">A name for the tree, for errors.</param>
    /// <param name="window">How many of the deepest directories are kept open.</param>
    /// <exception cref="SysException">The root cannot be looked at.</exception>
    public DirectoryChain(int root, string tree, int window)
    {
        _tree = tree;
        _window = window;
        Sys.Statx(root, out FileStatus status).OrThrow("look at", tree);
        _steps.Add(new Step(root, status.FileSystemMajor, status.FileSystemMinor, status.Inode));
    }

    /// <summary>The depth of the current directory below the root.</summary>
    public int Depth => _steps.Count - 1;

    /// <summary>The descriptor of the current directory, open for reading.</summary>
    public int Current => _steps[^1].Descriptor;

    /// <summary>Opens a tree's root.</summary>
    /// <exception cref="SysException">The path cannot be opened.</exception>
    public static DirectoryChain Open(string path, int window)
    {
        Sys.Openat(Sys.WorkingDirectory, CString.Of(path).WithNul, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out int root)
            .OrThrow("open the layer", path);
        return new DirectoryChain(root, path, window);
    }

    /// <summary>Goes down into a directory.</summary>
    /// <param name="name">Its name, with NUL.</param>
    /// <param name="status">Its status.</param>
    public Errno TryEnter(ReadOnlySpan<byte> name, out FileStatus status)
    {
        status = default;
        Errno errno = Sys.Openat2(Current, name, Flags, 0, Resolve, out int child);
        if (errno != Errno.None)
        {
            return errno;
        }

        errno = Sys.Statx(child, out status);
        if (errno != Errno.None)
        {
            Sys.Close(child);
            return errno;
        }

        _steps.Add(new Step(child, status.FileSystemMajor, status.FileSystemMinor, status.Inode));
        int far = _steps.Count - 1 - _window;
        if (far > 0)
        {
            Sys.Close(_steps[far].Descriptor);
            _steps[far] = _steps[far] with { Descriptor = -1 };
        }

        return Errno.None;
    }

    /// <summary>Goes back up.</summary>
    /// <exception cref="PunnetException">The directory was moved elsewhere meanwhile.</exception>
    /// <exception cref="SysException">It cannot be opened again.</exception>
    public void Leave()
    {
        int above = _steps.Count - 2;
        if (_steps[above].Descriptor < 0)
        {
            Sys.Openat(Current, "..\0"u8, Flags, 0, out int parent).OrThrow("go back up in", _tree);
            Step known = _steps[above];
            Errno errno = Sys.Statx(parent, out FileStatus status);
            if (errno != Errno.None)
            {
                Sys.Close(parent);
                errno.OrThrow("go back up in", _tree);
            }

            if (status.Inode != known.Inode || status.FileSystemMajor != known.Major || status.FileSystemMinor != known.Minor)
            {
                Sys.Close(parent);
                throw new PunnetException("a directory of " + _tree + " was moved while it was read");
            }

            _steps[above] = known with { Descriptor = parent };
        }

        Sys.Close(Current);
        _steps.RemoveAt(_steps.Count - 1);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Step step in _steps)
        {
            if (step.Descriptor >= 0)
            {
                Sys.Close(step.Descriptor);
            }
        }

        _steps.Clear();
    }

    private readonly record struct Step(int Descriptor, uint Major, uint Minor, ulong Inode);
}
