using System;
using Punnet.Abi;
using Punnet.Host;
using Punnet.Host.Cgroups;
using Punnet.Host.Errors;
using Punnet.Host.Layers;
using Punnet.Host.Namespaces;
using Punnet.Host.Resctrl;
using Punnet.Host.State;
using Punnet.Host.Systemd;
using Punnet.Host.Text;
using Punnet.Init;
using Punnet.Kernel;
using Punnet.Plan;
using Punnet.Spec;

namespace Punnet.Lifecycle;

/// <summary>The script of the host side: from a plan to a container that only lacks its program.</summary>
internal static class ContainerCreator
{
    /// <summary>Makes a container. After an error nothing of it is left.</summary>
    /// <exception cref="PunnetException">It cannot be made.</exception>
    /// <exception cref="SysException">It cannot be made.</exception>
    public static CreatedContainer Run(CreateContext request)
    {
        ContainerPlan plan = request.Plan;
        Inheritance.ReadOnce();
        SecurityModules.Check(plan);
        try
        {
            return RunOnce(request);
        }
        catch (PunnetException failure) when (failure.HasNeverRun && !request.EntersCgroupLate)
        {
            return RunOnce(request with { EntersCgroupLate = true });
        }
    }

    private static Descriptor MakeHostRoot(ContainerPlan plan, ContainerDirectory directory)
    {
        Errno errno = HostRoot.Make(plan.Root, directory, out Descriptor root);
        if (errno != Errno.None)
        {
            root.Dispose();
            throw ErrorMessages.Of(plan, InitStep.Root, 0, errno);
        }

        return root;
    }

    private static CreatedContainer RunOnce(CreateContext request)
    {
        ContainerPlan plan = request.Plan;
        using LayerStack? layers = LayerStack.Open(plan.Overlay);
        request = layers is null ? request : request with { Overlay = layers.Record };
        request = plan.IntelRdt is IntelRdtPlan rdt ? request with { Resctrl = ResctrlGroup.Prepare(ResctrlMount.Find(), rdt) } : request;
        PendingSignals.Begin();
        using Rollback rollback = new(request);
        rollback.Layers = layers;
        rollback.Directory = request.Store.Reserve(request.Options.Id);
        try
        {
            return Make(request, layers, rollback.Directory, rollback);
        }
        catch (Exception failure) when (failure is PunnetException or SysException && rollback.Directory.IsToBeRemoved())
        {
            throw new PunnetException("container " + request.Options.Id + " was deleted while it was made");
        }
    }

