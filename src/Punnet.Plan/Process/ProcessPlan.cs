using System.Collections.Immutable;
using Punnet.Abi;

namespace Punnet.Plan;

/// <summary>A program to run in a container: what a create and an exec have in common.</summary>
public sealed record ProcessPlan
{
    /// <summary>argv.</summary>
    public required ImmutableArray<CString> Args { get; init; }

    /// <summary>Environment, duplicates removed.</summary>
    public required ImmutableArray<CString> Env { get; init; }

    /// <summary>Whether HOME has to be looked up in the container's /etc/passwd.</summary>
    public required bool NeedsHome { get; init; }

    /// <summary>Paths to try for args[0]: itself when it holds a slash, else one for each directory of the container's PATH.</summary>
    public required ImmutableArray<CString> Candidates { get; init; }

    /// <summary>Working directory in the container.</summary>
    public required CString Cwd { get; init; }

    /// <summary>User id in the container.</summary>
    public required uint Uid { get; init; }

    /// <summary>Group id in the container.</summary>
    public required uint Gid { get; init; }

    /// <summary>setgroups(2).</summary>
    public required ImmutableArray<uint> Groups { get; init; }

    /// <summary>Whether setgroups(2) is not called: run.oci.keep_original_groups.</summary>
    public bool KeepsGroups { get; init; }

    /// <summary>umask(2).</summary>
    public required uint Umask { get; init; }

    /// <summary>Resource limits, each kind once.</summary>
    public required ImmutableArray<LimitStep> Limits { get; init; }

    /// <summary>The five capability sets, without what the kernel does not know.</summary>
    public required CapabilitySets Capabilities { get; init; }

    /// <summary>prctl(PR_SET_NO_NEW_PRIVS).</summary>
    public required bool NoNewPrivileges { get; init; }

    /// <summary>Text for oom_score_adj; null leaves it alone.</summary>
    public required CString OomScore { get; init; }

    /// <summary>Whether it gets a pseudo-terminal.</summary>
    public required bool Terminal { get; init; }

    /// <summary>Rows of the terminal; 0 with <see cref="Columns"/> leaves the size alone.</summary>
    public required ushort Rows { get; init; }

    /// <summary>Columns of the terminal.</summary>
    public required ushort Columns { get; init; }

    /// <summary>sched_setattr(2), or null to keep the caller's.</summary>
    public SchedulerAttributes? Scheduler { get; init; }

    /// <summary>ioprio_set(2), class and level in one number, or null to keep the caller's.</summary>
    public int? IoPriority { get; init; }

    /// <summary>CPUs of an exec.</summary>
    public AffinityPlan Affinity { get; init; } = AffinityPlan.Every;

    /// <summary>personality(2), or null to keep the caller's.</summary>
    public ExecutionDomain? Personality { get; init; }

    /// <summary>set_mempolicy(2), or null to keep the caller's.</summary>
    public MemoryPolicyStep? MemoryPolicy { get; init; }

    /// <summary>AppArmor profile, or null.</summary>
    public CString ApparmorProfile { get; init; }

    /// <summary>What asks AppArmor for it at the next exec; null without.</summary>
    public CString ApparmorRequest { get; init; }

    /// <summary>SELinux label, or null.</summary>
    public CString SelinuxLabel { get; init; }

    /// <summary>System call filter, or null.</summary>
    public required SeccompPlan? Seccomp { get; init; }

    /// <summary>Sentences for the log: what was asked for and cannot be given, where the spec wants a warning.</summary>
    public required ImmutableArray<string> Warnings { get; init; }
}

/// <summary>One resource limit.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Soft">Soft limit.</param>
/// <param name="Hard">Hard limit.</param>
/// <param name="Index">Place in process.rlimits.</param>
public sealed record LimitStep(ResourceLimit Kind, ulong Soft, ulong Hard, int Index)
{
    /// <summary>Its native name, such as RLIMIT_NOFILE.</summary>
    public string Name => LimitPlanner.Name(Kind);
}
