using System;
using Punnet.Abi;

namespace Punnet.Kernel;

public static unsafe partial class Sys
{
    /// <summary>sched_setattr(2).</summary>
    /// <param name="pid">The process, or 0 for this thread.</param>
    /// <param name="attributes">Everything except size, which is set here.</param>
    public static Errno SchedSetattr(int pid, SchedulerAttributes attributes)
    {
        attributes.Size = (uint)sizeof(SchedulerAttributes);
        return Call(SyscallNumber.SchedSetattr, pid, (nint)(&attributes), 0);
    }

    /// <summary>ioprio_set(2) of one process.</summary>
    /// <param name="pid">The process, or 0 for this thread.</param>
    /// <param name="priority">The class from bit 13 on, the level below.</param>
    public static Errno IoprioSet(int pid, int priority)
    {
        const int WhoProcess = 1; // IOPRIO_WHO_PROCESS
        return Call(SyscallNumber.IoprioSet, WhoProcess, pid, priority);
    }

    /// <summary>sched_setaffinity(2).</summary>
    /// <param name="pid">The process, or 0 for this thread.</param>
    /// <param name="mask">One bit for each CPU, from the lowest.</param>
    public static Errno SchedSetaffinity(int pid, ReadOnlySpan<ulong> mask)
    {
        fixed (ulong* bits = mask)
        {
            return Call(SyscallNumber.SchedSetaffinity, pid, mask.Length * sizeof(ulong), (nint)bits);
        }
    }

    /// <summary>sched_setaffinity(2) to all CPUs; the kernel removes those that the cpuset forbids.</summary>
    /// <param name="pid">The process, or 0 for this thread.</param>
    public static Errno ResetAffinity(int pid)
    {
        const int MostCpus = 8192; // CONFIG_NR_CPUS has no larger value
        ulong* bits = stackalloc ulong[MostCpus / 64];
        Span<ulong> mask = new(bits, MostCpus / 64);
        mask.Fill(ulong.MaxValue);
        return SchedSetaffinity(pid, mask);
    }

    /// <summary>set_mempolicy(2) of this thread.</summary>
    /// <param name="mode">Mode and flags.</param>
    /// <param name="nodes">One bit for each NUMA node, from the lowest; empty for none.</param>
    public static Errno SetMempolicy(MemoryPolicyMode mode, ReadOnlySpan<ulong> nodes)
    {
        fixed (ulong* bits = nodes)
        {
            // The kernel uses one bit less than it is given.
            return Call(SyscallNumber.SetMempolicy, (nint)mode, (nint)bits, nodes.IsEmpty ? 0 : (nodes.Length * 64) + 1);
        }
    }
}
