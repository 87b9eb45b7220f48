using System;
using Punnet.Abi;
using Punnet.Host;
using Punnet.Host.Errors;
using Punnet.Host.Namespaces;
using Punnet.Host.Resctrl;
using Punnet.Host.State;
using Punnet.Host.Tracing;
using Punnet.Init;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Lifecycle;

/// <summary>The host's side of the conversation with a container's first process: does what that process may not do itself.</summary>
internal sealed class InitServer
{
    private readonly CreateContext _request;
    private readonly ContainerPlan _plan;
    private readonly CreatedResources _made;
    private readonly ChildProcess _process;
    private readonly Descriptor _channel;
    private readonly Descriptor _proc;

    // It has told its failure, or is dead.
    private bool _hasEnded;

    /// <summary>Begins after the clone.</summary>
    /// <param name="request">The container.</param>
    /// <param name="made">With the process and the channel.</param>
    /// <param name="proc">From <see cref="HostProbe.OpenProc"/>.</param>
    public InitServer(CreateContext request, CreatedResources made, Descriptor proc)
    {
        _request = request;
        _plan = request.Plan;
        _made = made;
        _process = made.Process!;
        _channel = made.Channel!;
        _proc = proc;
    }

    /// <summary>Whether the new process waits for the host before it mounts: for its ID maps, or its cgroup.</summary>
    public bool IsAwaited => _made.WaitsForCgroup || (!_plan.Namespaces.UidMap.IsNull && !_plan.Namespaces.Staged);

    /// <summary>Makes the network namespace while the new process mounts.</summary>
    /// <exception cref="PunnetException">It cannot be made.</exception>
    /// <exception cref="SysException">It cannot be made.</exception>
    public void SendNetwork()
    {
        NetworkNamespace.Send(_plan, _channel, _proc);
        HostTrace.Mark(HostStep.Network);
    }

    /// <summary>Answers the new process until the container is complete.</summary>
    /// <exception cref="PunnetException">It has failed, or something cannot be given to it.</exception>
    /// <exception cref="SysException">Something cannot be given to it.</exception>
    public void ServeInit()
    {
        try
        {
            Serve();
        }
        catch (Exception failure) when (failure is SysException or PunnetException && !_hasEnded
            && Sys.PollReadable(_channel.Number, 0, out bool hasSpoken) == Errno.None && hasSpoken)
        {
            // Had it ended already, then what failed here is only a consequence: it has no ID maps, and systemd removes its cgroup.
            ChannelMessage message = Hear();
            if (message.Kind == Message.Failed)
            {
                throw Failure(message);
            }

            throw;
        }
    }

    private void Serve()
    {
        if (!_process.IsStage)
        {
            RegisterInit();
        }

        while (true)
        {
            ChannelMessage message = Hear();
            HostTrace.Mark(HostStep.Hear);

            // Processes that see it may forge its messages.
            bool isTrusted = !_process.ReplacesStage;
            switch (message.Kind)
            {
                case Message.NeedsIdMaps when isTrusted:
                    MapIds();
                    Send(Message.IdMapsWritten);
                    break;
                case Message.InitCloned when _process.ReplacesStage:
                    ReplaceStage();
                    break;
                case Message.InitCloned when _process.IsStage:
                    _process.BecomeInit(message.Value);
                    RegisterInit();
                    break;
                case Message.Joined when isTrusted:
                    RegisterInit();
                    break;
                case Message.RootReady when isTrusted:
                    _made.Hooks!.Run(_plan.Hooks.Prestart);
                    _made.Hooks.Run(_plan.Hooks.CreateRuntime);
                    Send(Message.HooksDone);
                    break;
                case Message.Listener when _request.Listener is not null:
                    _request.Listener.Take(message, _process, _channel, _request.State(ContainerStatus.Creating, _process.Pid));
                    break;
                case Message.Created:
                    _request.Log.Debug("the new process allocated " + message.Value.ToString() + " bytes");
                    _made.UpdateHookState(ContainerStatus.Created, _process.Pid);
                    return;
                default:
                    throw Failure(message);
            }
        }
    }

    // The container's first process exists: it is registered, and gets its ids.
    private void RegisterInit()
    {
        int pid = _process.Pid;
        ProcessIdentity identity = ProcessIdentity.TryRead(pid)
            ?? throw Failure(Hear()); // It has ended, and has sent the reason.
        _made.Directory.SetInit(identity, _process.Pidfd, _made.Record!);
        _made.UpdateHookState(ContainerStatus.Creating, pid);
        if (_made.Resctrl is not null)
        {
            ResctrlGroup.Enter(_made.Resctrl.Record, pid);
        }

        if (_made.Unit is not null)
        {
            _made.Cgroup = _made.Unit.Start(pid, _plan.Resources);
            ContainerCgroup.Limit(_request, _made.Cgroup);
        }
        else if (_made.EntersCgroupLate)
        {
            _made.Cgroup?.Enter(pid);
        }

        HostTrace.Mark(HostStep.RegisterInit);
        if (!_plan.Namespaces.UidMap.IsNull && !_plan.Namespaces.Staged)
        {
            MapIds();
        }

        NetworkDevices.Move(_plan, pid, _proc);
        if (_plan.Namespaces.Staged || IsAwaited)
        {
            Send(Message.HostReady);
        }

        if (IsAwaited)
        {
            SendNetwork();
        }

        // Last: while the kernel verifies a program, the new process would wait longer for its unmounting of the old root (RCU). The first
        // other programs that run in the container are hooks.
        if (!_plan.Hooks.HasInContainer)
        {
            ContainerCgroup.RestrictDevices(_request, _made.Cgroup);
            HostTrace.Mark(HostStep.DeviceRules);
        }
    }

    // The stage is done; the process that it has cloned is the container's first.
    private void ReplaceStage()
    {
        if (ProcessIdentity.TryRead(_process.Pid) is ProcessIdentity identity)
        {
            _made.Directory.ReplaceInit(identity, _process.Pidfd, _made.Record!);
            _made.UpdateHookState(ContainerStatus.Creating, _process.Pid);
        }

        Send(Message.HostReady);
    }

    // What only punnet may do, and only while the new process is dumpable and waits.
    private void MapIds()
    {
        ProcessLimits.Raise(_plan.Process, _process.Pid);
        ProcessLimits.SetOomScore(_plan.Process, _process.Pid, _proc);
        IdMapWriter.Write(_proc, _process.Pid, _plan.Namespaces);
        HostTrace.Mark(HostStep.IdMaps);
    }

    private ChannelMessage Hear()
    {
        _hasEnded = true; // Unless there is a message.
        ChannelMessage message = _process.Hear(_channel);
        _hasEnded = message.Kind == Message.Failed;
        return message;
    }

    private PunnetException Failure(ChannelMessage message) => ErrorMessages.Of(_plan, _made.Hooks?.Output, message);

    private void Send(Message message) => Channel.Send(_channel.Number, message).OrThrow("tell the new process");
}
