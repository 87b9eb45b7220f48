using System;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Console;

/// <summary>
/// One direction of a relay. Bytes that the other end does not take yet wait here, so a reader that stops holds up neither the
/// other direction nor a signal.
/// </summary>
/// <param name="source">Descriptor that bytes come from.</param>
/// <param name="target">Descriptor that they go to; a write of at most 4096 bytes (PIPE_BUF) after POLLOUT must not block.</param>
internal sealed class ByteFlow(int source, int target)
{
    private readonly byte[] _bytes = new byte[4096]; // PIPE_BUF, pipe(7)
    private int _start;
    private int _end;

    /// <summary>Whether bytes wait for the target.</summary>
    public bool IsPending => _start < _end;

    /// <summary>read(2), where nothing is pending.</summary>
    /// <returns>False at the source's end, or where it fails.</returns>
    public bool Read()
    {
        _start = 0;
        Errno errno = Sys.Read(source, _bytes, out int count);
        _end = errno == Errno.None ? count : 0;
        return errno == Errno.EAGAIN || _end > 0;
    }

    /// <summary>write(2) of the pending bytes.</summary>
    /// <returns>False where the target fails: its reader is gone.</returns>
    public bool Write()
    {
        Errno errno = Sys.Write(target, _bytes.AsSpan(_start.._end), out int count);
        _start += errno == Errno.None ? count : 0;
        return errno is Errno.None or Errno.EAGAIN;
    }
}
