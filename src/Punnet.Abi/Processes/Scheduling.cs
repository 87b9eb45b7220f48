using System;
using System.Runtime.InteropServices;

namespace Punnet.Abi;

/// <summary>Policies of sched(7), linux/sched.h.</summary>
public enum SchedulerPolicy : uint
{
    /// <summary>SCHED_NORMAL, which sched(7) and the runtime-spec call SCHED_OTHER.</summary>
    Other = 0,

    /// <summary>SCHED_FIFO.</summary>
    Fifo = 1,

    /// <summary>SCHED_RR.</summary>
    RoundRobin = 2,

    /// <summary>SCHED_BATCH.</summary>
    Batch = 3,

    /// <summary>SCHED_IDLE.</summary>
    Idle = 5,

    /// <summary>SCHED_DEADLINE.</summary>
    Deadline = 6,
}

/// <summary>Flags of sched_setattr(2), linux/sched.h.</summary>
[Flags]
public enum SchedulerFlags : ulong
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>SCHED_FLAG_RESET_ON_FORK.</summary>
    ResetOnFork = 0x01,

    /// <summary>SCHED_FLAG_RECLAIM.</summary>
    Reclaim = 0x02,

    /// <summary>SCHED_FLAG_DL_OVERRUN.</summary>
    DeadlineOverrun = 0x04,

    /// <summary>SCHED_FLAG_KEEP_POLICY.</summary>
    KeepPolicy = 0x08,

    /// <summary>SCHED_FLAG_KEEP_PARAMS.</summary>
    KeepParameters = 0x10,

    /// <summary>SCHED_FLAG_UTIL_CLAMP_MIN.</summary>
    UtilizationMinimum = 0x20,

    /// <summary>SCHED_FLAG_UTIL_CLAMP_MAX.</summary>
    UtilizationMaximum = 0x40,
}

/// <summary>struct sched_attr of sched_setattr(2), 56 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct SchedulerAttributes
{
    /// <summary>size: of this struct.</summary>
    public uint Size;

    /// <summary>sched_policy.</summary>
    public SchedulerPolicy Policy;

    /// <summary>sched_flags.</summary>
    public SchedulerFlags Flags;

    /// <summary>sched_nice, -20 to 19.</summary>
    public int Nice;

    /// <summary>sched_priority, 1 to 99 for SCHED_FIFO and SCHED_RR.</summary>
    public uint Priority;

    /// <summary>sched_runtime, nanoseconds.</summary>
    public ulong Runtime;

    /// <summary>sched_deadline, nanoseconds.</summary>
    public ulong Deadline;

    /// <summary>sched_period, nanoseconds.</summary>
    public ulong Period;

    /// <summary>sched_util_min, 0 to 1024.</summary>
    public uint UtilizationMinimum;

    /// <summary>sched_util_max, 0 to 1024.</summary>
    public uint UtilizationMaximum;
}

/// <summary>Classes of ioprio_set(2), linux/ioprio.h.</summary>
public enum IoPriorityClass
{
    /// <summary>IOPRIO_CLASS_RT.</summary>
    Realtime = 1,

    /// <summary>IOPRIO_CLASS_BE.</summary>
    BestEffort = 2,

    /// <summary>IOPRIO_CLASS_IDLE.</summary>
    Idle = 3,
}

/// <summary>Execution domains of personality(2), linux/personality.h.</summary>
public enum ExecutionDomain : uint
{
    /// <summary>PER_LINUX.</summary>
    Linux = 0,

    /// <summary>PER_LINUX32.</summary>
    Linux32 = 0x8,
}
