using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;

namespace Punnet.Faults.Tests;

/// <summary>How a traced command ended.</summary>
/// <param name="Status">wait(2)'s word.</param>
/// <param name="HasFired">Whether the call of the fault was reached.</param>
/// <param name="IsHung">It had to be killed.</param>
/// <param name="Calls">Every call up to the fault.</param>
internal sealed record Traced(int Status, bool HasFired, bool IsHung, List<CallSite> Calls)
{
    /// <summary>Exit status; 128 + signal as a shell has it.</summary>
    public int ExitStatus => Signal == 0 ? Status >> 8 & 0xff : 128 + Signal;

    /// <summary>The signal that ended it, or 0.</summary>
    public int Signal => Status & 0x7f;
}

/// <summary>
/// Runs a command under ptrace(2), counts the calls of its processes, and makes one of them fail. What executes another program than
/// punnet is let go. One thread does all of it: a tracer is a thread.
/// </summary>
internal sealed class Tracer
{
    // SYSGOOD, FORK, VFORK, CLONE, EXEC, EXITKILL.
    private const nint Options = 1 | 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 20;
    private const int EventStop = 128, EventExec = 4, SyscallStop = Native.Trap | 0x80;
    private const int ResultOffset = 10 * 8, NumberOffset = 15 * 8; // rax, orig_rax of user_regs_struct
    private const int Quiet = 30;

    private readonly Fault? _fault;
    private readonly Dictionary<int, Tracee> _tracees = [];
    private readonly HashSet<int> _early = [];
    private readonly List<CallSite> _calls = [];
    private Tracee? _command;
    private int _status;
    private bool _hasFired;
    private bool _isEnding;
    private int _existing;

    private Tracer(Fault? fault) => _fault = fault;

    private bool IsDone => _hasFired;

    /// <summary>Runs it.</summary>
    /// <param name="place">Where it runs, and what is killed when it takes too long.</param>
    /// <param name="words">The command.</param>
    /// <param name="fault">Null only counts.</param>
    /// <param name="init">The first process of a container that is traced too, or 0.</param>
    public static Traced Run(Place place, string[] words, Fault? fault, int init = 0)
    {
        using Watchdog watchdog = new(place);
        int pid = Native.Spawn(place.Launch(isStopped: true, words));
        _ = Native.waitpid(pid, out int _, Native.Untraced);
        Tracer tracer = new(fault) { _existing = init };
        tracer.Attach(pid, "launcher");
        Native.Send(pid, Native.Continue);
        tracer.Loop();
        return new Traced(tracer._status, tracer._hasFired, watchdog.HasBitten, tracer._calls);
    }

    private void Attach(int pid, string path)
    {
        if (Native.Trace(TraceRequest.Seize, pid, 0, Options) != 0)
        {
            throw new InvalidOperationException($"cannot trace {path} ({pid})");
        }

        _tracees[pid] = new Tracee(pid, path);
    }

    private void Loop()
    {
        int silence = 0;
        while (_tracees.Count > 0)
        {
            bool polls = _command is { HasEnded: true } && !_isEnding;
            int pid = Native.waitpid(-1, out int status, Native.AllKinds | Native.OwnThread | (polls ? Native.NoHang : 0));
            if (pid == 0 && ++silence < Quiet)
            {
                Thread.Sleep(1);
            }
            else if (pid == 0)
            {
                Release();
            }
            else if (pid < 0)
            {
                return; // ECHILD: one that the list still has ended before its parent told of it.
            }
            else
            {
                silence = 0;
                Handle(pid, status);
            }
        }
    }

    // The command has ended, and what it has made waits: from here on that is nobody's business.
    private void Release()
    {
        _isEnding = true;
        foreach (int pid in _tracees.Keys)
        {
            _ = Native.Trace(TraceRequest.Interrupt, pid);
        }
    }

    private void Handle(int pid, int status)
    {
        if ((status & 0xff) != 0x7f)
        {
            End(pid, status);
            return;
        }

        if (!_tracees.TryGetValue(pid, out Tracee? tracee))
        {
            _ = _early.Add(pid); // Its parent's event comes later.
            return;
        }

        int signal = status >> 8 & 0xff;
        int happening = status >> 16;
        if (signal == SyscallStop)
        {
            AtCall(tracee);
        }
        else if (happening == EventExec)
        {
            AtExec(tracee);
        }
        else if (happening is > 0 and < EventExec)
        {
            AtClone(tracee);
        }
        else
        {
            Resume(tracee, happening == EventStop ? 0 : signal);
        }
    }

