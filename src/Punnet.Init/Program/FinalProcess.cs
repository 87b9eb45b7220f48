using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

// Whoever is in the container's pid namespace with CAP_SYS_PTRACE opens what a process there has open, its root and its working directory,
// and does whatever that process may: "not dumpable" does not keep that capability out (CVE-2016-9962). So nothing of the host may be in a
// process that is seen there, at no moment. A joined pid namespace counts for children only: a stage that is never in it does all the work,
// closes what is the host's, becomes the program's user with the program's rights, and last of all clones the process that is in it.

/// <summary>From a stage to the process that becomes the program, in a pid namespace that was there before.</summary>
internal static class FinalProcess
{
    /// <summary>Called by the stage, before a filter may forbid it: what the final process will not have.</summary>
    public static void Prepare(InitContext context, InitReport report)
    {
        if (context.Final is SharedFlag final)
        {
            // Only the kernel writes there, for the stage: what is in the container does not say which process it is.
            report.Check(InitStep.Harden, Sys.MadviseDontfork(final));
        }
    }

    /// <summary>
    /// Returns only in the new process, which is a child of punnet like the stage. It asks for no signal when punnet ends: until the
    /// container is complete it has something to say to punnet or waits for a word, and ends when that is gone.
    /// </summary>
    public static void Clone(ProcessPlan plan, InitContext context, InitReport report)
    {
        // What changed the ids has also made it dumpable, where fs.suid_dumpable says so, proc_sys_fs(5).
        Sys.Prctl(ProcessControl.SetDumpable, 0);
        report.Check(InitStep.CloneInit, Sys.CloneSibling(context.Final!.Value, out bool isNew));
        if (!isNew)
        {
            Sys.ExitGroup(0);
        }

        Terminal.Lead(plan, report);
        Limits.ApplyLast(plan, report);
    }
}
