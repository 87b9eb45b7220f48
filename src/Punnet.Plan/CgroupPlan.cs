namespace Punnet.Plan;

/// <summary>Where the container's cgroup lies.</summary>
/// <param name="Path">
/// Path of the cgroup, starting with a slash and never only a slash: below the cgroup2 mount, or, with the systemd driver, below the
/// cgroup of the manager that makes it (its property ControlGroup: empty for the system's, user@N.service for a user's).
/// </param>
/// <param name="Unit">The unit that systemd makes; null with the cgroupfs driver.</param>
public sealed record CgroupPlan(string Path, SystemdUnit? Unit)
{
    /// <summary>The host's id of the user who gets the cgroup, to make cgroups below it; null leaves it to punnet's.</summary>
    public uint? Owner { get; init; }
}

/// <summary>The unit that stands for a container with the systemd driver.</summary>
/// <param name="Name">Full name: prefix-name.scope, or name.slice.</param>
/// <param name="Slice">The slice that it lies in, such as system.slice; "-.slice" is the root.</param>
/// <param name="IsSlice">Whether the unit is itself a slice: it then takes no processes and no Delegate=.</param>
public sealed record SystemdUnit(string Name, string Slice, bool IsSlice);
