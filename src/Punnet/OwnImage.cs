using System;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet;

/// <summary>punnet's own file, given up as executable before a process of punnet meets a container (CVE-2019-5736).</summary>
internal sealed class OwnImage : IDisposable
{
    private readonly Descriptor _image;
    private readonly Descriptor _mount;

    private OwnImage(int image, int mount, FixedBuffer title, bool hasLeft)
    {
        Title = title;
        _image = new Descriptor(image);
        _mount = new Descriptor(mount);
        HasLeft = hasLeft;
    }

    /// <summary>The file through its read-only mount, or its sealed copy.</summary>
    public int Number => _image.Number;

    /// <summary>The mount that is read-only, or -1.</summary>
    public int MountNumber => _mount.Number;

    /// <summary>What ps shows until the program is executed.</summary>
    public FixedBuffer Title { get; }

    /// <summary>Whether this process has left it; if not, the new process does, as root of its user namespace.</summary>
    public bool HasLeft { get; }

    /// <summary>Opens the file another way, and leaves it when the kernel lets this process do so.</summary>
    /// <exception cref="SysException">It can neither be reached by a mount of its own nor be copied.</exception>
    public static OwnImage Leave()
    {
        Sys.OpenOwnImage(out int image, out int mount).OrThrow("open punnet's own file");
        ReadOnlySpan<byte> text = "punnet: init\0"u8;
        FixedBuffer title = new(text.Length);
        text.CopyTo(title.Span);
        bool hasLeft = Sys.LeaveOwnFile(image, title) == Errno.None;
        return new OwnImage(image, mount, title, hasLeft);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _image.Dispose();
        _mount.Dispose();
    }
}
