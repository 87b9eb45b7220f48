using System;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

/// <summary>What is done to the mounts of a running container.</summary>
public enum MountChange
{
    /// <summary>The plan's mounts are made.</summary>
    Add,

    /// <summary>What is mounted at their destinations is unmounted, the last one first.</summary>
    Remove,

    /// <summary>The root becomes read-only.</summary>
    MakeRootReadOnly,
}

/// <summary>The script of a process that changes the mounts of a running container, and ends.</summary>
public static class MountInit
{
    /// <summary>
    /// Joins the container, changes its mounts and exits. It is not in the container's pid namespace: nobody there sees it.
    /// </summary>
    /// <param name="plan">The container, with only the mounts that are meant.</param>
    /// <param name="change">What to do.</param>
    /// <param name="target">The container.</param>
    /// <param name="context">The context; <see cref="InitContext.Clones"/> has room.</param>
    public static void Run(ContainerPlan plan, MountChange change, ExecTarget target, InitContext context)
    {
        InitReport report = new(context.Channel);
        Hardening.Apply(report);
        Sys.Umask(0);
        if (change == MountChange.Add)
        {
            bool hasPrivileges = Sys.Geteuid() == 0 || (target.Kinds & CloneFlags.NewUser) == CloneFlags.None;
            if (!hasPrivileges)
            {
                // An ordinary user may clone a mount only in a mount namespace of the own user namespace: here a copy of the host's.
                report.Check(InitStep.JoinNamespace, Sys.Setns(target.Pidfd, CloneFlags.NewUser));
                BecomeRoot(report);
                report.Check(InitStep.NewNamespace, Sys.Unshare(CloneFlags.NewMount));
                target = target with { Kinds = target.Kinds & ~CloneFlags.NewUser };
            }

            CloneSources(plan, context, report);
        }

        report.Check(InitStep.JoinNamespace, target.Join());
        if ((target.Kinds & CloneFlags.NewUser) != CloneFlags.None)
        {
            BecomeRoot(report);
        }

        Hardening.Apply(report);
        report.Check(InitStep.Root, Sys.Openat(Sys.WorkingDirectory, "/\0"u8, OpenFlags.Path | OpenFlags.Directory, 0, out int root));
        switch (change)
        {
            case MountChange.Add:
                Attach(plan, context, root, report);
                break;
            case MountChange.Remove:
                Remove(plan, context, root, report);
                break;
            default:
                Rootfs.MakeReadOnly(plan, context, root, report);
                break;
        }

        report.Check(InitStep.StartFifo, Channel.Send(context.Channel, Message.Created));
        Sys.ExitGroup(0);
    }

    private static void BecomeRoot(InitReport report)
    {
        report.Check(InitStep.BecomeRoot, Sys.Setresgid(0));
        report.Check(InitStep.BecomeRoot, Sys.Setresuid(0));
    }

    // While the host's paths mean the host's files.
    private static void CloneSources(ContainerPlan plan, InitContext context, InitReport report)
    {
        for (int i = 0; i < plan.Mounts.Length; i++)
        {
            MountStep step = plan.Mounts[i];
            context.Clones[i] = step.Kind == MountKind.Bind ? BindMounts.Make(plan, step, i, context, root: -1, report) : -1;
        }
    }

    private static void Attach(ContainerPlan plan, InitContext context, int root, InitReport report)
    {
        for (int i = 0; i < plan.Mounts.Length; i++)
        {
            if (context.Clones[i] >= 0)
            {
                Mounts.Attach(plan.Mounts[i], context.Clones[i], root, report);
            }
            else
            {
                Mounts.Make(plan, i, i + 1, context, root, report);
            }
        }
    }

    // A link in the destination could lead to a mask, which the container must not get rid of.
    private static void Remove(ContainerPlan plan, InitContext context, int root, InitReport report)
    {
        report.Check(InitStep.Root, Sys.Statx(root, out FileStatus top));
        report.Check(InitStep.Root, Sys.Chdir(context.Proc));
        Span<byte> buffer = stackalloc byte[Sys.DescriptorPathSize];
        for (int i = plan.Mounts.Length - 1; i >= 0; i--)
        {
            MountStep step = plan.Mounts[i];
            Mounts.CheckTarget(step, root, RootPath.FindWithoutLinks(root, step.Destination.WithNul, out int target), report);
            report.Check(InitStep.Unmount, step.Index, Sys.Statx(target, out FileStatus status));
            report.Check(InitStep.Unmount, step.Index, status.MountId == top.MountId && status.IsMountRoot ? Errno.EBUSY : Errno.None);

            // By descriptor, through the host's /proc: the container's may be anything.
            ReadOnlySpan<byte> path = Sys.DescriptorPath(target, buffer)["/proc/"u8.Length..];
            report.Check(InitStep.Unmount, step.Index, Sys.UmountDetach(path));
        }
    }
}
