using System;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Host;

/// <summary>
/// What a host forbids to ordinary users and to user namespaces, where the kernel says no more than EPERM or ENOSPC: for hints.
/// </summary>
public static class HostPolicy
{
    /// <summary>Why an ordinary user gets no user namespace, or one without rights; null when nothing is known to forbid it.</summary>
    public static string? OfUserNamespaces()
    {
        // Sysctls of Debian and Ubuntu, which no manual page documents.
        if (Is("/proc/sys/kernel/unprivileged_userns_clone\0"u8, '0'))
        {
            return "user namespaces are forbidden to ordinary users here: sysctl kernel.unprivileged_userns_clone is 0";
        }

        if (Is("/proc/sys/kernel/apparmor_restrict_unprivileged_userns\0"u8, '1'))
        {
            return "AppArmor leaves ordinary users no rights in user namespaces here: "
                + "sysctl kernel.apparmor_restrict_unprivileged_userns is 1, and punnet has no profile with \"userns\"";
        }

        return Is("/proc/sys/user/max_user_namespaces\0"u8, '0')
            ? "user namespaces are forbidden here: sysctl user.max_user_namespaces is 0"
            : null;
    }

    /// <summary>The hint for a punnet without CAP_SYS_ADMIN.</summary>
    public const string LacksSystemAdministration = "punnet itself lacks CAP_SYS_ADMIN";

    /// <summary>Whether punnet has CAP_SYS_ADMIN.</summary>
    public static bool HasSystemAdministration() => Has(Capability.SysAdmin);

    /// <summary>The hint that punnet lacks a needed capability, or null.</summary>
    /// <param name="errno">What the kernel says.</param>
    /// <param name="capability">Its number, capabilities(7).</param>
    public static string? Lacks(Errno errno, int capability) =>
        errno is Errno.EPERM or Errno.EACCES && Sys.Geteuid() == 0 && !Has(capability)
            ? "punnet itself lacks " + Capability.Names[capability]
            : null;

    // What is unknown is no cause.
    private static bool Has(int capability) => Sys.CapgetPermitted(out ulong held) != Errno.None || (held & (1UL << capability)) != 0;

    /// <summary>Why the root of a user namespace has none of its rights, or null.</summary>
    public static string? OfRights(Errno errno) =>
        errno is Errno.EPERM or Errno.EACCES && Sys.Geteuid() != 0 ? OfUserNamespaces() : null;

    /// <summary>Why a file system cannot be mounted, or null.</summary>
    public static string? OfMount(NamespacePlan namespaces, MountStep step, Errno errno)
    {
        if (errno != Errno.EPERM || step.Kind != MountKind.FileSystem)
        {
            return null;
        }

        string type = step.Type.ToString();
        if (!namespaces.HasUser)
        {
            return HasSystemAdministration() ? null : LacksSystemAdministration;
        }

        (CloneFlags kind, string name) = type switch
        {
            "proc" => (CloneFlags.NewPid, "pid"),
            "mqueue" => (CloneFlags.NewIpc, "ipc"),
            "cgroup2" => (CloneFlags.NewCgroup, "cgroup"),
            "sysfs" => (CloneFlags.NewNetwork, "network"),
            _ => (CloneFlags.None, ""),
        };
        if (kind != CloneFlags.None && (namespaces.New & kind) == CloneFlags.None
            && !(kind == CloneFlags.NewCgroup && namespaces.NewCgroup))
        {
            return "a user namespace may mount " + type + " only for a " + name + " namespace of its own, and linux.namespaces makes none";
        }

        if (kind == CloneFlags.NewPid && CoveringProc() is string covering)
        {
            return "a user namespace may not see more of /proc than its parent, and " + covering + " is mounted over a part of it here";
        }

        // What has FS_USERNS_MOUNT in some kernel.
        return type is "proc" or "mqueue" or "cgroup2" or "sysfs" or "tmpfs" or "ramfs" or "devpts" or "overlay" or "fuse" or "binfmt_misc"
            or "bpf"
            ? null
            : "a user namespace may not mount " + type + ": mount it on the host, and bind it";
    }

    // mount_namespaces(7): a mount that hides a part of the host's /proc is locked, and a fresh one would uncover it.
    private static string? CoveringProc()
    {
        foreach (MountInfo mount in MountInfo.Read())
        {
            if (mount.Point.StartsWith("/proc/", StringComparison.Ordinal))
            {
                return mount.Point;
            }
        }

        return null;
    }

    private static bool Is(ReadOnlySpan<byte> path, char value) =>
        HostFile.TryReadText(Sys.WorkingDirectory, path)?.Trim() is string text && text.Length == 1 && text[0] == value;
}
