using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>The comparisons of a rule's arguments, SCMP_CMP_*.</summary>
internal enum SeccompComparison : byte
{
    None,
    NotEqual,
    Less,
    LessOrEqual,
    Equal,
    GreaterOrEqual,
    Greater,
    MaskedEqual,
}

/// <summary>The words of linux.seccomp (runtime-spec config-linux.md#seccomp) and what they mean to the kernel.</summary>
internal static class SeccompVocabulary
{
    /// <summary>Where everything that this compiler refuses stands.</summary>
    internal const string Root = "linux.seccomp";

    private const uint PermissionDenied = 1; // EPERM, the default errno of the specification
    private const SeccompAction UnknownAction = (SeccompAction)1;

    /// <summary>A filter's return value for an action; refuses what is not one, and an errno where the action has none.</summary>
    internal static uint Action(string? text, uint? errno, string place, string actionKey, string errnoKey)
    {
        SeccompAction action = text switch
        {
            "SCMP_ACT_ALLOW" => SeccompAction.Allow,
            "SCMP_ACT_ERRNO" => SeccompAction.Errno,
            "SCMP_ACT_KILL" or "SCMP_ACT_KILL_THREAD" => SeccompAction.KillThread,
            "SCMP_ACT_KILL_PROCESS" => SeccompAction.KillProcess,
            "SCMP_ACT_TRAP" => SeccompAction.Trap,
            "SCMP_ACT_TRACE" => SeccompAction.Trace,
            "SCMP_ACT_LOG" => SeccompAction.Log,
            "SCMP_ACT_NOTIFY" => SeccompAction.Notify,
            null => throw new SpecException($"{place}.{actionKey}", "is missing"),
            _ => UnknownAction,
        };
        if (action == UnknownAction)
        {
            throw new SpecException($"{place}.{actionKey}", $"\"{text}\" is not an action (SCMP_ACT_*)");
        }

        if (action is SeccompAction.Errno or SeccompAction.Trace)
        {
            uint data = errno ?? PermissionDenied;
            return data <= ushort.MaxValue
                ? (uint)action | data
                : throw new SpecException($"{place}.{errnoKey}", $"{data} does not fit into 16 bits");
        }

        // config-linux.md: an errno for an action that has none must fail.
        return errno is null
            ? (uint)action
            : throw new SpecException($"{place}.{errnoKey}", $"{text} has no errno, only SCMP_ACT_ERRNO and SCMP_ACT_TRACE have");
    }

    internal static SeccompComparison Comparison(string? text) => text switch
    {
        "SCMP_CMP_NE" => SeccompComparison.NotEqual,
        "SCMP_CMP_LT" => SeccompComparison.Less,
        "SCMP_CMP_LE" => SeccompComparison.LessOrEqual,
        "SCMP_CMP_EQ" => SeccompComparison.Equal,
        "SCMP_CMP_GE" => SeccompComparison.GreaterOrEqual,
        "SCMP_CMP_GT" => SeccompComparison.Greater,
        "SCMP_CMP_MASKED_EQ" => SeccompComparison.MaskedEqual,
        _ => SeccompComparison.None,
    };

    internal static SeccompArchitecture Architecture(string text) => text switch
    {
        "SCMP_ARCH_X86_64" => SeccompArchitecture.X86_64,
        "SCMP_ARCH_X86" => SeccompArchitecture.X86,
        "SCMP_ARCH_X32" => SeccompArchitecture.X32,
        "SCMP_ARCH_AARCH64" => SeccompArchitecture.AArch64,
        "SCMP_ARCH_ARM" => SeccompArchitecture.Arm,
        "SCMP_ARCH_RISCV64" => SeccompArchitecture.RiscV64,
        "SCMP_ARCH_LOONGARCH64" => SeccompArchitecture.LoongArch64,
        "SCMP_ARCH_S390X" => SeccompArchitecture.S390X,
        "SCMP_ARCH_S390" => SeccompArchitecture.S390,
        "SCMP_ARCH_PPC64LE" => SeccompArchitecture.Ppc64Le,
        "SCMP_ARCH_PPC64" => SeccompArchitecture.Ppc64,
        "SCMP_ARCH_PPC" => SeccompArchitecture.Ppc,
        "SCMP_ARCH_MIPS" => SeccompArchitecture.Mips,
        "SCMP_ARCH_MIPSEL" => SeccompArchitecture.MipsEl,
        "SCMP_ARCH_MIPS64" => SeccompArchitecture.Mips64,
        "SCMP_ARCH_MIPSEL64" => SeccompArchitecture.MipsEl64,
        "SCMP_ARCH_MIPS64N32" => SeccompArchitecture.Mips64N32,
        "SCMP_ARCH_MIPSEL64N32" => SeccompArchitecture.MipsEl64N32,
        "SCMP_ARCH_PARISC" => SeccompArchitecture.PaRisc,
        "SCMP_ARCH_PARISC64" => SeccompArchitecture.PaRisc64,
        "SCMP_ARCH_M68K" => SeccompArchitecture.M68K,
        "SCMP_ARCH_SH" => SeccompArchitecture.Sh,
        "SCMP_ARCH_SHEB" => SeccompArchitecture.ShEb,
        _ => SeccompArchitecture.None,
    };

    internal static SeccompFilterFlags Flag(string text) => text switch
    {
        "SECCOMP_FILTER_FLAG_TSYNC" => SeccompFilterFlags.ThreadSync,
        "SECCOMP_FILTER_FLAG_LOG" => SeccompFilterFlags.Log,
        "SECCOMP_FILTER_FLAG_SPEC_ALLOW" => SeccompFilterFlags.SpeculationAllow,
        "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" => SeccompFilterFlags.WaitKillableReceive,
        _ => SeccompFilterFlags.None,
    };

    /// <summary>
    /// The first argument of socketcall(2) or ipc(2) that stands for a call of its own (linux/net.h SYS_*, linux/ipc.h), and
    /// which of the two carries it.
    /// </summary>
    internal static (string Carrier, uint Call) Multiplexed(string name) => name switch
    {
        "socket" => (SocketCall, 1),
        "bind" => (SocketCall, 2),
        "connect" => (SocketCall, 3),
        "listen" => (SocketCall, 4),
        "accept" => (SocketCall, 5),
        "getsockname" => (SocketCall, 6),
        "getpeername" => (SocketCall, 7),
        "socketpair" => (SocketCall, 8),
        "send" => (SocketCall, 9),
        "recv" => (SocketCall, 10),
        "sendto" => (SocketCall, 11),
        "recvfrom" => (SocketCall, 12),
        "shutdown" => (SocketCall, 13),
        "setsockopt" => (SocketCall, 14),
        "getsockopt" => (SocketCall, 15),
        "sendmsg" => (SocketCall, 16),
        "recvmsg" => (SocketCall, 17),
        "accept4" => (SocketCall, 18),
        "recvmmsg" => (SocketCall, 19),
        "sendmmsg" => (SocketCall, 20),
        "semop" => (IpcCall, 1),
        "semget" => (IpcCall, 2),
        "semctl" => (IpcCall, 3),
        "semtimedop" => (IpcCall, 4),
        "msgsnd" => (IpcCall, 11),
        "msgrcv" => (IpcCall, 12),
        "msgget" => (IpcCall, 13),
        "msgctl" => (IpcCall, 14),
        "shmat" => (IpcCall, 21),
        "shmdt" => (IpcCall, 22),
        "shmget" => (IpcCall, 23),
        "shmctl" => (IpcCall, 24),
        _ => ("", 0),
    };

    private const string SocketCall = "socketcall";
    private const string IpcCall = "ipc";
}
