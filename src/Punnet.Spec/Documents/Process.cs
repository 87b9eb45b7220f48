using System.Collections.Generic;

namespace Punnet.Spec;

/// <summary>config.md#process: also what <c>exec --process</c> reads.</summary>
public sealed record Process
{
    /// <summary>Whether the process gets a pseudo-terminal.</summary>
    public bool Terminal { get; init; }

    /// <summary>Size of that terminal; ignored without one.</summary>
    public ConsoleSize? ConsoleSize { get; init; }

    /// <summary>Working directory inside the container.</summary>
    public string? Cwd { get; init; }

    /// <summary>Environment, <c>NAME=value</c>.</summary>
    public IReadOnlyList<string> Env { get; init; } = [];

    /// <summary>argv.</summary>
    public IReadOnlyList<string> Args { get; init; } = [];

    /// <summary>Resource limits, setrlimit(2).</summary>
    public IReadOnlyList<Rlimit> Rlimits { get; init; } = [];

    /// <summary>AppArmor profile to enter at exec.</summary>
    public string? ApparmorProfile { get; init; }

    /// <summary>SELinux label to enter at exec.</summary>
    public string? SelinuxLabel { get; init; }

    /// <summary>Absent means that every capability is dropped.</summary>
    public Capabilities? Capabilities { get; init; }

    /// <summary>prctl(PR_SET_NO_NEW_PRIVS).</summary>
    public bool NoNewPrivileges { get; init; }

    /// <summary>Value for /proc/self/oom_score_adj; null leaves it alone.</summary>
    public long? OomScoreAdj { get; init; }

    /// <summary>sched_setattr(2).</summary>
    public Scheduler? Scheduler { get; init; }

    /// <summary>ioprio_set(2).</summary>
    public IoPriority? IoPriority { get; init; }

    /// <summary>CPU affinity of exec'ed processes.</summary>
    public ExecCpuAffinity? ExecCpuAffinity { get; init; }

    /// <summary>Numeric ids; names are never looked up (CVE-2016-3697).</summary>
    public User User { get; init; } = new();
}

/// <summary>config.md#process: consoleSize, in characters.</summary>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
public readonly record struct ConsoleSize(uint Height, uint Width);

/// <summary>One entry of process.rlimits.</summary>
/// <param name="Type">RLIMIT_*.</param>
/// <param name="Soft">Soft limit; 2^64-1 is infinity.</param>
/// <param name="Hard">Hard limit.</param>
public readonly record struct Rlimit(string? Type, ulong Soft, ulong Hard);

/// <summary>process.capabilities: CAP_* names, as written.</summary>
public sealed record Capabilities
{
    /// <summary>capabilities(7), bounding set.</summary>
    public IReadOnlyList<string> Bounding { get; init; } = [];

    /// <summary>Effective set.</summary>
    public IReadOnlyList<string> Effective { get; init; } = [];

    /// <summary>Inheritable set.</summary>
    public IReadOnlyList<string> Inheritable { get; init; } = [];

    /// <summary>Permitted set.</summary>
    public IReadOnlyList<string> Permitted { get; init; } = [];

    /// <summary>Ambient set.</summary>
    public IReadOnlyList<string> Ambient { get; init; } = [];
}

/// <summary>process.scheduler.</summary>
public sealed record Scheduler
{
    /// <summary>SCHED_*.</summary>
    public string? Policy { get; init; }

    /// <summary>For SCHED_OTHER and SCHED_BATCH.</summary>
    public int Nice { get; init; }

    /// <summary>For SCHED_FIFO and SCHED_RR.</summary>
    public int Priority { get; init; }

    /// <summary>SCHED_FLAG_*.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    /// <summary>SCHED_DEADLINE, nanoseconds.</summary>
    public ulong Runtime { get; init; }

    /// <summary>SCHED_DEADLINE, nanoseconds.</summary>
    public ulong Deadline { get; init; }

    /// <summary>SCHED_DEADLINE, nanoseconds.</summary>
    public ulong Period { get; init; }
}

/// <summary>process.ioPriority.</summary>
/// <param name="Class">IOPRIO_CLASS_*.</param>
/// <param name="Priority">0 (highest) to 7.</param>
public sealed record IoPriority(string? Class, int Priority);

/// <summary>process.execCPUAffinity: CPU lists such as <c>0-3,7</c>.</summary>
/// <param name="Initial">Until the process is in the container's cgroup.</param>
/// <param name="Final">Afterwards.</param>
public sealed record ExecCpuAffinity(string? Initial, string? Final);

/// <summary>process.user.</summary>
public sealed record User
{
    /// <summary>User id inside the container.</summary>
    public uint Uid { get; init; }

    /// <summary>Group id inside the container.</summary>
    public uint Gid { get; init; }

    /// <summary>umask(2); null means 0022.</summary>
    public uint? Umask { get; init; }

    /// <summary>setgroups(2).</summary>
    public IReadOnlyList<uint> AdditionalGids { get; init; } = [];
}
