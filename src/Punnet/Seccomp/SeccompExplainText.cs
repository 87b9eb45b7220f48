using System;
using System.Collections.Generic;
using System.Text;
using Punnet.Abi;
using Punnet.Plan;
using Punnet.Spec;

namespace Punnet.Seccomp;

/// <summary>What <c>seccomp explain</c> prints, docs/seccomp-tools.md.</summary>
internal sealed class SeccompExplainText
{
    private readonly Spec.Seccomp _profile;
    private readonly SeccompExplanation _explanation;
    private readonly SeccompArchitecture _architecture;
    private readonly string _root;
    private readonly int[] _lines;
    private readonly StringBuilder _text = new();

    /// <summary>An empty text.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="explanation">The same, compiled.</param>
    /// <param name="architecture">The calling convention.</param>
    /// <param name="root">Where the profile is in its file: <c>linux.seccomp.</c>, or empty.</param>
    /// <param name="lines">The line of each rule in the file.</param>
    public SeccompExplainText(
        Spec.Seccomp profile, SeccompExplanation explanation, SeccompArchitecture architecture, string root, int[] lines)
    {
        _profile = profile;
        _explanation = explanation;
        _architecture = architecture;
        _root = root;
        _lines = lines;
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();

    /// <summary>A line for each call of the architecture, by name, and the counts.</summary>
    public void AddTable()
    {
        const int Name = 28, Number = 11, Outcome = 26;
        Dictionary<string, int> counts = [];
        _text.Append("CALL".PadRight(Name)).Append("NUMBER".PadRight(Number)).Append("OUTCOME".PadRight(Outcome)).Append("DECIDED BY\n");
        for (int i = 0; i < SyscallTable.NameCount; i++) // in the order of their names
        {
            int slot = SyscallTable.SlotOf(_architecture, i);
            if (slot == SyscallTable.Unknown)
            {
                continue;
            }

            string name = Encoding.ASCII.GetString(SyscallTable.NameAt(i));
            uint number = SyscallTable.NumberAt(_architecture, slot);
            SeccompNotification call = Call(number, default);
            int[] causes = _explanation.Causes(call, name);
            string outcome = Words(causes[0], call);
            string places = Place(causes[0]);
            foreach (int other in causes.AsSpan(1))
            {
                outcome = Words(other, call) == outcome ? outcome : "depends on its arguments";
                places += ", " + Place(other);
            }

            counts[outcome] = counts.GetValueOrDefault(outcome) + 1;
            _text.Append(name.PadRight(Name)).Append(number.ToString().PadRight(Number)).Append(outcome.PadRight(Outcome)).Append(places)
                .Append('\n');
        }

        SeccompNotification unknown = Call(SyscallTable.NumberAt(_architecture, SyscallTable.NumberCount - 1), default);
        int age = _explanation.Cause(unknown, null);
        _text.Append("\nany other number: ").Append(Words(age, unknown)).Append(": ").Append(Place(age)).Append("\n\n");
        foreach ((string outcome, int count) in counts)
        {
            _text.Append(count.ToString().PadLeft(6)).Append(' ').Append(outcome).Append('\n');
        }
    }

    /// <summary>One call: what decides it, and why the other rules that name it do not.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="arguments">The first ones; an empty list asks for all that can happen.</param>
    public void AddCall(uint number, ReadOnlySpan<ulong> arguments)
    {
        string? name = SyscallTable.NameOf(_architecture, number);
        SeccompNotification call = Call(number, arguments);
        int[] causes = arguments.IsEmpty ? _explanation.Causes(call, name) : [_explanation.Cause(call, name)];
        int[] rules = name is null ? [] : _explanation.RulesOf(_architecture, name);
        _text.Append(name ?? "call " + number.ToString());
        if (!arguments.IsEmpty)
        {
            _text.Append('(');
            for (int i = 0; i < arguments.Length; i++)
            {
                _text.Append(i == 0 ? "0x" : ", 0x").Append(arguments[i].ToString("x"));
            }

            _text.Append(')');
        }

        _text.Append(", number ").Append(number).Append(" of ").Append(SeccompLogText.ArchitectureName(_architecture)).Append(": ");
        _text.Append(causes.Length == 1 ? Words(causes[0], call) : "depends on its arguments").Append('\n');
        foreach (int cause in causes)
        {
            _text.Append("  ").Append(Words(cause, call)).Append(" by ").Append(Place(cause)).Append(Action(cause)).Append('\n');
            AddComparisons(cause, arguments);
        }

        foreach (int rule in rules)
        {
            if (Array.IndexOf(causes, rule) < 0)
            {
                _text.Append("  not by ").Append(Place(rule)).Append(Action(rule)).Append(": ").Append(
                    causes[0] == SeccompExplanation.ByArchitecture ? "the profile does not name this architecture"
                    : _explanation.IsIdle(rule) ? "it says what the default action says"
                    : arguments.IsEmpty || AllHold(rule, arguments) ? "another rule for this call comes first"
                    : "its args do not hold").Append('\n');
                AddComparisons(rule, arguments);
            }
        }

        AddMissing(rules, arguments);
    }

    private SeccompNotification Call(uint number, ReadOnlySpan<ulong> arguments)
    {
        SeccompNotification call = new() { Number = number, Architecture = (uint)_architecture.Audit() };
        for (int i = 0; i < arguments.Length; i++)
        {
            call.Arguments[i] = arguments[i];
        }

        return call;
    }

    private string Words(int cause, in SeccompNotification call) => SeccompLogText.Sentence(_explanation.VerdictOf(cause, call));

    private string Place(int cause) => cause switch
    {
        SeccompExplanation.ByDefault => _root + "defaultAction",
        SeccompExplanation.ByAge => "its age: it is newer than every call that the profile names",
        SeccompExplanation.ByArchitecture => "its architecture: the profile does not name it",
        _ => _root + "syscalls[" + cause.ToString() + "]" + (cause < _lines.Length ? " (line " + _lines[cause].ToString() + ")" : ""),
    };

    private string Action(int cause) => cause switch
    {
        SeccompExplanation.ByDefault => " " + _profile.DefaultAction,
        >= 0 => " " + _profile.Syscalls[cause].Action,
        _ => "",
    };

    private void AddComparisons(int cause, ReadOnlySpan<ulong> arguments)
    {
        if (cause < 0)
        {
            return;
        }

        SeccompRule rule = _profile.Syscalls[cause];
        bool isAny = SeccompComparisons.AreAlternatives(rule);
        for (int i = 0; i < rule.Args.Count; i++)
        {
            SeccompArgument argument = rule.Args[i];
            _text.Append("    args[").Append(i).Append("]: ").Append(isAny && i > 0 ? "or " : "")
                .Append(SeccompComparisons.Words(argument));
            if (!arguments.IsEmpty)
            {
                _text.Append(Holds(argument, arguments) ? ": holds" : ": does not hold");
            }

            _text.Append('\n');
        }
    }

    private bool Holds(SeccompArgument argument, ReadOnlySpan<ulong> arguments) => SeccompComparisons.Holds(
        argument, argument.Index < arguments.Length ? arguments[(int)argument.Index] : 0, _architecture);

    private bool AllHold(int index, ReadOnlySpan<ulong> arguments)
    {
        SeccompRule rule = _profile.Syscalls[index];
        bool isAny = SeccompComparisons.AreAlternatives(rule);
        bool holds = !isAny;
        foreach (SeccompArgument argument in rule.Args)
        {
            holds = isAny ? holds || Holds(argument, arguments) : holds && Holds(argument, arguments);
        }

        return holds;
    }

    private void AddMissing(int[] rules, ReadOnlySpan<ulong> arguments)
    {
        long most = -1;
        foreach (int rule in rules)
        {
            foreach (SeccompArgument argument in _profile.Syscalls[rule].Args)
            {
                most = long.Max(most, argument.Index);
            }
        }

        if (!arguments.IsEmpty && most >= arguments.Length)
        {
            _text.Append("  arguments that are not given, up to ").Append(most).Append(", count as 0\n");
        }
    }
}
