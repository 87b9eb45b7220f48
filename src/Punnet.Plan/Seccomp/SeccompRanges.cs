using System;
using Punnet.Abi;

namespace Punnet.Plan;

/// <summary>
/// The 32-bit space of system call numbers of one calling convention, cut into ranges with one verdict each; neighbours differ.
/// </summary>
internal sealed class SeccompRanges
{
    /// <summary>
    /// When a filter is loaded the kernel runs it once for every number (seccomp_cache_prepare), so a range weighs as much as it has
    /// calls; a call whose arguments are looked at is run again each time.
    /// </summary>
    private const int WeightOfConditional = 24;

    private Range[] _ranges = new Range[128];

    private SeccompRanges()
    {
    }

    /// <summary>How many ranges there are; at least one.</summary>
    internal int Count { get; private set; }

    /// <summary>First number of a range.</summary>
    internal uint StartOf(int range) => _ranges[range].Start;

    /// <summary>Verdict of a range, as <see cref="SeccompRules"/> numbers them.</summary>
    internal int VerdictOf(int range) => _ranges[range].Verdict;

    /// <summary>The sum of the weights before a range.</summary>
    internal long WeightBefore(int range) => range == Count ? _total : _ranges[range].WeightBefore;

    /// <summary>Whether a range is one number.</summary>
    internal bool IsSingle(int range) => range + 1 < Count
        ? _ranges[range + 1].Start == _ranges[range].Start + 1
        : _ranges[range].Start == uint.MaxValue;

    private long _total;

    /// <summary>The numbers of an architecture that shares its AUDIT_ARCH_* with no other.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="newer">Verdict for calls newer than the profile; null for the default action.</param>
    internal static SeccompRanges Of(SeccompRules rules, int? newer)
    {
        SeccompRanges ranges = new();
        ranges.AddCalls(rules, newer);
        return ranges;
    }

    /// <summary>
    /// The numbers of x86_64. With x32 its calls stand at bit 30. Without x32 such numbers are of an architecture that is not in
    /// the profile; -1 is left out, because a tracer skips a call by it (seccomp(2)).
    /// </summary>
    internal static SeccompRanges OfX86(SeccompRules native, SeccompRules? x32, int? newer, int foreign)
    {
        const uint SignBit = 0x8000_0000;
        int beyond = x32 is null ? foreign : 0;
        SeccompRanges ranges = new();
        ranges.AddCalls(native, newer);
        if (x32 is null)
        {
            ranges.Add(SeccompArchitectureFacts.X32Bit, foreign, 1);
        }
        else
        {
            ranges.AddCalls(x32, newer);
        }

        // runc's answer for newer calls looks at bit 30 alone, so it repeats above the sign bit.
        ranges.Add(SignBit, AnswerToNewer(native, newer) ?? beyond, 1);
        ranges.Add(SignBit | SeccompArchitectureFacts.X32Bit, x32 is null ? foreign : AnswerToNewer(x32, newer) ?? 0, 1);
        if (x32 is null)
        {
            ranges.Add(uint.MaxValue, 0, 1);
        }

        return ranges;
    }

    /// <summary>A profile that knows no call of an architecture knows none that is newer.</summary>
    private static int? AnswerToNewer(SeccompRules rules, int? newer) => rules.Highest > 0 ? newer : null;

    private void AddCalls(SeccompRules rules, int? newer)
    {
        const int PrivateSlots = 16;
        int? answer = AnswerToNewer(rules, newer);
        SeccompArchitecture architecture = rules.Architecture;
        uint start = architecture.NumberBase();
        if (Count == 0 && start > 0)
        {
            Add(0, 0, 1);
        }

        // Large call numbers come in as 0 on s390 when the kernel does not know them.
        bool zeroIsNewer = answer is not null && architecture is (SeccompArchitecture.S390 or SeccompArchitecture.S390X);
        ReadOnlySpan<int> slots = rules.Slots[..(rules.Highest + 1)];
        int first = 0;
        if (zeroIsNewer)
        {
            Add(start, answer!.Value, 1);
            first = 1;
        }

        while (first < slots.Length)
        {
            int verdict = slots[first];
            int end = first + 1;
            while (end < slots.Length && slots[end] == verdict)
            {
                end++;
            }

            Add(start + (uint)first, verdict, verdict > 0 ? WeightOfConditional : end - first);
            first = end;
        }

        int rest = answer ?? 0;
        Add(start + (uint)(rules.Highest + 1), rest, 8);
        if (architecture == SeccompArchitecture.Arm)
        {
            for (int slot = SyscallTable.NumberCount - PrivateSlots; slot < SyscallTable.NumberCount; slot++)
            {
                Add(SyscallTable.NumberAt(architecture, slot), rules.Slots[slot], 1);
            }

            Add(SyscallTable.NumberAt(architecture, SyscallTable.NumberCount - 1) + 1, rest, 1);
        }
    }

    private void Add(uint start, int verdict, int weight)
    {
        _total += weight;
        if (Count > 0 && _ranges[Count - 1].Verdict == verdict)
        {
            return;
        }

        if (Count == _ranges.Length)
        {
            Array.Resize(ref _ranges, Count * 2);
        }

        _ranges[Count++] = new Range(start, verdict, _total - weight);
    }

    private readonly record struct Range(uint Start, int Verdict, long WeightBefore);
}
