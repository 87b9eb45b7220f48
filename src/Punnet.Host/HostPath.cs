using System;
using System.Text;
using Punnet.Kernel;

namespace Punnet.Host;

/// <summary>Paths of the command line mean what they meant where punnet was called, also after it has entered the bundle.</summary>
public static class HostPath
{
    /// <summary>The path from the root.</summary>
    /// <exception cref="SysException">The working directory has no path.</exception>
    public static string Absolute(string path)
    {
        if (path.StartsWith('/'))
        {
            return path;
        }

        Span<byte> buffer = stackalloc byte[4096];
        Sys.WorkingDirectoryPath(buffer, out int length).OrThrow("find the working directory");
        return Encoding.UTF8.GetString(buffer[..(length - 1)]) + "/" + path;
    }

    /// <summary>The path from the root, or null for none.</summary>
    public static string? AbsoluteOrNull(string? path) => path is null ? null : Absolute(path);
}
