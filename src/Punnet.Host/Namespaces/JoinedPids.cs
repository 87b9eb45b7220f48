using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Host.Namespaces;

/// <summary>A pid namespace that a container joins: whether all can be made from outside of it, unseen by those who are in it.</summary>
public static class JoinedPids
{
    /// <summary>
    /// Finds it. A new /proc shows the pid namespace of who mounts it, unless it is told another one (Linux 6.18): before that a container
    /// that mounts one is made from inside.
    /// </summary>
    /// <param name="plan">The plan.</param>
    /// <param name="joins">What it joins.</param>
    /// <returns>Its file; -1 without one, or where the container is made from inside.</returns>
    public static int Find(ContainerPlan plan, NamespaceFiles joins)
    {
        for (int i = 0; i < plan.Namespaces.Joins.Length; i++)
        {
            if (plan.Namespaces.Joins[i].Kind == CloneFlags.NewPid)
            {
                return !MountsProc(plan) || CanShow(joins.Numbers[i]) ? joins.Numbers[i] : -1;
            }
        }

        return -1;
    }

    private static bool MountsProc(ContainerPlan plan)
    {
        foreach (MountStep step in plan.Mounts)
        {
            if (step.Kind == MountKind.FileSystem && step.Type.ToString() == "proc")
            {
                return true;
            }
        }

        return false;
    }

    private static bool CanShow(int pids)
    {
        if (Sys.Fsopen("proc\0"u8, out int context) != Errno.None)
        {
            return false;
        }

        using Descriptor owned = new(context);
        return Sys.Fsconfig(context, "pidns\0"u8, pids) == Errno.None;
    }
}