    private static CreatedContainer Make(CreateContext request, LayerStack? layers, ContainerDirectory directory, Rollback rollback)
    {
        ContainerPlan plan = request.Plan;
        rollback.Unit = plan.Cgroup.Unit is null ? null : ContainerUnit.Prepare(plan.Cgroup, request.Options.Id);
        directory.Write(rollback.Record = Record(request, rollback.Unit));
        if (request.Notify is not null)
        {
            NotifySocket.MakeDirectory(directory);
        }

        if (rollback.Unit is null && ContainerCgroup.Make(request, rollback) is null)
        {
            directory.Rewrite(rollback.Record = rollback.Record with { Cgroup = null });
        }

        request.Resctrl?.Establish();

        using Descriptor proc = HostProbe.OpenProc();
        using NamespaceFiles joins = NamespaceFiles.Open(plan);
        using DescriptorRoom room = DescriptorRoom.For(plan);
        using IdMapNamespaces idMaps = IdMapNamespaces.Open(plan, joins, proc, room);
        layers?.Prepare(directory, plan.Root.ToString(), idMaps.Layers);
        using Descriptor? root = plan.Namespaces.SharesMounts ? MakeHostRoot(plan, directory) : null;
        using BindSources sources = BindSources.Open(plan, idMaps, room);
        using Descriptor? devices = DeviceNodes.Make(plan);
        room.Dispose();
        HookRunner? hooks = rollback.Hooks = plan.Hooks.HasCreateRuntime || plan.Hooks.HasInContainer ? new HookRunner(request.Plan.Excerpt.Annotations) : null;
        Sys.SocketpairSeqpacket(out int here, out int there).OrThrow("make a channel to the new process");
        Descriptor channel = rollback.Channel = new Descriptor(here);
        using Descriptor childChannel = new(there);
        using RuntimeBinary image = Restart.LeaveFile(IsInitAlone(plan));
        int startGate = -1;
        using Descriptor? startResult = request.WaitsForStart ? directory.MakeStartGate(out startGate) : null;
        using Descriptor? door = ContainerNamespaces.MakeDoor(plan, directory, request.WaitsForStart);
        ArgumentBlock env = ArgumentBlock.Of([.. plan.Process.Env, .. request.ListenEnv], spare: 1);
        SharedFlag? final = null;
        int pids = JoinedPids.Find(plan, joins);
        if (pids >= 0)
        {
            Sys.MmapSharedFlag(out SharedFlag made).OrThrow("share memory with the new process");
            final = made;
        }

        InitContext context = new()
        {
            Channel = there,
            Image = image.Number,
            ImageMount = image.MountNumber,
            OwnFile = image.State,
            Title = image.Title,
            Proc = proc.Number,
            UsesOldMounts = OuterFilter.RefusesMounts(),
            ConsoleSocket = request.ConsoleSocket?.Number ?? -1,
            StartFifo = startGate,
            StartResult = startResult?.Number ?? -1,
            HandOver = request.Listener?.HandOver ?? default,
            SendsListener = request.Listener is { IsSent: true },
            NamespaceSocket = door?.Number ?? -1,
            NamespaceSocketKinds = door is null ? [] : new int[NamespaceKinds.Count],
            Joins = joins.Numbers,
            Sources = sources.Numbers,
            PreopenedPaths = BindSources.Room(plan),
            IdMaps = idMaps.Numbers,
            Devices = devices?.Number ?? -1,
            Root = root?.Number ?? -1,
            Layers = layers?.Fds,
            CgroupPath = CString.Of(rollback.Unit?.HostPath ?? rollback.Cgroup?.Path ?? CgroupMount.OwnDirectory()),
            CgroupMount = CString.Of(CgroupMount.Find()),
            HasCgroup = rollback.Unit is not null || rollback.Cgroup is not null,
            WaitsForCgroup = EntersLate(request, rollback),
            Final = final,
            PidNamespace = pids,
            ClonesEarly = final is not null && !ContainerExec.PassesClone(plan.Process),
            Preserved = request.Preserved,
            LastCapability = HostProbe.LastCapability(),
            IgnoredSignals = Inheritance.IgnoredSignals,
            Args = ArgumentBlock.Of(plan.Process.Args),
            Env = env,
            Home = plan.Process.NeedsHome ? new FixedBuffer(4096) : default,
            HookState = hooks?.StateNumber ?? -1,
            HookOutput = hooks?.OutputNumber ?? -1,
            HookErrors = hooks?.ErrorsNumber ?? -1,
            CreateContainer = plan.Hooks.CreateContainer.IsEmpty
                ? [] : HookRunner.Prepare(plan.Hooks.CreateContainer, ProcessEnvironment.Own()),
            StartContainer = HookRunner.Prepare(plan.Hooks.StartContainer, env),
        };

        TimeNamespace.Prepare(plan.Namespaces, proc);
        ChildProcess process = rollback.Process = Clone(plan, request.EntersCgroupLate ? null : rollback.Cgroup, context);
        childChannel.Dispose();
        if (!EntersLate(request, rollback))
        {
            RunConcurrently(request, rollback, channel, proc);
        }

        image.Dispose();
        try
        {
            ServeInit(request, rollback, process, channel, proc);
        }
        catch (PunnetException failure) when (failure.NeedsCopy)
        {
            rollback.IsRestarted = !RuntimeBinary.IsSealedCopy();
            throw;
        }

        ContainerCgroup.Delegate(request, rollback.Cgroup, process.Pid);
        if (plan.Namespaces.HasUser && !plan.Process.Terminal)
        {
            StandardPipes.Give(proc, process.Pid, plan.Process.Uid);
        }

        if (plan.Namespaces.UidMap.IsNull)
        {
            SetOomScore(plan.Process, process.Pid, proc);
        }

        Scheduling.ResetAffinity(process.Pid);
        Scheduling.Apply(plan.Process, process.Pid);
        return rollback.Disarm();
    }

    // In a pid namespace of its own nobody but the host sees the new process until it runs a hook. What it copies when it leaves punnet's
    // file is charged to the container; and old kernels let only the host's root do it.
    private static bool IsInitAlone(ContainerPlan plan) =>
        (plan.Namespaces.New & CloneFlags.NewPid) != CloneFlags.None && !plan.Namespaces.Staged && !plan.Namespaces.HasUser && !plan.HasLittleMemory;

