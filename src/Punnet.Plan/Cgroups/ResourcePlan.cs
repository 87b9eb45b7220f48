using System.Collections.Generic;

namespace Punnet.Plan;

/// <summary>What linux.resources (or <c>update</c>) comes to, without the device rules: <see cref="DeviceProgram"/>.</summary>
/// <param name="Writes">The files to write, in this order.</param>
/// <param name="UsageChecks">What must hold before the first write.</param>
/// <param name="Warnings">What cannot be done on cgroup v2 and is left out: whole sentences that start with the place.</param>
public sealed record ResourcePlan(IReadOnlyList<CgroupWrite> Writes, IReadOnlyList<UsageCheck> UsageChecks, IReadOnlyList<string> Warnings);

/// <summary>One value for one file of the cgroup.</summary>
/// <param name="Controller">
/// The controller that must be enabled in the parent (cgroup.subtree_control) for the file to exist; empty if every cgroup has the file.
/// </param>
/// <param name="File">Name of the file, such as memory.max.</param>
/// <param name="Value">What is written, in one write(2).</param>
/// <param name="Place">Where config.json asks for it, such as linux.resources.memory.limit.</param>
public sealed record CgroupWrite(string Controller, string File, string Value, string Place)
{
    /// <summary>What happens if the write does not succeed.</summary>
    public CgroupError OnError { get; init; }

    /// <summary>What is written instead if <see cref="File"/> does not exist (ENOENT), with its own treatment of errors.</summary>
    public CgroupWrite? Fallback { get; init; }

    /// <summary>
    /// The first word that the file holds now is written before the value, with a space between: an update that gives only the period
    /// of cpu.max keeps the quota.
    /// </summary>
    public bool KeepsFirstWord { get; init; }

    /// <summary>Left out while cpu.idle holds 1, without an error: the kernel refuses weights of idle groups (EINVAL).</summary>
    public bool UnlessIdle { get; init; }
}

/// <summary>How an error of a write is treated.</summary>
public enum CgroupError
{
    /// <summary>It ends the command, with the file, the value, the place and, if the file is missing, the controller.</summary>
    Refuse,

    /// <summary>
    /// ENOENT means that the kernel or the cgroup lacks the feature and that the value is what holds without it; all else as
    /// <see cref="Refuse"/>. Without a cgroup nothing is lost either.
    /// </summary>
    IgnoreMissing,

    /// <summary>
    /// EINVAL may come from a value that the next write of the list changes: do that one, then this one again. All else, and the second
    /// time, as <see cref="Refuse"/>.
    /// </summary>
    RetryAfterNext,
}

/// <summary>
/// memory.checkBeforeUpdate: refuse if memory.current is <paramref name="Limit"/> or more. If memory.current cannot be read (no cgroup
/// yet), there is nothing to refuse.
/// </summary>
/// <param name="What">"memory limit" or "memory+swap limit": the words of <c>rejecting memory limit 1 &lt;= usage 2</c>.</param>
/// <param name="Limit">The new limit in bytes.</param>
/// <param name="Place">Where config.json asks for it.</param>
public sealed record UsageCheck(string What, long Limit, string Place);
