using System.Runtime.InteropServices;

namespace Punnet.Abi;

/// <summary>struct sock_filter of linux/filter.h: one instruction of the classic BPF machine that seccomp runs.</summary>
/// <param name="Code">Operation, one of <see cref="BpfCode"/>.</param>
/// <param name="JumpTrue">Instructions to skip when a condition holds.</param>
/// <param name="JumpFalse">Instructions to skip when it does not.</param>
/// <param name="K">Operand: a number, an offset into seccomp_data, or instructions to skip.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct BpfInstruction(ushort Code, byte JumpTrue, byte JumpFalse, uint K);

/// <summary>
/// The operations of linux/bpf_common.h that a seccomp filter here uses. They are exactly those that the kernel's seccomp_is_const_allow()
/// understands, so that it can keep every plain allowed call in its bitmap.
/// </summary>
public static class BpfCode
{
    /// <summary>BPF_LD | BPF_W | BPF_ABS: load a word of seccomp_data.</summary>
    public const ushort LoadWord = 0x20;

    /// <summary>BPF_ALU | BPF_AND | BPF_K.</summary>
    public const ushort And = 0x54;

    /// <summary>BPF_JMP | BPF_JA: skip K instructions.</summary>
    public const ushort Jump = 0x05;

    /// <summary>BPF_JMP | BPF_JEQ | BPF_K.</summary>
    public const ushort JumpIfEqual = 0x15;

    /// <summary>BPF_JMP | BPF_JGT | BPF_K, unsigned.</summary>
    public const ushort JumpIfGreater = 0x25;

    /// <summary>BPF_JMP | BPF_JGE | BPF_K, unsigned.</summary>
    public const ushort JumpIfNotLess = 0x35;

    /// <summary>BPF_JMP | BPF_JSET | BPF_K: whether the accumulator and K share a bit.</summary>
    public const ushort JumpIfAnyBit = 0x45;

    /// <summary>BPF_RET | BPF_K.</summary>
    public const ushort Return = 0x06;

    /// <summary>BPF_MAXINSNS: the longest program that the kernel takes.</summary>
    public const int MaximumLength = 4096;
}