    private void End(int pid, int status)
    {
        if (!_tracees.Remove(pid, out Tracee? tracee))
        {
            return;
        }

        tracee.HasEnded = true;
        if (tracee == _command || _command is null)
        {
            _command ??= tracee;
            _status = status;
            if (IsDone)
            {
                Release();
            }
        }
    }

    private void AtExec(Tracee tracee)
    {
        if (tracee.Path == "launcher")
        {
            tracee.Path = "0";
            _command = tracee;
            if (_existing != 0)
            {
                Attach(_existing, "init");
                _ = Native.Trace(TraceRequest.Interrupt, _existing);
            }
        }
        else if (!IsPunnet(tracee.Pid))
        {
            LetGo(tracee, 0);
            return;
        }

        Resume(tracee, 0);
    }

    private void AtClone(Tracee parent)
    {
        int pid = (int)Native.Peek(TraceRequest.GetEventMessage, parent.Pid);
        Tracee child = new(pid, $"{parent.Path}.{parent.Children++}");
        _tracees[pid] = child;
        if (_early.Remove(pid))
        {
            Resume(child, 0);
        }

        Resume(parent, 0);
    }

    private void AtCall(Tracee tracee)
    {
        bool isEntry = Native.IsAtEntry(tracee.Pid, out int number);
        if (tracee.Path == "launcher")
        {
            // Its own calls are no part of the command.
        }
        else if (isEntry)
        {
            CallSite site = tracee.Count(Calls.Name(number));
            if (!IsDone)
            {
                _calls.Add(site);
            }

            if (_fault is not null && _fault.Site == site)
            {
                Inject(tracee, _fault);
            }
        }
        else if (tracee.Error != 0)
        {
            _ = Native.Trace(TraceRequest.PokeUser, tracee.Pid, ResultOffset, -tracee.Error);
            tracee.Error = 0;
        }

        Resume(tracee, 0);
    }

    private void Inject(Tracee tracee, Fault fault)
    {
        _hasFired = true;
        if (fault.Signal != 0)
        {
            Native.Send(tracee.Pid, fault.Signal);
            return;
        }

        tracee.Error = fault.Error;
        if (!Calls.IsDoneAllTheSame(fault.Site.Name))
        {
            _ = Native.Trace(TraceRequest.PokeUser, tracee.Pid, NumberOffset, -1);
        }
    }

    private void Resume(Tracee tracee, int signal)
    {
        if (_isEnding && tracee.Error == 0)
        {
            LetGo(tracee, signal);
            return;
        }

        bool stopsAtCalls = tracee.Path != "launcher" && (!IsDone || tracee.Error != 0);
        _ = Native.Trace(stopsAtCalls ? TraceRequest.Syscall : TraceRequest.Continue, tracee.Pid, 0, signal);
    }

    private void LetGo(Tracee tracee, int signal)
    {
        _ = Native.Trace(TraceRequest.Detach, tracee.Pid, 0, signal);
        _ = _tracees.Remove(tracee.Pid);
        if (tracee == _command)
        {
            throw new InvalidOperationException("the command executed another program");
        }
    }

    private static bool IsPunnet(int pid)
    {
        string? file = new FileInfo($"/proc/{pid}/exe").LinkTarget;
        return file is null || Path.GetFileName(file).Contains("punnet", StringComparison.Ordinal);
    }

    private sealed class Tracee(int pid, string path)
    {
        public int Pid { get; } = pid;

        public string Path { get; set; } = path;

        private readonly Dictionary<string, int> _counts = [];

        public int Children { get; set; }

        /// <summary>What the call that it is in will report, or 0.</summary>
        public int Error { get; set; }

        public bool HasEnded { get; set; }

        public CallSite Count(string name)
        {
            int count = _counts.GetValueOrDefault(name) + 1;
            _counts[name] = count;
            return new CallSite(Path, name, count);
        }
    }
}

/// <summary>Kills everything in a place when a command does not come to its end.</summary>
internal sealed class Watchdog : IDisposable
{
    // Longer than the longest of docs/errors.md, "Waits", that end by themselves.
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(60);

    private readonly Timer _timer;
    private int _bites;

    public Watchdog(Place place) => _timer = new Timer(_ => Bite(place), null, patience, TimeSpan.FromSeconds(1));

    public bool HasBitten => _bites > 0;

    public void Dispose() => _timer.Dispose();

    private void Bite(Place place)
    {
        _ = Interlocked.Increment(ref _bites);
        place.KillAll();
    }
}
