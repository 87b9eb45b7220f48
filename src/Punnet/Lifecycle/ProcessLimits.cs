using Punnet.Abi;
using Punnet.Host;
using Punnet.Host.Errors;
using Punnet.Init;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Lifecycle;

/// <summary>process.rlimits and process.oomScoreAdj of a process that waits, where only the host has the right to set them.</summary>
internal static class ProcessLimits
{
    /// <summary>
    /// Sets the resource limits before the ids are mapped: the new process could not raise one, and afterwards punnet would need
    /// CAP_SYS_RESOURCE itself.
    /// </summary>
    /// <exception cref="PunnetException">The kernel refuses one.</exception>
    public static void Raise(ProcessPlan plan, int pid)
    {
        for (int i = 0; i < plan.Limits.Length; i++)
        {
            LimitStep limit = plan.Limits[i];
            Errno errno = Sys.SetRlimit(pid, limit.Kind, limit.Soft, limit.Hard);
            if (errno != Errno.None)
            {
                throw ErrorMessages.Of(plan, InitStep.Limit, i, errno);
            }
        }
    }

    /// <summary>Sets the OOM score adjustment: lowering it needs the host's rights.</summary>
    /// <exception cref="PunnetException">The kernel refuses it.</exception>
    public static void SetOomScore(ProcessPlan plan, int pid, Descriptor proc)
    {
        if (plan.OomScore.IsNull)
        {
            return;
        }

        try
        {
            HostProbe.WriteOfProcess(proc, pid, "oom_score_adj", plan.OomScore.Text);
        }
        catch (SysException failure)
        {
            throw new PunnetException(
                "cannot set the OOM score adjustment " + plan.OomScore + " (process.oomScoreAdj): " + failure.Errno.Words(),
                failure.Errno == Errno.EACCES ? "a lower one than punnet's own lowest needs CAP_SYS_RESOURCE" : null);
        }
    }
}
