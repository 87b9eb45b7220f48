using System;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

/// <summary>Bind mounts: clones of the host's mounts.</summary>
internal static class BindMounts
{
    /// <summary>Makes the mount, detached.</summary>
    public static int Make(ContainerPlan plan, MountStep step, int place, InitContext context, int root, InitReport report)
    {
        int opened = context.Sources.IsEmpty ? -1 : context.Sources[place];
        if (step.IdMap is null && opened < 0 && context.PreopenedPaths.Length > 1)
        {
            opened = context.PreopenedPaths[1 + place];
        }

        if (step.IdMap is null)
        {
            return Clone(plan, step, step.Source, root, opened, report);
        }

        // A user namespace cannot idmap the host's file systems: there the host has done it.
        int mount = opened;
        if (opened >= 0)
        {
            RefuseCovered(step, opened, report);
        }
        else
        {
            report.Check(InitStep.MountSource, step.Index, CloneSource(plan, step, step.Source, root, out mount));
            MountAttributeChange change = new() { Set = MountAttributes.IdMap, UserNamespace = (ulong)context.IdMaps[place] };
            Errno errno = Sys.MountSetattr(mount, change, step.IdMap.Recursive);

            // A source that the host did not find is in an earlier mount of the container.
            bool isCovered = errno == Errno.EPERM && !context.Sources.IsEmpty;
            report.Check(isCovered ? InitStep.MountCovered : InitStep.MountIdMap, step.Index, errno);
        }

        CutOff(plan, step, mount, report);
        ChangeAttributes(step, mount, report);
        return mount;
    }

    /// <summary>Clones a source, with the attributes of the step.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="step">The mount.</param>
    /// <param name="source">The path to clone.</param>
    /// <param name="root">The container's root, or -1 where the source is not a path that config.json names.</param>
    /// <param name="opened">The mount to take where root of the user namespace cannot reach the source; or -1.</param>
    /// <param name="report">Reports failures.</param>
    public static int Clone(ContainerPlan plan, MountStep step, CString source, int root, int opened, InitReport report)
    {
        Errno errno = CloneSource(plan, step, source, root, out int mount);
        if (errno == Errno.EACCES && opened >= 0)
        {
            mount = opened;
            errno = Errno.None;
        }

        report.Check(InitStep.MountSource, step.Index, errno);
        CutOff(plan, step, mount, report);
        ChangeAttributes(step, mount, report);
        return mount;
    }

    private static Errno CloneSource(ContainerPlan plan, MountStep step, CString source, int root, out int mount)
    {
        ReadOnlySpan<byte> path = source.WithNul, top = plan.Root.Text;
        if (root < 0 || !plan.Namespaces.SharesMounts || top.Length >= path.Length || path[top.Length] != '/' || !path.StartsWith(top))
        {
            return Sys.OpenTreeClone(Sys.WorkingDirectory, path, step.Recursive, !step.SourceNoFollow, out mount);
        }

        // A source below root.path can mean an earlier mount, which is not at that path then.
        mount = -1;
        OpenFlags flags = step.SourceNoFollow ? OpenFlags.NoFollow : OpenFlags.ReadOnly;
        Errno errno = RootPath.Find(root, path[top.Length..], flags, out int inside);
        if (errno == Errno.None)
        {
            errno = Sys.OpenTreeClone(inside, "\0"u8, step.Recursive, out mount);
            Sys.Close(inside);
        }

        return errno;
    }

    // Without a mount namespace: what is mounted here must not propagate to the source.
    private static void CutOff(ContainerPlan plan, MountStep step, int mount, InitReport report)
    {
        if (plan.Namespaces.SharesMounts)
        {
            MountAttributeChange slave = new() { Propagation = MountFlags.Slave };
            report.Check(InitStep.MountPropagation, step.Index, Sys.MountSetattr(mount, slave, recursive: true));
        }
    }

    private static void ChangeAttributes(MountStep step, int mount, InitReport report)
    {
        MountAttributeChange change = new() { Set = step.Set, Clear = step.Clear | step.Others };
        if (change.Set != MountAttributes.None || change.Clear != MountAttributes.None)
        {
            Errno errno = Sys.MountSetattr(mount, change, recursive: false);
            if (errno == Errno.EPERM && step.Others != MountAttributes.None)
            {
                // late: attributes that are locked in a user namespace stay, unless config.json names them.
                change.Clear = step.Clear;
                errno = Sys.MountSetattr(mount, change, recursive: false);
            }

            LockedAttributes.Check(step, mount, change, recursive: false, errno, report);
        }

        Mounts.ChangeTree(step, mount, report);
    }

    // The host has idmapped what it sees there, not an earlier mount of the container.
    private static void RefuseCovered(MountStep step, int opened, InitReport report)
    {
        Errno errno = step.SourceNoFollow
            ? Sys.StatxNoFollow(Sys.WorkingDirectory, step.Source.WithNul, out FileStatus seen)
            : Sys.Statx(Sys.WorkingDirectory, step.Source.WithNul, out seen);
        if (errno != Errno.None)
        {
            return; // late: root of the user namespace cannot reach it.
        }

        report.Check(InitStep.MountSource, step.Index, Sys.Statx(opened, out FileStatus found));
        if (seen.Inode != found.Inode || seen.FileSystemMajor != found.FileSystemMajor || seen.FileSystemMinor != found.FileSystemMinor)
        {
            report.Fail(InitStep.MountCovered, step.Index, Errno.EBUSY);
        }
    }
}
