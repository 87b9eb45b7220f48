using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>
/// Which rule of a profile decides a call. The compiler itself is asked: the rules of the call get actions that tell them apart, and are
/// compiled and run in place of the profile. So the answer cannot differ from what the filter does.
/// </summary>
public sealed class SeccompExplanation
{
    /// <summary>No rule decides: the default action.</summary>
    public const int ByDefault = -1;

    /// <summary>The call is newer than all that the profile names.</summary>
    public const int ByAge = -2;

    /// <summary>The profile is not for this architecture.</summary>
    public const int ByArchitecture = -3;

    private const uint LastMark = ushort.MaxValue;
    private readonly Punnet.Spec.Seccomp _profile;
    private readonly SeccompFacts _facts;
    private readonly BpfInstruction[] _program;
    private readonly uint _default;
    private readonly List<string> _names = [];

    /// <summary>Compiles a profile.</summary>
    /// <param name="profile">linux.seccomp.</param>
    /// <param name="facts">The machine.</param>
    /// <exception cref="SpecException">The profile cannot be used; names the place.</exception>
    public SeccompExplanation(Punnet.Spec.Seccomp profile, SeccompFacts facts)
    {
        _profile = profile;
        _facts = facts;
        _program = SeccompCompiler.Compile(profile, facts).Program;
        _default = SeccompVocabulary.Action(
            profile.DefaultAction, profile.DefaultErrnoRet, SeccompVocabulary.Root, "defaultAction", "defaultErrnoRet");
        foreach (SeccompRule rule in profile.Syscalls)
        {
            _names.AddRange(rule.Names);
        }
    }

    /// <summary>What the profile's filter returns for a call.</summary>
    public uint Verdict(in SeccompNotification call) => SeccompReport.Evaluate(_program, call);

    /// <summary>Whether a rule says no more than the default action: it has no effect.</summary>
    public bool IsIdle(int rule) => ActionOf(_profile.Syscalls[rule]) == _default;

    /// <summary>The rules that name a call, in the order of the profile; also those of a call that it carries, socketcall(2).</summary>
    /// <param name="architecture">The calling convention.</param>
    /// <param name="name">The call.</param>
    public int[] RulesOf(SeccompArchitecture architecture, string name)
    {
        List<int> rules = [];
        for (int i = 0; i < _profile.Syscalls.Count; i++)
        {
            if (NamesIn(_profile.Syscalls[i], architecture, name).Count > 0)
            {
                rules.Add(i);
            }
        }

        return rules.ToArray();
    }

    /// <summary>What decides one call.</summary>
    /// <param name="call">The call.</param>
    /// <param name="name">Its name, or null without one.</param>
    /// <returns>Index of the rule, or one of the constants.</returns>
    public int Cause(in SeccompNotification call, string? name)
    {
        BpfInstruction[] marked = Marked(SeccompReport.ArchitectureOf(call), name, out List<int> rules);
        return Meaning(SeccompReport.Evaluate(marked, call), rules);
    }

    /// <summary>All that can decide a call, by its arguments: each once, rules first.</summary>
    /// <param name="call">The call; its arguments do not count.</param>
    /// <param name="name">Its name, or null without one.</param>
    public int[] Causes(in SeccompNotification call, string? name)
    {
        BpfInstruction[] marked = Marked(SeccompReport.ArchitectureOf(call), name, out List<int> rules);
        List<int> causes = [];
        Follow(marked, 0, call, null, new bool[marked.Length], verdict =>
        {
            int cause = Meaning(verdict, rules);
            if (!causes.Contains(cause))
            {
                causes.Add(cause);
            }
        });
        causes.Sort();
        if (causes.Count > 1 && causes[0] < 0)
        {
            causes.Add(causes[0]);
            causes.RemoveAt(0);
        }

        return causes.ToArray();
    }

