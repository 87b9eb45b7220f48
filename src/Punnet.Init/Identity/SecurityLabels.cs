using System;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

/// <summary>
/// process.apparmorProfile and process.selinuxLabel: written to the host's /proc that the parent opened and verified. In the container's
/// they would go where an image has put a file of that name (CVE-2019-16884, CVE-2025-52881).
/// </summary>
internal static class SecurityLabels
{
    /// <summary>Asks for profile and label at the next exec; called while the host's /proc is still open.</summary>
    public static void Request(ProcessPlan plan, InitContext context, InitReport report)
    {
        if (!plan.ApparmorProfile.IsNull)
        {
            Errno errno = Write(context, "thread-self/attr/apparmor/exec\0"u8, plan.ApparmorRequest.Text);
            if (errno == Errno.ENOENT)
            {
                // Before Linux 5.8 the modules had one file between them.
                errno = Write(context, "thread-self/attr/exec\0"u8, plan.ApparmorRequest.Text);
            }

            report.Check(InitStep.Apparmor, errno);
        }

        if (!plan.SelinuxLabel.IsNull)
        {
            report.Check(InitStep.Selinux, Write(context, "thread-self/attr/exec\0"u8, plan.SelinuxLabel.Text));
        }
    }

    /// <summary>Says whose the keys are that this process makes; without a label, its own again.</summary>
    public static void LabelKeys(CString label, InitContext context, InitReport report) =>
        report.Check(InitStep.SelinuxKeys, Write(context, "thread-self/attr/keycreate\0"u8, label.Text));

    /// <summary>Sees to it that this process may label the root of the message queues' file system.</summary>
    public static void OwnRoot(NamespacePlan plan, MountStep step, InitReport report)
    {
        // That file system belongs to who made the ipc namespace. In the clone this process was still its caller, and now it is root of
        // the user namespace: made once more, it is its own.
        if (plan.HasUser && (plan.New & CloneFlags.NewIpc) != CloneFlags.None)
        {
            report.Check(InitStep.MountLabel, step.Index, Sys.Unshare(CloneFlags.NewIpc));
        }
    }

    /// <summary>Labels the root of a new file system.</summary>
    public static void LabelRoot(MountStep step, int mount, InitReport report)
    {
        // fsetxattr(2) takes no descriptor of a path, which a mount's is.
        Errno errno = Sys.Openat(mount, ".\0"u8, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out int root);
        report.Check(InitStep.MountLabel, step.Index, errno);
        report.Check(InitStep.MountLabel, step.Index, Sys.Fsetxattr(root, "security.selinux\0"u8, step.RootLabel.WithNul));
        Sys.Close(root);
    }

    private static Errno Write(InitContext context, ReadOnlySpan<byte> path, ReadOnlySpan<byte> text)
    {
        // "thread-self" is a link made of text, which these allow; what leads out of the procfs they do not.
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
