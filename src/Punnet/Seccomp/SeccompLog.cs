using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Threading;
using Punnet.Abi;
using Punnet.Host;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Seccomp;

/// <summary>One kind of refusal.</summary>
/// <param name="Architecture">The calling convention.</param>
/// <param name="Number">The call.</param>
/// <param name="Verdict">What the profile returns for it.</param>
internal readonly record struct SeccompRefusal(SeccompArchitecture Architecture, uint Number, uint Verdict)
{
    /// <summary>The call's name, or null where it has none.</summary>
    public string? Name => Architecture == SeccompArchitecture.None ? null : SyscallTable.NameOf(Architecture, Number);
}

/// <summary>
/// <c>--seccomp-log</c>: answers the calls that the profile refuses as the profile says, and logs each of them. Documented
/// in docs/seccomp.md, with what differs from a run without it. <c>--seccomp-record</c>: lets the others be made, and notes them.
/// </summary>
internal sealed class SeccompLog : IDisposable
{
    private readonly SeccompLogText? _text;
    private readonly SeccompRecord? _record;
    private readonly Dictionary<SeccompRefusal, int> _counts = [];
    private readonly HashSet<int> _killed = [];
    private Thread? _thread;
    private Descriptor? _listener;
    private Descriptor? _orders;
    private Descriptor? _order;
    private BpfInstruction[] _verdicts = [];
    private Spec.Seccomp? _profile;

    /// <summary>An empty log.</summary>
    /// <param name="text">The output for refused calls, or null; taken over.</param>
    /// <param name="record">The output for the others, or null; taken over.</param>
    public SeccompLog(SeccompLogText? text, SeccompRecord? record = null) => (_text, _record) = (text, record);

    /// <summary>The filter that lets punnet answer.</summary>
    /// <param name="profile">linux.seccomp.</param>
    /// <param name="process">The program, with the same compiled.</param>
    /// <exception cref="PunnetException">There is nothing to explain, or an agent answers already.</exception>
    public SeccompPlan Explain(Spec.Seccomp? profile, ProcessPlan process)
    {
        SeccompFilterFlags flags = HostProbe.SeccompFlags();
        SeccompPlan? plan = process.Seccomp;
        if (_record is not null)
        {
            _record.NoNewPrivileges = process.NoNewPrivileges;
            profile ??= SeccompRecording.Everything(HostProbe.Native);
            plan ??= SeccompCompiler.Compile(profile, new SeccompFacts(HostProbe.Native, flags));
        }

        if (profile is null || plan is null)
        {
            throw new PunnetException("config.json: linux.seccomp is missing: without it --seccomp-log has nothing to report");
        }

        _profile = profile;
        return BundleFile.Refusing(() => SeccompReport.Instrument(plan, flags, isWhole: _record is not null));
    }

    /// <summary>
    /// Starts the thread that will answer. Before the clone: with a pid or time namespace chosen for its children, a process cannot
    /// have new threads. It waits in the kernel and holds no lock, so the clone is as safe as without it.
    /// </summary>
    public void Prepare()
    {
        Sys.SocketpairStream(out int orders, out int order).OrThrow("make a channel to a thread");
        _orders = new Descriptor(orders);
        _order = new Descriptor(order);
#pragma warning disable RS0030
        // musl's default is 128 KiB.
        _thread = new Thread(Serve, maxStackSize: 1 << 20);
        Sys.BlockSignals(); // Permanently in that thread: signals are for the main one.
        _thread.Start();
        PendingSignals.AfterClone();
#pragma warning restore RS0030

        // The thread now waits: it writes nothing that leaving punnet's own file could lose.
        Sys.Read(order, new byte[1], out int _).OrThrow("start a thread");
    }

    /// <summary>Answers from now on.</summary>
    /// <param name="listener">Becomes the log's.</param>
    /// <param name="verdicts">The profile's own program.</param>
    public void Answer(Descriptor listener, BpfInstruction[] verdicts)
    {
        _listener = listener;
        _verdicts = verdicts;
        Order();
    }

    /// <summary>The status of a program that has ended: SIGSYS where the profile killed it, as without the log.</summary>
    /// <param name="pid">Its first process.</param>
    /// <param name="status">What the kernel says: SIGKILL then.</param>
    public int StatusOf(int pid, int status)
    {
        lock (_killed)
        {
            return status == 128 + (int)Abi.Signal.Kill && _killed.Contains(pid) ? 128 + (int)Abi.Signal.BadSystemCall : status;
        }
    }

