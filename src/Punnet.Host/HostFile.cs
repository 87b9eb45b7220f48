using System;
using System.Text;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host;

/// <summary>Whole files of the host. System.IO's streams cost more than the reading.</summary>
public static class HostFile
{
    /// <summary>No file that punnet reads is larger: a config.json of 16 MB is a mistake or an attack.</summary>
    private const int Limit = 16 * 1024 * 1024;

    /// <summary>Reads a file of the working directory's tree.</summary>
    /// <exception cref="SysException">It cannot be opened or read.</exception>
    public static byte[] Read(string path)
    {
        using Descriptor file = Descriptor.Open(path, OpenFlags.ReadOnly);
        return Read(file.Number, path);
    }

    /// <summary>The same for a file that the caller has not named: punnet does not wait forever for the writer of a FIFO.</summary>
    /// <exception cref="SysException">It cannot be opened or read.</exception>
    /// <exception cref="PunnetException">Its writer sends nothing.</exception>
    public static byte[] ReadWithinLimit(string path)
    {
        using Descriptor file = Descriptor.Open(path, OpenFlags.ReadOnly | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal);
        Sys.Statx(file.Number, out FileStatus status).OrThrow("look at", path);
        if (!status.Is(FileMode.Regular))
        {
            WaitForWriter(file.Number, path); // Without one read(2) would be at the end at once.
        }

        return Read(file.Number, status, path);
    }

    /// <summary>Reads the rest of an open file.</summary>
    /// <param name="file">The descriptor.</param>
    /// <param name="name">For errors.</param>
    /// <exception cref="SysException">It cannot be read.</exception>
    /// <exception cref="PunnetException">It is too large.</exception>
    public static byte[] Read(int file, string name)
    {
        Sys.Statx(file, out FileStatus status).OrThrow("look at", name);
        return Read(file, status, name);
    }

    /// <summary>Reads the rest of an open file whose status is known.</summary>
    /// <param name="file">The descriptor.</param>
    /// <param name="status">Its status.</param>
    /// <param name="name">For errors.</param>
    /// <exception cref="SysException">It cannot be read.</exception>
    /// <exception cref="PunnetException">It is too large.</exception>
    public static byte[] Read(int file, in FileStatus status, string name)
    {
        if (status.Is(FileMode.Regular) && status.Size > Limit)
        {
            throw TooLarge(name);
        }

        // Files of /proc and pipes have no size.
        byte[] buffer = new byte[Math.Clamp((long)status.Size, 0, Limit) + 512];
        int filled = 0;
        while (true)
        {
            Errno errno = Sys.Read(file, buffer.AsSpan(filled), out int count);
            if (errno == Errno.EAGAIN)
            {
                WaitForWriter(file, name);
                continue;
            }

            errno.OrThrow("read", name);
            if (count == 0)
            {
                return buffer.AsSpan(0, filled).ToArray();
            }

            filled += count;
            if (filled > Limit)
            {
                throw TooLarge(name);
            }

            if (filled == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }
        }
    }

    /// <summary>Opens a file to write at its end, and makes it (0644) where it does not exist.</summary>
    public static Errno OpenForAppend(string path, out int file)
    {
        const OpenFlags Append = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Append;
        return Sys.Openat(Sys.WorkingDirectory, CString.Of(path).WithNul, Append, Permissions.Mode0644, out file);
    }

    private static void WaitForWriter(int file, string name)
    {
        Sys.PollReadable(file, 10_000, out bool isReady).OrThrow("wait for", name);
        if (!isReady)
        {
            throw new PunnetException(name + " is not a regular file, and nothing was written to it for 10 seconds");
        }
    }

    private static PunnetException TooLarge(string name) => new(name + " is larger than 16 MB");

    /// <summary>Reads a short file of the kernel as text, or null when it is not there, or has nothing for this caller.</summary>
    /// <exception cref="SysException">It cannot be read, so its state is unknown.</exception>
    public static string? TryReadText(int directory, ReadOnlySpan<byte> path)
    {
        Span<byte> buffer = stackalloc byte[4096];
        return TryRead(directory, path, buffer, out int count) ? Encoding.UTF8.GetString(buffer[..count]) : null;
    }

    /// <summary>Reads the start of a file, as much as one read(2) gives.</summary>
    /// <param name="directory">Where a relative path starts.</param>
    /// <param name="path">The path.</param>
    /// <param name="buffer">Where to.</param>
    /// <param name="count">How many bytes were read.</param>
    /// <returns>False when it is not there, or has nothing for this caller.</returns>
    /// <exception cref="SysException">Descriptors or memory are short, so it could not be read.</exception>
    public static bool TryRead(int directory, ReadOnlySpan<byte> path, Span<byte> buffer, out int count)
    {
        Errno errno = ReadStart(directory, path, buffer, out count);
        if (errno.IsShortage())
        {
            errno.OrThrow("read", Encoding.UTF8.GetString(path[..^1]));
        }

        return errno == Errno.None;
    }

    /// <summary>The same, for a caller that treats only a missing file as empty.</summary>
    public static Errno ReadStart(int directory, ReadOnlySpan<byte> path, Span<byte> buffer, out int count)
    {
        count = 0;
        Errno errno = Sys.Openat(directory, path, OpenFlags.ReadOnly, 0, out int file);
        if (errno == Errno.None)
        {
            errno = Sys.Read(file, buffer, out count);
            Sys.Close(file);
        }

        return errno;
    }
}
