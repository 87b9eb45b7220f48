using System;
using System.Runtime.InteropServices;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

// How the listener gets to the host side. Once the filter is loaded, any system call of this process may have to wait for the agent, which
// cannot answer before it has the listener. So the hand-over must not need a system call:
//
//     init                                             host
//      │ finds out which number is the next free one    │
//      │── Listener(number) ───────────────────────────>│ tries pidfd_getfd(2) until the number is there
//      │ seccomp(2)                                     │
//      │ waits in user space for HandOver.Taken  <──────│ has it; nobody else does yet
//      │ close(2); if that waits, the host lets it pass │
//      │ HandOver.Released  ───────────────────────────>│ gives it to the agent, and keeps no copy
//
// A host side without CAP_SYS_PTRACE cannot take it: init is not dumpable. Then a relay sends it, a child of init that has no filter and
// shares its file descriptor table:
//
//     init                              relay                            host
//      │── clone3(CLONE_FILES) ──────────>│ waits in user space               │
//      │── Listener ──────────────────────────────────────────────────────────>│
//      │ seccomp(2)                       │                                   │
//      │ HandOver.Loaded + its number ───>│── Carried + the listener ────────>│
//      │ waits in user space              │── Carried + its own pidfd ───────>│
//      │                                  │ closes both, for init as well     │ waits until the relay is gone without a trace:
//      │<───────────────────────────────── HandOver.Released ─────────────────│ the program has no child that it does not know
//
// The agent is the listener's only owner: when it exits, the container gets ENOSYS instead of hanging. runc writes the number to a pipe
// after loading, so a profile that refuses write(2) or read(2) stops it; here it does not.

/// <summary>The state of the hand-over, in shared memory.</summary>
public static class HandOver
{
    /// <summary>The host has a copy.</summary>
    public const int Taken = 1;

    /// <summary>Init has closed its copy, or the filter forbids that.</summary>
    public const int Released = 2;

    /// <summary>This value and above: the filter is loaded; the difference is the number of its listener.</summary>
    public const int Loaded = 16;
}

/// <summary>linux.seccomp: loads the filter that was compiled before the clone.</summary>
internal static class SeccompLoader
{
    // At least ten seconds of processor time. The host answers within a millisecond or two, or was killed and never will.
    private const int MostRounds = 300_000_000;
    private const int MostNaps = 20_000;

    /// <summary>Loads it into this thread, and hands over the notification descriptor.</summary>
    public static void Load(SeccompPlan plan, InitContext context, InitReport report)
    {
        ReadOnlySpan<byte> program = MemoryMarshal.AsBytes(plan.Program.AsSpan());
        if (!plan.NeedsListener)
        {
            report.Check(InitStep.Seccomp, Sys.SeccompSetFilter(program, (uint)plan.Flags, out _));
            return;
        }

        if (context.SendsListener)
        {
            LoadBesideRelay(program, plan, context, report);
            return;
        }

        report.Check(InitStep.SeccompListener, Sys.DupCloexec(context.Channel, 0, out int number));
        Sys.Close(number);
        report.Check(InitStep.SeccompListener, Channel.Send(context.Channel, Message.Listener, number));
        report.Check(InitStep.Seccomp, Sys.SeccompSetFilter(program, (uint)plan.Flags, out int listener));
        Await(context.HandOver, HandOver.Taken, report);
        Sys.Close(listener);
        SharedFlag handOver = context.HandOver;
        handOver.Value = HandOver.Released;
    }

    private static void LoadBesideRelay(ReadOnlySpan<byte> program, SeccompPlan plan, InitContext context, InitReport report)
    {
        SharedFlag handOver = context.HandOver;

        // No zombie: the filter may forbid waiting for the relay.
        report.Check(InitStep.SeccompListener, Sys.IgnoreSigchld(forget: true));
        report.Check(InitStep.SeccompListener, Sys.Clone3(CloneFlags.Files, cgroup: -1, out int pid, out int pidfd));
        if (pid == 0)
        {
            Carry(context);
        }

        Sys.Close(pidfd);
        report.Check(InitStep.SeccompListener, Channel.Send(context.Channel, Message.Listener));
        report.Check(InitStep.Seccomp, Sys.SeccompSetFilter(program, (uint)plan.Flags, out int listener));
        handOver.Value = HandOver.Loaded + listener;
        Await(handOver, HandOver.Released, report);
        if (!context.StartContainer.IsEmpty)
        {
            // Reset for hooks, which are waited for. Without hooks, ResetSignals or execve(2) resets it.
            report.Check(InitStep.SeccompListener, Sys.IgnoreSigchld(forget: false));
        }
    }

    // The relay, from start to exit.
    private static void Carry(InitContext context)
    {
        // Killed with init, which exits when the filter is refused or the host is gone.
        Sys.Prctl(ProcessControl.SetParentDeathSignal, (int)Signal.Kill);
        SharedFlag handOver = context.HandOver;
        for (int round = 0; handOver.Value < HandOver.Loaded && round < MostNaps; round++)
        {
            // This process could sleep, but rarely has to wait.
            SharedFlag.Pause();
            if (round > 10_000)
            {
                Sys.Ppoll([], 1);
            }
        }

        int listener = handOver.Value - HandOver.Loaded;
        if (listener >= 0 && Sys.PidfdOpen(Sys.Getpid(), out int self) == Errno.None)
        {
            Channel.SendWithFd(context.Channel, Message.Carried, listener);
            Sys.Close(listener);
            Channel.SendWithFd(context.Channel, Message.Carried, self);
            Sys.Close(self);
        }

        Sys.ExitGroup(0);
    }

    private static void Await(SharedFlag handOver, int value, InitReport report)
    {
        for (int round = 0; handOver.Value != value; round++)
        {
            if (round == MostRounds)
            {
                report.Fail(InitStep.SeccompListener, 0, Errno.ETIMEDOUT);
            }

            SharedFlag.Pause();
        }
    }
}
