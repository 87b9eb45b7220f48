using System;
using Punnet.Abi;

namespace Punnet.Plan;

/// <summary>
/// The profile's rules for one architecture, by system call. A verdict is 0 for the default action, -1 - n for the return value
/// n of <see cref="SeccompVerdicts"/>, and above 0 for a chain of conditional rules that begins at that number.
/// </summary>
internal sealed class SeccompRules
{
    private readonly SeccompVerdicts _verdicts;
    private readonly int[] _slots = new int[SyscallTable.NumberCount];
    private Rule[] _rules = new Rule[64];
    private int _count = 1; // verdict 0 is taken

    internal SeccompRules(SeccompArchitecture architecture, SeccompVerdicts verdicts)
    {
        Architecture = architecture;
        _verdicts = verdicts;
        Wide = architecture.Has64BitArguments();
    }

    internal SeccompArchitecture Architecture { get; }

    /// <summary>Whether arguments have 64 bits.</summary>
    internal bool Wide { get; }

    /// <summary>Highest slot that a name of the profile has, arm's private calls apart; -1 without any.</summary>
    internal int Highest { get; private set; } = -1;

    /// <summary>What happens to the call in each slot.</summary>
    internal ReadOnlySpan<int> Slots => _slots;

    /// <summary>A rule of a chain.</summary>
    internal ref readonly Rule this[int rule] => ref _rules[rule];

    /// <summary>Takes note that the profile knows a call, whether or not a rule comes of it.</summary>
    internal void Know(int slot)
    {
        if (slot > Highest && !(Architecture == SeccompArchitecture.Arm && SyscallTable.IsPrivateSlot(slot)))
        {
            Highest = slot;
        }
    }

    /// <summary>
    /// Adds a rule without conditions for the call in a slot. It ends all others of that call; among several such the first stays
    /// (libseccomp's db_rule_add).
    /// </summary>
    internal void Add(int slot, int action)
    {
        if (_slots[slot] >= 0)
        {
            _slots[slot] = action;
        }
    }

    /// <summary>Adds a rule whose conditions must all hold.</summary>
    internal void Add(int slot, int action, int firstCondition, int conditionCount)
    {
        if (_slots[slot] < 0)
        {
            return;
        }

        if (AlwaysHolds(firstCondition, conditionCount))
        {
            Add(slot, action);
            return;
        }

        if (_count == _rules.Length)
        {
            Array.Resize(ref _rules, _count * 2);
        }

        ref Rule rule = ref _rules[_count];
        rule = new Rule { Action = action, FirstCondition = firstCondition, ConditionCount = conditionCount };
        Insert(ref _slots[slot], _count++);
    }

    private bool AlwaysHolds(int first, int count)
    {
        for (int i = first; i < first + count; i++)
        {
            if (!ConditionAt(i).AlwaysHolds)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A condition as this architecture sees it.</summary>
    internal SeccompCondition ConditionAt(int index) => Wide ? _verdicts.ConditionAt(index) : _verdicts.ConditionAt(index).Low;

    /// <summary>Before the first rule that gives way to the new one.</summary>
    private void Insert(ref int head, int added)
    {
        ref int link = ref head;
        while (link > 0 && Compare(added, link) <= 0)
        {
            link = ref _rules[link].Next;
        }

        _rules[added].Next = link;
        link = added;
    }

    private int Compare(int added, int other)
    {
        Rule a = _rules[added];
        Rule b = _rules[other];
        int i = 0;
        int j = 0;
        while (true)
        {
            i = SkipEmpty(a, i);
            j = SkipEmpty(b, j);
            if (i == a.ConditionCount || j == b.ConditionCount)
            {
                // The wider rule, whose conditions begin those of the other, covers it.
                return (b.ConditionCount - j).CompareTo(a.ConditionCount - i);
            }

            SeccompCondition left = ConditionAt(a.FirstCondition + i++);
            SeccompCondition right = ConditionAt(b.FirstCondition + j++);
            if (left != right)
            {
                return left.Precedence(right, Wide);
            }
        }
    }

    private int SkipEmpty(Rule rule, int index)
    {
        while (index < rule.ConditionCount && ConditionAt(rule.FirstCondition + index).AlwaysHolds)
        {
            index++;
        }

        return index;
    }

    /// <summary>An action under conditions that must all hold, and the rule to try when they do not (0: the default action).</summary>
    internal struct Rule
    {
        internal int Action;
        internal int FirstCondition;
        internal int ConditionCount;
        internal int Next;
    }
}

/// <summary>What the rules of all architectures share: return values and conditions.</summary>
internal sealed class SeccompVerdicts
{
    private uint[] _returns = new uint[8];
    private int _returnCount;
    private SeccompCondition[] _conditions = new SeccompCondition[32];
    private int _conditionCount;

    /// <summary>The return value of the default action.</summary>
    internal uint Default { get; }

    internal SeccompVerdicts(uint defaultAction) => Default = defaultAction;

    /// <summary>The verdict for a return value; 0 for the default action's.</summary>
    internal int For(uint value)
    {
        if (value == Default)
        {
            return 0;
        }

        int index = Array.IndexOf(_returns, value, 0, _returnCount);
        if (index < 0)
        {
            if (_returnCount == _returns.Length)
            {
                Array.Resize(ref _returns, _returnCount * 2);
            }

            index = _returnCount++;
            _returns[index] = value;
        }

        return -1 - index;
    }

    /// <summary>How many return values there are beside the default action's.</summary>
    internal int Count => _returnCount;

    /// <summary>The return value of a verdict that is not above 0.</summary>
    internal uint ValueOf(int verdict) => verdict == 0 ? Default : _returns[-1 - verdict];

    internal SeccompCondition ConditionAt(int index) => _conditions[index];

    /// <summary>Adds a condition.</summary>
    /// <returns>Its index; those added one after the other follow each other.</returns>
    internal int Add(SeccompCondition condition)
    {
        if (_conditionCount == _conditions.Length)
        {
            Array.Resize(ref _conditions, _conditionCount * 2);
        }

        _conditions[_conditionCount] = condition;
        return _conditionCount++;
    }

    /// <summary>Puts conditions into the order of their arguments, as libseccomp chains them.</summary>
    internal void SortByArgument(int first, int count)
    {
        Span<SeccompCondition> conditions = _conditions.AsSpan(first, count);
        for (int i = 1; i < count; i++)
        {
            SeccompCondition moved = conditions[i];
            int j = i;
            while (j > 0 && conditions[j - 1].Argument > moved.Argument)
            {
                conditions[j] = conditions[j - 1];
                j--;
            }

            conditions[j] = moved;
        }
    }
}
