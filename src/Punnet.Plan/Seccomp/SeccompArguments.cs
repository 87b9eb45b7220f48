using System.Collections.Generic;
using Punnet.Abi;
using Accumulator = Punnet.Plan.SeccompAssembler.Accumulator;

namespace Punnet.Plan;

/// <summary>The part of a filter that looks at the arguments of one system call: rules in order, the first that holds decides.</summary>
internal sealed class SeccompArguments
{
    private readonly SeccompAssembler _assembler;
    private readonly SeccompVerdicts _verdicts;
    private readonly SeccompRules _rules;
    private readonly List<List<SeccompCondition>> _conditions = [];
    private readonly List<int> _actions = [];

    internal SeccompArguments(SeccompAssembler assembler, SeccompVerdicts verdicts, SeccompRules rules)
    {
        _assembler = assembler;
        _verdicts = verdicts;
        _rules = rules;
    }

    /// <summary>Writes a chain of rules.</summary>
    /// <param name="first">Its first rule.</param>
    /// <returns>Its block.</returns>
    internal int Write(int first)
    {
        for (int rule = first; rule > 0; rule = _rules[rule].Next)
        {
            ref readonly SeccompRules.Rule current = ref _rules[rule];
            List<SeccompCondition> conditions = [];
            for (int i = 0; i < current.ConditionCount; i++)
            {
                SeccompCondition condition = _rules.ConditionAt(current.FirstCondition + i);
                if (!condition.AlwaysHolds)
                {
                    conditions.Add(condition);
                }
            }

            _conditions.Add(conditions);
            _actions.Add(current.Action);
        }

        return Write(0, _actions.Count, 0, 0);
    }

    /// <summary>Writes rules that have their first conditions in common, which hold already.</summary>
    /// <param name="first">First rule.</param>
    /// <param name="end">Behind the last rule.</param>
    /// <param name="depth">How many conditions hold.</param>
    /// <param name="otherwise">Block for when no rule holds.</param>
    private int Write(int first, int end, int depth, int otherwise)
    {
        int next = otherwise;
        int last = end;
        for (int i = first; i < last; i++)
        {
            if (_conditions[i].Count == depth)
            {
                // Nothing is left to ask: the rules behind are never tried.
                next = _actions[i];
                last = i;
            }
        }

        while (last > first)
        {
            int rule = last - 1;
            SeccompCondition condition = _conditions[rule][depth];
            int group = rule;
            while (group > first && _conditions[group - 1].Count > depth && _conditions[group - 1][depth] == condition)
            {
                group--;
            }

            int shared = SameHighWord(first, group, depth, condition);
            if (shared < group)
            {
                next = WriteEqualities(shared, last, depth, next);
                last = shared;
            }
            else
            {
                next = WriteCondition(condition, Write(group, last, depth + 1, next), next);
                last = group;
            }
        }

        return next;
    }

    /// <summary>How far before a rule equalities reach that look at the same high word: it needs testing only once.</summary>
    private int SameHighWord(int first, int group, int depth, SeccompCondition condition)
    {
        if (!_rules.Wide || condition.Comparison != SeccompComparison.Equal)
        {
            return group;
        }

        while (group > first && _conditions[group - 1].Count > depth)
        {
            SeccompCondition before = _conditions[group - 1][depth];
            if (before.Comparison != SeccompComparison.Equal
                || before.Argument != condition.Argument
                || before.HighValue != condition.HighValue)
            {
                break;
            }

            group--;
        }

        return group;
    }

    /// <summary>Writes rules whose next condition is an equality of one argument with values that share their high word.</summary>
    private int WriteEqualities(int first, int end, int depth, int otherwise)
    {
        SeccompCondition sample = _conditions[first][depth];
        int next = otherwise;
        int last = end;
        while (last > first)
        {
            SeccompCondition condition = _conditions[last - 1][depth];
            int group = last - 1;
            while (group > first && _conditions[group - 1][depth] == condition)
            {
                group--;
            }

            int matched = Write(group, last, depth + 1, next);
            next = _assembler.AddTest(Low(condition), BpfCode.JumpIfEqual, condition.LowValue, matched, next);
            last = group;
        }

        return _assembler.AddTest(High(sample), BpfCode.JumpIfEqual, sample.HighValue, next, otherwise);
    }

    private int WriteCondition(SeccompCondition condition, int holds, int fails) => condition.Comparison switch
    {
        SeccompComparison.Equal => WriteEqual(condition, holds, fails),
        SeccompComparison.NotEqual => WriteEqual(condition, fails, holds),
        SeccompComparison.MaskedEqual => WriteMasked(condition, holds, fails),
        SeccompComparison.Greater => WriteBound(condition, BpfCode.JumpIfGreater, holds, fails),
        SeccompComparison.LessOrEqual => WriteBound(condition, BpfCode.JumpIfGreater, fails, holds),
        SeccompComparison.GreaterOrEqual => WriteBound(condition, BpfCode.JumpIfNotLess, holds, fails),
        _ => WriteBound(condition, BpfCode.JumpIfNotLess, fails, holds),
    };

    /// <summary>The low word first: it tells most values apart, and the high word of most arguments is 0 anyway.</summary>
    private int WriteEqual(SeccompCondition condition, int holds, int fails)
    {
        int high = _rules.Wide
            ? _assembler.AddTest(High(condition), BpfCode.JumpIfEqual, condition.HighValue, holds, fails)
            : holds;
        return _assembler.AddTest(Low(condition), BpfCode.JumpIfEqual, condition.LowValue, high, fails);
    }

    private int WriteMasked(SeccompCondition condition, int holds, int fails)
    {
        int high = condition.HighMask == 0
            ? holds
            : WriteMaskedWord(High(condition), condition.HighMask, condition.HighValue, holds, fails);
        return condition.LowMask == 0
            ? high
            : WriteMaskedWord(Low(condition), condition.LowMask, condition.LowValue, high, fails);
    }

    private int WriteMaskedWord(Accumulator word, uint mask, uint value, int holds, int fails)
    {
        if (value == 0)
        {
            return _assembler.AddTest(word, BpfCode.JumpIfAnyBit, mask, fails, holds);
        }

        return value == mask && (mask & (mask - 1)) == 0
            ? _assembler.AddTest(word, BpfCode.JumpIfAnyBit, mask, holds, fails)
            : _assembler.AddTest(word with { Mask = mask }, BpfCode.JumpIfEqual, value, holds, fails);
    }

    /// <summary>Compares as a lower bound; an upper bound is its opposite.</summary>
    private int WriteBound(SeccompCondition condition, ushort code, int holds, int fails)
    {
        int low = _assembler.AddTest(Low(condition), code, condition.LowValue, holds, fails);
        if (!_rules.Wide)
        {
            return low;
        }

        if (condition.HighValue == 0)
        {
            return _assembler.AddTest(High(condition), BpfCode.JumpIfEqual, 0, low, holds);
        }

        int equal = _assembler.AddTest(High(condition), BpfCode.JumpIfEqual, condition.HighValue, low, fails);
        return _assembler.AddTest(High(condition), BpfCode.JumpIfGreater, condition.HighValue, holds, equal);
    }

    private Accumulator Low(SeccompCondition condition) => Word(condition, _rules.Architecture.IsBigEndian());

    private Accumulator High(SeccompCondition condition) => Word(condition, !_rules.Architecture.IsBigEndian());

    private static Accumulator Word(SeccompCondition condition, bool second) =>
        Accumulator.Word(SeccompData.Arguments + (8u * condition.Argument) + (second ? 4u : 0u));
}
