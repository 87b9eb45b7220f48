using System;
using System.Text;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host;

/// <summary>
/// Resolves paths of the command line against the directory in which punnet was called, also after it has entered the bundle.
/// </summary>
public static class HostPath
{
    /// <summary>Whether one was relative.</summary>
    public static bool IsUsed { get; private set; }

    /// <summary>The path from the root.</summary>
    /// <exception cref="SysException">The working directory has no path.</exception>
    public static string Absolute(string path)
    {
        if (path.StartsWith('/'))
        {
            return path;
        }

        IsUsed = true;
        Current(out string directory).OrThrow("find the working directory");
        return directory + "/" + path;
    }

    /// <summary>The path from the root, or null for none.</summary>
    public static string? AbsoluteOrNull(string? path) => path is null ? null : Absolute(path);

    /// <summary>The working directory.</summary>
    public static Errno Current(out string directory)
    {
        Span<byte> buffer = stackalloc byte[4096];
        Errno errno = Sys.Getcwd(buffer, out int length);
        directory = errno == Errno.None ? Encoding.UTF8.GetString(buffer[..(length - 1)]) : "";
        return errno;
    }
}
