using System.Text;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Lifecycle;

/// <summary>
/// <c>--pid-file</c>: the decimal pid and nothing else. Its existence means "done" to engines, so it is written last, and whole.
/// </summary>
internal static class PidFile
{
    /// <summary>Writes a hidden file beside it and renames that.</summary>
    /// <param name="path">Relative to the caller's working directory, not to the bundle.</param>
    /// <param name="pid">The process.</param>
    /// <exception cref="SysException">It cannot be written.</exception>
    public static void Write(string path, int pid)
    {
        int slash = path.LastIndexOf('/');
        CString hidden = CString.Of(path[..(slash + 1)] + "." + path[(slash + 1)..]);
        const OpenFlags Fresh = OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive;
        Errno errno = Sys.Openat(Sys.WorkingDirectory, hidden.WithNul, Fresh, Permissions.Mode0666, out int file);
        if (errno == Errno.EEXIST)
        {
            // It is left from a punnet that was killed before the rename.
            Sys.Unlinkat(Sys.WorkingDirectory, hidden.WithNul, isDirectory: false);
            errno = Sys.Openat(Sys.WorkingDirectory, hidden.WithNul, Fresh, Permissions.Mode0666, out file);
        }

        errno.OrThrow("make", hidden.ToString());
        using (Descriptor owned = new(file))
        {
            errno = Sys.WriteAll(file, Encoding.UTF8.GetBytes(pid.ToString()));
        }

        if (errno == Errno.None)
        {
            errno = Sys.Renameat(Sys.WorkingDirectory, hidden.WithNul, Sys.WorkingDirectory, CString.Of(path).WithNul);
        }

        if (errno != Errno.None)
        {
            Sys.Unlinkat(Sys.WorkingDirectory, hidden.WithNul, isDirectory: false);
            errno.OrThrow("write the pid file", path);
        }
    }
}
