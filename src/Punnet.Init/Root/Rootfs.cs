using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

/// <summary>The container's root: making it a mount, entering it, making it read-only.</summary>
internal static class Rootfs
{
    /// <summary>Stops propagation from and to the host, and makes root.path a mount.</summary>
    /// <returns>Its descriptor, O_PATH.</returns>
    public static int Prepare(ContainerPlan plan, InitContext context, InitReport report)
    {
        if (context.Root >= 0)
        {
            return context.Root;
        }

        MountFlags outside = Outside(plan.RootPropagation);
        if (outside != MountFlags.None)
        {
            report.Check(InitStep.Propagation, Sys.Mount(default, "/\0"u8, default, outside));
        }

        if (context.UsesOldMounts && outside != MountFlags.None)
        {
            // Only where its stage over the root does not propagate to the host.
            Sys.UseOldMounts(context.Proc);
        }

        Errno errno = Sys.Openat(Sys.WorkingDirectory, plan.Root.WithNul, OpenFlags.Path | OpenFlags.Directory, 0, out int directory);
        if (errno == Errno.EACCES && context.PreopenedPaths.Length > 0 && context.PreopenedPaths[0] >= 0)
        {
            directory = context.PreopenedPaths[0];
            errno = Errno.None;
        }

        if (errno == Errno.EACCES && plan.Overlay is not null && !plan.NoPivot)
        {
            // late: root of the user namespace may not reach the path; only pivot_root(2) needs it.
            errno = Sys.Openat(Sys.WorkingDirectory, "/\0"u8, OpenFlags.Path | OpenFlags.Directory, 0, out directory);
        }

        report.Check(InitStep.Root, errno);
        bool isCutOff = (outside & MountFlags.Recursive) != MountFlags.None || plan.Namespaces.MadeForUser;
        if (!isCutOff)
        {
            // First: its clone would be a peer of the host's mount, which pivot_root(2) refuses, and mounts on either would propagate to
            // the host.
            MakeMountPrivate(directory, report);
        }

        int root;
        if (plan.Overlay is null)
        {
            report.Check(InitStep.Root, Sys.OpenTreeClone(directory, "\0"u8, recursive: true, out root));
            if (!isCutOff)
            {
                // Recursive: the host's mounts below root.path are cloned too.
                report.Check(InitStep.Root, Sys.MountSetattr(root, Change(MountFlags.Slave), recursive: true));
            }

            // Later mounts of the host there do not propagate.
            report.Check(InitStep.Root, Sys.MountSetattr(root, Change(MountFlags.Private), recursive: false));
        }
        else
        {
            root = Overlay.Make(plan.Overlay, context.Layers!, directory, report);
        }

        report.Check(InitStep.Root, Sys.MoveMount(root, directory));
        Sys.Close(directory);
        return root;
    }

    /// <summary>pivot_root(2) into the root, and unmounts the host's; chroot(2) in the host's mount namespace.</summary>
    public static void Enter(ContainerPlan plan, int root, InitReport report)
    {
        // First: umount2(2) below would take the stage and leave the old root.
        report.Check(InitStep.PivotRoot, Sys.RemoveOldMountStage());
        report.Check(InitStep.PivotRoot, Sys.Chdir(root));
        if (plan.Namespaces.SharesMounts)
        {
            // The host's root must stay where it is.
            report.Check(InitStep.PivotRoot, Sys.Chroot(".\0"u8));
        }
        else if (plan.NoPivot)
        {
            EnterByMove(report);
        }
        else
        {
            const OpenFlags Directory = OpenFlags.Path | OpenFlags.Directory;
            report.Check(InitStep.PivotRoot, Sys.Openat(Sys.WorkingDirectory, "/\0"u8, Directory, 0, out int old));
            report.Check(InitStep.PivotRoot, Sys.PivotRoot(".\0"u8, ".\0"u8));

            // The old root is now mounted over the new one. Unmounting it must not propagate to the host.
            report.Check(InitStep.PivotRoot, Sys.Chdir(old));
            report.Check(InitStep.PivotRoot, Sys.Mount(default, ".\0"u8, default, MountFlags.Slave | MountFlags.Recursive));
            report.Check(InitStep.PivotRoot, Sys.UmountDetach(".\0"u8));
            Sys.Close(old);
        }

        report.Check(InitStep.PivotRoot, Sys.Chdir("/\0"u8));
    }

    /// <summary>linux.rootfsPropagation, after all mounts: an unbindable mount could not be made read-only.</summary>
    public static void Spread(ContainerPlan plan, InitReport report)
    {
        if (plan.RootPropagation != MountFlags.None)
        {
            report.Check(InitStep.RootPropagation, Sys.Mount(default, "/\0"u8, default, plan.RootPropagation));
        }
    }

