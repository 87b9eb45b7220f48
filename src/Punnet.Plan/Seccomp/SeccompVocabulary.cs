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

    /// <summary>A filter's return value for an action; refuses what is not one, and an errno where the action has none.</summary>
    internal static uint Action(string? text, uint? errno, string place, string actionKey, string errnoKey)
    {
        if (!SeccompNames.ActionWords.TryFind(text, out ulong known))
        {
            throw new SpecException(
                $"{place}.{actionKey}", text is null ? "is missing" : $"\"{text}\" is not an action (SCMP_ACT_*)",
                SeccompNames.ActionWords.Hint(text));
        }

        SeccompAction action = (SeccompAction)known;
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

    internal static SeccompComparison Comparison(string? text) =>
        SeccompNames.OperatorWords.TryFind(text, out ulong known) ? (SeccompComparison)known : SeccompComparison.None;

    internal static SeccompArchitecture Architecture(string text) =>
        SeccompNames.ArchitectureWords.TryFind(text, out ulong known) ? (SeccompArchitecture)known : SeccompArchitecture.None;

    internal static SeccompFilterFlags Flag(string text) =>
        SeccompNames.FlagWords.TryFind(text, out ulong known) ? (SeccompFilterFlags)known : SeccompFilterFlags.None;

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
