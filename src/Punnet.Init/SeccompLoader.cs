using System;
using System.Runtime.InteropServices;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

// How the listener gets to the host side. Once the filter is loaded, any call of this process may be one that waits for the agent,
// which cannot answer before it has the listener. So the way there must need no call at all:
//
//     init                                             host
//      │ finds out which number is the next free one    │
//      │── Listener(number) ───────────────────────────>│ tries pidfd_getfd(2) until the number is there
//      │ seccomp(2)                                     │
//      │ waits in user space for HandOver.Taken  <──────│ has it; nobody else does yet
//      │ close(2); if that waits, the host lets it pass │
//      │ HandOver.Released  ───────────────────────────>│ gives it to the agent, and keeps no copy
//
// With the agent as the listener's only owner, its end is ENOSYS for the container rather than a wait for ever. runc writes the
// number to a pipe after loading; a profile that refuses write(2) or read(2) then stops it, and here it does not.

/// <summary>How far a listener is on its way out; in memory that both sides see.</summary>
public static class HandOver
{
    /// <summary>The host has a copy.</summary>
    public const int Taken = 1;

    /// <summary>The new process has none any more, or may not close it.</summary>
    public const int Released = 2;
}

/// <summary>linux.seccomp: loading the filter that was compiled before the clone.</summary>
internal static class SeccompLoader
{
    // Ten seconds of processor time and more. The host answers within a millisecond or two, or was killed: then nobody ever will.
    private const int MostRounds = 300_000_000;

    /// <summary>Loads it into this thread, and hands the notification descriptor out.</summary>
    public static void Load(SeccompPlan plan, InitMaterial material, InitReport report)
    {
        ReadOnlySpan<byte> program = MemoryMarshal.AsBytes(plan.Program.AsSpan());
        if (!plan.NeedsListener)
        {
            report.Check(InitStep.Seccomp, Sys.LoadFilter(program, (uint)plan.Flags, out _));
            return;
        }

        report.Check(InitStep.SeccompListener, Sys.DuplicateAbove(material.Channel, 0, out int number));
        Sys.Close(number);
        report.Check(InitStep.SeccompListener, Channel.Tell(material.Channel, Message.Listener, number));
        report.Check(InitStep.Seccomp, Sys.LoadFilter(program, (uint)plan.Flags, out int listener));
        SharedFlag handOver = material.HandOver;
        for (int round = 0; handOver.Value != HandOver.Taken; round++)
        {
            if (round == MostRounds)
            {
                report.Fail(InitStep.SeccompListener, 0, Errno.ETIMEDOUT);
            }

            SharedFlag.Pause();
        }

        Sys.Close(listener);
        handOver.Value = HandOver.Released;
    }
}
