using System.Runtime.InteropServices;

namespace Punnet.Abi;

/// <summary>struct clone_args of clone3(2), 88 bytes (version 2, Linux 5.7).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct CloneArguments
{
    /// <summary>flags.</summary>
    public CloneFlags Flags;

    /// <summary>pidfd: the address where it is stored.</summary>
    public ulong Pidfd;

    /// <summary>child_tid.</summary>
    public ulong ChildTid;

    /// <summary>parent_tid.</summary>
    public ulong ParentTid;

    /// <summary>exit_signal: sent to the parent.</summary>
    public ulong ExitSignal;

    /// <summary>0: share the caller's stack address, copy on write.</summary>
    public ulong Stack;

    /// <summary>0 with <see cref="Stack"/>.</summary>
    public ulong StackSize;

    /// <summary>tls.</summary>
    public ulong Tls;

    /// <summary>set_tid.</summary>
    public ulong SetTid;

    /// <summary>set_tid_size.</summary>
    public ulong SetTidSize;

    /// <summary>Descriptor of the cgroup directory for CLONE_INTO_CGROUP.</summary>
    public ulong Cgroup;
}
