using System.Collections.Generic;
using Punnet.Abi;

namespace Punnet.Plan;

/// <summary>What the machine gives to the seccomp compiler.</summary>
/// <param name="Native">Architecture of the kernel; always part of the filter.</param>
/// <param name="SupportedFlags">
/// Flags that the kernel takes. Linux 5.14 has all but <see cref="SeccompFilterFlags.WaitKillableReceive"/> (5.19).
/// </param>
public sealed record SeccompFacts(SeccompArchitecture Native, SeccompFilterFlags SupportedFlags);

/// <summary>linux.seccomp, ready to be loaded.</summary>
public sealed record SeccompPlan
{
    /// <summary>The filter, 1 to 4096 instructions.</summary>
    public required BpfInstruction[] Program { get; init; }

    /// <summary>Flags for seccomp(SECCOMP_SET_MODE_FILTER), with NEW_LISTENER where an agent is told.</summary>
    public required SeccompFilterFlags Flags { get; init; }

    /// <summary>
    /// The profile's own program where <see cref="Program"/> only reports what that refuses (<see cref="SeccompReport"/>);
    /// null in a plan that does as the profile says.
    /// </summary>
    public BpfInstruction[]? Verdicts { get; init; }

    /// <summary>
    /// Whether loading returns a descriptor: for the agent at <see cref="ListenerPath"/>, or for punnet where it explains.
    /// </summary>
    public required bool NeedsListener { get; init; }

    /// <summary>Unix socket of the agent; present where <see cref="NeedsListener"/> and nothing is explained.</summary>
    public string? ListenerPath { get; init; }

    /// <summary>Where config.json names <see cref="ListenerPath"/>.</summary>
    public string ListenerPlace { get; init; } = "linux.seccomp.listenerPath";

    /// <summary>Opaque text for the agent.</summary>
    public string? ListenerMetadata { get; init; }

    /// <summary>Names in the profile that no architecture has: without effect, for a debug line.</summary>
    public required IReadOnlyList<string> IgnoredNames { get; init; }
}
