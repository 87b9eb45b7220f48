using Punnet.Abi;
using Punnet.Host;
using Punnet.Host.Cgroups;
using Punnet.Host.Errors;
using Punnet.Host.Namespaces;
using Punnet.Host.Resctrl;
using Punnet.Host.State;
using Punnet.Host.Systemd;
using Punnet.Host.Tracing;
using Punnet.Init;
using Punnet.Kernel;
using Punnet.Plan;
using Punnet.Spec;

namespace Punnet.Lifecycle;

/// <summary>What an exec needs beside its plan.</summary>
internal sealed record ExecContext : ProgramContext
{
    /// <summary>The container.</summary>
    public required Container Container { get; init; }

    /// <summary>The plan.</summary>
    public required ProcessPlan Plan { get; init; }

    /// <summary>Below the container's cgroup, or null for that itself.</summary>
    public string? SubCgroup { get; init; }
}

/// <summary>The script of the host side of an exec: a process that joins a container.</summary>
internal static class ContainerExec
{
    /// <summary>Makes a process that only lacks its program.</summary>
    /// <param name="request">What to run and where.</param>
    /// <param name="channel">Where it waits for <see cref="Message.Exec"/>.</param>
    /// <exception cref="PunnetException">It cannot be made; nothing of it is left.</exception>
    /// <exception cref="SysException">It cannot be made; nothing of it is left.</exception>
    public static ChildProcess Run(ExecContext request, out Descriptor channel)
    {
        Inheritance.ReadOnce();
        try
        {
            return RunOnce(request, entersLate: false, out channel);
        }
        catch (PunnetException failure) when (failure.HasNeverRun)
        {
            return RunOnce(request, entersLate: true, out channel);
        }
    }

    /// <summary>The error for a container that has ended.</summary>
    public static PunnetException Stopped() => new("cannot exec in a stopped container");

    private static ChildProcess RunOnce(ExecContext request, bool entersLate, out Descriptor channel)
    {
        SecurityModules.Check(request.Plan);
        PendingSignals.Begin();
        using Descriptor init = request.Container.Init?.TryOpen() ?? throw Stopped();
        using CgroupDirectory? cgroup = OpenCgroup(request);
        using Descriptor proc = HostProbe.OpenProc();
        Sys.SocketpairSeqpacket(out int here, out int there).OrThrow("make a channel to the new process");
        channel = new Descriptor(here);
        ChildProcess? process = null;
        try
        {
            using Descriptor childChannel = new(there);
            using RuntimeBinary image = Restart.LeaveFile(isInitAlone: false);
            InitContext context = request.ForInit(request.Plan, childChannel, image, proc, ArgumentBlock.Of(request.Plan.Env, spare: 1));
            using ContainerNamespaces namespaces = ContainerNamespaces.Find(request.Container, request.Container.Init!.Value.Pid);
            using Descriptor? root = OpenRoot(request.Container.Init!.Value.Pid, namespaces);
            CloneFlags kinds = namespaces.Kinds;
            bool isStaged = (kinds & CloneFlags.NewPid) != CloneFlags.None;
            if (isStaged)
            {
                Sys.MmapSharedFlag(out SharedFlag final).OrThrow("share memory with the new process");
                context = context with { Final = final, ClonesEarly = !PassesClone(request.Plan) };
            }

            ExecTarget target = new(init.Number, kinds)
            {
                Root = root?.Number ?? -1,
                Files = namespaces.Files,
                Keyring = request.Container.Record?.Keyring is string keyring ? CString.Of(keyring) : default,
            };
            HostTrace.Mark(HostStep.Open);
            Scheduling.EnterInitialAffinity(request.Plan);
            process = entersLate ? null : Clone(request, target, context, cgroup?.Number ?? -1);
            if (process is null)
            {
                process = Clone(request, target, context with { WaitsForCgroup = true }, cgroup: -1)!;
                Enter(request, cgroup, process.Pid, entersLate);
                Channel.Send(channel.Number, Message.HostReady).OrThrow("tell the new process");
            }

            request.Log.Debug("the new process is " + process.Pid.ToString());
            HostTrace.Mark(HostStep.Clone);
            childChannel.Dispose();
            image.Dispose();
            ServeInit(request, process, channel);
            HostTrace.Mark(HostStep.Hear);
            Finish(request, process, proc, ownsUser: (kinds & CloneFlags.NewUser) != CloneFlags.None);
            HostTrace.Mark(HostStep.Finish);
            return process;
        }
        catch
        {
            process?.Kill();
            process?.Dispose();
            channel.Dispose();
            throw;
        }
    }

    // The last steps of the host: the new process only waits for punnet's word.
    private static void Finish(ExecContext request, ChildProcess process, Descriptor proc, bool ownsUser)
    {
        if (request.Container.Record?.Resctrl is ResctrlRecord group)
        {
            ResctrlGroup.Enter(group, process.Pid);
        }

        if (ownsUser && !request.Plan.Terminal)
        {
            StandardPipes.Give(proc, process.Pid, request.Plan.Uid);
        }

        ProcessLimits.SetOomScore(request.Plan, process.Pid, proc);
        Scheduling.ApplyFinalAffinity(request.Plan, process.Pid);
        Scheduling.Apply(request.Plan, process.Pid);
    }

