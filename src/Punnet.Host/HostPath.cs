using System;
using System.Text;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host;

/// <summary>Paths of the command line mean what they meant where punnet was called, also after it has entered the bundle.</summary>
public static class HostPath
{
    private static string? s_origin;

    /// <summary>The path from the root.</summary>
    /// <exception cref="SysException">The working directory has no path.</exception>
    public static string Absolute(string path)
    {
        if (path.StartsWith('/'))
        {
            return path;
        }

        Read(out string directory).OrThrow("find the working directory");
        s_origin ??= directory;
        return directory + "/" + path;
    }

    /// <summary>Where punnet is going to leave the directory that it was called in, by a path that is relative to it.</summary>
    public static void Remember() => s_origin ??= Read(out string directory) == Errno.None ? directory : null;

    /// <summary>To the directory that punnet was called in, as far as a path of the command line was relative to it.</summary>
    public static void Return()
    {
        if (s_origin is not null)
        {
            Sys.ChangeDirectory(CString.Of(s_origin).WithNul);
        }
    }

    /// <summary>The path from the root, or null for none.</summary>
    public static string? AbsoluteOrNull(string? path) => path is null ? null : Absolute(path);

    private static Errno Read(out string directory)
    {
        Span<byte> buffer = stackalloc byte[4096];
        Errno errno = Sys.WorkingDirectoryPath(buffer, out int length);
        directory = errno == Errno.None ? Encoding.UTF8.GetString(buffer[..(length - 1)]) : "";
        return errno;
    }
}
