using System;

namespace Punnet.Abi;

/// <summary>What a seccomp filter returns (linux/seccomp.h SECCOMP_RET_*); the low 16 bits carry data.</summary>
public enum SeccompAction : uint
{
    /// <summary>SECCOMP_RET_KILL_THREAD.</summary>
    KillThread = 0,

    /// <summary>SECCOMP_RET_TRAP: SIGSYS.</summary>
    Trap = 0x0003_0000,

    /// <summary>SECCOMP_RET_ERRNO: the low bits are the errno, the kernel caps it at 4095.</summary>
    Errno = 0x0005_0000,

    /// <summary>SECCOMP_RET_USER_NOTIF.</summary>
    Notify = 0x7fc0_0000,

    /// <summary>SECCOMP_RET_TRACE: the low bits are for the tracer.</summary>
    Trace = 0x7ff0_0000,

    /// <summary>SECCOMP_RET_LOG.</summary>
    Log = 0x7ffc_0000,

    /// <summary>SECCOMP_RET_ALLOW.</summary>
    Allow = 0x7fff_0000,

    /// <summary>SECCOMP_RET_KILL_PROCESS.</summary>
    KillProcess = 0x8000_0000,
}

/// <summary>Flags of seccomp(SECCOMP_SET_MODE_FILTER), linux/seccomp.h.</summary>
[Flags]
public enum SeccompFilterFlags : uint
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>SECCOMP_FILTER_FLAG_TSYNC.</summary>
    ThreadSync = 1,

    /// <summary>SECCOMP_FILTER_FLAG_LOG.</summary>
    Log = 2,

    /// <summary>SECCOMP_FILTER_FLAG_SPEC_ALLOW.</summary>
    SpeculationAllow = 4,

    /// <summary>SECCOMP_FILTER_FLAG_NEW_LISTENER: seccomp(2) returns the listener's descriptor.</summary>
    NewListener = 8,

    /// <summary>SECCOMP_FILTER_FLAG_TSYNC_ESRCH.</summary>
    ThreadSyncEsrch = 16,

    /// <summary>SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, Linux 5.19; only together with a listener.</summary>
    WaitKillableReceive = 32,
}

/// <summary>Byte offsets in struct seccomp_data (linux/seccomp.h), which is 64 bytes in the machine's byte order.</summary>
public static class SeccompData
{
    /// <summary>int nr.</summary>
    public const uint Number = 0;

    /// <summary>__u32 arch, an <see cref="AuditArchitecture"/>.</summary>
    public const uint Architecture = 4;

    /// <summary>__u64 args[6].</summary>
    public const uint Arguments = 16;

    /// <summary>sizeof(struct seccomp_data).</summary>
    public const int Size = 64;
}