    // Whether the new process waits until it is in its cgroup.
    private static bool EntersLate(CreateContext request, Rollback rollback) => rollback.Unit is not null || request.EntersCgroupLate;

    private static ChildProcess Clone(ContainerPlan plan, CgroupDirectory? cgroup, InitContext context)
    {
        CloneFlags flags = plan.Namespaces.Staged ? CloneFlags.None : plan.Namespaces.New;
        flags &= plan.NetworkBeforeMount < 0 ? flags : ~(CloneFlags.NewNetwork | plan.MadeByInit);
        Errno errno = Sys.Clone3(flags, cgroup?.Number ?? -1, out int pid, out int pidfd);
        if (errno == Errno.None && pid == 0)
        {
            ContainerInit.Run(plan, context);
        }

        if (cgroup is not null && errno is Errno.EBUSY or Errno.EOPNOTSUPP)
        {
            return errno == Errno.EOPNOTSUPP && cgroup!.TryMakeThreaded() ? Clone(plan, cgroup, context) : throw ContainerCgroup.Refusal(cgroup!, errno);
        }

        if (errno != Errno.None)
        {
            throw ErrorMessages.OfNamespaces(plan.Namespaces, errno, cgroup?.BelowMount);
        }

        return new ChildProcess(pid, new Descriptor(pidfd), isStage: plan.Namespaces.Staged, context.Final);
    }

    // Until the container is complete, or has failed.
    private static void ServeInit(CreateContext request, Rollback rollback, ChildProcess process, Descriptor channel, Descriptor proc)
    {
        ContainerPlan plan = request.Plan;
        if (!process.IsStage)
        {
            RegisterInit(request, rollback, process, channel, proc);
        }

        while (true)
        {
            ChannelMessage message = process.Hear(channel);

            // Others may speak for a process that they see.
            bool isTrusted = !process.ReplacesStage;
            switch (message.Kind)
            {
                case Message.NeedsIdMaps when isTrusted:
                    MapIds(plan, process, channel, proc);
                    Channel.Send(channel.Number, Message.IdMapsWritten).OrThrow("tell the new process");
                    break;
                case Message.InitCloned when process.ReplacesStage:
                    ReplaceStage(rollback, process, channel);
                    break;
                case Message.InitCloned when process.IsStage:
                    process.BecomeInit(message.Value);
                    RegisterInit(request, rollback, process, channel, proc);
                    break;
                case Message.Joined when isTrusted:
                    RegisterInit(request, rollback, process, channel, proc);
                    break;
                case Message.RootReady when isTrusted:
                    rollback.Hooks!.Run(plan.Hooks.Prestart);
                    rollback.Hooks.Run(plan.Hooks.CreateRuntime);
                    Channel.Send(channel.Number, Message.HooksDone).OrThrow("tell the new process");
                    break;
                case Message.Listener when request.Listener is not null:
                    request.Listener.Take(message, process, channel, request.State(ContainerStatus.Creating, process.Pid));
                    break;
                case Message.Created:
                    request.Log.Debug("the new process allocated " + message.Value.ToString() + " bytes");
                    rollback.UpdateHookState(ContainerStatus.Created, process.Pid);
                    return;
                default:
                    throw ErrorMessages.Of(plan, rollback.Hooks?.Output, message);
            }
        }
    }

    // The container's first process exists: it is registered, and gets its ids.
    private static void RegisterInit(CreateContext request, Rollback rollback, ChildProcess process, Descriptor channel, Descriptor proc)
    {
        ContainerPlan plan = request.Plan;
        ProcessIdentity identity = ProcessIdentity.TryRead(process.Pid)
            ?? throw ErrorMessages.Of(plan, rollback.Hooks?.Output, process.Hear(channel)); // It has ended, but said why.
        rollback.Directory!.SetInit(identity, rollback.Record!);
        rollback.UpdateHookState(ContainerStatus.Creating, process.Pid);
        rollback.EnterResctrl(process.Pid);
        if (rollback.Unit is not null)
        {
            rollback.Cgroup = rollback.Unit.Start(process.Pid, plan.Resources);
            ContainerCgroup.Limit(request, rollback.Cgroup);
        }
        else if (request.EntersCgroupLate)
        {
            rollback.Cgroup?.Enter(process.Pid);
        }

        if (!plan.Namespaces.UidMap.IsNull && !plan.Namespaces.Staged)
        {
            MapIds(plan, process, channel, proc);
        }

        NetworkDevices.Move(plan, process.Pid, proc);

        if (plan.Namespaces.Staged || !plan.Namespaces.UidMap.IsNull || EntersLate(request, rollback))
        {
            Channel.Send(channel.Number, Message.HostReady).OrThrow("tell the new process");
        }

        if (EntersLate(request, rollback))
        {
            RunConcurrently(request, rollback, channel, proc);
        }
    }

