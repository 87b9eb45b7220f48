using System;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>
/// Writes a classic BPF program from its end to its beginning, so that every jump goes to what is already there. A block is a
/// handle: a verdict that is not above 0 (return that value) or <see cref="FirstTest"/> and up (a test of the accumulator).
/// </summary>
internal sealed class SeccompAssembler
{
    /// <summary>The smallest handle of a test.</summary>
    internal const int FirstTest = 1;

    private const uint AllBits = uint.MaxValue;
    private const int Missing = -1;

    // A conditional jump reaches 255 instructions; both its sides may still have to put up to three in between.
    private const int Near = byte.MaxValue - 8;

    private readonly SeccompVerdicts _verdicts;
    private readonly int[] _returns;
    private BpfInstruction[] _program = new BpfInstruction[512];
    private int _length;
    private Test[] _tests = new Test[256];
    private int _testCount = FirstTest;

    internal SeccompAssembler(SeccompVerdicts verdicts)
    {
        _verdicts = verdicts;
        _returns = new int[verdicts.Count + 1];
        Array.Fill(_returns, Missing);
    }

    /// <summary>What the accumulator holds: a word of seccomp_data, of which some bits are kept.</summary>
    internal readonly record struct Accumulator(uint Offset, uint Mask)
    {
        internal static Accumulator Unknown => new(uint.MaxValue, 0);

        internal static Accumulator Word(uint offset) => new(offset, AllBits);
    }

    /// <summary>Adds a test of the accumulator.</summary>
    /// <param name="needs">What the accumulator must hold; loaded where it does not.</param>
    /// <param name="code">One of the conditional jumps of <see cref="BpfCode"/>.</param>
    /// <param name="operand">With what to compare.</param>
    /// <param name="onTrue">Block to go to.</param>
    /// <param name="onFalse">Block to go to.</param>
    /// <returns>The block; where both ways lead to one block, that block.</returns>
    internal int AddTest(Accumulator needs, ushort code, uint operand, int onTrue, int onFalse)
    {
        if (onTrue == onFalse)
        {
            return onTrue;
        }

        int target = Enter(onTrue, needs);
        int other = Enter(onFalse, needs);
        int position = Emit(new BpfInstruction(
            code, (byte)(_length - target - 1), (byte)(_length - other - 1), operand));

        if (_testCount == _tests.Length)
        {
            Array.Resize(ref _tests, _testCount * 2);
        }

        _tests[_testCount] = new Test { Needs = needs, Ready = position, Loaded = Missing, Start = Missing };
        return _testCount++;
    }

    /// <summary>Makes sure that a block can be entered from anywhere; cheapest right after it was added.</summary>
    internal void Anchor(int block)
    {
        if (block >= FirstTest)
        {
            Enter(block, Accumulator.Unknown);
        }
    }

    /// <summary>The finished program, which begins with the block that was added last.</summary>
    internal BpfInstruction[] Finish(int block)
    {
        int start = Enter(block, Accumulator.Unknown);
        if (start != _length - 1)
        {
            Emit(new BpfInstruction(BpfCode.Jump, 0, 0, (uint)(_length - start - 1)));
        }

        return _program.AsSpan(_program.Length - _length).ToArray();
    }

    /// <summary>A near place, counted from the program's end, at which a block can be entered with that accumulator.</summary>
    private int Enter(int block, Accumulator held)
    {
        if (block < FirstTest)
        {
            ref int copy = ref _returns[-block];
            if (copy == Missing || _length - copy > Near)
            {
                copy = Emit(new BpfInstruction(BpfCode.Return, 0, 0, _verdicts.ValueOf(block)));
            }

            return copy;
        }

        ref Test test = ref _tests[block];
        if (held == test.Needs)
        {
            return Approach(ref test.Ready);
        }

        bool holdsWord = held.Offset == test.Needs.Offset && held.Mask == AllBits;
        if (test.Needs.Mask == AllBits)
        {
            return EnterThroughLoad(ref test.Start, ref test.Ready, test.Needs);
        }

        if (test.Loaded == Missing)
        {
            FollowedBy(test.Ready);
            test.Loaded = Emit(new BpfInstruction(BpfCode.And, 0, 0, test.Needs.Mask));
        }

        return holdsWord ? Approach(ref test.Loaded) : EnterThroughLoad(ref test.Start, ref test.Loaded, test.Needs);
    }

    private int EnterThroughLoad(ref int start, ref int loaded, Accumulator needs)
    {
        if (start != Missing)
        {
            return Approach(ref start);
        }

        FollowedBy(loaded);
        start = Emit(new BpfInstruction(BpfCode.LoadWord, 0, 0, needs.Offset));
        return start;
    }

    /// <summary>Lets the next instruction be followed by the one at a place.</summary>
    private void FollowedBy(int position)
    {
        if (position != _length - 1)
        {
            Emit(new BpfInstruction(BpfCode.Jump, 0, 0, (uint)(_length - position - 1)));
        }
    }

    /// <summary>Puts a long jump to a place that a conditional jump no longer reaches, for all that follow.</summary>
    private int Approach(ref int position)
    {
        if (_length - position > Near)
        {
            position = Emit(new BpfInstruction(BpfCode.Jump, 0, 0, (uint)(_length - position - 1)));
        }

        return position;
    }

    private int Emit(BpfInstruction instruction)
    {
        if (_length == BpfCode.MaximumLength)
        {
            throw new SpecException(
                SeccompVocabulary.Root + ".syscalls",
                $"the filter needs more than the {BpfCode.MaximumLength} instructions that the kernel takes");
        }

        if (_length == _program.Length)
        {
            BpfInstruction[] longer = new BpfInstruction[_length * 2];
            _program.CopyTo(longer, _length);
            _program = longer;
        }

        _program[_program.Length - 1 - _length] = instruction;
        return _length++;
    }

    /// <summary>
    /// Where a test can be entered, counted from the program's end: at its load, after that, and after the mask as well.
    /// </summary>
    private struct Test
    {
        internal Accumulator Needs;
        internal int Start;
        internal int Loaded;
        internal int Ready;
    }
}
