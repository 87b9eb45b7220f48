using System;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

/// <summary>
/// mounts, in their order. Each one is made detached, with all its attributes, and then attached to a descriptor of its
/// destination: at no moment is a mount visible with less than it should have, and no path is resolved twice.
/// </summary>
internal static class Mounts
{
    /// <summary>Makes the mounts from one place to before another.</summary>
    public static void Make(ContainerPlan plan, int from, int to, InitMaterial material, int root, InitReport report)
    {
        for (int i = from; i < to; i++)
        {
            MountStep step = plan.Mounts[i];
            if (step.Kind == MountKind.Remount)
            {
                Remount(step, root, report);
                continue;
            }

            if (step.CopiesLink && SymbolicLinks.Copy(step, root, report))
            {
                continue;
            }

            int mount = step.Kind switch
            {
                MountKind.Bind => Bind(step, i, material, report),
                MountKind.Cgroup => MakeCgroup(plan, step, material, report),
                _ => MakeFileSystem(plan, step, material, root, report),
            };
            Attach(step, mount, root, report);
        }
    }

    /// <summary>Opens as the caller what root of the user namespace may not reach; used where its own attempt is refused.</summary>
    public static void Reach(ContainerPlan plan, InitMaterial material)
    {
        int[] reached = material.Reached;
        for (int i = 0; i < reached.Length; i++)
        {
            int opened = -1;
            if (i == 0)
            {
                Sys.OpenAt(Sys.WorkingDirectory, plan.Root.WithNul, OpenFlags.Path | OpenFlags.Directory, 0, out opened);
            }
            else if (plan.Mounts[i - 1].Kind == MountKind.Bind)
            {
                MountStep step = plan.Mounts[i - 1];
                Sys.CloneMount(Sys.WorkingDirectory, step.Source.WithNul, step.Recursive, !step.SourceNoFollow, out opened);
            }

            reached[i] = opened;
        }
    }

    private static int Bind(MountStep step, int place, InitMaterial material, InitReport report)
    {
        int opened = material.Sources.IsEmpty ? -1 : material.Sources[place];
        if (step.IdMap is null && opened < 0 && material.Reached.Length > 1)
        {
            opened = material.Reached[1 + place];
        }

        if (step.IdMap is null)
        {
            return CloneSource(step, step.Source, opened, report);
        }

        // A user namespace has no right to map the ids of the host's file systems: there the host has done it.
        int mount = opened;
        if (opened < 0)
        {
            report.Check(
                InitStep.MountSource, step.Index,
                Sys.CloneMount(Sys.WorkingDirectory, step.Source.WithNul, step.Recursive, !step.SourceNoFollow, out mount));
            MountAttributeChange change = new() { Set = MountAttributes.IdMap, UserNamespace = (ulong)material.IdMaps[place] };
            report.Check(InitStep.MountIdMap, step.Index, Sys.ChangeMount(mount, change, step.IdMap.Recursive));
        }

        ChangeAttributes(step, mount, report);
        return mount;
    }

    private static int MakeFileSystem(ContainerPlan plan, MountStep step, InitMaterial material, int root, InitReport report)
    {
        if (!step.RootLabel.IsNull)
        {
            SecurityLabels.OwnRoot(plan.Namespaces, step, report);
        }

        report.Check(InitStep.MountType, step.Index, Sys.OpenFileSystem(step.Type.WithNul, out int context));
        report.Check(InitStep.MountSource, step.Index, Sys.ConfigureFileSystem(context, "source\0"u8, step.Source.WithNul));
        if (material.PidNamespace >= 0 && step.Type.Text.SequenceEqual("proc"u8))
        {
            // Otherwise it shows the one that this process is in, which is the host's.
            report.Check(InitStep.MountType, step.Index, Sys.ConfigureFileSystem(context, "pidns\0"u8, material.PidNamespace));
        }

        Configure(step, context, report);
        int covered = -1;
        if (step.KeepsMode || step.CopiesUp)
        {
            covered = FindCovered(step, root);
            TakeMode(step, context, covered);
        }

        Errno errno = Sys.CreateFileSystem(context);
        int mount = -1;
        if (errno == Errno.None)
        {
            errno = Sys.MakeMount(context, step.Set, out mount);
        }

        Sys.Close(context);
        if (errno == Errno.EPERM && plan.Namespaces.HasUser && step.Type.Text.SequenceEqual("sysfs"u8))
        {
            // late: sysfs shows the network namespace's devices, and only its owner may mount one. The host's is as good.
            report.Check(InitStep.MountSource, step.Index, Sys.CloneMount(Sys.WorkingDirectory, "/sys\0"u8, recursive: true, out mount));
            errno = Sys.ChangeMount(mount, new MountAttributeChange { Set = step.Set }, recursive: false);
        }

        report.Check(InitStep.MountCreate, step.Index, errno);
        if (!step.RootLabel.IsNull)
        {
            SecurityLabels.LabelRoot(step, mount, report);
        }

        if (covered >= 0)
        {
            if (step.CopiesUp)
            {
                report.Check(InitStep.MountCopy, step.Index, TreeCopy.Run(covered, mount));
            }

            Sys.Close(covered);
        }

        ChangeTree(step, mount, report);
        return mount;
    }

