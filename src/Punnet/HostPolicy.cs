using System;
using System.Text;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet;

/// <summary>What a host forbids to ordinary users and to user namespaces, where the kernel says no more than EPERM or ENOSPC: for hints.</summary>
internal static class HostPolicy
{
    /// <summary>Why an ordinary user gets no user namespace, or one without rights; null when nothing is known to forbid it.</summary>
    public static string? OfUserNamespaces()
    {
        // Debian's and Ubuntu's switches, which no manual page has.
        if (Is("/proc/sys/kernel/unprivileged_userns_clone\0"u8, '0'))
        {
            return "user namespaces are forbidden to ordinary users here: sysctl kernel.unprivileged_userns_clone is 0";
        }

        if (Is("/proc/sys/kernel/apparmor_restrict_unprivileged_userns\0"u8, '1'))
        {
            return "AppArmor leaves ordinary users no rights in user namespaces here: sysctl kernel.apparmor_restrict_unprivileged_userns is 1, and punnet has no profile with \"userns\"";
        }

        return Is("/proc/sys/user/max_user_namespaces\0"u8, '0')
            ? "user namespaces are forbidden here: sysctl user.max_user_namespaces is 0"
            : null;
    }

    /// <summary>Why a process in new namespaces cannot be made, or null.</summary>
    public static string? OfClone(NamespacePlan namespaces, Errno errno) => errno switch
    {
        Errno.EPERM or Errno.EACCES when Sys.EffectiveUser() != 0 && !namespaces.HasUser =>
            "an ordinary user needs a user namespace: punnet spec --rootless shows how",
        Errno.EPERM or Errno.EACCES when Sys.EffectiveUser() != 0 => OfUserNamespaces(),
        Errno.EPERM when !namespaces.HasUser && !HasSystemAdministration() => "punnet itself lacks CAP_SYS_ADMIN",
        Errno.ENOSPC => OfUserNamespaces() ?? "a limit in /proc/sys/user/ is reached",
        _ => null,
    };

    /// <summary>Whether punnet has CAP_SYS_ADMIN.</summary>
    public static bool HasSystemAdministration() => (Sys.PermittedCapabilities() & (1UL << 21)) != 0;

    /// <summary>Why the root of a user namespace has none of its rights, or null.</summary>
    public static string? OfRights(Errno errno) =>
        errno is Errno.EPERM or Errno.EACCES && Sys.EffectiveUser() != 0 ? OfUserNamespaces() : null;

    /// <summary>Why a file system cannot be mounted in a user namespace, or null.</summary>
    public static string? OfMount(NamespacePlan namespaces, MountStep step, Errno errno)
    {
        if (errno != Errno.EPERM || !namespaces.HasUser || step.Kind != MountKind.FileSystem)
        {
            return null;
        }

        (CloneFlags kind, string name) = step.Type.ToString() switch
        {
            "proc" => (CloneFlags.NewPid, "pid"),
            "mqueue" => (CloneFlags.NewIpc, "ipc"),
            _ => (CloneFlags.None, ""),
        };
        if (kind != CloneFlags.None && (namespaces.New & kind) == CloneFlags.None)
        {
            return "a user namespace may mount " + step.Type + " only for a " + name + " namespace of its own, and linux.namespaces makes none";
        }

        return kind == CloneFlags.NewPid && CoveringProc() is string covering
            ? "a user namespace may not see more of /proc than its parent, and " + covering + " is mounted over a part of it here"
            : null;
    }

    // mount_namespaces(7): a mount that hides a part of the host's /proc is locked, and a fresh one would uncover it.
    private static string? CoveringProc()
    {
        foreach (string line in Encoding.UTF8.GetString(HostFile.Read("/proc/self/mountinfo")).Split('\n'))
        {
            string[] fields = line.Split(' ');
            if (fields.Length > 4 && fields[4].StartsWith("/proc/", StringComparison.Ordinal))
            {
                return fields[4];
            }
        }

        return null;
    }

    private static bool Is(ReadOnlySpan<byte> path, char value) =>
        HostFile.TryReadText(Sys.WorkingDirectory, path)?.Trim() is string text && text.Length == 1 && text[0] == value;
}
