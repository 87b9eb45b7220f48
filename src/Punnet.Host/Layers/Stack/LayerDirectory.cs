using System;
using System.Text;
using Punnet.Abi;
using Punnet.Init;
using Punnet.Kernel;

namespace Punnet.Host.Layers;

/// <summary>A directory of the host that a root is stacked from, open, with the path that leads to it without any link.</summary>
public sealed class LayerDirectory : IDisposable
{
    private readonly Descriptor _directory;

    private LayerDirectory(Descriptor directory, string path, FileStatus status)
    {
        _directory = directory;
        Path = path;
        Status = status;
    }

    /// <summary>Its descriptor.</summary>
    public int Number => _directory.Number;

    /// <summary>Its path, absolute and free of links.</summary>
    public string Path { get; }

    /// <summary>Its status when it was opened.</summary>
    public FileStatus Status { get; }

    /// <summary>Opens a directory for reading: the layer must be readable; its parent need not be for others.</summary>
    /// <param name="parent">Where a relative path starts.</param>
    /// <param name="path">The path.</param>
    /// <param name="directory">What was found.</param>
    public static Errno Open(int parent, CString path, out LayerDirectory? directory)
    {
        directory = null;
        Errno errno = Sys.Openat(parent, path.WithNul, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out int number);
        if (errno != Errno.None)
        {
            return errno;
        }

        Descriptor owned = new(number);
        Span<byte> buffer = stackalloc byte[4096];
        errno = Sys.Statx(number, out FileStatus status);
        int length = 0;
        errno = errno == Errno.None ? Sys.ReadlinkFd(number, buffer, out length) : errno;
        if (errno != Errno.None)
        {
            owned.Dispose();
            return errno;
        }

        directory = new LayerDirectory(owned, Encoding.UTF8.GetString(buffer[..length]), status);
        return Errno.None;
    }

    /// <summary>Whether both are in the same file system.</summary>
    public bool IsOnSameFileSystem(LayerDirectory other) =>
        Status.FileSystemMajor == other.Status.FileSystemMajor && Status.FileSystemMinor == other.Status.FileSystemMinor;

    /// <summary>A <see cref="PrivateMount"/> of the directory.</summary>
    /// <param name="user">A user namespace whose ids its files get, or -1.</param>
    /// <param name="mount">The mount; the caller closes it.</param>
    /// <param name="isMapping">Whether it was the mapping that failed.</param>
    public Errno Clone(int user, out int mount, out bool isMapping) => PrivateMount.Clone(Number, "\0"u8, user, out mount, out isMapping);

    /// <inheritdoc/>
    public void Dispose() => _directory.Dispose();
}
