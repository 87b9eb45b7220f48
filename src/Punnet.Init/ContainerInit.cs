using System;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

/// <summary>The script of the new process, from the clone to the program. Nothing here allocates, throws or returns.</summary>
public static class ContainerInit
{
    /// <summary>Becomes the container.</summary>
    public static void Run(ContainerPlan plan, InitContext context)
    {
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        InitReport report = new(context.Channel);
        TraceBuffer.EnterClone();

        // Identity: off the host's file, unreachable for ptrace(2), killed if the parent dies, in the right namespaces.
        Sys.Close(context.ImageMount);
        Namespaces.Enter(plan, context, report);
        Keyrings.Make(plan, context, report);

        // The root, seen from outside.
        Sys.Umask(0);
        int root = Rootfs.Prepare(plan, context, report);
        Populate(plan, context, root, report);
        HostHooks(plan, context, report);
        ContainerHooks.Run(
            context.CreateContainer, context, root, report,
            InitStep.CreateContainerHook, InitStep.CreateContainerHookStatus, InitStep.CreateContainerHookTimeout);

        // The root, from inside.
        Rootfs.Enter(plan, root, report);
        if (plan.Process.Terminal)
        {
            Terminal.Open(plan.Process, context, root, isContainer: true, report);
        }
        else
        {
            StandardStreams.LeaveHostNull(root, report);
        }

        if (context.Final is null)
        {
            Terminal.Lead(plan.Process, report);
        }

        ProcessSetup.MakeDirectory(plan.Process, root);
        Rootfs.MakeReadOnly(plan, context, root, report);
        NameHost(plan, report);
        Sysctls.Write(plan, context, report);
        Masks.MakeReadOnly(plan, context, root, report);
        Masks.Hide(plan, context, root, report);
        report.Check(InitStep.MaskedPath, Sys.RemoveOldMountStage());
        Rootfs.Spread(plan, report);

        // The program.
        SecurityLabels.Request(plan.Process, context, report);
        NamespaceSocket.Open(plan.Namespaces, context);
        Descriptors.CloseHosts(context, root, report);
        bool clonesLate = context.Final is not null && !context.ClonesEarly;
        if (context.Final is not null && context.ClonesEarly)
        {
            CloneFinal(plan, context, report);
        }

        ProcessSetup.DropPrivileges(plan.Process, context, root, report, isContainer: true, isStage: clonesLate);
        int program = ProcessSetup.FindProgram(plan.Process, context, report);
        if (clonesLate)
        {
            Descriptors.CloseUnused(context, root);
            CloneFinal(plan, context, report);
        }

        Hardening.OutliveParent(report);
        ProcessSetup.LoadFilter(FilterMoment.BeforeGate, plan.Process, context, report);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        report.Check(InitStep.StartFifo, Channel.Send(context.Channel, Message.Created, (int)allocated));
        report = StartFifo.Wait(context, report);
        ProcessSetup.LoadFilter(FilterMoment.BeforeHooks, plan.Process, context, report);
        ContainerHooks.Run(
            context.StartContainer, context, root, report,
            InitStep.StartContainerHook, InitStep.StartContainerHookStatus, InitStep.StartContainerHookTimeout);
        Descriptors.CloseAllBut(report.Socket, context, root, report);
        ProcessSetup.Execute(plan.Process, program, context, report);
    }

    // The host learns of it before the container is complete.
    private static void CloneFinal(ContainerPlan plan, InitContext context, InitReport report)
    {
        FinalProcess.Clone(plan.Process, context, report);
        report.Check(InitStep.StartFifo, Channel.Send(context.Channel, Message.InitCloned));
        Namespaces.AwaitHost(context, Message.HostReady, report);
    }

    // First the steps that need no network namespace: the host makes it meanwhile.
    private static void Populate(ContainerPlan plan, InitContext context, int root, InitReport report)
    {
        int count = plan.Mounts.Length;
        int early = plan.NetworkBeforeMount < 0 ? count : plan.NetworkBeforeMount;
        Mounts.Make(plan, 0, early, context, root, report);
        if (plan.DevicesBeforeNetwork)
        {
            Devices.Make(plan, context, root, report);
        }

        if (plan.NetworkBeforeMount >= 0)
        {
            Namespaces.EnterNetwork(context, report);
        }

        Mounts.Make(plan, early, count, context, root, report);
        if (!plan.DevicesBeforeNetwork)
        {
            Devices.Make(plan, context, root, report);
        }
    }

    private static void HostHooks(ContainerPlan plan, InitContext context, InitReport report)
    {
        if (!plan.Hooks.HasCreateRuntime)
        {
            return;
        }

        report.Check(InitStep.StartFifo, Channel.Send(context.Channel, Message.RootReady));
        Namespaces.AwaitHost(context, Message.HooksDone, report);
    }

    private static void NameHost(ContainerPlan plan, InitReport report)
    {
        if (!plan.HostName.IsNull)
        {
            report.Check(InitStep.HostName, Sys.Sethostname(plan.HostName.Text));
        }

        if (!plan.DomainName.IsNull)
        {
            report.Check(InitStep.DomainName, Sys.Setdomainname(plan.DomainName.Text));
        }
    }
}
