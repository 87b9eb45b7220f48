using System.Runtime.InteropServices;

namespace Punnet.Abi;

/// <summary>One eBPF instruction, <c>struct bpf_insn</c> of linux/bpf.h: 8 bytes, as bpf(2) takes them.</summary>
/// <param name="Code">Class, source and operation: <see cref="EbpfCode"/>.</param>
/// <param name="Registers">Destination in the low four bits, source in the high ones (the layout of little-endian machines).</param>
/// <param name="Offset">Jump distance, counted from the next instruction, or offset of a load in bytes.</param>
/// <param name="Immediate">Constant operand.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct EbpfInstruction(byte Code, byte Registers, short Offset, int Immediate);

/// <summary>The operation codes that a device program needs (linux/bpf.h, Documentation/bpf/standardization/instruction-set.rst).</summary>
public static class EbpfCode
{
    /// <summary>BPF_LDX | BPF_MEM | BPF_W: destination = 32 bits at source + offset.</summary>
    public const byte LoadWord = 0x61;

    /// <summary>BPF_ALU64 | BPF_MOV | BPF_K: destination = immediate.</summary>
    public const byte MoveConstant = 0xb7;

    /// <summary>BPF_ALU64 | BPF_MOV | BPF_X: destination = source.</summary>
    public const byte Move = 0xbf;

    /// <summary>BPF_ALU64 | BPF_AND | BPF_K: destination &amp;= immediate.</summary>
    public const byte AndConstant = 0x57;

    /// <summary>BPF_ALU64 | BPF_RSH | BPF_K: destination >>= immediate.</summary>
    public const byte ShiftRightConstant = 0x77;

    /// <summary>BPF_ALU64 | BPF_RSH | BPF_X: destination >>= source.</summary>
    public const byte ShiftRight = 0x7f;

    /// <summary>BPF_JMP | BPF_JA: always jump.</summary>
    public const byte Jump = 0x05;

    /// <summary>BPF_JMP32 | BPF_JEQ | BPF_K: jump if the low 32 bits equal the immediate.</summary>
    public const byte JumpIfEqual = 0x16;

    /// <summary>BPF_JMP32 | BPF_JNE | BPF_K: jump if the low 32 bits differ from the immediate.</summary>
    public const byte JumpIfNotEqual = 0x56;

    /// <summary>BPF_JMP | BPF_EXIT: return register 0.</summary>
    public const byte Exit = 0x95;
}

/// <summary>The context of a BPF_PROG_TYPE_CGROUP_DEVICE program: <c>struct bpf_cgroup_dev_ctx</c> of linux/bpf.h.</summary>
public static class DeviceRequest
{
    /// <summary>Offset of the word that holds the access in its high and the type in its low 16 bits.</summary>
    public const short AccessAndTypeOffset = 0;

    /// <summary>Offset of the major number.</summary>
    public const short MajorOffset = 4;

    /// <summary>Offset of the minor number.</summary>
    public const short MinorOffset = 8;

    /// <summary>BPF_DEVCG_DEV_BLOCK.</summary>
    public const int Block = 1;

    /// <summary>BPF_DEVCG_DEV_CHAR.</summary>
    public const int Character = 2;

    /// <summary>BPF_DEVCG_ACC_MKNOD.</summary>
    public const int Mknod = 1;

    /// <summary>BPF_DEVCG_ACC_READ.</summary>
    public const int Read = 2;

    /// <summary>BPF_DEVCG_ACC_WRITE.</summary>
    public const int Write = 4;

    /// <summary>All three accesses.</summary>
    public const int EveryAccess = Mknod | Read | Write;
}
