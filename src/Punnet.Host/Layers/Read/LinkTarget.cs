using System;
using Punnet.Kernel;

namespace Punnet.Host.Layers;

/// <summary>The text of a symbolic link, which is never followed.</summary>
public static class LinkTarget
{
    private const int Longest = 4096; // PATH_MAX

    /// <summary>Reads it.</summary>
    /// <exception cref="SysException">It cannot be read.</exception>
    public static byte[] Read(int directory, ReadOnlySpan<byte> name)
    {
        Span<byte> buffer = stackalloc byte[Longest];
        Sys.Readlinkat(directory, name, buffer, out int length)
            .OrThrow("read the link", FileNameBytes.Printable(FileNameBytes.Of(name[..^1])));
        return buffer[..length].ToArray();
    }
}
