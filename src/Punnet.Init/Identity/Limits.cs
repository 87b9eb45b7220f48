using System;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

/// <summary>process.rlimits, set by init while it is still root: later even the host would need CAP_SYS_RESOURCE.</summary>
internal static class Limits
{
    private const int Self = 0;

    /// <summary>Sets every limit.</summary>
    /// <param name="plan">The program.</param>
    /// <param name="isStage">
    /// Whether this process later clones as the program's user: without privileges, clone(2) checks RLIMIT_NPROC of that user. The limit
    /// then stays as high as possible, until <see cref="ApplyLast"/>.
    /// </param>
    /// <param name="report">Reports failures.</param>
    public static void Apply(ProcessPlan plan, bool isStage, InitReport report)
    {
        ImmutableArray<LimitStep> limits = plan.Limits;
        for (int i = 0; i < limits.Length; i++)
        {
            ulong soft = limits[i].Soft, hard = limits[i].Hard;
            if (isStage && limits[i].Kind == ResourceLimit.Processes)
            {
                report.Check(InitStep.Limit, i, Sys.GetRlimit(ResourceLimit.Processes, out _, out ulong most));
                soft = hard = Math.Max(most, hard);
            }

            report.Check(InitStep.Limit, i, Sys.SetRlimit(Self, limits[i].Kind, soft, hard));
        }
    }

    /// <summary>Sets the limit that the stage has deferred: lowering it needs no privilege.</summary>
    public static void ApplyLast(ProcessPlan plan, InitReport report)
    {
        ImmutableArray<LimitStep> limits = plan.Limits;
        for (int i = 0; i < limits.Length; i++)
        {
            if (limits[i].Kind == ResourceLimit.Processes)
            {
                report.Check(InitStep.Limit, i, Sys.SetRlimit(Self, limits[i].Kind, limits[i].Soft, limits[i].Hard));
            }
        }
    }
}
