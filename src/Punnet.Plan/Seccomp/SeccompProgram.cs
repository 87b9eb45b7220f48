using System.Collections.Generic;
using Punnet.Abi;
using Accumulator = Punnet.Plan.SeccompAssembler.Accumulator;

namespace Punnet.Plan;

/// <summary>
/// The shape of a filter: which calling convention, then a balanced decision over the ranges of its system call numbers, then
/// the arguments of the few calls that have conditions.
/// </summary>
internal sealed class SeccompProgram
{
    private readonly SeccompAssembler _assembler;
    private readonly SeccompVerdicts _verdicts;
    private readonly int? _newer;
    private readonly int _foreign;

    private SeccompProgram(SeccompVerdicts verdicts, int? newer)
    {
        _verdicts = verdicts;
        _newer = newer;

        // libseccomp's action for a calling convention that the profile does not name.
        _foreign = verdicts.For((uint)SeccompAction.KillThread);
        _assembler = new SeccompAssembler(verdicts);
    }

    /// <summary>Writes the program.</summary>
    /// <param name="architectures">Rules of each architecture, the native one first.</param>
    /// <param name="verdicts">What the rules' verdicts mean.</param>
    /// <param name="newer">Verdict for calls newer than the profile; null for the default action.</param>
    internal static BpfInstruction[] Write(List<SeccompRules> architectures, SeccompVerdicts verdicts, int? newer)
    {
        SeccompProgram program = new(verdicts, newer);
        return program.Write(architectures);
    }

    private BpfInstruction[] Write(List<SeccompRules> architectures)
    {
        SeccompRules? x86 = Find(architectures, SeccompArchitecture.X86_64);
        SeccompRules? x32 = Find(architectures, SeccompArchitecture.X32);
        int[] sections = new int[architectures.Count];

        // Backwards, so that the native section and its load stand right behind the dispatch.
        for (int i = architectures.Count - 1; i >= 0; i--)
        {
            SeccompRules rules = architectures[i];
            if (rules.Architecture == SeccompArchitecture.X32 && x86 is not null)
            {
                continue;
            }

            SeccompRanges ranges = rules == x86
                ? SeccompRanges.OfX86(rules, x32, _newer, _foreign)
                : SeccompRanges.Of(rules, _newer);
            sections[i] = new Section(this, rules, x32, ranges).Write(0, ranges.Count);
            _assembler.Anchor(sections[i]);
        }

        int next = _foreign;
        for (int i = architectures.Count - 1; i >= 0; i--)
        {
            if (architectures[i].Architecture != SeccompArchitecture.X32 || x86 is null)
            {
                next = _assembler.AddTest(
                    Accumulator.Word(SeccompData.Architecture),
                    BpfCode.JumpIfEqual,
                    (uint)architectures[i].Architecture.Audit(),
                    sections[i],
                    next);
            }
        }

        return _assembler.Finish(next);
    }

    private static SeccompRules? Find(List<SeccompRules> architectures, SeccompArchitecture architecture)
    {
        foreach (SeccompRules rules in architectures)
        {
            if (rules.Architecture == architecture)
            {
                return rules;
            }
        }

        return null;
    }

    /// <summary>The decision tree of one calling convention.</summary>
    private readonly struct Section
    {
        private readonly SeccompProgram _program;
        private readonly SeccompRules _rules;
        private readonly SeccompRules? _x32;
        private readonly SeccompRanges _ranges;

        internal Section(SeccompProgram program, SeccompRules rules, SeccompRules? x32, SeccompRanges ranges)
        {
            _program = program;
            _rules = rules;
            _x32 = x32;
            _ranges = ranges;
        }

        /// <summary>Writes the decision over some ranges.</summary>
        /// <returns>Its block.</returns>
        internal int Write(int first, int end)
        {
            if (end - first == 1)
            {
                return Leaf(first);
            }

            if (end - first == 3 && _ranges.IsSingle(first + 1) && _ranges.VerdictOf(first) == _ranges.VerdictOf(first + 2))
            {
                // One number out of a run: one comparison instead of two.
                int around = Leaf(first);
                int single = Leaf(first + 1);
                return _program._assembler.AddTest(
                    Accumulator.Word(SeccompData.Number), BpfCode.JumpIfEqual, _ranges.StartOf(first + 1), single, around);
            }

            int middle = Middle(first, end);
            int above = Write(middle, end);
            int below = Write(first, middle);
            return _program._assembler.AddTest(
                Accumulator.Word(SeccompData.Number), BpfCode.JumpIfNotLess, _ranges.StartOf(middle), above, below);
        }

        private int Leaf(int range)
        {
            int verdict = _ranges.VerdictOf(range);
            if (verdict <= 0)
            {
                return verdict;
            }

            bool isX32 = _x32 is not null && _ranges.StartOf(range) >= SeccompArchitectureFacts.X32Bit;
            return new SeccompArguments(_program._assembler, _program._verdicts, isX32 ? _x32! : _rules).Write(verdict);
        }

        /// <summary>The range at which both halves weigh as much as possible alike.</summary>
        private int Middle(int first, int end)
        {
            long half = (_ranges.WeightBefore(first) + _ranges.WeightBefore(end)) / 2;
            int low = first + 1;
            int high = end - 1;
            while (low < high)
            {
                int middle = (low + high) / 2;
                if (_ranges.WeightBefore(middle) < half)
                {
                    low = middle + 1;
                }
                else
                {
                    high = middle;
                }
            }

            return low > first + 1 && half - _ranges.WeightBefore(low - 1) < _ranges.WeightBefore(low) - half ? low - 1 : low;
        }
    }
}
