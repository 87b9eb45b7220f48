using System;
using Punnet.Abi;

namespace Punnet.Kernel;

/// <summary>
/// The kinds of namespaces(7), in the order in which a process joins them: the user namespace gives the right to join the others.
/// </summary>
public static class NamespaceKinds
{
    /// <summary>How many there are.</summary>
    public const int Count = 8;

    /// <summary>One kind, as a CLONE_NEW… flag.</summary>
    /// <param name="number">From 0 on.</param>
    public static CloneFlags Flag(int number) => number switch
    {
        0 => CloneFlags.NewUser,
        1 => CloneFlags.NewMount,
        2 => CloneFlags.NewPid,
        3 => CloneFlags.NewNetwork,
        4 => CloneFlags.NewIpc,
        5 => CloneFlags.NewUts,
        6 => CloneFlags.NewCgroup,
        _ => CloneFlags.NewTime,
    };

    /// <summary>Its file below /proc/PID, with NUL.</summary>
    /// <param name="number">From 0 on.</param>
    public static ReadOnlySpan<byte> File(int number) => number switch
    {
        0 => "ns/user\0"u8,
        1 => "ns/mnt\0"u8,
        2 => "ns/pid\0"u8,
        3 => "ns/net\0"u8,
        4 => "ns/ipc\0"u8,
        5 => "ns/uts\0"u8,
        6 => "ns/cgroup\0"u8,
        _ => "ns/time\0"u8,
    };
}
