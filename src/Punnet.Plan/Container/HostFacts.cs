using Punnet.Abi;

namespace Punnet.Plan;

/// <summary>The facts about the host that planning needs; gathered first, because the planner itself reads nothing.</summary>
/// <param name="EffectiveUser">geteuid(2).</param>
/// <param name="LastCapability">Highest capability of the running kernel, /proc/sys/kernel/cap_last_cap.</param>
/// <param name="OwnCgroup">punnet's own cgroup, below the cgroup2 mount: <c>/</c> or <c>/user.slice/x</c>.</param>
/// <param name="Capabilities">punnet's permitted set: what it can grant where there is no user namespace.</param>
public sealed record HostFacts(uint EffectiveUser, int LastCapability, string OwnCgroup, ulong Capabilities)
{
    /// <summary>getegid(2), where the user is an ordinary one.</summary>
    public uint EffectiveGroup { get; init; }

    /// <summary>Flags that seccomp(2) takes: those of Linux 5.14, unless the kernel was asked.</summary>
    public SeccompFilterFlags SeccompFlags { get; init; } =
        SeccompFilterFlags.ThreadSync | SeccompFilterFlags.Log | SeccompFilterFlags.SpeculationAllow;

    /// <summary>The calling convention of punnet's own process, which a system call filter always covers.</summary>
    public SeccompArchitecture Architecture { get; init; } = SeccompArchitecture.X86_64;
}
