using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Punnet.Abi;

/// <summary>struct seccomp_notif of linux/seccomp.h: a call that waits for an answer.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct SeccompNotification
{
    /// <summary>Names the call in the answer.</summary>
    public ulong Id;

    /// <summary>The thread that waits, as the reader's pid namespace numbers it; 0 when it cannot be seen from there.</summary>
    public uint Thread;

    /// <summary>None is defined.</summary>
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

/// <summary>The six arguments of a system call, as they stand in the registers.</summary>
[InlineArray(6)]
public struct SeccompArgumentValues
{
    private ulong _first;
}

/// <summary>struct seccomp_notif_resp of linux/seccomp.h: the answer to a call that waits.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct SeccompResponse
{
    /// <summary>The notification's.</summary>
    public ulong Id;

    /// <summary>What the call returns.</summary>
    public long Value;

    /// <summary>A negative errno in place of the value, or 0.</summary>
    public int Error;

    /// <summary>What else becomes of the call.</summary>
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
