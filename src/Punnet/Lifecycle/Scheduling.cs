using Punnet.Abi;
using Punnet.Host;
using Punnet.Host.Errors;
using Punnet.Init;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Lifecycle;

/// <summary>
/// process.scheduler, process.ioPriority and process.execCPUAffinity of a process that is ready and waits. Set from outside: in a
/// user namespace no process has CAP_SYS_NICE over the host's CPUs, and earlier a SCHED_DEADLINE process could not have cloned hooks.
/// </summary>
internal static class Scheduling
{
    /// <summary>Sets policy and priorities.</summary>
    /// <exception cref="PunnetException">The kernel refuses one.</exception>
    public static void Apply(ProcessPlan plan, int pid)
    {
        if (plan.Scheduler is SchedulerAttributes attributes)
        {
            Check(plan, InitStep.Scheduler, 0, Sys.SchedSetattr(pid, attributes));
        }

        if (plan.IoPriority is int priority)
        {
            Check(plan, InitStep.IoPriority, 0, Sys.IoprioSet(pid, priority));
        }
    }

    /// <summary>
    /// Gives a process every CPU that its cgroup has: the engine that started punnet may be pinned (taskset), which is
    /// not meant for the container. Without permission the affinity stays as it is.
    /// </summary>
    public static void ResetAffinity(int pid) => _ = Sys.ResetAffinity(pid);

    /// <summary>execCPUAffinity.initial: punnet's own CPUs from now on, which the clone inherits into the cgroup.</summary>
    /// <exception cref="PunnetException">The kernel has none of them.</exception>
    public static void EnterInitialAffinity(ProcessPlan plan)
    {
        const int Self = 0;
        if (!plan.Affinity.Initial.IsEmpty)
        {
            Check(plan, InitStep.Affinity, 0, Sys.SchedSetaffinity(Self, plan.Affinity.Initial.AsSpan()));
        }
    }

    /// <summary>execCPUAffinity.final of a process in its cgroup; with neither it nor initial, every CPU.</summary>
    /// <exception cref="PunnetException">The cgroup has none of them.</exception>
    public static void ApplyFinalAffinity(ProcessPlan plan, int pid)
    {
        if (!plan.Affinity.Final.IsEmpty)
        {
            Check(plan, InitStep.Affinity, 1, Sys.SchedSetaffinity(pid, plan.Affinity.Final.AsSpan()));
        }
        else if (plan.Affinity.Initial.IsEmpty)
        {
            ResetAffinity(pid);
        }
    }

    private static void Check(ProcessPlan plan, InitStep step, int item, Errno errno)
    {
        if (errno != Errno.None)
        {
            throw ErrorMessages.Of(plan, step, item, errno);
        }
    }
}
