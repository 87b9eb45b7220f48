using System;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

/// <summary>
/// mounts, in order. Each is made detached, with all its attributes, and then attached to a descriptor of its destination: a mount is never
/// visible without its attributes, and no path is resolved twice.
/// </summary>
internal static class Mounts
{
    /// <summary>Makes the mounts of a range; <paramref name="to"/> is not included.</summary>
    public static void Make(ContainerPlan plan, int from, int to, InitContext context, int root, InitReport report)
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
                MountKind.Bind => BindMounts.Make(plan, step, i, context, root, report),
                MountKind.Cgroup => CgroupMounts.Make(plan, step, context, report),
                _ => MakeFileSystem(plan, step, context, root, report),
            };
            Attach(step, mount, root, report);
            if (step.Kind == MountKind.Cgroup)
            {
                CgroupMounts.AttachOwn(plan, step, mount, context, report);
            }

            Keep(step, mount, context);
        }
    }

    // Two mounts are needed once more, when another process may have moved them away: the directory of the root can be another container's
    // too. An earlier mount at the same place is covered. Descriptors.CloseHosts closes both.
    private static void Keep(MountStep step, int mount, InitContext context)
    {
        bool isProc = step.Destination.Text.SequenceEqual("/proc"u8);
        if (step.ReadOnlyLate)
        {
            context.ReadOnlyLate = mount;
        }
        else if (isProc && step.NoSymlinks)
        {
            context.ProcMount = mount;
        }
        else
        {
            context.ProcMount = isProc ? -1 : context.ProcMount;
            Sys.Close(mount);
        }
    }

    /// <summary>Opens, as the caller, paths that root of the user namespace may not reach; used where its own attempt fails.</summary>
    public static void Reach(ContainerPlan plan, InitContext context)
    {
        int[] reached = context.PreopenedPaths;
        for (int i = 0; i < reached.Length; i++)
        {
            int opened = -1;
            if (i == 0)
            {
                Sys.Openat(Sys.WorkingDirectory, plan.Root.WithNul, OpenFlags.Path | OpenFlags.Directory, 0, out opened);
            }
            else if (plan.Mounts[i - 1].Kind == MountKind.Bind)
            {
                MountStep step = plan.Mounts[i - 1];
                Sys.OpenTreeClone(Sys.WorkingDirectory, step.Source.WithNul, step.Recursive, !step.SourceNoFollow, out opened);
            }

            reached[i] = opened;
        }
    }

    private static int MakeFileSystem(ContainerPlan plan, MountStep step, InitContext context, int root, InitReport report)
    {
        if (!step.RootLabel.IsNull)
        {
            SecurityLabels.OwnRoot(plan.Namespaces, step, report);
        }

        Errno errno = NewFileSystem.Open(step.Type.WithNul, out NewFileSystem made);
        if (IsForeignSysfs(plan, step, errno))
        {
            return CloneSysfs(step, report);
        }

        report.Check(InitStep.MountType, step.Index, errno);
        report.Check(InitStep.MountSource, step.Index, made.Set("source\0"u8, step.Source.WithNul));
        if (context.PidNamespace >= 0 && step.Type.Text.SequenceEqual("proc"u8))
        {
            // Otherwise it shows the PID namespace of this process, which is the host's.
            report.Check(InitStep.MountType, step.Index, Sys.Fsconfig(made.Context, "pidns\0"u8, context.PidNamespace));
        }

        Configure(step, made, report);
        int covered = -1;
        if (step.KeepsMode || step.CopiesUp)
        {
            covered = FindCovered(step, root, report);
            TakeMode(step, made, covered, report);
        }

        errno = made.Create(step.Set, out int mount);
        if (IsForeignSysfs(plan, step, errno))
        {
            made.Close();
            return CloneSysfs(step, report);
        }

        report.CheckFileSystem(InitStep.MountCreate, step.Index, errno, made.Context);
        made.Close();
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

    private static bool IsForeignSysfs(ContainerPlan plan, MountStep step, Errno errno) =>
        errno == Errno.EPERM && plan.Namespaces.HasUser && step.Type.Text.SequenceEqual("sysfs"u8);

    // late: only the owner of the network namespace can mount sysfs. The host's sysfs, with the mounts in it, is bind mounted read-only
    // instead: the container must not change any of it.
    private static int CloneSysfs(MountStep step, InitReport report)
    {
        report.Check(InitStep.MountSource, step.Index, Sys.OpenTreeClone(Sys.WorkingDirectory, "/sys\0"u8, recursive: true, out int mount));
        MountAttributeChange change = new() { Set = step.Set | MountAttributes.ReadOnly };
        report.Check(InitStep.MountAttributes, step.Index, Sys.MountSetattr(mount, change, recursive: true));
        ChangeTree(step, mount, report);
        return mount;
    }

    /// <summary>Gives a file system its parameters.</summary>
    public static void Configure(MountStep step, NewFileSystem made, InitReport report)
    {
        for (int i = 0; i < step.Parameters.Length; i++)
        {
            MountParameter parameter = step.Parameters[i];
            Errno errno = made.Set(parameter.Key.WithNul, parameter.Value.WithNul);
            report.CheckFileSystem(InitStep.MountParameter, (step.Index * MountParameter.Limit) + i, errno, made.Context);
        }

        if (!step.LabelKey.IsNull)
        {
            report.Check(InitStep.MountLabel, step.Index, made.Set(step.LabelKey.WithNul, step.Label.WithNul));
        }
    }

    // late: a tmpfs gets the mode of the directory that it covers, if there is one.
    private static void TakeMode(MountStep step, NewFileSystem made, int covered, InitReport report)
    {
        if (covered >= 0 && step.KeepsMode)
        {
            report.Check(InitStep.MountTarget, step.Index, Sys.Statx(covered, out FileStatus status));
            Span<byte> octal = stackalloc byte[5];
            for (int i = 0; i < 4; i++)
            {
                octal[i] = (byte)('0' + ((status.Mode >> (9 - (3 * i))) & 7));
            }

            octal[4] = 0;
            report.Check(InitStep.MountCreate, step.Index, made.Set("mode\0"u8, octal));
        }
    }

    // What is no directory is refused when it is attached.
    private static int FindCovered(MountStep step, int root, InitReport report)
    {
        Errno errno = RootPath.Open(root, step.Destination.WithNul, OpenFlags.Directory, out int covered);
        if (errno is not (Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP))
        {
            report.Check(InitStep.MountTarget, step.Index, errno);
        }

        return covered;
    }

    /// <summary>Sets the recursive attributes and the propagation of a mount.</summary>
    public static void ChangeTree(MountStep step, int mount, InitReport report)
    {
        if (step.RecursiveSet != MountAttributes.None || step.RecursiveClear != MountAttributes.None)
        {
            MountAttributeChange change = new() { Set = step.RecursiveSet, Clear = step.RecursiveClear };
            LockedAttributes.Check(step, mount, change, recursive: true, Sys.MountSetattr(mount, change, recursive: true), report);
        }

        for (int i = 0; i < step.Propagation.Length; i++)
        {
            bool isRecursive = (step.Propagation[i] & MountFlags.Recursive) != MountFlags.None;
            MountAttributeChange change = new() { Propagation = step.Propagation[i] & ~MountFlags.Recursive };
            report.Check(InitStep.MountPropagation, step.Index, Sys.MountSetattr(mount, change, isRecursive));
        }
    }

    /// <summary>Attaches a detached mount to its destination inside the root.</summary>
    public static void Attach(MountStep step, int mount, int root, InitReport report)
    {
        // late: a missing destination becomes a file or a directory, like the source. A file system's own root is a directory.
        bool isDirectory = true;
        if (step.Kind == MountKind.Bind)
        {
            report.Check(InitStep.MountSource, step.Index, Sys.Statx(mount, out FileStatus status));
            isDirectory = status.Is(FileMode.Directory);
        }

        int target = Target(step, root, isDirectory, report);
        Errno errno = Sys.MoveMount(mount, target);
        if (errno == Errno.EINVAL && Sys.Statx(target, out FileStatus place) == Errno.None && place.Is(FileMode.Directory) != isDirectory)
        {
            errno = Errno.ENOTDIR; // The errno of mount(2), whose words engines match.
        }

        report.Check(InitStep.MountAttach, step.Index, errno);
        Sys.Close(target);
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

            CheckTarget(step, root, errno, report);
        }
        else if (!step.DestinationNoFollow || RootPath.Find(root, step.Destination.WithNul, OpenFlags.NoFollow, out target) != Errno.None)
        {
            CheckTarget(step, root, RootPath.FindOrMake(root, step.Destination.WithNul, isDirectory, out target), report);
        }

        if (!step.MayCoverProc)
        {
            // By descriptor: the path may have led here through a link.
            report.Check(InitStep.MountTarget, step.Index, Sys.Fstatfs(target, out long magic));
            if (magic == FileSystemMagic.Proc)
            {
                report.Fail(InitStep.MountOverProc, step.Index, Errno.EPERM);
            }
        }

        return target;
    }

    /// <summary>Names the beginning of a destination that cannot be opened.</summary>
    public static void CheckTarget(MountStep step, int root, Errno errno, InitReport report)
    {
        if (errno != Errno.None)
        {
            FailureName name = default;
            name.Set(RootPath.Beginning(root, step.Destination.Text));
            report.Fail(InitStep.MountTarget, step.Index, errno, name);
        }
    }

    private static void Remount(MountStep step, int root, InitReport report)
    {
        CheckTarget(step, root, RootPath.Find(root, step.Destination.WithNul, OpenFlags.ReadOnly, out int target), report);
        MountAttributeChange change = new() { Set = step.Set, Clear = step.Clear };
        if (step.Set != MountAttributes.None || step.Clear != MountAttributes.None)
        {
            LockedAttributes.Check(step, target, change, recursive: false, Sys.MountSetattr(target, change, recursive: false), report);
        }

        ChangeTree(step, target, report);
        if (!step.Parameters.IsEmpty)
        {
            report.Check(InitStep.MountType, step.Index, Sys.Fspick(target, out int picked));
            NewFileSystem mounted = new(picked);
            Configure(step, mounted, report);
            report.CheckFileSystem(InitStep.MountCreate, step.Index, Sys.FsconfigReconfigure(picked), picked);
            mounted.Close();
        }

        Sys.Close(target);
    }
}
