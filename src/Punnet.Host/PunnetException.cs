using System;

namespace Punnet.Host;

/// <summary>A refusal or a failure whose message is the whole text after <c>punnet: COMMAND: </c>.</summary>
public sealed class PunnetException : Exception
{
    /// <summary>Makes the sentence.</summary>
    /// <param name="message">The problem, with its object.</param>
    /// <param name="hint">A second line, only where the kernel's words mislead.</param>
    public PunnetException(string message, string? hint = null)
        : base(message) => Hint = hint;

    /// <summary>punnet's exit status; null for the command's own for failures.</summary>
    public int? ExitStatus { get; init; }

    /// <summary>
    /// Whether a new process was killed before it ran at all. Where the caller's cgroup was once emptied by cgroup.kill, kernels with a
    /// counter of these (kill_seq) compare that of the caller's cgroup with that of the new one in clone3(2) with CLONE_INTO_CGROUP, and
    /// kill what they have just made. Moved there afterwards, the process lives.
    /// </summary>
    public bool HasNeverRun { get; init; }

    /// <summary>Whether it was that punnet could not leave its own file: a sealed copy of punnet can do the same command.</summary>
    public bool NeedsCopy { get; init; }

    /// <summary>What to do about it, or null.</summary>
    public string? Hint { get; }
}
