using System;
using System.Runtime.InteropServices;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

/// <summary>linux.seccomp: loading the filter that was compiled before the clone.</summary>
internal static class SeccompLoader
{
    /// <summary>Loads it into this thread, and hands the notification descriptor out.</summary>
    public static void Load(SeccompPlan plan, InitMaterial material, InitReport report)
    {
        ReadOnlySpan<byte> program = MemoryMarshal.AsBytes(plan.Program.AsSpan());
        report.Check(InitStep.Seccomp, Sys.LoadFilter(program, (uint)plan.Flags, out int listener));
        if (plan.NeedsListener)
        {
            report.Check(InitStep.SeccompListener, Sys.SendMessage(material.SeccompSocket, "seccompFd"u8, listener));
            Sys.Close(listener);
        }
    }
}