    /// <summary>Makes /dev and the root read-only, now that all is in them.</summary>
    public static void MakeReadOnly(ContainerPlan plan, InitContext context, int root, InitReport report)
    {
        MountAttributeChange readOnly = new() { Set = MountAttributes.ReadOnly };
        for (int i = 0; i < plan.Mounts.Length; i++)
        {
            MountStep step = plan.Mounts[i];
            if (step.ReadOnlyLate)
            {
                report.Check(InitStep.ReadOnlyLate, step.Index, Sys.MountSetattr(context.ReadOnlyLate, readOnly, recursive: false));
            }
        }

        if (plan.RootReadOnly)
        {
            // A bundle is often on a mount with noexec or nosuid, such as /tmp and /home. The container does not inherit these: as with
            // bind mounts, only the options in config.json apply. runc and crun do the same.
            const MountAttributes Others = MountAttributes.NoSuid | MountAttributes.NoDev | MountAttributes.NoExec;
            Errno errno = Sys.MountSetattr(root, readOnly with { Clear = Others }, recursive: false);
            if (errno == Errno.EPERM)
            {
                // late: a user namespace cannot clear locked attributes.
                errno = Sys.MountSetattr(root, readOnly, recursive: false);
            }

            report.Check(InitStep.RootReadOnly, errno);
        }
    }

    // With chroot(2) alone, a process with CAP_SYS_CHROOT could reach the host's mounts. The host's /proc and /sys must be unmounted too:
    // they would let a user namespace inside mount new ones without the masks.
    private static void EnterByMove(InitReport report)
    {
        // The mount point and the mounts to hide may still be shared with the host.
        report.Check(InitStep.PivotRoot, Sys.Mount(default, "/\0"u8, default, MountFlags.Private));
        HideOnHost("/proc\0"u8, report);
        HideOnHost("/sys\0"u8, report);
        Errno errno = Sys.Mount(".\0"u8, "/\0"u8, default, MountFlags.Move);

        // ELOOP if root.path is "/": it is there already.
        report.Check(InitStep.PivotRoot, errno == Errno.ELOOP ? Errno.None : errno);
        report.Check(InitStep.PivotRoot, Sys.Chroot(".\0"u8));
    }

    private static void HideOnHost(System.ReadOnlySpan<byte> path, InitReport report)
    {
        Errno errno = Sys.Mount(default, path, default, MountFlags.Slave | MountFlags.Recursive);
        errno = errno == Errno.None ? Sys.UmountDetach(path) : errno;
        if (errno is Errno.EPERM)
        {
            errno = Sys.Mount("tmpfs\0"u8, path, "tmpfs\0"u8, MountFlags.ReadOnly);
        }

        if (errno is not (Errno.EINVAL or Errno.ENOENT))
        {
            report.Check(InitStep.PivotRoot, errno);
        }
    }

    // The propagation of the host's mounts in this mount namespace; None keeps it. An unbindable mount cannot be cloned.
    private static MountFlags Outside(MountFlags wanted) => (wanted & ~MountFlags.Recursive) switch
    {
        MountFlags.None => MountFlags.Slave | MountFlags.Recursive,
        MountFlags.Shared => MountFlags.None,
        MountFlags.Unbindable => MountFlags.Slave | (wanted & MountFlags.Recursive),
        _ => wanted,
    };

    private static MountAttributeChange Change(MountFlags propagation) => new() { Propagation = propagation };

    // Walks up to the root of the mount, which alone can be changed: EINVAL means that it is not here.
    private static void MakeMountPrivate(int directory, InitReport report)
    {
        report.Check(InitStep.Root, Sys.Openat(directory, ".\0"u8, OpenFlags.Path | OpenFlags.Directory, 0, out int here));
        while (true)
        {
            Errno errno = Sys.MountSetattr(here, Change(MountFlags.Private), recursive: false);
            if (errno == Errno.None)
            {
                break;
            }

            report.Check(InitStep.Root, Sys.Openat(here, "..\0"u8, OpenFlags.Path | OpenFlags.Directory, 0, out int up));
            report.Check(InitStep.Root, Sys.Statx(here, out FileStatus below));
            report.Check(InitStep.Root, Sys.Statx(up, out FileStatus above));
            if (errno != Errno.EINVAL
                || (above.Inode == below.Inode
                    && above.FileSystemMinor == below.FileSystemMinor && above.FileSystemMajor == below.FileSystemMajor))
            {
                report.Fail(InitStep.Propagation, 0, errno); // punnet runs in a chroot whose root is not a mount.
            }

            Sys.Close(here);
            here = up;
        }

        Sys.Close(here);
    }
}
