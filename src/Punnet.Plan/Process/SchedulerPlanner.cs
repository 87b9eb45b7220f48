using System.Collections.Generic;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>process.scheduler, process.ioPriority and process.execCPUAffinity.</summary>
internal static class SchedulerPlanner
{
    private const int MostCpus = 8192; // CONFIG_NR_CPUS has no larger value

    /// <summary>Plans the policy.</summary>
    /// <param name="written">As written, or null.</param>
    /// <param name="place">Its place.</param>
    /// <exception cref="SpecException">The policy is invalid, or does not take a value.</exception>
    public static SchedulerAttributes? Plan(Scheduler? written, string place)
    {
        if (written is null)
        {
            return null;
        }

        SchedulerPolicy policy = Policy(written.Policy, place + ".policy");
        CheckNumbers(written, policy, place);
        return new SchedulerAttributes
        {
            Policy = policy,
            Flags = Flags(written.Flags, place + ".flags"),
            Nice = written.Nice,
            Priority = (uint)written.Priority,
            Runtime = written.Runtime,
            Deadline = written.Deadline,
            Period = written.Period,
        };
    }

    /// <summary>Plans the priority of input and output, as ioprio_set(2) takes it.</summary>
    /// <exception cref="SpecException">The class is invalid, or the level is not from 0 to 7.</exception>
    public static int? Plan(IoPriority? written, string place)
    {
        if (written is null)
        {
            return null;
        }

        if (written.Priority is < 0 or > 7)
        {
            throw new SpecException(place + ".priority", written.Priority.ToString() + " is not from 0 (highest) to 7");
        }

        if (string.IsNullOrEmpty(written.Class))
        {
            throw new SpecException(place + ".class", "is missing");
        }

        if (!SchedulerNames.IoClasses.TryFind(written.Class, out ulong kind))
        {
            throw new SpecException(
                place + ".class", "\"" + written.Class + "\" is not a class (IOPRIO_CLASS_RT, IOPRIO_CLASS_BE or IOPRIO_CLASS_IDLE)",
                SchedulerNames.IoClasses.Hint(written.Class));
        }

        // The idle class has no levels, ioprio_set(2).
        return ((int)kind << SchedulerNames.ClassShift) | (kind == (ulong)IoPriorityClass.Idle ? 0 : written.Priority);
    }

    /// <summary>Plans the CPUs of an exec.</summary>
    /// <exception cref="SpecException">A list is invalid.</exception>
    public static AffinityPlan Plan(ExecCpuAffinity? written, string place) => new(
        Cpus(written?.Initial, place + ".initial"), Cpus(written?.Final, place + ".final"), written?.Initial ?? "", written?.Final ?? "");

    private static ImmutableArray<ulong> Cpus(string? list, string place) =>
        string.IsNullOrEmpty(list) ? [] : NumberList.Mask(list, place, MostCpus);

    private static SchedulerPolicy Policy(string? policy, string place) => policy switch
    {
        _ when SchedulerNames.Policies.TryFind(policy, out ulong found) => (SchedulerPolicy)found,

        // The number is reserved for it since 2.6, and no Linux ever had it.
        "SCHED_ISO" => throw new SpecException(place, "Linux has no SCHED_ISO"),
        null or "" => throw new SpecException(place, "is missing"),
        _ => throw new SpecException(
            place, "\"" + policy + "\" is not a policy (SCHED_OTHER, SCHED_FIFO, SCHED_RR, SCHED_BATCH, SCHED_IDLE or SCHED_DEADLINE)",
            SchedulerNames.Policies.Hint(policy)),
    };

    private static void CheckNumbers(Scheduler written, SchedulerPolicy policy, string place)
    {
        if (written.Nice is < -20 or > 19)
        {
            throw new SpecException(place + ".nice", written.Nice.ToString() + " is not from -20 to 19");
        }

        bool isRealtime = policy is SchedulerPolicy.Fifo or SchedulerPolicy.RoundRobin;
        if (isRealtime && written.Priority is < 1 or > 99)
        {
            throw new SpecException(place + ".priority", written.Priority.ToString() + " is not from 1 to 99");
        }

        if (!isRealtime && written.Priority != 0)
        {
            throw new SpecException(
                place + ".priority", "only SCHED_FIFO and SCHED_RR have a priority, and " + written.Policy + " has not");
        }

        if (policy != SchedulerPolicy.Deadline)
        {
            string? name = written switch
            {
                { Runtime: not 0 } => "runtime",
                { Deadline: not 0 } => "deadline",
                { Period: not 0 } => "period",
                _ => null,
            };
            if (name is not null)
            {
                throw new SpecException(place + "." + name, "only SCHED_DEADLINE has a " + name + ", and " + written.Policy + " has not");
            }

            return;
        }

        // sched_setattr(2): runtime <= deadline <= period, and a period of 0 is the deadline.
        if (written.Runtime == 0 || written.Deadline == 0)
        {
            throw new SpecException(place + (written.Runtime == 0 ? ".runtime" : ".deadline"), "is missing: SCHED_DEADLINE needs it");
        }

        if (written.Runtime > written.Deadline)
        {
            throw new SpecException(
                place + ".runtime", written.Runtime.ToString() + " is more than the deadline, " + written.Deadline.ToString());
        }

        if (written.Period != 0 && written.Deadline > written.Period)
        {
            throw new SpecException(
                place + ".deadline", written.Deadline.ToString() + " is more than the period, " + written.Period.ToString());
        }
    }

    private static SchedulerFlags Flags(IReadOnlyList<string> written, string place)
    {
        SchedulerFlags flags = SchedulerFlags.None;
        for (int i = 0; i < written.Count; i++)
        {
            flags |= SchedulerNames.Flags.TryFind(written[i], out ulong flag)
                ? (SchedulerFlags)flag
                : throw new SpecException(
                    JsonPath.At(place, i), "\"" + written[i] + "\" is not a flag of a scheduler (SCHED_FLAG_*)",
                    SchedulerNames.Flags.Hint(written[i]));
        }

        return flags;
    }
}

/// <summary>process.execCPUAffinity: masks with one bit for each CPU, empty where nothing is written.</summary>
/// <param name="Initial">From the clone on.</param>
/// <param name="Final">Once it is in the container's cgroup.</param>
/// <param name="InitialText">As written.</param>
/// <param name="FinalText">As written.</param>
public sealed record AffinityPlan(ImmutableArray<ulong> Initial, ImmutableArray<ulong> Final, string InitialText, string FinalText)
{
    /// <summary>Nothing is written: every CPU that the cgroup has.</summary>
    public static AffinityPlan Every { get; } = new([], [], "", "");
}
