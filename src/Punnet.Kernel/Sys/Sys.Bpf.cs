using System;
using Punnet.Abi;

namespace Punnet.Kernel;

public static unsafe partial class Sys
{
    /// <summary>
    /// bpf(2) BPF_PROG_LOAD of a cgroup device program. Retried on EAGAIN, which the verifier returns when a signal or a stop is pending.
    /// </summary>
    /// <param name="instructions">Instructions, 8 bytes each.</param>
    /// <param name="program">Descriptor of the loaded program.</param>
    public static Errno BpfProgLoad(ReadOnlySpan<byte> instructions, out int program)
    {
        const int Load = 5, CgroupDevice = 15, Size = 64; // BPF_PROG_LOAD, BPF_PROG_TYPE_CGROUP_DEVICE
        fixed (byte* code = instructions, license = "MIT\0"u8)
        {
            // The head of union bpf_attr: prog_type, insn_cnt, insns, license; the rest zero.
            ulong* attributes = stackalloc ulong[Size / sizeof(ulong)];
            new Span<ulong>(attributes, Size / sizeof(ulong)).Clear();
            attributes[0] = CgroupDevice | ((ulong)(instructions.Length / 8) << 32);
            attributes[1] = (ulong)code;
            attributes[2] = (ulong)license;
            for (int attempt = 0; ; attempt++)
            {
                Errno errno = Open(SyscallNumber.Bpf, out program, Load, (nint)attributes, Size);
                if (errno != Errno.EAGAIN || attempt == 16)
                {
                    return errno;
                }
            }
        }
    }

    /// <summary>bpf(2) BPF_PROG_ATTACH of a device program to a cgroup, beside those already attached (BPF_F_ALLOW_MULTI).</summary>
    public static Errno BpfProgAttach(int cgroup, int program)
    {
        const int Attach = 8; // BPF_PROG_ATTACH
        const int CgroupDeviceHook = 6, AllowMulti = 2; // BPF_CGROUP_DEVICE, BPF_F_ALLOW_MULTI
        uint* attributes = stackalloc uint[5] { (uint)cgroup, (uint)program, CgroupDeviceHook, AllowMulti, 0 };
        return Call(SyscallNumber.Bpf, Attach, (nint)attributes, 5 * sizeof(uint));
    }
}
