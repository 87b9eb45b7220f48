using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>
/// A filter that reports what the profile refuses: every refusal becomes a notification (seccomp_unotify(2)), and whoever gets it
/// asks the profile's own program for the answer. So nothing is told twice, and the answer cannot differ from the real one.
/// </summary>
public static class SeccompReport
{
    private const uint ActionBits = 0xffff_0000; // SECCOMP_RET_ACTION_FULL

    /// <summary>The same filter with its refusals turned into notifications.</summary>
    /// <param name="plan">The profile, compiled.</param>
    /// <param name="supported">Flags that the kernel takes.</param>
    /// <param name="isWhole">Whether what it allows is notified too.</param>
    /// <exception cref="SpecException">The profile has an agent: a filter can have only one listener.</exception>
    public static SeccompPlan Instrument(SeccompPlan plan, SeccompFilterFlags supported, bool isWhole)
    {
        if (plan.NeedsListener)
        {
            throw new SpecException(
                SeccompVocabulary.Root,
                "--seccomp-" + (isWhole ? "record" : "log") + " cannot be used where SCMP_ACT_NOTIFY has calls answered by an agent");
        }

        BpfInstruction[] program = [.. plan.Program];
        for (int i = 0; i < program.Length; i++)
        {
            if (program[i].Code == BpfCode.Return && (isWhole || IsRefusal(program[i].K)))
            {
                program[i] = program[i] with { K = (uint)SeccompAction.Notify };
            }
        }

        // A signal would otherwise have a call that waits for its answer made, and reported, again.
        SeccompFilterFlags waits = supported & SeccompFilterFlags.WaitKillableReceive;
        return plan with
        {
            Program = program,
            Verdicts = plan.Program,
            NeedsListener = true,
            Flags = (plan.Flags & ~SeccompFilterFlags.ThreadSync) | SeccompFilterFlags.NewListener | waits,
        };
    }

    /// <summary>Whether a filter's return value keeps a call from being made.</summary>
    public static bool IsRefusal(uint verdict) => (SeccompAction)(verdict & ActionBits)
        is SeccompAction.Errno or SeccompAction.KillProcess or SeccompAction.KillThread or SeccompAction.Trap;

    /// <summary>A return value's action, without its data.</summary>
    public static SeccompAction ActionOf(uint verdict) => (SeccompAction)(verdict & ActionBits);

    /// <summary>What a program returns for a call; the machine is that of linux/filter.h, reduced to <see cref="BpfCode"/>.</summary>
    /// <param name="program">From <see cref="SeccompCompiler"/>.</param>
    /// <param name="call">The call.</param>
    public static uint Evaluate(ReadOnlySpan<BpfInstruction> program, in SeccompNotification call)
    {
        // The notification's head is not part of struct seccomp_data.
        ReadOnlySpan<byte> data = MemoryMarshal.AsBytes(new ReadOnlySpan<SeccompNotification>(in call))[^SeccompData.Size..];
        uint accumulator = 0;
        int next = 0;
        while (true)
        {
            BpfInstruction instruction = program[next++];
            uint operand = instruction.K;
            switch (instruction.Code)
            {
                case BpfCode.LoadWord: accumulator = MemoryMarshal.Read<uint>(data[(int)operand..]); break;
                case BpfCode.And: accumulator &= operand; break;
                case BpfCode.Jump: next += (int)operand; break;
                case BpfCode.JumpIfEqual: next += Skip(instruction, accumulator == operand); break;
                case BpfCode.JumpIfGreater: next += Skip(instruction, accumulator > operand); break;
                case BpfCode.JumpIfNotLess: next += Skip(instruction, accumulator >= operand); break;
                case BpfCode.JumpIfAnyBit: next += Skip(instruction, (accumulator & operand) != 0); break;
                default: return operand; // BpfCode.Return
            }
        }
    }

    /// <summary>Whether a filter lets a call of the machine's own convention be made, without anybody being asked.</summary>
    /// <param name="plan">The filter.</param>
    /// <param name="native">The machine.</param>
    /// <param name="call">The call.</param>
    /// <param name="first">Its first argument; the others are 0.</param>
    /// <param name="second">Its second argument.</param>
    public static bool Passes(SeccompPlan plan, SeccompArchitecture native, SyscallNumber call, ulong first = 0, ulong second = 0)
    {
        SeccompNotification made = new() { Number = (uint)call, Architecture = (uint)native.Audit() };
        made.Arguments[0] = first;
        made.Arguments[1] = second;
        return ActionOf(Evaluate(plan.Program, made)) is SeccompAction.Allow or SeccompAction.Log;
    }

    /// <summary>The calling convention of a call, which tells what its number means.</summary>
    public static SeccompArchitecture ArchitectureOf(in SeccompNotification call)
    {
        if (call.Architecture == (uint)AuditArchitecture.X86_64)
        {
            return (call.Number & SeccompArchitectureFacts.X32Bit) != 0 ? SeccompArchitecture.X32 : SeccompArchitecture.X86_64;
        }

        for (SeccompArchitecture known = SeccompArchitecture.X86_64; known <= SeccompArchitecture.ShEb; known++)
        {
            if ((uint)known.Audit() == call.Architecture)
            {
                return known;
            }
        }

        return SeccompArchitecture.None;
    }

    /// <summary>The place in config.json that a refusal comes from, as far as its name and verdict tell.</summary>
    /// <param name="profile">linux.seccomp.</param>
    /// <param name="name">The call, or null when it has none.</param>
    /// <param name="verdict">What the profile returns for it.</param>
    public static string Cause(Punnet.Spec.Seccomp profile, string? name, uint verdict)
    {
        string? conditional = null;
        for (int i = 0; name is not null && i < profile.Syscalls.Count; i++)
        {
            SeccompRule rule = profile.Syscalls[i];
            if (!Names(rule.Names, name))
            {
                continue;
            }

            string place = JsonPath.At(SeccompVocabulary.Root + ".syscalls", i);
            if (SeccompVocabulary.Action(rule.Action, rule.ErrnoRet, place, "action", "errnoRet") == verdict)
            {
                return place;
            }

            conditional = place;
        }

        uint otherwise = SeccompVocabulary.Action(
            profile.DefaultAction, profile.DefaultErrnoRet, SeccompVocabulary.Root, "defaultAction", "defaultErrnoRet");
        return (verdict == otherwise, conditional) switch
        {
            (false, _) => "newer than every call that linux.seccomp names",
            (true, null) => "linux.seccomp.defaultAction: no rule names it",
            _ => "linux.seccomp.defaultAction: the args of " + conditional + " do not allow it",
        };
    }

    private static int Skip(BpfInstruction instruction, bool holds) => holds ? instruction.JumpTrue : instruction.JumpFalse;

    private static bool Names(IReadOnlyList<string> names, string name)
    {
        foreach (string known in names)
        {
            if (known == name)
            {
                return true;
            }
        }

        return false;
    }
}
