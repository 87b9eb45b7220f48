using System;
using Punnet.Host;
using Punnet.Host.Cgroups;
using Punnet.Host.Layers;
using Punnet.Host.Resctrl;
using Punnet.Host.State;
using Punnet.Host.Systemd;
using Punnet.Kernel;
using Punnet.Spec;

namespace Punnet.Lifecycle;

/// <summary>What a creation has made so far; undone in reverse unless it is disarmed at the end.</summary>
internal sealed class Rollback : IDisposable
{
    private readonly CreateContext _request;
    private ContainerState? _state;
    private bool _isDisarmed;

    /// <summary>Arms it.</summary>
    public Rollback(CreateContext request) => _request = request;

    /// <summary>The reserved id.</summary>
    public ContainerDirectory? Directory { get; set; }

    /// <summary>The layers of the root, or null.</summary>
    public LayerStack? Layers { get; set; }

    /// <summary>The container's cgroup.</summary>
    public CgroupDirectory? Cgroup { get; set; }

    /// <summary>The unit that the cgroup belongs to, with the systemd driver.</summary>
    public ContainerUnit? Unit { get; set; }

    /// <summary>What the state keeps.</summary>
    public StateRecord? Record { get; set; }

    /// <summary>Files for hooks.</summary>
    public HookRunner? Hooks { get; set; }

    /// <summary>The host's end of the channel.</summary>
    public Descriptor? Channel { get; set; }

    /// <summary>The new process.</summary>
    public ChildProcess? Process { get; set; }

    /// <summary>Whether a sealed copy of punnet is going to do it.</summary>
    public bool IsRestarted { get; set; }

    /// <summary>Whether the creation is tried again: no hook has run yet.</summary>
    private bool IsRepeated => IsRestarted || (!_request.EntersCgroupLate && Process is { WasKilledAtOnce: true });

    /// <summary>Puts the new process into its class of service, where it has one.</summary>
    /// <exception cref="SysException">The kernel refuses it.</exception>
    public void EnterResctrl(int pid)
    {
        if (_request.Resctrl is ResctrlGroup group)
        {
            ResctrlGroup.Enter(group.Record, pid);
        }
    }

    /// <summary>Tells coming hooks how far the container is.</summary>
    public void UpdateHookState(ContainerStatus status, int pid)
    {
        if (Hooks is null && _request.Plan.Hooks.Poststop.IsEmpty)
        {
            return;
        }

        _state = _request.State(status, pid);
        Hooks?.UpdateHookState(_state);
    }

    /// <summary>Everything went well: hands it over.</summary>
    public CreatedContainer Disarm()
    {
        _isDisarmed = true;
        Cgroup?.Dispose();
        Unit?.Dispose(); // Its name stays; a connection that nobody reads would only cost systemd memory.
        return new CreatedContainer(_request, Directory!, Process!, Channel!, Hooks, Record!);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isDisarmed)
        {
            return;
        }

        PendingSignals.Hold();
        Process?.Kill();
        if (Cgroup is not null)
        {
            if (Process is not null)
            {
                Quietly(Cgroup.Kill);
            }

            Quietly(Cgroup.Remove);
            Cgroup.Unmake();
        }

        Unit?.Remove(_request.Log);

        if (_request.Resctrl is ResctrlGroup group)
        {
            Quietly(group.Undo);
        }

        if (Directory is not null)
        {
            if (Layers is not null)
            {
                Quietly(() => Layers.Undo(Directory.Path));
            }

            Quietly(Directory.Remove);
        }

        PendingSignals.Hold(false);

        // runtime.md#lifecycle: a failure between create and the program is followed by the poststop hooks.
        if (_state is not null && !IsRepeated && !_request.Plan.Hooks.Poststop.IsEmpty)
        {
            Quietly(Poststop);
        }

        Process?.Dispose();
        Channel?.Dispose();
        Hooks?.Dispose();
        Cgroup?.Dispose();
        Unit?.Dispose();
        Directory?.Dispose();
    }

    private void Poststop()
    {
        using HookRunner hooks = new(_request.Plan.Excerpt.Annotations);
        hooks.UpdateHookState(_state! with { Status = Container.Word(ContainerStatus.Stopped), Pid = 0 });
        hooks.RunAll(_request.Plan.Hooks.Poststop, _request.Log);
    }

    // The first failure is the one to be told, and what follows is undone all the same.
    private void Quietly(Action undo)
    {
        try
        {
            undo();
        }
        catch (Exception failure) when (failure is SysException or PunnetException)
        {
            _request.Log.Warn("while undoing: " + failure.Message);
        }
    }
}
