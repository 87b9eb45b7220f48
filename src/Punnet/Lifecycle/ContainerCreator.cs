using System;
using Punnet.Abi;
using Punnet.Host;
using Punnet.Host.Cgroups;
using Punnet.Host.Errors;
using Punnet.Host.Layers;
using Punnet.Host.Namespaces;
using Punnet.Host.Resctrl;
using Punnet.Host.Systemd;
using Punnet.Host.Text;
using Punnet.Host.Tracing;
using Punnet.Init;
using Punnet.Kernel;
using Punnet.Plan;
using Punnet.Spec;

namespace Punnet.Lifecycle;

/// <summary>The script of the host side: from a plan to a container that only lacks its program.</summary>
internal sealed class ContainerCreator
{
    private readonly CreateContext _request;
    private readonly ContainerPlan _plan;
    private readonly CreatedResources _made;

    private ContainerCreator(CreateContext request, CreatedResources made)
    {
        _request = request;
        _plan = request.Plan;
        _made = made;
    }

    /// <summary>Makes a container. After an error nothing of it is left.</summary>
    /// <exception cref="PunnetException">It cannot be made.</exception>
    /// <exception cref="SysException">It cannot be made.</exception>
    public static CreatedContainer Run(CreateContext request)
    {
        Inheritance.ReadOnce();
        SecurityModules.Check(request.Plan);
        try
        {
            return RunOnce(request, entersCgroupLate: false);
        }
        catch (PunnetException failure) when (failure.HasNeverRun)
        {
            return RunOnce(request, entersCgroupLate: true);
        }
    }

    private static CreatedContainer RunOnce(CreateContext request, bool entersCgroupLate)
    {
        using LayerStack? layers = LayerStack.Open(request.Plan.Overlay);
        ResctrlGroup? resctrl = request.Plan.IntelRdt is IntelRdtPlan rdt ? ResctrlGroup.Prepare(ResctrlMount.Find(), rdt) : null;
        PendingSignals.Begin();
        using CreatedResources made = new(request)
        {
            Directory = request.Store.Reserve(request.Options.Id),
            Layers = layers,
            Resctrl = resctrl,
            EntersCgroupLate = entersCgroupLate,
        };
        HostTrace.Mark(HostStep.Reserve);
        try
        {
            return new ContainerCreator(request, made).Make();
        }
        catch (Exception failure) when (failure is PunnetException or SysException && made.Directory.IsToBeRemoved())
        {
            throw new PunnetException("container " + request.Options.Id + " was deleted while it was made");
        }
    }

    private CreatedContainer Make()
    {
        if (_request.WaitsForStart)
        {
            TraceFile.Begin(_made.Directory);
        }

        Register(_request, _made);
        HostTrace.Mark(HostStep.Register);
        MakeCgroup(_request, _made);
        _made.Resctrl?.Establish();
        HostTrace.Mark(HostStep.Cgroup, _made.Cgroup?.BelowMount);
        using OpenedResources opened = new(_request, _made);
        if (_plan.Hooks.HasCreateRuntime || _plan.Hooks.HasInContainer)
        {
            _made.Hooks = new HookRunner(_plan.Excerpt.Annotations);
        }

        InitContext context = BuildInitContext(opened);
        TimeNamespace.Prepare(_plan.Namespaces, opened.Proc);
        HostTrace.Mark(HostStep.Open);
        _made.Process = Clone(_made.EntersCgroupLate ? null : _made.Cgroup, context);
        HostTrace.Mark(HostStep.Clone);
        opened.ChildChannel.Dispose();
        InitServer server = new(_request, _made, opened.Proc);
        if (!server.IsAwaited)
        {
            server.SendNetwork();
        }

        opened.Image.Dispose();
        try
        {
            server.ServeInit();
        }
        catch (PunnetException failure) when (failure.NeedsCopy)
        {
            _made.IsRestarted = !RuntimeBinary.IsSealedCopy();
            throw;
        }

        Finish(_made.Process, opened.Proc);
        HostTrace.Mark(HostStep.Finish);
        return _made.HandOver();
    }

    /// <summary>From here on other runs of punnet see the container.</summary>
    /// <exception cref="SysException">The record cannot be written.</exception>
    public static void Register(CreateContext request, CreatedResources made)
    {
        made.Unit = request.Plan.Cgroup.Unit is null ? null : ContainerUnit.Prepare(request.Plan.Cgroup, request.Options.Id);
        made.Record = BuildRecord(request, made);
        made.Directory.Write(made.Record);
        if (request.Notify is not null)
        {
            NotifySocket.MakeDirectory(made.Directory);
        }
    }

    /// <summary>Makes the cgroup, but not one that systemd makes around the new process, which does not exist yet.</summary>
    /// <exception cref="PunnetException">It cannot be made, and is needed.</exception>
    public static void MakeCgroup(CreateContext request, CreatedResources made)
    {
        if (made.Unit is not null)
        {
            return;
        }

        ContainerCgroup.Make(request, made);
        if (made.Cgroup is null)
        {
            made.Record = made.Record! with { Cgroup = null };
            made.Directory.Rewrite(made.Record);
        }
    }

