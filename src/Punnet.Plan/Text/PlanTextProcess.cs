using System.Collections.Immutable;
using System.Numerics;
using System.Text;
using Punnet.Abi;

namespace Punnet.Plan;

/// <content>The program and its filter.</content>
public static partial class PlanText
{
    private static void Process(Sections text, ProcessPlan plan)
    {
        text.Line(plan.Terminal, "terminal of " + plan.Rows.ToString() + " rows and " + plan.Columns.ToString() + " columns");
        text.Step("cwd", plan.Cwd);
        text.Line(plan.NeedsHome, "HOME from /etc/passwd");
        text.Line(plan.NoNewPrivileges, "no_new_privs");
        foreach (LimitStep limit in plan.Limits)
        {
            text.Line("limit " + limit.Name + " " + Limit(limit.Soft) + " of " + Limit(limit.Hard)
                + " (" + Place.At("process.rlimits", limit.Index) + ")");
        }

        Scheduling(text, plan);
        text.Line(plan.KeepsGroups ? "groups kept" : "groups" + Numbers(plan.Groups));
        text.Line("user " + plan.Uid.ToString() + ":" + plan.Gid.ToString());
        text.Line("bounding " + PlanWords.OfCapabilities(plan.Capabilities.Bounding));
        text.Line("effective " + PlanWords.OfCapabilities(plan.Capabilities.Effective));
        text.Line("permitted " + PlanWords.OfCapabilities(plan.Capabilities.Permitted));
        text.Line("inheritable " + PlanWords.OfCapabilities(plan.Capabilities.Inheritable));
        text.Line("ambient " + PlanWords.OfCapabilities(plan.Capabilities.Ambient));
        text.Line("umask " + Octal(plan.Umask));
        if (plan.Personality is ExecutionDomain domain)
        {
            text.Line("personality " + PlanWords.Of(domain));
        }

        if (plan.MemoryPolicy is MemoryPolicyStep policy)
        {
            text.Line("memory policy " + PlanWords.Of(policy.Mode) + ", nodes " + Members(policy.Nodes) + " (" + PlanWords.Quoted(policy.Name) + ")");
        }

        text.Step("check AppArmor for the profile", plan.ApparmorProfile);
        text.Step("ask AppArmor for", plan.ApparmorRequest);
        text.Step("SELinux label", plan.SelinuxLabel);
        foreach (CString candidate in plan.Candidates)
        {
            text.Step("look for", candidate);
        }

        text.Step("oom_score_adj", plan.OomScore);
        foreach (CString entry in plan.Env)
        {
            text.Step("env", entry);
        }

        text.Line("args" + PlanWords.Quoted(plan.Args));
        foreach (string warning in plan.Warnings)
        {
            text.Line("warn: " + warning);
        }
    }

    private static void Scheduling(Sections text, ProcessPlan plan)
    {
        Affinity(text, "first", plan.Affinity.Initial, plan.Affinity.InitialText);
        Affinity(text, "then", plan.Affinity.Final, plan.Affinity.FinalText);
        if (plan.Scheduler is SchedulerAttributes scheduler)
        {
            text.Line("scheduler " + PlanWords.Of(scheduler.Policy)
                + (scheduler.Flags == SchedulerFlags.None ? "" : " " + PlanWords.Of(scheduler.Flags))
                + Amount("nice", scheduler.Nice) + Amount("priority", scheduler.Priority)
                + Amount("runtime", scheduler.Runtime) + Amount("deadline", scheduler.Deadline) + Amount("period", scheduler.Period)
                + Amount("util_min", scheduler.UtilizationMinimum) + Amount("util_max", scheduler.UtilizationMaximum));
        }

        if (plan.IoPriority is int priority)
        {
            text.Line("io priority " + PlanWords.OfIoPriority(priority));
        }
    }

    private static void Affinity(Sections text, string when, ImmutableArray<ulong> cpus, string written) =>
        text.Line(!cpus.IsEmpty || written.Length > 0, "cpus of an exec " + when + " " + Members(cpus) + " (" + PlanWords.Quoted(written) + ")");

    private static string Amount<T>(string word, T number)
        where T : INumber<T> => T.IsZero(number) ? "" : ", " + word + " " + number.ToString();

    // The numbers of the bits of a mask of many words.
    private static string Members(ImmutableArray<ulong> mask)
    {
        StringBuilder text = new();
        for (int number = 0; number < mask.Length * 64; number++)
        {
            if (((mask[number / 64] >> (number % 64)) & 1) != 0)
            {
                text.Append(text.Length == 0 ? "" : " ").Append(number);
            }
        }

        return text.Length == 0 ? "none" : text.ToString();
    }

    private static void Seccomp(Sections text, ProcessPlan plan)
    {
        if (plan.Seccomp is not SeccompPlan filter)
        {
            return;
        }

        text.Line("load " + filter.Program.Length.ToString() + " instructions " + (plan.NoNewPrivileges ? "just before exec" : "before the ids change"));
        text.Line(filter.Flags != SeccompFilterFlags.None, "flags " + PlanWords.Of(filter.Flags));
        text.Line(filter.NeedsListener, "listener to " + PlanWords.Quoted(filter.ListenerPath ?? "") + " with " + PlanWords.Quoted(filter.ListenerMetadata ?? "")
            + " (" + filter.ListenerPlace + ")");
        text.Line(filter.Verdicts is not null, "explain refusals by " + (filter.Verdicts?.Length ?? 0).ToString() + " instructions");
        foreach (string name in filter.IgnoredNames)
        {
            text.Line("ignore " + PlanWords.Quoted(name));
        }
    }

    private static string Limit(ulong value) => value == ulong.MaxValue ? "unlimited" : value.ToString();

    private static string Numbers(ImmutableArray<uint> numbers)
    {
        StringBuilder text = new(numbers.IsEmpty ? " none" : "");
        foreach (uint number in numbers)
        {
            text.Append(' ').Append(number);
        }

        return text.ToString();
    }

    private static string Octal(uint number)
    {
        StringBuilder digits = new();
        for (uint rest = number; rest != 0; rest >>= 3)
        {
            digits.Insert(0, (char)('0' + (rest & 7)));
        }

        return "0" + digits.ToString();
    }
}