    private static void Configure(MountStep step, int context, InitReport report)
    {
        for (int i = 0; i < step.Parameters.Length; i++)
        {
            MountParameter parameter = step.Parameters[i];
            Errno errno = Sys.ConfigureFileSystem(context, parameter.Key.WithNul, parameter.Value.WithNul);
            report.Check(InitStep.MountParameter, (step.Index * MountParameter.Limit) + i, errno);
        }

        if (!step.LabelKey.IsNull)
        {
            report.Check(InitStep.MountLabel, step.Index, Sys.ConfigureFileSystem(context, step.LabelKey.WithNul, step.Label.WithNul));
        }
    }

    // late: a tmpfs takes the permissions of the directory that it covers, if there is one.
    private static void TakeMode(MountStep step, int context, int covered)
    {
        if (covered >= 0 && step.KeepsMode && Sys.Status(covered, out FileStatus status) == Errno.None)
        {
            Span<byte> octal = stackalloc byte[5];
            for (int i = 0; i < 4; i++)
            {
                octal[i] = (byte)('0' + ((status.Mode >> (9 - (3 * i))) & 7));
            }

            octal[4] = 0;
            Sys.ConfigureFileSystem(context, "mode\0"u8, octal);
        }
    }

    private static int FindCovered(MountStep step, int root) =>
        RootPath.Open(root, step.Destination.WithNul, OpenFlags.Directory, out int covered) == Errno.None ? covered : -1;

    private static int MakeCgroup(ContainerPlan plan, MountStep step, InitMaterial material, InitReport report)
    {
        int mount = OpenCgroup(plan, step, material, report);
        if (!material.HasCgroup)
        {
            // It is the caller's cgroup, and not the container's own: to be seen, not to be changed (CVE-2023-25809).
            MountAttributeChange change = new() { Set = MountAttributes.ReadOnly };
            report.Check(InitStep.MountAttributes, step.Index, Sys.ChangeMount(mount, change, recursive: false));
        }

        return mount;
    }

    private static int OpenCgroup(ContainerPlan plan, MountStep step, InitMaterial material, InitReport report)
    {
        if (plan.Namespaces.Has(CloneFlags.NewCgroup))
        {
            report.Check(InitStep.MountType, step.Index, Sys.OpenFileSystem("cgroup2\0"u8, out int context));
            Sys.ConfigureFileSystem(context, "source\0"u8, step.Source.WithNul);
            Errno errno = Sys.CreateFileSystem(context);
            int mount = -1;
            if (errno == Errno.None)
            {
                errno = Sys.MakeMount(context, step.Set, out mount);
            }

            Sys.Close(context);
            if (errno == Errno.None)
            {
                ChangeTree(step, mount, report);
                return mount;
            }

            // late: a user namespace that does not own the cgroup namespace may not mount it.
            if (errno is not (Errno.EPERM or Errno.EBUSY))
            {
                report.Fail(InitStep.MountCreate, step.Index, errno);
            }
        }

        // Only the container's own directory: its parents must be neither visible nor writable (CVE-2023-25809).
        return CloneSource(step, material.CgroupPath, opened: -1, report);
    }

