using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

/// <summary>Joining namespaces, and settling in those that the clone made.</summary>
internal static class Namespaces
{
    /// <summary>On return this process is in every namespace of the plan, as root of its user namespace.</summary>
    public static void Enter(ContainerPlan container, InitMaterial material, InitReport report)
    {
        NamespacePlan plan = container.Namespaces;
        if (plan.Staged)
        {
            Hardening.Apply(report);
            Join(plan, material, report);
            CloneInit(plan, material, report);
        }

        if (plan.Staged || !plan.UidMap.IsNull)
        {
            // Not hardened before: of a process that is not dumpable, an ordinary user may not write the maps.
            if (!Channel.Hear(material.Channel, out ChannelMessage answer) || answer.Kind != Message.Settled)
            {
                Sys.Exit(1);
            }
        }

        if (!plan.Staged)
        {
            Join(plan, material, report);
        }

        if (plan.HasUser)
        {
            report.Check(InitStep.BecomeRoot, Sys.SetGroup(0));
            report.Check(InitStep.BecomeRoot, Sys.SetUser(0));
        }

        Hardening.Apply(report);
        if (plan.NewCgroup)
        {
            report.Check(InitStep.CgroupNamespace, Sys.Unshare(CloneFlags.NewCgroup));
        }

        if ((plan.New & CloneFlags.NewNetwork) != CloneFlags.None && container.NetworkBeforeMount < 0)
        {
            report.Check(InitStep.Loopback, Sys.RaiseLoopback());
        }
    }

    /// <summary>Takes the network namespace that the host has made meanwhile, its loopback device up.</summary>
    public static void EnterNetwork(InitMaterial material, InitReport report)
    {
        if (!Channel.HearWith(material.Channel, out ChannelMessage message, out int network) || message.Kind != Message.Network)
        {
            Sys.Exit(1); // The parent is gone, or could not make it and says so itself.
        }

        report.Check(InitStep.JoinNetwork, Sys.JoinNamespaces(network, CloneFlags.NewNetwork));
        Sys.Close(network);
    }

    private static void Join(NamespacePlan plan, InitMaterial material, InitReport report)
    {
        ImmutableArray<NamespaceJoin> joins = plan.Joins;
        for (int i = 0; i < joins.Length; i++)
        {
            Errno errno = Sys.JoinNamespaces(material.Joins[i], joins[i].Kind);
            report.Check(InitStep.JoinNamespace, joins[i].Index, errno);
            Sys.Close(material.Joins[i]);
        }
    }

    // Returns only in the new process, which is a child of punnet like this one.
    private static void CloneInit(NamespacePlan plan, InitMaterial material, InitReport report)
    {
        report.Check(InitStep.CloneInit, Sys.Clone(plan.New | CloneFlags.Parent, cgroup: -1, out int pid, out _));
        if (pid != 0)
        {
            Channel.Tell(material.Channel, Message.Cloned, pid);
            Sys.Exit(0);
        }
    }
}
