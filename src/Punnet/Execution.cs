using Punnet.Abi;
using Punnet.Cgroups;
using Punnet.Init;
using Punnet.Kernel;
using Punnet.Plan;
using Punnet.Resctrl;
using Punnet.Spec;
using Punnet.Systemd;

namespace Punnet;

/// <summary>What an exec needs beside its plan.</summary>
internal sealed record ExecutionRequest
{
    /// <summary>The container.</summary>
    public required Container Container { get; init; }

    /// <summary>The plan.</summary>
    public required ProcessPlan Plan { get; init; }

    /// <summary>Below the container's cgroup, or null for that itself.</summary>
    public string? SubCgroup { get; init; }

    /// <summary>Connection that gets the terminal, or null.</summary>
    public Descriptor? ConsoleSocket { get; init; }

    /// <summary>The listener's way out, where the filter has one.</summary>
    public SeccompListener? Listener { get; init; }

    /// <summary>How many descriptors from 3 on the program inherits.</summary>
    public int Preserved { get; init; }

    /// <summary>The log.</summary>
    public required Log Log { get; init; }
}

/// <summary>The script of the host side of an exec: a process that joins a container.</summary>
internal static class Execution
{
    /// <summary>Makes a process that only lacks its program.</summary>
    /// <param name="request">What to run and where.</param>
    /// <param name="channel">Where it waits for <see cref="Message.Go"/>.</param>
    /// <exception cref="PunnetException">It cannot be made; nothing of it is left.</exception>
    /// <exception cref="SysException">It cannot be made; nothing of it is left.</exception>
    public static NewProcess Run(ExecutionRequest request, out Descriptor channel)
    {
        Inheritance.Settle();
        SecurityModules.Check(request.Plan);
        using Descriptor init = request.Container.Init?.TryOpen() ?? throw new PunnetException("cannot exec in a stopped container");
        using CgroupDirectory? cgroup = OpenCgroup(request);
        using Descriptor proc = HostProbe.OpenProc();
        Sys.PacketPair(out int here, out int there).OrThrow("make a channel to the new process");
        channel = new Descriptor(here);
        NewProcess? process = null;
        try
        {
            using Descriptor childChannel = new(there);
            using OwnImage image = OwnImage.Leave(isInitAlone: false);
            InitMaterial material = new()
            {
                Channel = there,
                Image = image.Number,
                ImageMount = image.MountNumber,
                OwnFile = image.State,
                Title = image.Title,
                Proc = proc.Number,
                ConsoleSocket = request.ConsoleSocket?.Number ?? -1,
                HandOver = request.Listener?.HandOver ?? default,
                SendsListener = request.Listener is { IsSent: true },
                Joins = [],
                Preserved = request.Preserved,
                LastCapability = HostProbe.LastCapability(),
                IgnoredSignals = Inheritance.IgnoredSignals,
                Args = ArgumentBlock.Of(request.Plan.Args),
                Env = ArgumentBlock.Of(request.Plan.Env, spare: 1),
                Home = request.Plan.NeedsHome ? new FixedBuffer(4096) : default,
            };
            using ContainerNamespaces namespaces = ContainerNamespaces.Find(request.Container, request.Container.Init!.Value.Pid);
            using Descriptor? root = OpenRoot(request.Container.Init!.Value.Pid, namespaces);
            ExecTarget target = Target(init.Number, namespaces) with
            {
                Root = root?.Number ?? -1,
                Keyring = request.Container.Record?.Keyring is string keyring ? CString.Of(keyring) : default,
            };
            Scheduling.EnterInitialAffinity(request.Plan);
            process = Clone(request, target, material, cgroup?.Number ?? -1);
            if (process is null)
            {
                process = Clone(request, target, material with { WaitsForCgroup = true }, cgroup: -1)!;
                ContainerUnit.Enter(request.Container.Record!, cgroup!.BelowMount, process.Pid);
                Channel.Tell(channel.Number, Message.Settled).OrThrow("tell the new process");
            }

            request.Log.Debug("the new process is " + process.Pid.ToString());
            childChannel.Dispose();
            image.Dispose();
            Attend(request, process, channel);
            if (request.Container.Record?.Resctrl is ResctrlRecord group)
            {
                ResctrlGroup.Enter(group, process.Pid);
            }

            if ((namespaces.Kinds & CloneFlags.NewUser) != CloneFlags.None && !request.Plan.Terminal)
            {
                StandardPipes.Give(proc, process.Pid, request.Plan.Uid);
            }

            Creation.SetOomScore(request.Plan, process.Pid, proc);
            Scheduling.ApplyFinalAffinity(request.Plan, process.Pid);
            Scheduling.Apply(request.Plan, process.Pid);
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

    /// <summary>Whether the container's first process is in another user namespace than punnet.</summary>
    public static bool HasOwnUserNamespace(Container container) =>
        container.Init is ProcessIdentity init && ContainerNamespaces.HasOwnUser(init.Pid);

    // Null where punnet may not enter the container's cgroup, but the systemd that made it can bring the new process there: an ordinary
    // user's containers are below his service manager, and his session is not (cgroup-v2.rst, "Delegation Containment").
    private static NewProcess? Clone(ExecutionRequest request, ExecTarget target, InitMaterial material, int cgroup)
    {
        // Before the clone: the new process is seen in the container's pid namespace from its first moment (CVE-2016-9962).
        Sys.Control(ProcessControl.SetDumpable, 0).OrThrow("protect the new process from the container");
        Sys.BlockSignals();
        Errno errno = Sys.Clone(CloneFlags.None, cgroup, out int pid, out int pidfd);
        if (errno == Errno.None && pid == 0)
        {
            ExecInit.Run(request.Plan, target, material);
        }

        Sys.UnblockSignals();
        if (errno == Errno.EBUSY && request.SubCgroup is null && InnerCgroup(request.Container) is CgroupDirectory inner)
        {
            using CgroupDirectory owned = inner;
            return Clone(request with { SubCgroup = string.Empty }, target, material, inner.Number);
        }

        if (errno == Errno.EACCES && cgroup >= 0 && request.Container.Record?.SystemdUnit is not null)
        {
            return null;
        }

        if (errno == Errno.EACCES && Sys.EffectiveUser() != 0)
        {
            throw new PunnetException(new SysException(errno, "clone a process into the container's cgroup").Message, ContainerCgroup.Delegation);
        }

        errno.OrThrow("clone a process into the container's cgroup");
        return new NewProcess(pid, new Descriptor(pidfd), isStage: (target.Kinds & CloneFlags.NewPid) != CloneFlags.None);
    }

    // A program such as systemd makes cgroups below the container's and gives controllers to them; the container's own cgroup then takes
    // no process any more (cgroup-v2.rst, "No Internal Process Constraint"), and the one of the first process does.
    private static CgroupDirectory? InnerCgroup(Container container) =>
        container.Init is ProcessIdentity init ? CgroupDirectory.TryOpen(CgroupMount.PathOf(init.Pid.ToString())) : null;

    private static void Attend(ExecutionRequest request, NewProcess process, Descriptor channel)
    {
        while (true)
        {
            ChannelMessage message = process.Hear(channel);
            switch (message.Kind)
            {
                case Message.Cloned:
                    process.BecomeInit(message.First);
                    Channel.Tell(channel.Number, Message.Settled).OrThrow("tell the new process");
                    break;
                case Message.Listener:
                    TakeListener(request, message, process, channel);
                    break;
                case Message.Created:
                    return;
                default:
                    throw Failures.Of(request.Plan, message);
            }
        }
    }

    /// <summary>Takes the listener of the new process's filter to who answers.</summary>
    /// <exception cref="PunnetException">It cannot be taken, or the agent is gone.</exception>
    public static void TakeListener(ExecutionRequest request, ChannelMessage message, NewProcess process, Descriptor channel)
    {
        ContainerState state = request.Container.State() with { Status = Container.Word(ContainerStatus.Running) };
        request.Listener!.Take(message, process, channel, state);
    }

    private static Descriptor? OpenRoot(int pid, ContainerNamespaces namespaces) => (namespaces.Kinds & CloneFlags.NewMount) != CloneFlags.None
        ? null
        : Descriptor.Open("/proc/" + pid.ToString() + "/root", OpenFlags.Path | OpenFlags.Directory);

    private static CgroupDirectory? OpenCgroup(ExecutionRequest request)
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
        return CgroupDirectory.TryOpen(below) ?? throw new PunnetException("cannot exec in the cgroup " + below + ": it does not exist");
    }

    // A joined pid namespace counts for children only. Where punnet may join it, its next child is in it at once; where not (without
    // the host's rights), that child joins the user namespace first and then clones again.
    private static ExecTarget Target(int init, ContainerNamespaces namespaces)
    {
        CloneFlags kinds = namespaces.Kinds;
        bool isJoined = (kinds & CloneFlags.NewPid) != CloneFlags.None && namespaces.Files.IsEmpty
            && Sys.JoinNamespaces(init, CloneFlags.NewPid) == Errno.None;
        return new ExecTarget(init, isJoined ? kinds & ~CloneFlags.NewPid : kinds) { Files = namespaces.Files };
    }
}
