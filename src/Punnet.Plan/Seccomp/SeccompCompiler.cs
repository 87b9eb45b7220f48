using System;
using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>
/// Compiles linux.seccomp (runtime-spec config-linux.md#seccomp) to a classic BPF program, without files or system calls. The
/// meaning is libseccomp's as runc and crun use it; the few differences stand at the head of Punnet.Seccomp.Tests.RandomProfileTests.
/// </summary>
public static class SeccompCompiler
{
    private const uint NotImplemented = 38; // ENOSYS, asm-generic/errno.h; mips and parisc differ
    private const uint NotImplementedMips = 89;
    private const uint NotImplementedPaRisc = 251;
    private const int ArgumentCount = 6;

    /// <summary>Compiles a profile.</summary>
    /// <param name="profile">linux.seccomp.</param>
    /// <param name="facts">The machine.</param>
    /// <exception cref="SpecException">The profile cannot be used; names the place.</exception>
    public static SeccompPlan Compile(Punnet.Spec.Seccomp profile, SeccompFacts facts)
    {
        uint defaultAction = SeccompVocabulary.Action(
            profile.DefaultAction, profile.DefaultErrnoRet, SeccompVocabulary.Root, "defaultAction", "defaultErrnoRet");
        if (defaultAction == (uint)SeccompAction.Notify)
        {
            // Nobody could answer for the calls that hand the listener over.
            throw new SpecException(SeccompVocabulary.Root + ".defaultAction", "SCMP_ACT_NOTIFY cannot be the default action");
        }

        SeccompVerdicts verdicts = new(defaultAction);
        List<SeccompRules> architectures = Architectures(profile, facts, verdicts);
        List<string> ignored = [];
        bool notifies = false;
        for (int i = 0; i < profile.Syscalls.Count; i++)
        {
            notifies |= AddRule(profile.Syscalls[i], i, verdicts, architectures, ignored);
        }

        if (notifies && string.IsNullOrEmpty(profile.ListenerPath))
        {
            throw new SpecException(SeccompVocabulary.Root + ".listenerPath", "is missing: SCMP_ACT_NOTIFY needs the socket of an agent");
        }

        int? newer = AnswersNewerCalls(defaultAction) ? verdicts.For((uint)SeccompAction.Errno | NoSuchCall(facts.Native)) : null;
        return new SeccompPlan
        {
            Program = SeccompProgram.Write(architectures, verdicts, newer),
            Flags = Flags(profile, facts, notifies),
            NeedsListener = notifies,
            ListenerPath = profile.ListenerPath,
            ListenerMetadata = profile.ListenerMetadata,
            IgnoredNames = ignored,
        };
    }

    /// <summary>
    /// Whether calls that are newer than the profile get ENOSYS, which lets a C library fall back to an older call, rather than
    /// the default action (runc's patchbpf). A default action that lets calls happen or asks a tracer needs no such answer.
    /// </summary>
    private static bool AnswersNewerCalls(uint defaultAction) =>
        (defaultAction & 0xffff_0000) is not ((uint)SeccompAction.Allow or (uint)SeccompAction.Log or (uint)SeccompAction.Trace);

    private static uint NoSuchCall(SeccompArchitecture native) => native switch
    {
        >= SeccompArchitecture.Mips and <= SeccompArchitecture.MipsEl64N32 => NotImplementedMips,
        SeccompArchitecture.PaRisc or SeccompArchitecture.PaRisc64 => NotImplementedPaRisc,
        _ => NotImplemented,
    };

    /// <summary>The native architecture, then those of the profile in their order, each once.</summary>
    private static List<SeccompRules> Architectures(Punnet.Spec.Seccomp profile, SeccompFacts facts, SeccompVerdicts verdicts)
    {
        List<SeccompRules> rules = [new SeccompRules(facts.Native, verdicts)];
        for (int i = 0; i < profile.Architectures.Count; i++)
        {
            string text = profile.Architectures[i];
            SeccompArchitecture architecture = SeccompVocabulary.Architecture(text);
            if (architecture == SeccompArchitecture.None)
            {
                throw new SpecException(
                    $"{SeccompVocabulary.Root}.architectures[{i}]", $"\"{text}\" is not an architecture (SCMP_ARCH_*)",
                    SeccompNames.ArchitectureWords.Hint(text));
            }

            if (architecture.IsBigEndian() != facts.Native.IsBigEndian())
            {
                throw new SpecException(
                    $"{SeccompVocabulary.Root}.architectures[{i}]", $"{text} has another byte order than this machine");
            }

            if (!Contains(rules, architecture))
            {
                rules.Add(new SeccompRules(architecture, verdicts));
            }
        }

        return rules;
    }

