using System;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

/// <summary>The cgroup mount: the container's cgroup as its root, or the host's hierarchy without a cgroup namespace.</summary>
internal static class CgroupMounts
{
    /// <summary>Makes the mount, detached.</summary>
    public static int Make(ContainerPlan plan, MountStep step, InitContext context, InitReport report)
    {
        int mount = plan.Namespaces.Has(CloneFlags.NewCgroup) ? Open(plan, step, context, report) : Clone(plan, step, context, report);
        if (!context.HasCgroup || IsHosts(plan))
        {
            // The caller's cgroup, or all cgroups of the user: read-only (CVE-2023-25809).
            MountAttributeChange change = new() { Set = MountAttributes.ReadOnly };
            report.Check(InitStep.MountAttributes, step.Index, Sys.MountSetattr(mount, change, recursive: false));
        }

        return mount;
    }

    /// <summary>Mounts the container's own cgroup, with the options of the mount, over the read-only hierarchy of the host.</summary>
    public static void AttachOwn(ContainerPlan plan, MountStep step, int hierarchy, InitContext context, InitReport report)
    {
        ReadOnlySpan<byte> path = context.CgroupPath.WithNul;
        ReadOnlySpan<byte> top = context.CgroupMount.Text;
        if (!IsHosts(plan) || (step.Set & MountAttributes.ReadOnly) != MountAttributes.None || !context.HasCgroup || !path.StartsWith(top))
        {
            return;
        }

        int mount = BindMounts.Clone(plan, step, context.CgroupPath, root: -1, opened: -1, report);
        report.Check(InitStep.MountTarget, step.Index, RootPath.FindWithoutLinks(hierarchy, path[top.Length..], out int target));
        report.Check(InitStep.MountAttach, step.Index, Sys.MoveMount(mount, target));
        Sys.Close(target);
        Sys.Close(mount);
    }

    private static bool IsHosts(ContainerPlan plan) => plan.Namespaces.HasUser && !plan.Namespaces.Has(CloneFlags.NewCgroup);

    // The whole hierarchy: the path in /proc/self/cgroup starts at the host's root cgroup.
    private static int Clone(ContainerPlan plan, MountStep step, InitContext context, InitReport report)
    {
        if (!step.Parameters.IsEmpty)
        {
            // A bind mount has no parameters; this only lets the kernel check them, cgroups(7): those of the host's mount apply.
            Configure(step, report).Close();
        }

        return BindMounts.Clone(plan, step, context.CgroupMount, root: -1, opened: -1, report);
    }

    private static int Open(ContainerPlan plan, MountStep step, InitContext context, InitReport report)
    {
        Errno errno = Configure(step, report).Finish(step.Set, out int mount);
        if (errno is Errno.EPERM or Errno.EBUSY)
        {
            // late: a user namespace that does not own the cgroup namespace cannot mount it. Bind mounts the container's cgroup instead.
            return BindMounts.Clone(plan, step, context.CgroupPath, root: -1, opened: -1, report);
        }

        report.Check(InitStep.MountCreate, step.Index, errno);
        Mounts.ChangeTree(step, mount, report);
        return mount;
    }

    private static NewFileSystem Configure(MountStep step, InitReport report)
    {
        report.Check(InitStep.MountType, step.Index, NewFileSystem.Open("cgroup2\0"u8, out NewFileSystem cgroup2));
        report.Check(InitStep.MountSource, step.Index, cgroup2.Set("source\0"u8, step.Source.WithNul));
        Mounts.Configure(step, cgroup2, report);
        return cgroup2;
    }
}
