using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

// A process in the container's PID namespace with CAP_SYS_PTRACE can open the descriptors, root and working directory of every process
// there, even one that is not dumpable (CVE-2016-9962). So a process that is visible there must never hold anything of the host. A joined
// PID namespace only applies to children: a stage outside it does all the work, closes the host's descriptors, takes the program's user and
// privileges, and last of all clones the process that is inside.

/// <summary>The step from the stage to the process that becomes the program, in a joined PID namespace.</summary>
internal static class FinalProcess
{
    /// <summary>Called by the stage, before a filter can forbid it: drops what the final process must not have.</summary>
    public static void Prepare(InitContext context, InitReport report)
    {
        if (context.Final is SharedFlag final)
        {
            // Only the kernel writes there, for the stage: the container cannot forge the PID.
            report.Check(InitStep.Harden, Sys.MadviseDontfork(final));
        }
    }

    /// <summary>
    /// Returns only in the new process, a child of punnet like the stage. It has no parent-death signal: until the container is complete it
    /// sends to punnet or waits for it, and exits when punnet is gone.
    /// </summary>
    public static void Clone(ProcessPlan plan, InitContext context, InitReport report)
    {
        // The change of IDs may have made it dumpable, depending on fs.suid_dumpable, proc_sys_fs(5).
        report.Check(InitStep.Harden, Sys.Prctl(ProcessControl.SetDumpable, 0));
        report.Check(InitStep.CloneInit, Sys.CloneSibling(context.Final!.Value, out bool isNew));
        if (!isNew)
        {
            Sys.ExitGroup(0);
        }

        TraceBuffer.EnterClone();
        Terminal.Lead(plan, report);
        Limits.ApplyLast(plan, report);
    }
}
