using System;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet;

/// <summary>
/// AppArmor and SELinux: whether what a plan asks of them can be had here. Asked before anything is made, and not left to the kernel:
/// without the one, the other may take its texts.
/// </summary>
internal static class SecurityModules
{
    /// <summary>Checks a create.</summary>
    /// <exception cref="PunnetException">A module is missing.</exception>
    public static void Check(ContainerPlan plan)
    {
        if (!plan.MountLabel.IsNull && !HasSelinux())
        {
            throw new PunnetException("cannot label mounts with \"" + plan.MountLabel + "\" (linux.mountLabel): SELinux is not enabled on this host");
        }

        Check(plan.Process);
    }

    /// <summary>Checks a program.</summary>
    /// <exception cref="PunnetException">A module is missing.</exception>
    public static void Check(ProcessPlan plan)
    {
        if (!plan.ApparmorProfile.IsNull && !HasApparmor())
        {
            throw new PunnetException(
                "apparmor failed to apply profile \"" + plan.ApparmorProfile + "\" (process.apparmorProfile): AppArmor is not enabled on this host");
        }

        if (!plan.SelinuxLabel.IsNull && !HasSelinux())
        {
            throw new PunnetException(
                "cannot set the label \"" + plan.SelinuxLabel + "\" (process.selinuxLabel): SELinux is not enabled on this host");
        }
    }

    private static bool HasApparmor()
    {
        if (Sys.OpenAt(Sys.WorkingDirectory, "/sys/module/apparmor/parameters/enabled\0"u8, OpenFlags.ReadOnly, 0, out int file) != Errno.None)
        {
            return false;
        }

        using Descriptor owned = new(file);
        Span<byte> answer = stackalloc byte[1];
        return Sys.Read(file, answer, out int count) == Errno.None && count == 1 && answer[0] == (byte)'Y';
    }

    private static bool HasSelinux()
    {
        if (Sys.OpenAt(Sys.WorkingDirectory, "/sys/fs/selinux\0"u8, OpenFlags.Path, 0, out int directory) != Errno.None)
        {
            return false;
        }

        using Descriptor owned = new(directory);
        return Sys.FileSystemType(directory, out long magic) == Errno.None && magic == FileSystemMagic.Selinux;
    }
}
