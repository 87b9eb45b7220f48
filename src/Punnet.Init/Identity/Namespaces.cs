using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

/// <summary>Joins namespaces, and sets up those that the clone made.</summary>
internal static class Namespaces
{
    /// <summary>On return this process is in every namespace of the plan, as root of its user namespace.</summary>
    public static void Enter(ContainerPlan container, InitContext context, InitReport report)
    {
        NamespacePlan plan = container.Namespaces;
        if (plan.Staged)
        {
            Stage(plan, context, report);
        }
        else
        {
            Hardening.LeaveOwnFile(context, report);
            if (container.MadeByInit != CloneFlags.None)
            {
                report.Check(InitStep.NewNamespace, Sys.Unshare(container.MadeByInit));
            }
        }

        if (plan.Staged || !plan.UidMap.IsNull || context.WaitsForCgroup)
        {
            // Hardened only now: an unprivileged user cannot write the ID maps of a process that is not dumpable.
            AwaitHost(context, Message.HostReady, report);
        }

        if (!plan.Staged)
        {
            Join(plan, context, report);
        }

        if (plan.HasUser)
        {
            Mounts.Reach(container, context);
            report.Check(InitStep.BecomeRoot, Sys.Setresgid(0));
            report.Check(InitStep.BecomeRoot, Sys.Setresuid(0));
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

    // Joins before the user namespace is made, which would not have the privilege. With a joined PID namespace this process stays the stage
    // until the program is found, see FinalProcess; otherwise it clones init now. It must be dumpable while its IDs are mapped: otherwise
    // its /proc files belong to root, and an unprivileged user cannot write the maps.
    private static void Stage(NamespacePlan plan, InitContext context, InitReport report)
    {
        bool makesUser = !plan.UidMap.IsNull;
        if (!makesUser)
        {
            Hardening.Apply(report);
        }

        Join(plan, context, report);
        if (makesUser)
        {
            report.Check(InitStep.UserNamespace, Sys.Unshare(CloneFlags.NewUser));
            report.Check(InitStep.UserNamespace, Channel.Send(context.Channel, Message.NeedsIdMaps));
            AwaitHost(context, Message.IdMapsWritten, report);
            Hardening.Apply(report);
        }

        Hardening.LeaveOwnFile(context, report);
        if (context.Final is null)
        {
            CloneInit(plan, context, report);
            return;
        }

        FinalProcess.Prepare(context, report);
        CloneFlags made = plan.New & ~CloneFlags.NewUser;
        if (made != CloneFlags.None)
        {
            report.Check(InitStep.NewNamespace, Sys.Unshare(made));
        }

        report.Check(InitStep.StartFifo, Channel.Send(context.Channel, Message.Joined));
    }

    /// <summary>Waits for the message of the host side; exits if it cannot come.</summary>
    public static void AwaitHost(InitContext context, Message wanted, InitReport report)
    {
        report.Check(InitStep.HostAnswer, Channel.Receive(context.Channel, out ChannelMessage answer));
        if (answer.Kind != wanted)
        {
            Sys.ExitGroup(1); // The parent is gone, or has reported its failure.
        }
    }

    /// <summary>Joins the network namespace that the host has made meanwhile, with its loopback device up, or makes one.</summary>
    public static void EnterNetwork(InitContext context, InitReport report)
    {
        report.Check(InitStep.HostAnswer, Channel.ReceiveWithFd(context.Channel, out ChannelMessage message, out int network));
        if (message.Kind != Message.Network)
        {
            Sys.ExitGroup(1); // The parent is gone, or has failed and reports that itself.
        }

        if (network < 0)
        {
            report.Check(InitStep.NewNamespace, Sys.Unshare(CloneFlags.NewNetwork));
            report.Check(InitStep.Loopback, Sys.RaiseLoopback());
            return;
        }

        report.Check(InitStep.JoinNetwork, Sys.Setns(network, CloneFlags.NewNetwork));
        Sys.Close(network);
    }

    private static void Join(NamespacePlan plan, InitContext context, InitReport report)
    {
        ImmutableArray<NamespaceJoin> joins = plan.Joins;
        for (int i = 0; i < joins.Length; i++)
        {
            Errno errno = Sys.Setns(context.Joins[i], joins[i].Kind);
            report.Check(InitStep.JoinNamespace, joins[i].Index, errno);
            if (context.Joins[i] != context.PidNamespace)
            {
                Sys.Close(context.Joins[i]);
            }

        }
    }

    // Returns only in the new process, a child of punnet like this one.
    private static void CloneInit(NamespacePlan plan, InitContext context, InitReport report)
    {
        report.Check(InitStep.CloneInit, Sys.Clone3((plan.New & ~CloneFlags.NewUser) | CloneFlags.Parent, cgroup: -1, out int pid, out _));
        if (pid != 0)
        {
            Channel.Send(context.Channel, Message.InitCloned, pid);
            Sys.ExitGroup(0);
        }
    }
}
