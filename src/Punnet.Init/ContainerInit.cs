using System;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

/// <summary>The script of the new process, from the clone to the program. Nothing here allocates, throws or returns.</summary>
public static class ContainerInit
{
    /// <summary>Becomes the container.</summary>
    public static void Run(ContainerPlan plan, InitContext material)
    {
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        InitReport report = new(material.Channel);

        // Who we are: off the host's file, unreachable for ptrace, dead if the parent dies, in the right namespaces.
        Sys.Close(material.ImageMount);
        Namespaces.Enter(plan, material, report);
        Keyrings.Make(plan, material, report);

        // The root, seen from outside.
        Sys.Umask(0);
        int root = Rootfs.Prepare(plan, material, report);
        Populate(plan, material, root, report);
        HostHooks(plan, material, report);
        ContainerHooks.Run(
            material.CreateContainer, material, root, report,
            InitStep.CreateContainerHook, InitStep.CreateContainerHookStatus, InitStep.CreateContainerHookTimeout);

        // The root, from inside.
        Rootfs.Enter(plan, root, report);
        if (plan.Process.Terminal)
        {
            Terminal.Open(plan.Process, material, root, isContainer: true, report);
        }
        else
        {
            StandardStreams.LeaveHostNull(root, report);
        }

        if (material.Final is null)
        {
            Terminal.Lead(plan.Process, report);
        }

        ProcessSetup.MakeDirectory(plan.Process, root);
        Rootfs.MakeReadOnly(plan, root, report);
        NameHost(plan, report);
        Sysctls.Write(plan, material, report);
        Masks.MakeReadOnly(plan, root, report);
        Masks.Hide(plan, root, report);
        report.Check(InitStep.MaskedPath, Sys.RemoveOldMountStage());
        Rootfs.Spread(plan, report);

        // The program.
        SecurityLabels.Request(plan.Process, material, report);
        NamespaceSocket.Open(plan.Namespaces, material);
        Descriptors.CloseHosts(material, root, report);
        bool clonesLate = material.Final is not null && !material.ClonesEarly;
        if (material.Final is not null && material.ClonesEarly)
        {
            CloneFinal(plan, material, report);
        }

        ProcessSetup.DropPrivileges(plan.Process, material, root, report, isContainer: true, isStage: clonesLate);
        int program = ProcessSetup.FindProgram(plan.Process, material, report);
        if (clonesLate)
        {
            Descriptors.CloseUnused(material, root);
            CloneFinal(plan, material, report);
        }

        Hardening.OutliveParent();
        ProcessSetup.LoadFilter(FilterMoment.BeforeGate, plan.Process, material, report);
        report.Check(InitStep.StartFifo, Channel.Send(material.Channel, Message.Created, (int)(GC.GetAllocatedBytesForCurrentThread() - allocated)));
        report = StartFifo.Wait(material, report);
        ProcessSetup.LoadFilter(FilterMoment.BeforeHooks, plan.Process, material, report);
        ContainerHooks.Run(
            material.StartContainer, material, root, report,
            InitStep.StartContainerHook, InitStep.StartContainerHookStatus, InitStep.StartContainerHookTimeout);
        Descriptors.CloseAllBut(report.Socket, material, root, report);
        ProcessSetup.Execute(plan.Process, program, material, report);
    }

    // The host gets to know it before the container is complete.
    private static void CloneFinal(ContainerPlan plan, InitContext material, InitReport report)
    {
        FinalProcess.Clone(plan.Process, material, report);
        report.Check(InitStep.StartFifo, Channel.Send(material.Channel, Message.InitCloned));
        Namespaces.AwaitHost(material, Message.HostReady);
    }

    // First what needs no network namespace: the host makes that meanwhile.
    private static void Populate(ContainerPlan plan, InitContext material, int root, InitReport report)
    {
        int count = plan.Mounts.Length;
        int early = plan.NetworkBeforeMount < 0 ? count : plan.NetworkBeforeMount;
        Mounts.Make(plan, 0, early, material, root, report);
        if (plan.DevicesBeforeNetwork)
        {
            Devices.Make(plan, material, root, report);
        }

        if (plan.NetworkBeforeMount >= 0)
        {
            Namespaces.EnterNetwork(material, report);
        }

        Mounts.Make(plan, early, count, material, root, report);
        if (!plan.DevicesBeforeNetwork)
        {
            Devices.Make(plan, material, root, report);
        }
    }

    private static void HostHooks(ContainerPlan plan, InitContext material, InitReport report)
    {
        if (!plan.Hooks.HasCreateRuntime)
        {
            return;
        }

        report.Check(InitStep.StartFifo, Channel.Send(material.Channel, Message.RootReady));
        if (!Channel.Receive(material.Channel, out ChannelMessage answer) || answer.Kind != Message.HooksDone)
        {
            Sys.ExitGroup(1); // The parent is gone, or a hook failed: nobody is there to be told.
        }
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
