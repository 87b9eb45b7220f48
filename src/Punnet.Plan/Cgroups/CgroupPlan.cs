using System.Collections.Immutable;

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

    /// <summary>
    /// Path of a cgroup below it in which the program starts, run.oci.delegate-cgroup; null: it starts in the container's.
    /// </summary>
    public string? Delegate { get; init; }
}

/// <summary>The unit that stands for a container with the systemd driver.</summary>
/// <param name="Name">Full name: prefix-name.scope, or name.slice.</param>
/// <param name="Slice">The slice that it lies in, such as system.slice; "-.slice" is the root.</param>
/// <param name="IsSlice">Whether the unit is itself a slice: it then takes no processes and no Delegate=.</param>
public sealed record SystemdUnit(string Name, string Slice, bool IsSlice)
{
    /// <summary>From the annotations org.systemd.property.*, in the order of their names.</summary>
    public ImmutableArray<UnitProperty> Properties { get; init; } = [];

    /// <summary>
    /// DeviceAllow=: what the container may use, or more where a unit cannot say it; the cgroup's own device program is exact. Null where
    /// every device is allowed.
    /// </summary>
    public ImmutableArray<UnitDevice>? Devices { get; init; }

    /// <summary>Name of a cgroup below the unit's that takes the container, run.oci.systemd.subgroup; null: the unit's takes it.</summary>
    public string? SubGroup { get; init; }
}

/// <summary>A property of a unit, as StartTransientUnit takes it (org.freedesktop.systemd1(5)).</summary>
/// <param name="Name">Such as TimeoutStopUSec.</param>
/// <param name="Value">Its value.</param>
/// <param name="Place">Where config.json asks for it; empty where punnet does.</param>
public sealed record UnitProperty(string Name, BusValue Value, string Place);

/// <summary>One entry of DeviceAllow= (systemd.resource-control(5)).</summary>
/// <param name="Pattern">/dev/char/1:3, char-136 for a whole major, or char-* for all.</param>
/// <param name="Access">Some of r, w and m.</param>
public sealed record UnitDevice(string Pattern, string Access);
