using System.Collections.Immutable;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

/// <summary>process.rlimits, set by the process itself while it is still root: afterwards even the host would need CAP_SYS_RESOURCE.</summary>
internal static class Limits
{
    /// <summary>Sets every limit.</summary>
    public static void Apply(ProcessPlan plan, InitReport report)
    {
        const int Self = 0;
        ImmutableArray<LimitStep> limits = plan.Limits;
        for (int i = 0; i < limits.Length; i++)
        {
            report.Check(InitStep.Limit, i, Sys.SetLimit(Self, limits[i].Kind, limits[i].Soft, limits[i].Hard));
        }
    }
}