    /// <summary>The return value that a cause stands for.</summary>
    public uint VerdictOf(int cause, in SeccompNotification call) => cause switch
    {
        ByDefault => _default,
        >= 0 => ActionOf(_profile.Syscalls[cause]),
        _ => Verdict(call),
    };

    private static uint ActionOf(SeccompRule rule) =>
        SeccompVocabulary.Action(rule.Action, rule.ErrnoRet, SeccompVocabulary.Root, "action", "errnoRet");

    private static List<string> NamesIn(SeccompRule rule, SeccompArchitecture architecture, string name)
    {
        List<string> names = [];
        foreach (string each in rule.Names)
        {
            if (each == name || (architecture.HasMultiplexedCalls() && SeccompVocabulary.Multiplexed(each).Carrier == name))
            {
                names.Add(each);
            }
        }

        return names;
    }

    // The program of the rules for one call. All names stay known, with a rule that does nothing: newer calls depend on them.
    private BpfInstruction[] Marked(SeccompArchitecture architecture, string? name, out List<int> rules)
    {
        bool isTrace = SeccompReport.ActionOf(_default) == SeccompAction.Trace;
        uint? errno = isTrace ? LastMark : _profile.DefaultErrnoRet;
        List<SeccompRule> marked = [new SeccompRule { Names = _names, Action = _profile.DefaultAction, ErrnoRet = errno }];
        rules = [];
        foreach (int i in name is null ? [] : RulesOf(architecture, name))
        {
            if (!IsIdle(i) && rules.Count + 1 < LastMark)
            {
                rules.Add(i);
                marked.Add(_profile.Syscalls[i] with
                {
                    Names = NamesIn(_profile.Syscalls[i], architecture, name!),
                    Action = "SCMP_ACT_TRACE",
                    ErrnoRet = (uint)rules.Count,
                });
            }
        }

        if (_names.Count == 0)
        {
            marked.Clear();
        }

        return SeccompCompiler.Compile(_profile with { DefaultErrnoRet = errno, Flags = null, Syscalls = marked }, _facts).Program;
    }

    private int Meaning(uint verdict, List<int> rules)
    {
        bool isTrace = SeccompReport.ActionOf(verdict) == SeccompAction.Trace;
        uint mark = verdict & ushort.MaxValue;
        return isTrace && mark <= rules.Count ? rules[(int)mark - 1]
            : isTrace || verdict == _default ? ByDefault
            : SeccompReport.ActionOf(verdict) == SeccompAction.KillThread ? ByArchitecture
            : ByAge;
    }

    // Every way through a program that the number and the architecture leave open. known: the accumulator, null for an argument.
    private static void Follow(
        BpfInstruction[] program, int position, in SeccompNotification call, uint? known, bool[] seen, System.Action<uint> found)
    {
        while (true)
        {
            if (known is null && position > 0)
            {
                if (seen[position])
                {
                    return;
                }

                seen[position] = true;
            }

            BpfInstruction instruction = program[position++];
            switch (instruction.Code)
            {
                case BpfCode.LoadWord:
                    known = instruction.K == SeccompData.Number ? call.Number
                        : instruction.K == SeccompData.Architecture ? call.Architecture : null;
                    break;
                case BpfCode.And:
                    known &= instruction.K;
                    break;
                case BpfCode.Jump:
                    position += (int)instruction.K;
                    break;
                case BpfCode.Return:
                    found(instruction.K);
                    return;
                default:
                    if (known is null)
                    {
                        Follow(program, position + instruction.JumpFalse, call, null, seen, found);
                    }

                    position += known is null || Holds(instruction, known.Value) ? instruction.JumpTrue : instruction.JumpFalse;
                    break;
            }
        }
    }

    private static bool Holds(BpfInstruction instruction, uint value) => instruction.Code switch
    {
        BpfCode.JumpIfEqual => value == instruction.K,
        BpfCode.JumpIfGreater => value > instruction.K,
        BpfCode.JumpIfNotLess => value >= instruction.K,
        _ => (value & instruction.K) != 0,
    };
}
