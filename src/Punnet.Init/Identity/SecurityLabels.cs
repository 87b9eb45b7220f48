using System;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

/// <summary>
/// process.apparmorProfile and process.selinuxLabel: written to the host's /proc, which the parent opened and verified. An image could put
/// its own file at that path in the container (CVE-2019-16884, CVE-2025-52881).
/// </summary>
internal static class SecurityLabels
{
    /// <summary>Sets profile and label for the next execve(2); called while the host's /proc is still open.</summary>
    public static void Request(ProcessPlan plan, InitContext context, InitReport report)
    {
        if (!plan.ApparmorProfile.IsNull)
        {
            Errno errno = Write(context, "thread-self/attr/apparmor/exec\0"u8, plan.ApparmorRequest.Text);
            if (errno == Errno.ENOENT)
            {
                // Before Linux 5.8 all modules shared one file.
                errno = Write(context, "thread-self/attr/exec\0"u8, plan.ApparmorRequest.Text);
            }

            report.Check(InitStep.Apparmor, errno);
        }

        if (!plan.SelinuxLabel.IsNull)
        {
            report.Check(InitStep.Selinux, Write(context, "thread-self/attr/exec\0"u8, plan.SelinuxLabel.Text));
        }
    }

    /// <summary>Sets the label of new keys; without a label, back to the default.</summary>
    public static void LabelKeys(CString label, InitContext context, InitReport report) =>
        report.Check(InitStep.SelinuxKeys, Write(context, "thread-self/attr/keycreate\0"u8, label.Text));

    /// <summary>Makes sure that this process can label the root of mqueue.</summary>
    public static void OwnRoot(NamespacePlan plan, MountStep step, InitReport report)
    {
        // That file system belongs to the user who made the IPC namespace. The clone made it as the caller; now this process is root of the
        // user namespace and makes it again.
        if (plan.HasUser && (plan.New & CloneFlags.NewIpc) != CloneFlags.None)
        {
            report.Check(InitStep.MountLabel, step.Index, Sys.Unshare(CloneFlags.NewIpc));
        }
    }

    /// <summary>Labels the root of a new file system.</summary>
    public static void LabelRoot(MountStep step, int mount, InitReport report)
    {
        // fsetxattr(2) does not take an O_PATH descriptor, which the mount is.
        Errno errno = Sys.Openat(mount, ".\0"u8, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out int root);
        report.Check(InitStep.MountLabel, step.Index, errno);
        report.Check(InitStep.MountLabel, step.Index, Sys.Fsetxattr(root, "security.selinux\0"u8, step.RootLabel.WithNul));
        Sys.Close(root);
    }

    private static Errno Write(InitContext context, ReadOnlySpan<byte> path, ReadOnlySpan<byte> text)
    {
        // These flags allow "thread-self", an ordinary link, but nothing that leads out of this procfs.
        const ResolveFlags Strict = ResolveFlags.Beneath | ResolveFlags.NoMountCrossing | ResolveFlags.NoMagicLinks;
        Errno errno = Sys.Openat2(context.Proc, path, OpenFlags.WriteOnly, 0, Strict, out int file);
        if (errno == Errno.None)
        {
            errno = Sys.Write(file, text, out _);
            Sys.Close(file);
        }

        return errno;
    }
}
