using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Host.Errors;
using Punnet.Init;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Host.Namespaces;

/// <summary>
/// A process that changes the mounts of a running container: mounts belong to a namespace, and punnet itself cannot join it.
/// </summary>
public static class MountProcess
{
    /// <summary>Changes them. After a failed <see cref="MountChange.Add"/> none of the mounts is left.</summary>
    /// <param name="plan">The container, with only the mounts that are meant.</param>
    /// <param name="change">What to do.</param>
    /// <param name="init">pidfd of the container's first process.</param>
    /// <param name="pid">Its pid.</param>
    /// <exception cref="PunnetException">It cannot be done.</exception>
    /// <exception cref="SysException">It cannot be done.</exception>
    public static void Run(ContainerPlan plan, MountChange change, int init, int pid)
    {
        CloneFlags kinds = ContainerNamespaces.KindsOf(pid);
        if ((kinds & CloneFlags.NewMount) == CloneFlags.None)
        {
            throw new PunnetException("the container has no mount namespace of its own (linux.namespaces): its mounts are the host's");
        }

        using Descriptor proc = HostProbe.OpenProc();
        using NamespaceFiles? joins = NeedsIdMaps(plan) ? NamespaceFiles.Open(plan) : null;
        using DescriptorRoom room = DescriptorRoom.For(plan);
        using IdMapNamespaces? ids = joins is null ? null : IdMapNamespaces.Open(plan, joins, proc, room);
        using Descriptor pids = Descriptor.Open("/proc/" + pid.ToString() + "/ns/pid", OpenFlags.ReadOnly);
        Sys.SocketpairSeqpacket(out int here, out int there).OrThrow("make a channel to the new process");
        using Descriptor channel = new(here);
        using Descriptor theirs = new(there);
        InitContext context = ChildProcess.HelperContext(there, proc.Number) with
        {
            PidNamespace = (kinds & CloneFlags.NewPid) == CloneFlags.None ? -1 : pids.Number,
            IdMaps = ids?.Numbers ?? [],
            Clones = new int[plan.Mounts.Length],
        };

        // Not the pid namespace: nobody there is to see this process, which still has the host's files open.
        ExecTarget target = new(init, kinds & ~(CloneFlags.NewPid | CloneFlags.NewTime));
        PendingSignals.Begin();
        Errno errno = Sys.Clone3(CloneFlags.None, cgroup: -1, out int child, out int pidfd);
        if (errno == Errno.None && child == 0)
        {
            MountInit.Run(plan, change, target, context);
        }

        errno.OrThrow("clone a process");
        using ChildProcess process = new(child, new Descriptor(pidfd), isStage: false);
        theirs.Dispose();
        ChannelMessage message = process.Hear(channel);
        Sys.Waitid(process.Pidfd, out _);
        if (message.Kind == Message.Failed)
        {
            bool isMount = (InitStep)message.Value is >= InitStep.MountSource and <= InitStep.MountAttach;
            if (change == MountChange.Add && message.Index > 0 && isMount)
            {
                Undo(plan, message.Index, init, pid);
            }

            throw Failure(plan, change, message);
        }
    }

    private static bool NeedsIdMaps(ContainerPlan plan)
    {
        foreach (MountStep step in plan.Mounts)
        {
            if (step.IdMap is not null)
            {
                return true;
            }
        }

        return false;
    }

    // The mounts before the one that failed.
    private static void Undo(ContainerPlan plan, int count, int init, int pid)
    {
        try
        {
            ImmutableArray<MountStep> made = plan.Mounts[..System.Math.Min(count, plan.Mounts.Length)];
            Run(plan with { Mounts = made }, MountChange.Remove, init, pid);
        }
        catch (System.Exception failure) when (failure is PunnetException or SysException)
        {
            // The first failure is told.
        }
    }

    private static PunnetException Failure(ContainerPlan plan, MountChange change, ChannelMessage message)
    {
        string words = message.Errno.Words();
        InitStep step = (InitStep)message.Value;
        if (step is InitStep.JoinNamespace or InitStep.NewNamespace)
        {
            return new PunnetException("cannot join the container's namespaces: " + words);
        }

        if (step is not (InitStep.Unmount or InitStep.MountTarget) || change != MountChange.Remove || message.Index >= plan.Mounts.Length)
        {
            return ErrorMessages.Of(plan, hookOutput: null, message);
        }

        return new PunnetException(
            "cannot unmount " + plan.Mounts[message.Index].Destination + " (mounts[" + message.Index.ToString() + "]): " + words,
            message.Errno switch
            {
                Errno.EINVAL => "nothing is mounted there",
                Errno.ELOOP => "a component is a symbolic link, which the container can change: name the place where the mount is",
                Errno.EBUSY => "it is the container's root",
                _ => null,
            });
    }
}
