using System;

namespace Punnet.Abi;

/// <summary>capabilities(7), linux/capability.h: the index in this list is the number.</summary>
public static class Capability
{
    /// <summary>CAP_DAC_OVERRIDE.</summary>
    public const int DacOverride = 1;

    /// <summary>CAP_SETGID.</summary>
    public const int SetGid = 6;

    /// <summary>CAP_SETUID.</summary>
    public const int SetUid = 7;

    /// <summary>CAP_SETPCAP.</summary>
    public const int SetPcap = 8;

    /// <summary>CAP_NET_ADMIN.</summary>
    public const int NetAdmin = 12;

    /// <summary>CAP_SYS_PTRACE.</summary>
    public const int SysPtrace = 19;

    /// <summary>CAP_SYS_ADMIN.</summary>
    public const int SysAdmin = 21;

    /// <summary>CAP_MKNOD.</summary>
    public const int Mknod = 27;

    /// <summary>Every name that punnet knows, up to CAP_CHECKPOINT_RESTORE (40, Linux 5.9).</summary>
    public static ReadOnlySpan<string> Names => s_names;

    private static readonly string[] s_names =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
        "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN",
        "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT",
        "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE",
        "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL",
        "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND",
        "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
    ];

    /// <summary>Number of a capability, or -1.</summary>
    /// <param name="name">Such as CAP_CHOWN; case matters.</param>
    public static int Find(string name) => Array.IndexOf(s_names, name);
}
