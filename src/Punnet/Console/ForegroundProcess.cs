using System;
using Punnet.Abi;
using Punnet.Host;
using Punnet.Host.Systemd;
using Punnet.Kernel;

namespace Punnet.Console;

/// <summary>A program that punnet waits for: signals, and a terminal between the caller's and the container's.</summary>
internal sealed class ForegroundProcess : IDisposable
{
    private readonly byte[] _mode = new byte[60]; // room for struct termios
    private Descriptor? _socketHere;
    private TerminalRelay? _relay;
    private Descriptor? _signals;
    private bool _isCallersTerminal;
    private bool _isRaw;

    /// <summary>A connection for the new process to send its terminal to: an engine's, or punnet's own; null without a terminal.</summary>
    /// <param name="socket">Path of the engine's, or null.</param>
    /// <param name="hasTerminal">Whether the program gets a terminal.</param>
    public Descriptor? OpenConsole(string? socket, bool hasTerminal) =>
        socket is not null ? ConsoleSocket.Connect(socket) : hasTerminal ? MakeConsole() : null;

    private Descriptor MakeConsole()
    {
        Sys.SocketpairStream(out int here, out int there).OrThrow("make a channel for the terminal");
        _socketHere = new Descriptor(here);
        return new Descriptor(there);
    }

    /// <summary>
    /// Takes the terminal that the new process has sent, and keeps signals, which are blocked by now, for <see cref="Wait"/>.
    /// </summary>
    /// <exception cref="SysException">No terminal came.</exception>
    public void Connect()
    {
        Sys.Signalfd(out int signals).OrThrow("forward signals");
        _signals = new Descriptor(signals);
        if (_socketHere is not null)
        {
            Span<byte> name = stackalloc byte[64];
            Sys.Recvmsg(_socketHere.Number, name, out _, out int master).OrThrow("receive the terminal");
            (master < 0 ? Errno.EMFILE : Errno.None).OrThrow("receive the terminal"); // unix(7): it came, and was dropped.
            _socketHere.Dispose();
            _relay = new TerminalRelay(new Descriptor(master));
            Span<byte> mode = stackalloc byte[_mode.Length];
            Sys.GetTermios(master, mode).OrThrow("set up the terminal");
            TerminalMode.LeaveLineEnds(mode);
            Sys.SetTermios(master, mode).OrThrow("set up the terminal");
            UseCallersTerminal();
        }
    }

    /// <summary>Moves bytes and signals, and waits.</summary>
    /// <param name="process">The program.</param>
    /// <param name="notify">What it tells the service manager, or null.</param>
    /// <returns>Exit status of the program.</returns>
    public int Wait(ChildProcess process, NotifyProxy? notify = null)
    {
        Relay(process, notify);

        // What it said at the very end.
        notify?.FollowToEnd(process.Pidfd);
        int status = process.Wait();

        // As a subreaper: processes that the container left behind outside its pid namespace.
        while (Sys.WaitidAny(out int pid) == Errno.None && pid > 0)
        {
        }

        return status;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isRaw)
        {
            Sys.SetTermios(0, _mode);
        }

        _socketHere?.Dispose();
        _relay?.Dispose();
        _signals?.Dispose();
    }

    // Raw mode: the container's terminal does the editing and makes the signals.
    private void UseCallersTerminal()
    {
        _isCallersTerminal = Sys.GetTermios(0, _mode) == Errno.None;
        if (!_isCallersTerminal)
        {
            return;
        }

        if (Sys.GetWindowSize(0, out TerminalSize size) == Errno.None && size != default)
        {
            _relay!.Resize(size);
        }

        byte[] raw = [.. _mode];
        TerminalMode.MakeRaw(raw);
        _isRaw = Sys.SetTermios(0, raw) == Errno.None;
    }

    private void Relay(ChildProcess process, NotifyProxy? notify)
    {
        Span<PollDescriptor> ends = stackalloc PollDescriptor[3 + TerminalRelay.Ends];
        ends.Fill(new PollDescriptor { Descriptor = -1 });
        ends[0] = new PollDescriptor { Descriptor = process.Pidfd, Wanted = PollEvents.In };
        ends[1] = new PollDescriptor { Descriptor = _signals!.Number, Wanted = PollEvents.In };
        ends[2] = new PollDescriptor { Descriptor = notify?.Number ?? -1, Wanted = PollEvents.In };
        bool hasEnded = false;
        while (true)
        {
            _relay?.Ask(ends[3..]);
            Sys.Ppoll(ends, hasEnded && _relay is not { IsPending: true } ? 0 : -1).OrThrow("wait for the container");
            if (ends[1].Found != PollEvents.None)
            {
                Sys.ReadSignalfd(_signals.Number, out Signal signal).OrThrow("forward signals");
                if ((hasEnded || ends[0].Found != PollEvents.None) && PendingSignals.IsEnding(signal))
                {
                    // Only stdout's reader is left to wait for. Both may come at once: the program does not get this signal any longer.
                    return;
                }

                PassSignal(signal, process);
            }

            if (ends[2].Found != PollEvents.None)
            {
                notify!.Forward(Sys.Getpid());
            }

            bool hasMoved = _relay?.Move(ends[3..]) ?? false;
            if (hasEnded && !hasMoved && _relay is not { IsPending: true })
            {
                return;
            }

            if (ends[0].Found != PollEvents.None)
            {
                if (_relay is null)
                {
                    return;
                }

                hasEnded = true;
                ends[0].Descriptor = -1;
                _relay.Finish();
            }
        }
    }

    private void PassSignal(Signal signal, ChildProcess process)
    {
        if (signal == Signal.WindowChange && _isCallersTerminal)
        {
            if (Sys.GetWindowSize(0, out TerminalSize size) == Errno.None)
            {
                _relay!.Resize(size);
            }

            return;
        }

        // If it has just ended, the signal is not needed.
        Sys.PidfdSendSignal(process.Pidfd, process.Pid, (int)signal);
    }
}
