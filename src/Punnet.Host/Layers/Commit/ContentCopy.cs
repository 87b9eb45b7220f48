using System;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.Layers;

/// <summary>
/// Copies what a file holds: shared with the original where the file system can (btrfs, XFS), otherwise within the kernel, otherwise
/// by a buffer; holes stay holes.
/// </summary>
public sealed class ContentCopy
{
    private const long Small = 64 * 1024;
    private const long Step = 16 * 1024 * 1024; // between two looks at whether punnet shall end
    private readonly byte[] _buffer = new byte[256 * 1024];
    private bool _mayShare = true;
    private bool _mayCopyRange = true;

    /// <summary>Copies into an empty file.</summary>
    public Errno Copy(int from, int to, FileStatus status)
    {
        long size = (long)status.Size;
        bool hasHoles = status.Blocks * 512 < status.Size;
        if (size <= Small && !hasHoles)
        {
            return CopyByBuffer(from, to, 0, size);
        }

        if (_mayShare)
        {
            if (Sys.Ficlone(from, to) == Errno.None)
            {
                return Errno.None;
            }

            _mayShare = false;
        }

        Errno errno = hasHoles ? CopyData(from, to, size) : CopyRange(from, to, 0, size);
        return errno == Errno.None && hasHoles ? Sys.Ftruncate(to, size) : errno;
    }

    private Errno CopyData(int from, int to, long size)
    {
        for (long offset = 0; offset < size;)
        {
            Errno errno = Sys.Lseek(from, offset, SeekFrom.Data, out long start);
            if (errno == Errno.ENXIO)
            {
                return Errno.None;
            }

            long end = size;
            errno = errno == Errno.None ? Sys.Lseek(from, start, SeekFrom.Hole, out end) : errno;
            end = Math.Min(end, size);
            if (errno == Errno.None && start < end)
            {
                errno = CopyRange(from, to, start, end);
            }

            if (errno != Errno.None)
            {
                return errno;
            }

            offset = Math.Max(end, start + 1);
        }

        return Errno.None;
    }

    private Errno CopyRange(int from, int to, long offset, long end)
    {
        while (_mayCopyRange && offset < end)
        {
            PendingSignals.Check();
            Errno errno = Sys.CopyFileRange(from, offset, to, offset, Math.Min(Step, end - offset), out long copied);
            if (errno is Errno.ENOSPC or Errno.EDQUOT or Errno.EIO)
            {
                return errno;
            }

            if (errno != Errno.None)
            {
                _mayCopyRange = false; // Another file system, or one that cannot.
            }
            else if (copied == 0)
            {
                return Errno.None; // The container runs on, and has made it shorter.
            }
            else
            {
                offset += copied;
            }
        }

        return offset < end ? CopyByBuffer(from, to, offset, end) : Errno.None;
    }

    private Errno CopyByBuffer(int from, int to, long offset, long end)
    {
        if (offset > 0)
        {
            Errno seek = Sys.Lseek(to, offset, SeekFrom.Start, out _);
            if (seek != Errno.None)
            {
                return seek;
            }
        }

        while (offset < end)
        {
            PendingSignals.Check();
            Errno errno = Sys.Pread64(from, _buffer.AsSpan(0, (int)Math.Min(_buffer.Length, end - offset)), offset, out int count);
            if (errno != Errno.None || count == 0)
            {
                return errno;
            }

            errno = Sys.WriteAll(to, _buffer.AsSpan(0, count));
            if (errno != Errno.None)
            {
                return errno;
            }

            offset += count;
        }

        return Errno.None;
    }
}
