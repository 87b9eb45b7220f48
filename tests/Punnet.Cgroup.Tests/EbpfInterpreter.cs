using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Punnet.Abi;

namespace Punnet.Cgroup.Tests;

/// <summary>Runs and lists the instructions that device programs are made of, and refuses every other one.</summary>
internal static class EbpfInterpreter
{
    /// <summary>Runs a program as the kernel would for one request.</summary>
    internal static bool Passes(EbpfInstruction[] program, int type, int access, uint major, uint minor)
    {
        ulong?[] registers = new ulong?[11];
        // The context is no number: only a load may use it.
        const int Context = 1;
        int at = 0;
        for (int steps = 0; steps <= program.Length; steps++)
        {
            EbpfInstruction instruction = program[at++];
            int to = instruction.Registers & 15;
            int from = instruction.Registers >> 4;
            long immediate = instruction.Immediate;
            switch (instruction.Code)
            {
                case 0x61:
                    Assert(from == Context);
                    registers[to] = instruction.Offset switch
                    {
                        0 => ((uint)access << 16) | (uint)type,
                        4 => major,
                        8 => minor,
                        _ => throw new InvalidOperationException("load outside the request"),
                    };
                    break;
                case 0xb7:
                    registers[to] = (ulong)immediate;
                    break;
                case 0xbf:
                    registers[to] = Value(from);
                    break;
                case 0x57:
                    registers[to] = Value(to) & (ulong)immediate;
                    break;
                case 0x77:
                    registers[to] = Value(to) >> (int)immediate;
                    break;
                case 0x7f:
                    Assert(Value(from) < 64);
                    registers[to] = Value(to) >> (int)Value(from);
                    break;
                case 0x05:
                    at += instruction.Offset;
                    break;
                case 0x16:
                    at += (uint)Value(to) == (uint)immediate ? instruction.Offset : 0;
                    break;
                case 0x56:
                    at += (uint)Value(to) != (uint)immediate ? instruction.Offset : 0;
                    break;
                case 0x95:
                    return Value(0) switch
                    {
                        0 => false,
                        1 => true,
                        _ => throw new InvalidOperationException("result is neither 0 nor 1"),
                    };
                default:
                    throw new InvalidOperationException("unknown instruction " + instruction);
            }
        }

        throw new InvalidOperationException("does not end");

        ulong Value(int register) => registers[register] ?? throw new InvalidOperationException("register " + register + " is not set");
        static void Assert(bool condition)
        {
            if (!condition)
            {
                throw new InvalidOperationException("not allowed by the verifier");
            }
        }
    }

    /// <summary>One line an instruction, with jump targets as line numbers.</summary>
    internal static string List(EbpfInstruction[] program)
    {
        StringBuilder text = new();
        for (int at = 0; at < program.Length; at++)
        {
            EbpfInstruction i = program[at];
            string to = "r" + (i.Registers & 15).ToString(CultureInfo.InvariantCulture);
            string from = "r" + (i.Registers >> 4).ToString(CultureInfo.InvariantCulture);
            string target = (at + 1 + i.Offset).ToString(CultureInfo.InvariantCulture);
            string line = i.Code switch
            {
                0x61 => $"{to} = request[{i.Offset}]",
                0xb7 => $"{to} = {i.Immediate}",
                0xbf => $"{to} = {from}",
                0x57 => $"{to} &= {i.Immediate}",
                0x77 => $"{to} >>= {i.Immediate}",
                0x7f => $"{to} >>= {from}",
                0x05 => $"goto {target}",
                0x16 => $"if {to} == {i.Immediate} goto {target}",
                0x56 => $"if {to} != {i.Immediate} goto {target}",
                0x95 => "exit",
                _ => throw new InvalidOperationException("unknown instruction " + i),
            };
            text.Append(CultureInfo.InvariantCulture, $"{at,3}  {line}\n");
        }

        return text.ToString();
    }

    /// <summary>Where each jump of a program lands.</summary>
    internal static IEnumerable<(int From, int To)> Jumps(EbpfInstruction[] program)
    {
        for (int at = 0; at < program.Length; at++)
        {
            if (program[at].Code is 0x05 or 0x16 or 0x56)
            {
                yield return (at, at + 1 + program[at].Offset);
            }
        }
    }
}
