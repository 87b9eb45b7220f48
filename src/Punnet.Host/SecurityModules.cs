using System;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Host;

/// <summary>
/// AppArmor and SELinux: whether this host has what a plan asks of them. Checked before anything is made, and not left to the kernel:
/// without the one, the other may take its texts.
/// </summary>
public static class SecurityModules
{
    /// <summary>Checks a create.</summary>
    /// <exception cref="PunnetException">A module is missing.</exception>
    public static void Check(ContainerPlan plan)
    {
        if (!plan.MountLabel.IsNull)
        {
            CheckLabel(plan.MountLabel, "cannot label mounts with \"" + plan.MountLabel + "\" (linux.mountLabel): ");
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
                "apparmor failed to apply profile \"" + plan.ApparmorProfile
                    + "\" (process.apparmorProfile): AppArmor is not enabled on this host");
        }

        if (!plan.SelinuxLabel.IsNull)
        {
            CheckLabel(plan.SelinuxLabel, "cannot set the label \"" + plan.SelinuxLabel + "\" (process.selinuxLabel): ");
        }
    }

    private static bool HasApparmor()
    {
        Span<byte> answer = stackalloc byte[1];
        return HostFile.TryRead(Sys.WorkingDirectory, "/sys/module/apparmor/parameters/enabled\0"u8, answer, out int count)
            && count == 1 && answer[0] == (byte)'Y';
    }

    // security_check_context(3): here, since later the kernel says EINVAL of a mount too, and of its other parameters as well.
    private static void CheckLabel(CString label, string sentence)
    {
        using Descriptor directory = HostProbe.TryOpenFileSystem("/sys/fs/selinux", FileSystemMagic.Selinux, "look at")
            ?? throw new PunnetException(sentence + "SELinux is not enabled on this host");

        // Where the question is refused, init reports the failure.
        if (Sys.Openat(directory.Number, "context\0"u8, OpenFlags.ReadWrite, 0, out int file) == Errno.None)
        {
            using Descriptor question = new(file);
            if (Sys.Write(question.Number, label.WithNul, out _) == Errno.EINVAL)
            {
                throw new PunnetException(sentence + "the SELinux policy of this host does not know it");
            }
        }
    }
}
