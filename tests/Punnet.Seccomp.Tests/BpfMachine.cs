using System;
using System.Buffers.Binary;
using Punnet.Abi;

namespace Punnet.Seccomp.Tests;

/// <summary>struct seccomp_data: what a filter is asked about.</summary>
internal readonly record struct Call(uint Number, AuditArchitecture Architecture, ulong[] Arguments);

/// <summary>Runs classic BPF as linux/net/core/filter.c does, for the operations of <see cref="BpfCode"/>.</summary>
internal sealed class BpfMachine
{
    private readonly byte[] _data = new byte[SeccompData.Size];

    internal bool BigEndian { get; init; }

    /// <summary>Instructions that the last run executed.</summary>
    internal int Executed { get; private set; }

    /// <summary>Whether the last run looked at nothing but number and architecture, so that the kernel can remember its answer.</summary>
    internal bool IsConstant { get; private set; }

    internal uint Run(ReadOnlySpan<BpfInstruction> program, in Call call)
    {
        Store32(0, call.Number);
        Store32(4, (uint)call.Architecture);
        for (int i = 0; i < 6; i++)
        {
            Store64(16 + (8 * i), call.Arguments[i]);
        }

        uint accumulator = 0;
        Executed = 0;
        IsConstant = true;
        int position = 0;
        while (true)
        {
            BpfInstruction instruction = program[position++];
            Executed++;
            switch (instruction.Code)
            {
                case BpfCode.LoadWord:
                    IsConstant &= instruction.K is SeccompData.Number or SeccompData.Architecture;
                    accumulator = Load((int)instruction.K);
                    break;
                case BpfCode.And:
                    accumulator &= instruction.K;
                    break;
                case BpfCode.Jump:
                    position += (int)instruction.K;
                    break;
                case BpfCode.JumpIfEqual:
                    position += accumulator == instruction.K ? instruction.JumpTrue : instruction.JumpFalse;
                    break;
                case BpfCode.JumpIfGreater:
                    position += accumulator > instruction.K ? instruction.JumpTrue : instruction.JumpFalse;
                    break;
                case BpfCode.JumpIfNotLess:
                    position += accumulator >= instruction.K ? instruction.JumpTrue : instruction.JumpFalse;
                    break;
                case BpfCode.JumpIfAnyBit:
                    position += (accumulator & instruction.K) != 0 ? instruction.JumpTrue : instruction.JumpFalse;
                    break;
                case BpfCode.Return:
                    return instruction.K;
                default:
                    throw new InvalidOperationException($"operation {instruction.Code:x} at {position - 1}");
            }
        }
    }

    private uint Load(int offset) => BigEndian
        ? BinaryPrimitives.ReadUInt32BigEndian(_data.AsSpan(offset))
        : BinaryPrimitives.ReadUInt32LittleEndian(_data.AsSpan(offset));

    private void Store32(int offset, uint value)
    {
        if (BigEndian)
        {
            BinaryPrimitives.WriteUInt32BigEndian(_data.AsSpan(offset), value);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(_data.AsSpan(offset), value);
        }
    }

    private void Store64(int offset, ulong value)
    {
        if (BigEndian)
        {
            BinaryPrimitives.WriteUInt64BigEndian(_data.AsSpan(offset), value);
        }
        else
        {
            BinaryPrimitives.WriteUInt64LittleEndian(_data.AsSpan(offset), value);
        }
    }
}

/// <summary>What the kernel demands before it takes a filter: bpf_check_classic() and seccomp_check_filter().</summary>
internal static class BpfVerifier
{
    internal static string? Problem(ReadOnlySpan<BpfInstruction> program)
    {
        if (program.Length is 0 or > BpfCode.MaximumLength)
        {
            return $"{program.Length} instructions";
        }

        for (int i = 0; i < program.Length; i++)
        {
            BpfInstruction instruction = program[i];
            int left = program.Length - i - 1;
            string? problem = instruction.Code switch
            {
                BpfCode.LoadWord => instruction.K % 4 != 0 || instruction.K >= SeccompData.Size ? "load out of seccomp_data" : null,
                BpfCode.And or BpfCode.Return => null,
                BpfCode.Jump => instruction.K >= left ? "jump behind the end" : null,
                BpfCode.JumpIfEqual or BpfCode.JumpIfGreater or BpfCode.JumpIfNotLess or BpfCode.JumpIfAnyBit =>
                    instruction.JumpTrue >= left || instruction.JumpFalse >= left ? "jump behind the end" : null,
                _ => "unknown operation",
            };
            if (problem is not null)
            {
                return $"{problem} at {i} of {program.Length}";
            }
        }

        return program[^1].Code == BpfCode.Return ? null : "does not end in a return";
    }

    /// <summary>Instructions that no path reaches.</summary>
    internal static int Unreachable(ReadOnlySpan<BpfInstruction> program)
    {
        bool[] reached = new bool[program.Length + 1];
        reached[0] = true;
        int unreachable = 0;
        for (int i = 0; i < program.Length; i++)
        {
            if (!reached[i])
            {
                unreachable++;
                continue;
            }

            BpfInstruction instruction = program[i];
            switch (instruction.Code)
            {
                case BpfCode.Return:
                    break;
                case BpfCode.Jump:
                    reached[i + 1 + (int)instruction.K] = true;
                    break;
                case BpfCode.LoadWord or BpfCode.And:
                    reached[i + 1] = true;
                    break;
                default:
                    reached[i + 1 + instruction.JumpTrue] = true;
                    reached[i + 1 + instruction.JumpFalse] = true;
                    break;
            }
        }

        return unreachable;
    }
}
