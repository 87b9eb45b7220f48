using System;
using System.Buffers.Text;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Init;

/// <summary>HOME when the environment has none: from passwd(5) of the container, looked up by UID only (CVE-2016-3697).</summary>
internal static class HomeDirectory
{
    private const int LineLimit = 1024;
    private const int FileLimit = 16 * 1024 * 1024;

    /// <summary>
    /// Adds HOME to the environment: the user's directory, or "/" where the image has no such file for this user. Any other error must not
    /// give the program another HOME than the last time.
    /// </summary>
    public static void Find(uint uid, int root, InitContext context, InitReport report)
    {
        ReadOnlySpan<byte> prefix = "HOME="u8;
        Span<byte> text = context.Home.Span;
        prefix.CopyTo(text);
        Span<byte> line = stackalloc byte[LineLimit];
        scoped ReadOnlySpan<byte> home = "/"u8;
        Errno errno = RootPath.Open(root, "/etc/passwd\0"u8, OpenFlags.ReadOnly | OpenFlags.NonBlocking, out int file);
        if (errno is not (Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP or Errno.EACCES or Errno.ENXIO or Errno.ENODEV))
        {
            report.Check(InitStep.HomeDirectory, errno);
            report.Check(InitStep.HomeDirectory, Sys.Statx(file, out FileStatus status));

            // Not a device or a FIFO, which may never end; a link may lead to one.
            home = status.Is(FileMode.Regular) ? Search(file, uid, line, report) : home;
            Sys.Close(file);
        }

        home.CopyTo(text[prefix.Length..]);
        text[prefix.Length + home.Length] = 0;
        context.Env.Append(text[..(prefix.Length + home.Length + 1)]);
    }

    // Reads line by line through a small buffer, up to the limit; skips a line that does not fit.
    private static ReadOnlySpan<byte> Search(int file, uint uid, Span<byte> buffer, InitReport report)
    {
        int filled = 0;
        int total = 0;
        bool isTooLong = false;
        while (true)
        {
            int end = buffer[..filled].IndexOf((byte)'\n');
            if (end >= 0)
            {
                ReadOnlySpan<byte> home = isTooLong ? default : Home(buffer[..end], uid);
                if (!home.IsEmpty)
                {
                    return home;
                }

                isTooLong = false;
                buffer[(end + 1)..filled].CopyTo(buffer);
                filled -= end + 1;
                continue;
            }

            if (filled == buffer.Length)
            {
                isTooLong = true;
                filled = 0;
            }

            report.Check(InitStep.HomeDirectory, Sys.Read(file, buffer[filled..], out int count));
            if (count <= 0 || (total += count) > FileLimit)
            {
                ReadOnlySpan<byte> last = isTooLong ? default : Home(buffer[..filled], uid);
                return last.IsEmpty ? "/"u8 : last;
            }

            filled += count;
        }
    }

    // name:password:uid:gid:comment:directory:shell
    private static ReadOnlySpan<byte> Home(ReadOnlySpan<byte> line, uint uid)
    {
        for (int field = 0; field < 6; field++)
        {
            int colon = line.IndexOf((byte)':');
            ReadOnlySpan<byte> value = colon < 0 ? line : line[..colon];
            if (field == 2 && !(Utf8Parser.TryParse(value, out uint found, out int used) && used == value.Length && found == uid))
            {
                return default;
            }

            if (field == 5)
            {
                return value.Contains((byte)0) ? default : value;
            }

            if (colon < 0)
            {
                return default;
            }

            line = line[(colon + 1)..];
        }

        return default;
    }
}