    /// <summary>Stops answering and writes the summary.</summary>
    public void Dispose()
    {
        if (_thread is not null)
        {
            Order();
#pragma warning disable RS0030
            _thread.Join();
#pragma warning restore RS0030
            _orders!.Dispose();
            _order!.Dispose();
        }

        if (_listener is not null)
        {
            _listener.Dispose();
            _text?.Summarize(_profile!, _counts);
            _record?.Write();
        }

        _text?.Dispose();
        _record?.Dispose();
    }

    // The first order is to answer, if there is a listener by then; the next one is to end.
    private void Order() => Sys.WriteAll(_order!.Number, "."u8);

    // While this waits, punnet leaves its own file: a write by this thread to a page being moved would be lost.
    private void Serve()
    {
        Sys.WriteAll(_orders!.Number, "."u8);
        if (Sys.Read(_orders.Number, new byte[1], out int _) == Errno.None && _listener is not null)
        {
            ServeCalls(_listener, _orders);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ServeCalls(Descriptor listener, Descriptor orders)
    {
        Span<PollDescriptor> ends =
        [
            new PollDescriptor { Descriptor = listener.Number, Wanted = PollEvents.In },
            new PollDescriptor { Descriptor = orders.Number, Wanted = PollEvents.In },
        ];
        while (Sys.Ppoll(ends, -1) == Errno.None)
        {
            if ((ends[0].Found & PollEvents.In) != PollEvents.None)
            {
                if (Sys.SeccompNotifRecv(listener.Number, out SeccompNotification call) == Errno.None)
                {
                    AnswerCall(call, SeccompReport.Evaluate(_verdicts, call));
                }
            }
            else if (ends[0].Found != PollEvents.None || ends[1].Found != PollEvents.None)
            {
                return; // No process has the filter any longer, or punnet is done.
            }
        }
    }

    // Written before it is answered: a reader of the program's complaint finds the reason already there.
    private void AnswerCall(in SeccompNotification call, uint verdict)
    {
        SeccompRefusal refusal = new(SeccompReport.ArchitectureOf(call), call.Number, verdict);
        if (SeccompReport.ActionOf(verdict) is SeccompAction.Allow or SeccompAction.Log)
        {
            _record?.Note(refusal);
            Sys.SeccompNotifSend(_listener!.Number, new SeccompResponse { Id = call.Id, Flags = SeccompResponseFlags.Continue });
            return;
        }

        _counts[refusal] = _counts.GetValueOrDefault(refusal) + 1;
        _text?.Tell(_profile!, refusal, call);
        SeccompResponse response = new() { Id = call.Id };
        switch (SeccompReport.ActionOf(verdict))
        {
            case SeccompAction.Errno:
                const uint MostErrno = 4095; // MAX_ERRNO, at which the kernel caps a filter's
                response.Error = -(int)uint.Min(verdict & ushort.MaxValue, MostErrno);
                break;
            case SeccompAction.Trap when HasHandler(call.Thread):
                response.Error = -(int)Errno.ENOSYS;
                Signal(call, Abi.Signal.BadSystemCall);
                break;
            case SeccompAction.Trace:
                response.Error = -(int)Errno.ENOSYS; // As without a tracer, seccomp(2).
                break;
            default:
                // SIGSYS from outside would not end a pid namespace's first process.
                NoteKill(call.Thread);
                Signal(call, Abi.Signal.Kill);
                return;
        }

        Sys.SeccompNotifSend(_listener!.Number, response);
    }

    // While the thread waits for the answer, its id is not used again.
    private void Signal(in SeccompNotification call, Signal signal)
    {
        if (Sys.SeccompNotifIdValid(_listener!.Number, call.Id) == Errno.None)
        {
            Sys.Tkill((int)call.Thread, signal);
        }
    }

    private void NoteKill(uint thread)
    {
        if (int.TryParse(StatusField(thread, "Tgid:"), out int process))
        {
            lock (_killed)
            {
                _killed.Add(process);
            }
        }
    }

    private static bool HasHandler(uint thread) =>
        ulong.TryParse(StatusField(thread, "SigCgt:"), System.Globalization.NumberStyles.HexNumber, null, out ulong signals)
            && (signals & (1ul << ((int)Abi.Signal.BadSystemCall - 1))) != 0;

    // proc_pid_status(5); empty for a thread that has ended meanwhile.
    private static ReadOnlySpan<char> StatusField(uint thread, string name)
    {
        string status = SeccompLogText.ReadOfThread(thread, "status");
        int place = status.IndexOf("\n" + name, StringComparison.Ordinal);
        if (place < 0)
        {
            return default;
        }

        ReadOnlySpan<char> rest = status.AsSpan(place + 1 + name.Length);
        int end = rest.IndexOf('\n');
        return (end < 0 ? rest : rest[..end]).Trim();
    }
}
