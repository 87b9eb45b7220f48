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
        uint* attributes = stackalloc uint[5] { (uint)cgroup, (uint)program, CgroupDeviceHook, AllowMulti, 0 };
        return Call(SyscallNumber.Bpf, ProgAttach, (nint)attributes, 5 * sizeof(uint));
    }

    /// <summary>The same in the place of one of them, at once (BPF_F_REPLACE, Linux 5.6).</summary>
    public static Errno BpfProgReplace(int cgroup, int program, int replaced)
    {
        const int Replace = 4; // BPF_F_REPLACE
        uint* attributes = stackalloc uint[5] { (uint)cgroup, (uint)program, CgroupDeviceHook, AllowMulti | Replace, (uint)replaced };
        return Call(SyscallNumber.Bpf, ProgAttach, (nint)attributes, 5 * sizeof(uint));
    }

    /// <summary>bpf(2) BPF_PROG_QUERY: the device programs of a cgroup itself.</summary>
    /// <param name="cgroup">The cgroup.</param>
    /// <param name="ids">Room for their ids.</param>
    /// <param name="count">How many there are; ENOSPC if that is more than there is room for.</param>
    public static Errno BpfProgQuery(int cgroup, Span<uint> ids, out int count)
    {
        const int Query = 16; // BPF_PROG_QUERY
        fixed (uint* list = ids)
        {
            // target_fd, attach_type, query_flags, attach_flags, prog_ids, prog_cnt and a hole
            ulong* attributes = stackalloc ulong[4] { (uint)cgroup | ((ulong)CgroupDeviceHook << 32), 0, (ulong)list, (ulong)ids.Length };
            Errno errno = Call(SyscallNumber.Bpf, Query, (nint)attributes, 4 * sizeof(ulong));
            count = (int)attributes[3];
            return errno;
        }
    }

    /// <summary>bpf(2) BPF_PROG_GET_FD_BY_ID.</summary>
    public static Errno BpfProgGetFdById(uint id, out int program)
    {
        const int GetFdById = 13; // BPF_PROG_GET_FD_BY_ID
        uint* attributes = stackalloc uint[3] { id, 0, 0 };
        return Open(SyscallNumber.Bpf, out program, GetFdById, (nint)attributes, 3 * sizeof(uint));
    }

    private const int ProgAttach = 8; // BPF_PROG_ATTACH
    private const int CgroupDeviceHook = 6, AllowMulti = 2; // BPF_CGROUP_DEVICE, BPF_F_ALLOW_MULTI
}
