using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Punnet.Abi;

/// <summary>struct seccomp_notif of linux/seccomp.h: a call that waits for an answer.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct SeccompNotification
{
    /// <summary>id: identifies the call in the response.</summary>
    public ulong Id;

    /// <summary>pid: the waiting thread in the reader's PID namespace; 0 when it is not visible there.</summary>
    public uint Thread;

    /// <summary>flags: none is defined.</summary>
    public uint Flags;

    /// <summary>seccomp_data.nr.</summary>
    public uint Number;

    /// <summary>seccomp_data.arch, an AUDIT_ARCH_*.</summary>
    public uint Architecture;

    /// <summary>seccomp_data.instruction_pointer.</summary>
    public ulong InstructionPointer;

    /// <summary>seccomp_data.args.</summary>
    public SeccompArgumentValues Arguments;
}

/// <summary>The six arguments of a system call, as in the registers.</summary>
[InlineArray(6)]
public struct SeccompArgumentValues
{
    private ulong _first;
}

/// <summary>struct seccomp_notif_resp of linux/seccomp.h: the answer to a call that waits.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct SeccompResponse
{
    /// <summary>id of the notification.</summary>
    public ulong Id;

    /// <summary>val: what the call returns.</summary>
    public long Value;

    /// <summary>error: a negative errno instead of the value, or 0.</summary>
    public int Error;

    /// <summary>flags.</summary>
    public SeccompResponseFlags Flags;
}

/// <summary>SECCOMP_USER_NOTIF_FLAG_* of linux/seccomp.h.</summary>
[Flags]
public enum SeccompResponseFlags : uint
{
    /// <summary>The call is not made.</summary>
    None = 0,

    /// <summary>SECCOMP_USER_NOTIF_FLAG_CONTINUE: the kernel makes the call.</summary>
    Continue = 1,
}