    private static int CloneSource(MountStep step, CString source, int opened, InitReport report)
    {
        Errno errno = Sys.CloneMount(Sys.WorkingDirectory, source.WithNul, step.Recursive, !step.SourceNoFollow, out int mount);
        if (errno == Errno.EACCES && opened >= 0)
        {
            mount = opened;
            errno = Errno.None;
        }

        report.Check(InitStep.MountSource, step.Index, errno);
        ChangeAttributes(step, mount, report);
        return mount;
    }

    private static void ChangeAttributes(MountStep step, int mount, InitReport report)
    {
        if (step.Set != MountAttributes.None || step.Clear != MountAttributes.None)
        {
            MountAttributeChange change = new() { Set = step.Set, Clear = step.Clear };
            report.Check(InitStep.MountAttributes, step.Index, Sys.ChangeMount(mount, change, recursive: false));
        }

        ChangeTree(step, mount, report);
    }

    private static void ChangeTree(MountStep step, int mount, InitReport report)
    {
        if (step.RecursiveSet != MountAttributes.None || step.RecursiveClear != MountAttributes.None)
        {
            MountAttributeChange change = new() { Set = step.RecursiveSet, Clear = step.RecursiveClear };
            report.Check(InitStep.MountAttributes, step.Index, Sys.ChangeMount(mount, change, recursive: true));
        }

        for (int i = 0; i < step.Propagation.Length; i++)
        {
            bool isRecursive = (step.Propagation[i] & MountFlags.Recursive) != MountFlags.None;
            MountAttributeChange change = new() { Propagation = step.Propagation[i] & ~MountFlags.Recursive };
            report.Check(InitStep.MountPropagation, step.Index, Sys.ChangeMount(mount, change, isRecursive));
        }
    }

    private static void Attach(MountStep step, int mount, int root, InitReport report)
    {
        // late: whether a file or a directory is bound decides what is made where nothing is.
        report.Check(InitStep.MountSource, step.Index, Sys.Status(mount, out FileStatus status));
        int target = Target(step, root, status.Is(FileMode.Directory), report);
        report.Check(InitStep.MountAttach, step.Index, Sys.AttachMount(mount, target));
        Sys.Close(target);
        Sys.Close(mount);
    }

    private static int Target(MountStep step, int root, bool isDirectory, InitReport report)
    {
        int target;
        if (step.NoSymlinks)
        {
            Errno errno = RootPath.FindWithoutLinks(root, step.Destination.WithNul, out target);
            if (errno == Errno.ENOENT)
            {
                errno = RootPath.FindOrMake(root, step.Destination.WithNul, isDirectory, out target);
            }

            report.Check(InitStep.MountTarget, step.Index, errno);
        }
        else if (!step.DestinationNoFollow || RootPath.Find(root, step.Destination.WithNul, OpenFlags.NoFollow, out target) != Errno.None)
        {
            report.Check(InitStep.MountTarget, step.Index, RootPath.FindOrMake(root, step.Destination.WithNul, isDirectory, out target));
        }

        if (!step.MayCoverProc)
        {
            // Asked of the descriptor: the path may have come here through a link.
            report.Check(InitStep.MountTarget, step.Index, Sys.FileSystemType(target, out long magic));
            if (magic == FileSystemMagic.Proc)
            {
                report.Fail(InitStep.MountOverProc, step.Index, Errno.EPERM);
            }
        }

        return target;
    }

    private static void Remount(MountStep step, int root, InitReport report)
    {
        report.Check(InitStep.MountTarget, step.Index, RootPath.Find(root, step.Destination.WithNul, OpenFlags.ReadOnly, out int target));
        MountAttributeChange change = new() { Set = step.Set, Clear = step.Clear };
        if (step.Set != MountAttributes.None || step.Clear != MountAttributes.None)
        {
            report.Check(InitStep.MountAttributes, step.Index, Sys.ChangeMount(target, change, recursive: false));
        }

        ChangeTree(step, target, report);
        if (!step.Parameters.IsEmpty)
        {
            report.Check(InitStep.MountType, step.Index, Sys.PickFileSystem(target, out int context));
            Configure(step, context, report);
            report.Check(InitStep.MountCreate, step.Index, Sys.ReconfigureFileSystem(context));
            Sys.Close(context);
        }

        Sys.Close(target);
    }
}
