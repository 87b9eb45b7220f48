using System;
using System.Text;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.Checkpoint;

/// <summary>
/// How much memory a dump has written, on one line of a terminal: by the sizes of the images, for CRIU counts only in the end.
/// </summary>
public sealed class DumpProgress : IDisposable
{
    private readonly Descriptor _images;
    private bool _isShown;

    private DumpProgress(Descriptor images) => _images = images;

    /// <summary>Begins, where standard error is a terminal; else null.</summary>
    /// <param name="images">The directory of the images; stays the caller's.</param>
    public static DumpProgress? Begin(Descriptor images) =>
        Sys.GetTermios(2, stackalloc byte[64]) == Errno.None ? new DumpProgress(images) : null;

    /// <summary>Shows it.</summary>
    /// <exception cref="SysException">The directory cannot be read.</exception>
    public void Show()
    {
        ulong bytes = 0;
        foreach (string name in DirectoryListing.All(_images.Number))
        {
            if (name.StartsWith("pages-", StringComparison.Ordinal)
                && Sys.StatxNoFollow(_images.Number, CString.Of(name).WithNul, out FileStatus status) == Errno.None)
            {
                bytes += status.Size;
            }
        }

        _isShown = true;
        Write("\rcriu has written " + (bytes >> 20).ToString() + " MiB of memory");
    }

    /// <summary>Takes the line away.</summary>
    public void Dispose()
    {
        if (_isShown)
        {
            Write("\r\u001b[K");
        }
    }

    private static void Write(string text) => Sys.WriteAll(2, Encoding.UTF8.GetBytes(text));
}