    // The stage has done its work, and the process that it has cloned is the container's first.
    private static void ReplaceStage(Rollback rollback, ChildProcess process, Descriptor channel)
    {
        if (ProcessIdentity.TryRead(process.Pid) is ProcessIdentity identity)
        {
            rollback.Directory!.ReplaceInit(identity, rollback.Record!);
            rollback.UpdateHookState(ContainerStatus.Creating, process.Pid);
        }

        Channel.Send(channel.Number, Message.HostReady).OrThrow("tell the new process");
    }

    // While the new process mounts. Hooks are the first programs that it runs and that are not punnet.
    private static void RunConcurrently(CreateContext request, Rollback rollback, Descriptor channel, Descriptor proc)
    {
        NetworkNamespace.Send(request.Plan, channel, proc);
        if (!request.Plan.Hooks.HasInContainer)
        {
            ContainerCgroup.RestrictDevices(request, rollback.Cgroup);
        }
    }

    // What only punnet may do, and only while the new process is dumpable and waits.
    private static void MapIds(ContainerPlan plan, ChildProcess process, Descriptor channel, Descriptor proc)
    {
        try
        {
            RaiseLimits(plan.Process, process.Pid);
            SetOomScore(plan.Process, process.Pid, proc);
            IdMapWriter.Write(proc, process.Pid, plan.Namespaces);
        }
        catch (Exception failure) when (failure is SysException or PunnetException
            && Sys.PollReadable(channel.Number, 0, out bool hasSpoken) == Errno.None && hasSpoken)
        {
            // It has ended before: what could not be written is only the consequence.
            throw ErrorMessages.Of(plan, hookOutput: null, process.Hear(channel));
        }
    }

    // Before the ids are mapped: the new process could not raise a limit, and afterwards punnet would need CAP_SYS_RESOURCE itself.
    private static void RaiseLimits(ProcessPlan plan, int pid)
    {
        for (int i = 0; i < plan.Limits.Length; i++)
        {
            LimitStep limit = plan.Limits[i];
            Errno errno = Sys.SetRlimit(pid, limit.Kind, limit.Soft, limit.Hard);
            if (errno != Errno.None)
            {
                throw ErrorMessages.Of(plan, InitStep.Limit, i, errno);
            }
        }
    }

    /// <summary>process.oomScoreAdj of a process that waits: lowering it needs the host's rights.</summary>
    /// <exception cref="PunnetException">The kernel refuses it.</exception>
    public static void SetOomScore(ProcessPlan plan, int pid, Descriptor proc)
    {
        if (plan.OomScore.IsNull)
        {
            return;
        }

        try
        {
            HostProbe.WriteOfProcess(proc, pid, "oom_score_adj", plan.OomScore.Text);
        }
        catch (SysException failure)
        {
            throw new PunnetException(
                "cannot set the OOM score adjustment " + plan.OomScore + " (process.oomScoreAdj): " + failure.Errno.Words(),
                failure.Errno == Errno.EACCES ? "a lower one than punnet's own lowest needs CAP_SYS_RESOURCE" : null);
        }
    }

    private static StateRecord Record(CreateContext request, ContainerUnit? unit) => new()
    {
        OciVersion = request.Plan.Excerpt.OciVersion ?? SpecVersion.Newest,
        Id = request.Options.Id,
        Bundle = request.Options.Bundle,
        Rootfs = request.Plan.Root.ToString(),
        Created = Timestamp.Now(),
        Owner = Sys.Geteuid(),
        Cgroup = unit?.Path ?? request.Plan.Cgroup.Path,
        SystemdUnit = unit?.Name,
        SystemdAddress = unit?.Address,
        Resctrl = request.Resctrl?.Record,
        Config = request.ConfigPath,
        Keyring = request.Plan.Keyring.IsNull ? null : request.Plan.Keyring.ToString(),
        PrivatePidNamespace = (request.Plan.Namespaces.New & CloneFlags.NewPid) != CloneFlags.None,
        Annotations = request.Plan.Excerpt.Annotations,
        Poststart = request.Plan.Excerpt.Poststart,
        Poststop = request.Plan.Excerpt.Poststop,
        Overlay = request.Overlay,
    };
}