    /// <summary>Whether the container's first process is in a different user namespace from punnet.</summary>
    public static bool HasOwnUserNamespace(Container container) =>
        container.Init is ProcessIdentity init && ContainerNamespaces.HasOwnUser(init.Pid);

    // Null where punnet may not enter the container's cgroup, but the systemd that made it can move the new process there: an ordinary
    // user's containers are below the user's service manager, and the session is not (cgroup-v2.rst, "Delegation Containment").
    private static ChildProcess? Clone(ExecContext request, ExecTarget target, InitContext context, int cgroup)
    {
        Errno errno = Sys.Clone3(CloneFlags.None, cgroup, out int pid, out int pidfd);
        if (errno == Errno.None && pid == 0)
        {
            ExecInit.Run(request.Plan, target, context);
        }

        if (errno == Errno.EBUSY && request.SubCgroup is null && InnerCgroup(request.Container) is CgroupDirectory inner)
        {
            using CgroupDirectory owned = inner;
            return Clone(request with { SubCgroup = string.Empty }, target, context, inner.Number);
        }

        if (errno == Errno.EACCES && cgroup >= 0 && request.Container.Record?.SystemdUnit is not null)
        {
            return null;
        }

        if (errno == Errno.EACCES && Sys.Geteuid() != 0)
        {
            throw new PunnetException(
                new SysException(errno, "clone a process into the container's cgroup").Message, CgroupCause.Delegation);
        }

        errno.OrThrow("clone a process into the container's cgroup");
        return new ChildProcess(pid, new Descriptor(pidfd), isStage: context.Final is not null, context.Final);
    }

    private static void Enter(ExecContext request, CgroupDirectory? cgroup, int pid, bool byItself)
    {
        if (!byItself)
        {
            ContainerUnit.Enter(request.Container.Record!, cgroup!.BelowMount, pid);
            return;
        }

        if (cgroup?.TryEnter(pid) == Errno.EBUSY && request.SubCgroup is null && InnerCgroup(request.Container) is CgroupDirectory inner)
        {
            using CgroupDirectory owned = inner;
            inner.Enter(pid);
        }
    }

    // A program such as systemd makes cgroups below the container's and gives controllers to them; then the container's own cgroup takes
    // no process (cgroup-v2.rst, "No Internal Process Constraint"), and the one of the first process does.
    private static CgroupDirectory? InnerCgroup(Container container) =>
        container.Init is ProcessIdentity init ? CgroupDirectory.TryOpen(CgroupMount.PathOf(init.Pid.ToString())) : null;

    private static void ServeInit(ExecContext request, ChildProcess process, Descriptor channel)
    {
        while (true)
        {
            ChannelMessage message = process.Hear(channel);
            switch (message.Kind)
            {
                case Message.Listener when request.Listener is not null:
                    TakeListener(request, message, process, channel);
                    break;
                case Message.Created:
                    return;
                default:
                    throw ErrorMessages.Of(request.Plan, message);
            }
        }
    }

    /// <summary>Takes the listener of the new process's filter to the agent, or to punnet's log.</summary>
    /// <exception cref="PunnetException">It cannot be taken, or the agent is gone.</exception>
    public static void TakeListener(ExecContext request, ChannelMessage message, ChildProcess process, Descriptor channel)
    {
        ContainerState state = request.Container.State() with { Status = Container.Word(ContainerStatus.Running) };
        request.Listener!.Take(message, process, channel, state);
    }

    private static Descriptor? OpenRoot(int pid, ContainerNamespaces namespaces) =>
        (namespaces.Kinds & CloneFlags.NewMount) != CloneFlags.None
        ? null
        : Descriptor.Open("/proc/" + pid.ToString() + "/root", OpenFlags.Path | OpenFlags.Directory);

    private static CgroupDirectory? OpenCgroup(ExecContext request)
    {
        string? path = request.Container.Record?.Cgroup;
        if (path is null)
        {
            if (!string.IsNullOrEmpty(request.SubCgroup))
            {
                throw request.Container.WithoutCgroup("use --cgroup in");
            }
            return null;
        }

        string below = path + (request.SubCgroup is null ? "" : "/" + request.SubCgroup);
        CgroupDirectory? cgroup = CgroupDirectory.TryOpen(below) ?? (request.SubCgroup is null ? InnerCgroup(request.Container) : null);
        return cgroup ?? throw new PunnetException("cannot exec in the cgroup " + below + ": it does not exist");
    }

    /// <summary>
    /// Whether a filter that has to be loaded early allows the calls that a stage and its clone still make. The profile may have been made
    /// for the container's programs alone.
    /// </summary>
    public static bool PassesClone(ProcessPlan plan)
    {
        const ulong TakeTerminal = 0x540E; // TIOCSCTTY
        return plan.NoNewPrivileges || plan.Seccomp is not SeccompPlan filter
            || (Passes(SyscallNumber.Clone, (ulong)Sys.SiblingFlags)
                && Passes(SyscallNumber.Setsid)
                && (!plan.Terminal || Passes(SyscallNumber.Ioctl, 0, TakeTerminal))
                && (plan.Limits.IsEmpty || Passes(SyscallNumber.Prlimit64, 0, (ulong)ResourceLimit.Processes)));
        bool Passes(SyscallNumber call, ulong first = 0, ulong second = 0) =>
            SeccompReport.Passes(filter, HostProbe.Native, call, first, second);
    }
}
