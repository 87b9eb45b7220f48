using System;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Console;

/// <summary>
/// Moves bytes between the caller's stdin and stdout and the master of a container's terminal, and never waits for a slow reader.
/// </summary>
internal sealed class TerminalRelay : IDisposable
{
    /// <summary>How many entries of ppoll(2) it needs.</summary>
    public const int Ends = 3;

    private readonly Descriptor _master;
    private readonly Descriptor? _stdout;
    private ByteFlow? _input;
    private ByteFlow? _output;
    private int _readsLeft = int.MaxValue;

    /// <summary>Takes the master over.</summary>
    /// <exception cref="SysException">The master cannot be made non-blocking.</exception>
    public TerminalRelay(Descriptor master)
    {
        Sys.SetNonblock(master.Number).OrThrow("set up the terminal");
        _master = master;
        _stdout = ReopenStdout();
        _input = new ByteFlow(0, master.Number);
        _output = new ByteFlow(master.Number, _stdout?.Number ?? 1);
    }

    /// <summary>Whether stdout's reader has not yet taken what the container wrote.</summary>
    public bool IsPending => _output is { IsPending: true };

    /// <summary>TIOCSWINSZ, where the terminal is still there.</summary>
    public void Resize(TerminalSize size) => Sys.SetWindowSize(_master.Number, size);

    /// <summary>
    /// The program has ended: the output that the kernel still holds is moved, and no more, even if other processes write there.
    /// </summary>
    public void Finish() => _readsLeft = 32; // a pty holds 64 KiB and one line

    /// <summary>Fills in what to wait for: stdin, the master, stdout.</summary>
    public void Ask(Span<PollDescriptor> ends)
    {
        PollEvents ofMaster = _output is { IsPending: false } && _readsLeft > 0 ? PollEvents.In : PollEvents.None;
        ofMaster |= _input is { IsPending: true } ? PollEvents.Out : PollEvents.None;
        ends[0] = Wait(0, _input is { IsPending: false } ? PollEvents.In : PollEvents.None);
        ends[1] = Wait(_master.Number, ofMaster);
        ends[2] = Wait(_stdout?.Number ?? 1, IsPending ? PollEvents.Out : PollEvents.None);
    }

    /// <summary>Moves what ppoll(2) has found.</summary>
    /// <returns>Whether it found anything of the output.</returns>
    public bool Move(ReadOnlySpan<PollDescriptor> ends)
    {
        bool canRead = (ends[1].Wanted & PollEvents.In) != PollEvents.None && (ends[1].Found & ~PollEvents.Out) != PollEvents.None;
        bool canWrite = ends[2].Found != PollEvents.None;
        bool isInputReady = ends[0].Found != PollEvents.None
            || ((ends[1].Wanted & PollEvents.Out) != PollEvents.None && (ends[1].Found & ~PollEvents.In) != PollEvents.None);
        if (isInputReady && !(_input!.IsPending ? _input.Write() : _input.Read()))
        {
            _input = null;
        }

        if (canWrite && !_output!.Write())
        {
            // The reader is gone: the container's session gets SIGHUP, as after a hangup.
            _input = _output = null;
            _master.Dispose();
        }
        else if (canRead)
        {
            _readsLeft--;
            if (!_output!.Read())
            {
                // Every program that had the terminal open has closed it.
                _input = _output = null;
            }
        }

        return canRead || canWrite;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stdout?.Dispose();
        _master.Dispose();
    }

    // No entry where nothing is wanted: the kernel reports POLLHUP and POLLERR unasked.
    private static PollDescriptor Wait(int descriptor, PollEvents wanted) =>
        new() { Descriptor = wanted == PollEvents.None ? -1 : descriptor, Wanted = wanted };

    // A terminal or FIFO may block in write(2) even after POLLOUT, and O_NONBLOCK on the caller's own description would be seen by its
    // other users. A regular file must not be opened again: it would start at offset 0.
    private static Descriptor? ReopenStdout()
    {
        const OpenFlags Flags = OpenFlags.WriteOnly | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal;
        return Sys.Statx(1, out FileStatus status) == Errno.None
            && (status.Is(Abi.FileMode.Fifo) || status.Is(Abi.FileMode.CharacterDevice))
            && Sys.Reopen(1, Flags, out int stdout) == Errno.None
            ? new Descriptor(stdout)
            : null;
    }
}
