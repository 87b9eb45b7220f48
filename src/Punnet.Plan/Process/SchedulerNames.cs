using Punnet.Abi;

namespace Punnet.Plan;

/// <summary>
/// The words of process.scheduler and process.ioPriority: config.md#linux-process. Made when they are asked for: few ask.
/// </summary>
public static class SchedulerNames
{
    /// <summary>IOPRIO_CLASS_SHIFT, linux/ioprio.h: the class of a priority stands above its level.</summary>
    internal const int ClassShift = 13;

    /// <summary>Policies of sched(7).</summary>
    internal static Vocabulary Policies => new(
    [
        ("SCHED_BATCH", (ulong)SchedulerPolicy.Batch),
        ("SCHED_DEADLINE", (ulong)SchedulerPolicy.Deadline),
        ("SCHED_FIFO", (ulong)SchedulerPolicy.Fifo),
        ("SCHED_IDLE", (ulong)SchedulerPolicy.Idle),
        ("SCHED_OTHER", (ulong)SchedulerPolicy.Other),
        ("SCHED_RR", (ulong)SchedulerPolicy.RoundRobin),
    ]);

    /// <summary>Flags of sched_setattr(2).</summary>
    internal static Vocabulary Flags => new(
    [
        ("SCHED_FLAG_DL_OVERRUN", (ulong)SchedulerFlags.DeadlineOverrun),
        ("SCHED_FLAG_KEEP_PARAMS", (ulong)SchedulerFlags.KeepParameters),
        ("SCHED_FLAG_KEEP_POLICY", (ulong)SchedulerFlags.KeepPolicy),
        ("SCHED_FLAG_RECLAIM", (ulong)SchedulerFlags.Reclaim),
        ("SCHED_FLAG_RESET_ON_FORK", (ulong)SchedulerFlags.ResetOnFork),
        ("SCHED_FLAG_UTIL_CLAMP_MAX", (ulong)SchedulerFlags.UtilizationMaximum),
        ("SCHED_FLAG_UTIL_CLAMP_MIN", (ulong)SchedulerFlags.UtilizationMinimum),
    ]);

    /// <summary>Classes of ioprio_set(2).</summary>
    internal static Vocabulary IoClasses => new(
    [
        ("IOPRIO_CLASS_BE", (ulong)IoPriorityClass.BestEffort),
        ("IOPRIO_CLASS_IDLE", (ulong)IoPriorityClass.Idle),
        ("IOPRIO_CLASS_RT", (ulong)IoPriorityClass.Realtime),
    ]);

    /// <summary>A policy as config.json writes it.</summary>
    public static string Of(SchedulerPolicy policy) => Policies.NameOf((ulong)policy) ?? policy.ToString("d");
}
