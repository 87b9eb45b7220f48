using System;

namespace Punnet.Abi;

/// <summary>
/// The kinds of namespaces(7), in the order in which a process joins them: the user namespace gives the right to join the others.
/// </summary>
public static class NamespaceKinds
{
    /// <summary>How many there are.</summary>
    public static int Count => 8;

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

    /// <summary>The name of that file, which is also in the name of its limit in /proc/sys/user.</summary>
    /// <param name="number">From 0 on.</param>
    public static string FileName(int number) => number switch
    {
        1 => "mnt",
        3 => "net",
        _ => Name(number),
    };

    /// <summary>Its name in config.json, config-linux.md#namespaces.</summary>
    /// <param name="number">From 0 on.</param>
    public static string Name(int number) => number switch
    {
        0 => "user",
        1 => "mount",
        2 => "pid",
        3 => "network",
        4 => "ipc",
        5 => "uts",
        6 => "cgroup",
        _ => "time",
    };

    /// <summary>All names, for a sentence: "user, mount, … or time".</summary>
    public static string Names()
    {
        string names = Name(0);
        for (int number = 1; number < Count; number++)
        {
            names += (number == Count - 1 ? " or " : ", ") + Name(number);
        }

        return names;
    }

    /// <summary>The number of a kind.</summary>
    /// <param name="kind">One CLONE_NEW… flag.</param>
    public static int Number(CloneFlags kind)
    {
        int number = 0;
        while (number < Count - 1 && Flag(number) != kind)
        {
            number++;
        }

        return number;
    }

    /// <summary>The kind with a name of config.json.</summary>
    /// <returns><see cref="CloneFlags.None"/> where there is no such kind.</returns>
    public static CloneFlags Find(string name)
    {
        for (int number = 0; number < Count; number++)
        {
            if (name == Name(number))
            {
                return Flag(number);
            }
        }

        return CloneFlags.None;
    }
}