    private InitContext BuildInitContext(OpenedResources opened)
    {
        ArgumentBlock env = ArgumentBlock.Of([.. _plan.Process.Env, .. _request.ListenEnv], spare: 1);
        SharedFlag? final = null;
        if (opened.PidNamespace >= 0)
        {
            Sys.MmapSharedFlag(out SharedFlag made).OrThrow("share memory with the new process");
            final = made;
        }

        return _request.ForInit(_plan.Process, opened.ChildChannel, opened.Image, opened.Proc, env) with
        {
            UsesOldMounts = OuterFilter.RefusesMounts(),
            StartFifo = opened.StartFifo,
            StartResult = opened.StartResult?.Number ?? -1,
            NamespaceSocket = opened.NamespaceSocket?.Number ?? -1,
            NamespaceSocketKinds = opened.NamespaceSocket is null ? [] : new int[NamespaceKinds.Count],
            Joins = opened.Joins.Numbers,
            Sources = opened.Sources.Numbers,
            PreopenedPaths = BindSources.Room(_plan),
            IdMaps = opened.IdMaps.Numbers,
            Devices = opened.Devices?.Number ?? -1,
            Root = opened.Root?.Number ?? -1,
            Layers = _made.Layers?.Fds,
            CgroupPath = CString.Of(_made.Unit?.HostPath ?? _made.Cgroup?.Path ?? CgroupMount.OwnDirectory()),
            CgroupMount = CString.Of(CgroupMount.Find()),
            HasCgroup = _made.Unit is not null || _made.Cgroup is not null,
            WaitsForCgroup = _made.WaitsForCgroup,
            Final = final,
            PidNamespace = opened.PidNamespace,
            ClonesEarly = final is not null && !ContainerExec.PassesClone(_plan.Process),
            HookState = _made.Hooks?.StateNumber ?? -1,
            HookOutput = _made.Hooks?.OutputNumber ?? -1,
            HookErrors = _made.Hooks?.ErrorsNumber ?? -1,
            CreateContainer = _plan.Hooks.CreateContainer.IsEmpty
                ? [] : HookRunner.Prepare(_plan.Hooks.CreateContainer, ProcessEnvironment.Own()),
            StartContainer = HookRunner.Prepare(_plan.Hooks.StartContainer, env),
        };
    }

    private ChildProcess Clone(CgroupDirectory? cgroup, InitContext context)
    {
        CloneFlags flags = _plan.Namespaces.Staged ? CloneFlags.None : _plan.Namespaces.New;
        flags &= ~_plan.MadeByInit & (_plan.NetworkBeforeMount < 0 ? flags : ~CloneFlags.NewNetwork);
        Errno errno = Sys.Clone3(flags, cgroup?.Number ?? -1, out int pid, out int pidfd);
        if (errno == Errno.None && pid == 0)
        {
            ContainerInit.Run(_plan, context);
        }

        if (cgroup is not null && errno is Errno.EBUSY or Errno.EOPNOTSUPP)
        {
            return errno == Errno.EOPNOTSUPP && cgroup!.TryMakeThreaded()
                ? Clone(cgroup, context)
                : throw ContainerCgroup.Refusal(cgroup!, errno);
        }

        if (errno != Errno.None)
        {
            throw ErrorMessages.OfNamespaces(_plan.Namespaces, errno, cgroup?.BelowMount);
        }

        return new ChildProcess(pid, new Descriptor(pidfd), isStage: _plan.Namespaces.Staged, context.Final);
    }

    // The last steps of the host: the new process only waits for its start.
    private void Finish(ChildProcess process, Descriptor proc)
    {
        ContainerCgroup.Delegate(_request, _made.Cgroup, process.Pid);
        if (_plan.Namespaces.HasUser && !_plan.Process.Terminal)
        {
            StandardPipes.Give(proc, process.Pid, _plan.Process.Uid);
        }

        if (_plan.Namespaces.UidMap.IsNull)
        {
            ProcessLimits.SetOomScore(_plan.Process, process.Pid, proc);
        }

        Scheduling.ResetAffinity(process.Pid);
        Scheduling.Apply(_plan.Process, process.Pid);
    }

    private static StateRecord BuildRecord(CreateContext request, CreatedResources made) => new()
    {
        Punnet = BuildVersion.Number,
        OciVersion = request.Plan.Excerpt.OciVersion ?? SpecVersion.Newest,
        Id = request.Options.Id,
        Bundle = request.Options.Bundle,
        Rootfs = request.Plan.Root.ToString(),
        Created = Timestamp.Now(),
        Owner = Sys.Geteuid(),
        Cgroup = made.Unit?.Path ?? request.Plan.Cgroup.Path,
        SystemdUnit = made.Unit?.Name,
        SystemdAddress = made.Unit?.Address,
        Resctrl = made.Resctrl?.Record,
        Config = request.ConfigPath,
        Keyring = request.Plan.Keyring.IsNull ? null : request.Plan.Keyring.ToString(),
        PrivatePidNamespace = (request.Plan.Namespaces.New & CloneFlags.NewPid) != CloneFlags.None,
        Annotations = request.Plan.Excerpt.Annotations,
        Poststart = request.Plan.Excerpt.Poststart,
        Poststop = request.Plan.Excerpt.Poststop,
        Overlay = made.Layers?.Record,
    };
}