    private static bool Contains(List<SeccompRules> rules, SeccompArchitecture architecture)
    {
        foreach (SeccompRules known in rules)
        {
            if (known.Architecture == architecture)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Adds one entry of syscalls to every architecture.</summary>
    /// <returns>Whether it notifies an agent.</returns>
    private static bool AddRule(
        SeccompRule rule, int position, SeccompVerdicts verdicts, List<SeccompRules> architectures, List<string> ignored)
    {
        string place = $"{SeccompVocabulary.Root}.syscalls[{position}]";
        uint action = SeccompVocabulary.Action(rule.Action, rule.ErrnoRet, place, "action", "errnoRet");
        if (rule.Names.Count == 0)
        {
            throw new SpecException(place + ".names", "is missing: a rule needs at least one system call");
        }

        RuleBody body = AddConditions(rule, place, verdicts) with { Verdict = verdicts.For(action) };
        bool notifies = action == (uint)SeccompAction.Notify;
        int[] indexes = new int[rule.Names.Count];
        for (int i = 0; i < indexes.Length; i++)
        {
            string name = rule.Names[i];
            if (name.Length == 0)
            {
                throw new SpecException($"{place}.names[{i}]", "is empty: expected the name of a system call");
            }

            if (notifies && name == "write")
            {
                // The new process says by write(2) how far it is; runc refuses it as well, so no profile that works has it.
                throw new SpecException($"{place}.names[{i}]", "SCMP_ACT_NOTIFY cannot be used for the write syscall");
            }

            indexes[i] = SyscallTable.IndexOf(name);
            if (indexes[i] == SyscallTable.Unknown)
            {
                ignored.Add(name);
            }
        }

        foreach (SeccompRules rules in architectures)
        {
            AddCalls(rules, rule.Names, indexes, body, verdicts);
        }

        return notifies;
    }

    /// <summary>The rule for its calls on one architecture; the default action needs no rule.</summary>
    private static void AddCalls(
        SeccompRules rules, IReadOnlyList<string> names, int[] indexes, RuleBody body, SeccompVerdicts verdicts)
    {
        bool multiplexes = rules.Architecture.HasMultiplexedCalls();
        ReadOnlySpan<ushort> table = SyscallTable.TableOf(rules.Architecture);
        for (int i = 0; i < indexes.Length; i++)
        {
            if (indexes[i] == SyscallTable.Unknown)
            {
                continue;
            }

            if (multiplexes)
            {
                AddMultiplexed(rules, names[i], body, verdicts);
            }

            int slot = SyscallTable.SlotIn(table, indexes[i]);
            if (slot == SyscallTable.Unknown)
            {
                continue;
            }

            rules.Know(slot);
            if (body.Verdict != 0 && body.Count == 0)
            {
                rules.Add(slot, body.Verdict);
            }
            else if (body.Verdict != 0)
            {
                int step = body.Alternatives ? 1 : body.Count;
                for (int start = body.First; start < body.First + body.Count; start += step)
                {
                    rules.Add(slot, body.Verdict, start, step);
                }
            }
        }
    }

    /// <summary>
    /// The same rule for socketcall(2) or ipc(2). Their first argument tells the call, so a condition on the real call's first
    /// argument is lost; those on the others are kept where they are, although there they see other values (libseccomp's
    /// abi_rule_add does just so, and a filter cannot read the arguments behind the pointer).
    /// </summary>
    private static void AddMultiplexed(SeccompRules rules, string name, RuleBody body, SeccompVerdicts verdicts)
    {
        (string carrier, uint call) = SeccompVocabulary.Multiplexed(name);
        if (call == 0)
        {
            return;
        }

        int slot = SyscallTable.SlotOf(rules.Architecture, SyscallTable.IndexOf(carrier));
        rules.Know(slot);
        if (body.Verdict == 0)
        {
            return;
        }

        SeccompCondition selector = new(0, SeccompComparison.Equal, call, ulong.MaxValue);
        int step = body.Alternatives ? 1 : int.Max(body.Count, 1);
        for (int start = body.First; start == body.First || start < body.First + body.Count; start += step)
        {
            int selected = verdicts.Add(selector);
            int length = 1;
            for (int i = start; i < int.Min(start + step, body.First + body.Count); i++)
            {
                SeccompCondition condition = verdicts.ConditionAt(i);
                if (condition.Argument != 0)
                {
                    verdicts.Add(condition);
                    length++;
                }
            }

            rules.Add(slot, body.Verdict, selected, length);
        }
    }

    /// <summary>
    /// The conditions of an entry. They must all hold, unless two look at the same argument: then each is a rule of its own, as
    /// runc and crun have it.
    /// </summary>
    private static RuleBody AddConditions(SeccompRule rule, string place, SeccompVerdicts verdicts)
    {
        int first = 0;
        int seen = 0;
        bool alternatives = false;
        for (int i = 0; i < rule.Args.Count; i++)
        {
            SeccompArgument argument = rule.Args[i];
            if (argument.Index >= ArgumentCount)
            {
                throw new SpecException(
                    $"{place}.args[{i}].index", $"{argument.Index} is not an argument of a system call: expected 0 to 5");
            }

            SeccompComparison comparison = SeccompVocabulary.Comparison(argument.Op);
            if (comparison == SeccompComparison.None)
            {
                throw new SpecException(
                    $"{place}.args[{i}].op", argument.Op is null ? "is missing" : $"\"{argument.Op}\" is not a comparison (SCMP_CMP_*)",
                    SeccompNames.OperatorWords.Hint(argument.Op));
            }

            bool masked = comparison == SeccompComparison.MaskedEqual;
            int added = verdicts.Add(new SeccompCondition(
                (byte)argument.Index,
                comparison,
                masked ? argument.ValueTwo & argument.Value : argument.Value,
                masked ? argument.Value : ulong.MaxValue));
            first = i == 0 ? added : first;
            alternatives |= (seen & (1 << (int)argument.Index)) != 0;
            seen |= 1 << (int)argument.Index;
        }

        if (!alternatives)
        {
            verdicts.SortByArgument(first, rule.Args.Count);
        }

        return new RuleBody(0, first, rule.Args.Count, alternatives);
    }

    private static SeccompFilterFlags Flags(Punnet.Spec.Seccomp profile, SeccompFacts facts, bool notifies)
    {
        SeccompFilterFlags flags = SeccompFilterFlags.None;
        if (profile.Flags is null)
        {
            // Absent is not empty: engines that name no flags expect runc's choice.
            flags = SeccompFilterFlags.SpeculationAllow & facts.SupportedFlags;
        }

        for (int i = 0; i < (profile.Flags?.Count ?? 0); i++)
        {
            string text = profile.Flags![i];
            string place = $"{SeccompVocabulary.Root}.flags[{i}]";
            SeccompFilterFlags flag = SeccompVocabulary.Flag(text);
            if (flag == SeccompFilterFlags.None)
            {
                throw new SpecException(place, $"\"{text}\" is not a flag (SECCOMP_FILTER_FLAG_*)", SeccompNames.FlagWords.Hint(text));
            }

            if (!facts.SupportedFlags.HasFlag(flag))
            {
                throw new SpecException(place, $"this kernel does not know {text}");
            }

            if (flag == SeccompFilterFlags.WaitKillableReceive && !notifies)
            {
                throw new SpecException(place, $"{text} needs a rule with SCMP_ACT_NOTIFY");
            }

            flags |= flag;
        }

        // seccomp(2): a listener and TSYNC exclude each other, and one thread needs no TSYNC.
        return notifies ? (flags & ~SeccompFilterFlags.ThreadSync) | SeccompFilterFlags.NewListener : flags;
    }

    /// <summary>
    /// What an entry of syscalls says of each of its calls: a verdict, and conditions that all, or any of which, must hold.
    /// </summary>
    private readonly record struct RuleBody(int Verdict, int First, int Count, bool Alternatives);
}
