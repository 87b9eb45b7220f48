using System;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

/// <summary>process.rlimits, set by the process itself while it is still root: afterwards even the host would need CAP_SYS_RESOURCE.</summary>
internal static class Limits
{
    private const int Self = 0;

    /// <summary>Sets every limit.</summary>
    /// <param name="plan">The program.</param>
    /// <param name="isStage">
    /// Whether this process will clone the program's as the program's user: without rights, clone(2) counts how many that user has. The
    /// number of processes then stays as high as it may be, until <see cref="ApplyLast"/>.
    /// </param>
    /// <param name="report">ErrorMessages.</param>
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

    /// <summary>Sets what the stage has put off: a limit is lowered without any right.</summary>
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
