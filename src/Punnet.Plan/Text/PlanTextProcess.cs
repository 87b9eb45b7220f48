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
        text.Line(
            plan.Terminal, "terminal of " + plan.Rows.ToString() + " rows and " + plan.Columns.ToString() + " columns (process.terminal)");
        text.Step("cwd", plan.Cwd, "process.cwd");
        text.Line(plan.NeedsHome, "HOME from /etc/passwd");
        text.Line(plan.NoNewPrivileges, "no_new_privs (process.noNewPrivileges)");
        foreach (LimitStep limit in plan.Limits)
        {
            text.Line("limit " + limit.Name + " " + Limit(limit.Soft) + " of " + Limit(limit.Hard)
                + " (" + JsonPath.At("process.rlimits", limit.Index) + ")");
        }

        Scheduling(text, plan);
        text.Line((plan.KeepsGroups ? "groups kept" : "groups" + Numbers(plan.Groups)) + " (process.user.additionalGids)");
        text.Line("user " + plan.Uid.ToString() + ":" + plan.Gid.ToString() + " (process.user)");
        text.Line("bounding " + PlanWords.OfCapabilities(plan.Capabilities.Bounding) + " (process.capabilities.bounding)");
        text.Line("effective " + PlanWords.OfCapabilities(plan.Capabilities.Effective) + " (process.capabilities.effective)");
        text.Line("permitted " + PlanWords.OfCapabilities(plan.Capabilities.Permitted) + " (process.capabilities.permitted)");
        text.Line("inheritable " + PlanWords.OfCapabilities(plan.Capabilities.Inheritable) + " (process.capabilities.inheritable)");
        text.Line("ambient " + PlanWords.OfCapabilities(plan.Capabilities.Ambient) + " (process.capabilities.ambient)");
        text.Line("umask " + Octal(plan.Umask) + " (process.user.umask)");
        if (plan.Personality is ExecutionDomain domain)
        {
            text.Line("personality " + PlanWords.Of(domain) + " (linux.personality)");
        }

        if (plan.MemoryPolicy is MemoryPolicyStep policy)
        {
            text.Line("memory policy " + PlanWords.Of(policy.Mode) + ", nodes " + Members(policy.Nodes) + " ("
                + PlanWords.Quoted(policy.Name) + ") (linux.memoryPolicy)");
        }

        text.Step("check AppArmor for the profile", plan.ApparmorProfile, "process.apparmorProfile");
        text.Step("ask AppArmor for", plan.ApparmorRequest, "process.apparmorProfile");
        text.Step("SELinux label", plan.SelinuxLabel, "process.selinuxLabel");
        foreach (CString candidate in plan.Candidates)
        {
            text.Step("look for", candidate, "process.args[0]");
        }

        text.Step("oom_score_adj", plan.OomScore, "process.oomScoreAdj");
        foreach (CString entry in plan.Env)
        {
            text.Step("env", entry, "process.env");
        }

        text.Line("args" + PlanWords.Quoted(plan.Args) + " (process.args)");
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
                + Amount("util_min", scheduler.UtilizationMinimum) + Amount("util_max", scheduler.UtilizationMaximum)
                + " (process.scheduler)");
        }

        if (plan.IoPriority is int priority)
        {
            text.Line("io priority " + PlanWords.OfIoPriority(priority) + " (process.ioPriority)");
        }
    }

    private static void Affinity(Sections text, string when, ImmutableArray<ulong> cpus, string written) =>
        text.Line(!cpus.IsEmpty || written.Length > 0,
            "cpus of an exec " + when + " " + Members(cpus) + " (" + PlanWords.Quoted(written) + ") (process.execCPUAffinity)");

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

        text.Line("load " + filter.Program.Length.ToString() + " instructions "
            + (plan.NoNewPrivileges ? "just before exec" : "before the ids change") + " (linux.seccomp)");
        text.Line(filter.Flags != SeccompFilterFlags.None, "flags " + PlanWords.Of(filter.Flags) + " (linux.seccomp.flags)");
        text.Line(filter.NeedsListener,
            "listener to " + PlanWords.Quoted(filter.ListenerPath ?? "") + " with " + PlanWords.Quoted(filter.ListenerMetadata ?? "")
            + " (" + filter.ListenerPlace + ")");
        text.Line(filter.Verdicts is not null, "explain refusals by " + (filter.Verdicts?.Length ?? 0).ToString() + " instructions");
        foreach (string name in filter.IgnoredNames)
        {
            text.Line("ignore " + PlanWords.Quoted(name) + " (linux.seccomp.syscalls)");
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
