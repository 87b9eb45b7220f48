using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

/// <summary>The container's root: made a mount, entered, closed to writing.</summary>
internal static class Rootfs
{
    /// <summary>Cuts the mount namespace off the host's and makes root.path a mount.</summary>
    /// <returns>Its descriptor, O_PATH.</returns>
    public static int Prepare(ContainerPlan plan, InitMaterial material, InitReport report)
    {
        MountFlags wanted = plan.RootPropagation;
        bool isShared = (wanted & MountFlags.Shared) != MountFlags.None;
        if (!isShared)
        {
            MountFlags outside = (wanted & MountFlags.Private) != MountFlags.None ? MountFlags.Private : MountFlags.Slave;
            report.Check(InitStep.Propagation, Sys.Mount(default, "/\0"u8, default, outside | MountFlags.Recursive));
        }

        if (material.UsesOldMounts && !isShared)
        {
            Sys.UseOldMounts(material.Proc);
        }

        Errno errno = Sys.OpenAt(Sys.WorkingDirectory, plan.Root.WithNul, OpenFlags.Path | OpenFlags.Directory, 0, out int directory);
        if (errno == Errno.EACCES && material.Reached.Length > 0 && material.Reached[0] >= 0)
        {
            directory = material.Reached[0];
            errno = Errno.None;
        }

        if (errno == Errno.EACCES && plan.Overlay is not null && !plan.NoPivot)
        {
            // late: a user namespace need not reach the place; nothing but pivot_root(2) looks for it.
            errno = Sys.OpenAt(Sys.WorkingDirectory, "/\0"u8, OpenFlags.Path | OpenFlags.Directory, 0, out directory);
        }

        report.Check(InitStep.Root, errno);
        int root = -1;
        if (plan.Overlay is null)
        {
            report.Check(InitStep.Root, Sys.CloneMount(directory, "\0"u8, recursive: true, out root));
        }

        if (isShared)
        {
            // What is attached to a shared mount appears on the host as well.
            MakeMountPrivate(directory, report);
        }

        if (plan.Overlay is not null)
        {
            root = Overlay.Make(plan.Overlay, material.Layers!, directory, report);
        }

        report.Check(InitStep.Root, Sys.AttachMount(root, directory));
        Sys.Close(directory);
        return root;
    }

    /// <summary>pivot_root(2) into the root and out of sight of the host.</summary>
    public static void Enter(ContainerPlan plan, int root, InitReport report)
    {
        // First: umount2(2) below would take it, and leave the old root.
        report.Check(InitStep.PivotRoot, Sys.RemoveOldMountStage());
        report.Check(InitStep.PivotRoot, Sys.ChangeDirectory(root));
        if (plan.NoPivot)
        {
            EnterByMove(report);
        }
        else
        {
            report.Check(InitStep.PivotRoot, Sys.OpenAt(Sys.WorkingDirectory, "/\0"u8, OpenFlags.Path | OpenFlags.Directory, 0, out int old));
            report.Check(InitStep.PivotRoot, Sys.PivotRoot(".\0"u8, ".\0"u8));

            // The old root now lies over the new one. Unmounting must not reach the host.
            report.Check(InitStep.PivotRoot, Sys.ChangeDirectory(old));
            report.Check(InitStep.PivotRoot, Sys.Mount(default, ".\0"u8, default, MountFlags.Slave | MountFlags.Recursive));
            report.Check(InitStep.PivotRoot, Sys.Detach(".\0"u8));
            Sys.Close(old);
        }

        report.Check(InitStep.PivotRoot, Sys.ChangeDirectory("/\0"u8));
        if (plan.RootPropagation != MountFlags.None)
        {
            report.Check(InitStep.RootPropagation, Sys.Mount(default, "/\0"u8, default, plan.RootPropagation));
        }
    }

    /// <summary>Closes /dev and the root to writing, now that everything is in them.</summary>
    public static void MakeReadOnly(ContainerPlan plan, int root, InitReport report)
    {
        MountAttributeChange readOnly = new() { Set = MountAttributes.ReadOnly };
        for (int i = 0; i < plan.Mounts.Length; i++)
        {
            MountStep step = plan.Mounts[i];
            if (step.ReadOnlyLate)
            {
                report.Check(InitStep.ReadOnlyLate, step.Index, RootPath.Find(root, step.Destination.WithNul, OpenFlags.ReadOnly, out int target));
                report.Check(InitStep.ReadOnlyLate, step.Index, Sys.ChangeMount(target, readOnly, recursive: false));
                Sys.Close(target);
            }
        }

        if (plan.RootReadOnly)
        {
            report.Check(InitStep.RootReadOnly, Sys.ChangeMount(root, readOnly, recursive: false));
        }
    }

    // chroot(2) alone would leave the host's mounts where a process with CAP_SYS_CHROOT finds them. A bare /proc and /sys of the
    // host must go as well: they would let a user namespace inside mount fresh ones without the masks.
    private static void EnterByMove(InitReport report)
    {
        HideOnHost("/proc\0"u8, report);
        HideOnHost("/sys\0"u8, report);
        report.Check(InitStep.PivotRoot, Sys.Mount(".\0"u8, "/\0"u8, default, MountFlags.Move));
        report.Check(InitStep.PivotRoot, Sys.ChangeRoot(".\0"u8));
    }

    private static void HideOnHost(System.ReadOnlySpan<byte> path, InitReport report)
    {
        Errno errno = Sys.Detach(path);
        if (errno is Errno.EPERM)
        {
            errno = Sys.Mount("tmpfs\0"u8, path, "tmpfs\0"u8, MountFlags.ReadOnly);
        }

        if (errno is not (Errno.EINVAL or Errno.ENOENT))
        {
            report.Check(InitStep.PivotRoot, errno);
        }
    }

    // Up from the directory to the root of the mount that it is on, which alone can be changed.
    private static void MakeMountPrivate(int directory, InitReport report)
    {
        const ulong IsMountRoot = 0x2000; // STATX_ATTR_MOUNT_ROOT
        report.Check(InitStep.Root, Sys.OpenAt(directory, ".\0"u8, OpenFlags.Path | OpenFlags.Directory, 0, out int here));
        while (true)
        {
            report.Check(InitStep.Root, Sys.Status(here, out FileStatus status));
            if ((status.Attributes & IsMountRoot) != 0)
            {
                break;
            }

            report.Check(InitStep.Root, Sys.OpenAt(here, "..\0"u8, OpenFlags.Path | OpenFlags.Directory, 0, out int up));
            Sys.Close(here);
            here = up;
        }

        report.Check(InitStep.Propagation, Sys.ChangeMount(here, new MountAttributeChange { Propagation = MountFlags.Private }, recursive: false));
        Sys.Close(here);
    }
}
