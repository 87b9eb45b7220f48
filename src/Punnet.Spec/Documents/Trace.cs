using System.Collections.Generic;

namespace Punnet.Spec;

/// <summary>What each step of a command took.</summary>
/// <param name="Command">The command and what it was about.</param>
/// <param name="Begin">Nanoseconds, CLOCK_MONOTONIC.</param>
/// <param name="End">Nanoseconds, CLOCK_MONOTONIC.</param>
/// <param name="Spans">The steps, in no order.</param>
public sealed record Trace(string Command, long Begin, long End, IReadOnlyList<TraceSpan> Spans)
{
    /// <summary>What the processes are called.</summary>
    public static string LaneName(int lane) => lane == 0 ? "punnet" : lane == 1 ? "new process" : "new process " + lane.ToString();
}

/// <summary>One step: what a process did between two moments.</summary>
/// <param name="Name">What.</param>
/// <param name="Lane">0 for punnet, then one for each of its clones.</param>
/// <param name="Begin">Nanoseconds, CLOCK_MONOTONIC.</param>
/// <param name="End">Nanoseconds, CLOCK_MONOTONIC.</param>
/// <param name="Result">"ok", or the kernel's words.</param>
public sealed record TraceSpan(string Name, int Lane, long Begin, long End, string Result);
