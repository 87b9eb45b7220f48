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

/// <summary>
/// What a create has made so far. Unless it is handed over at the end, disposing it undoes everything, in the order of <see cref="Undo"/>.
/// </summary>
internal sealed class CreatedResources : IDisposable
{
    private readonly CreateContext _request;
    private ContainerState? _state;
    private bool _isHandedOver;

    /// <summary>Nothing is made yet.</summary>
    public CreatedResources(CreateContext request) => _request = request;

    /// <summary>The layers of the root, or null.</summary>
    public LayerStack? Layers { get; init; }

    /// <summary>The class of service, or null; made by <see cref="ResctrlGroup.Establish"/>.</summary>
    public ResctrlGroup? Resctrl { get; init; }

    /// <summary>
    /// Whether the new process is moved into its cgroup, see <see cref="PunnetException.HasNeverRun"/>; it is cloned there otherwise.
    /// </summary>
    public bool EntersCgroupLate { get; init; }

    /// <summary>The reserved id.</summary>
    public required ContainerDirectory Directory { get; init; }

    /// <summary>The unit that the cgroup belongs to, with the systemd driver.</summary>
    public ContainerUnit? Unit { get; set; }

    /// <summary>What the state keeps.</summary>
    public StateRecord? Record { get; set; }

    /// <summary>The container's cgroup; null before it is made, and for a container without one.</summary>
    public CgroupDirectory? Cgroup { get; set; }

    /// <summary>Files for hooks, or null.</summary>
    public HookRunner? Hooks { get; set; }

    /// <summary>The host's end of the channel.</summary>
    public Descriptor? Channel { get; set; }

    /// <summary>The new process.</summary>
    public ChildProcess? Process { get; set; }

    /// <summary>Whether a sealed copy of punnet runs the command again.</summary>
    public bool IsRestarted { get; set; }

    /// <summary>Whether the new process waits until it is in its cgroup.</summary>
    public bool WaitsForCgroup => Unit is not null || EntersCgroupLate;

    // Whether the create is tried again. No hook has run then.
    private bool IsRepeated => IsRestarted || (!EntersCgroupLate && Process is { WasKilledAtOnce: true });

    /// <summary>Updates the state that the next hooks read.</summary>
    public void UpdateHookState(ContainerStatus status, int pid)
    {
        if (Hooks is null && _request.Plan.Hooks.Poststop.IsEmpty)
        {
            return;
        }

        _state = _request.State(status, pid);
        Hooks?.UpdateHookState(_state);
    }

    /// <summary>Hands everything over after success.</summary>
    public CreatedContainer HandOver()
    {
        _isHandedOver = true;
        Cgroup?.Dispose();
        Unit?.Dispose(); // Its name stays; an unread connection would only cost systemd memory.
        return new CreatedContainer(_request, Directory, Process!, Channel!, Hooks, Record!);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isHandedOver)
        {
            return;
        }

        PendingSignals.Hold();
        Undo();
        PendingSignals.Hold(false);

        // runtime.md#lifecycle: a failure between create and the program is followed by the poststop hooks.
        if (_state is not null && !IsRepeated && !_request.Plan.Hooks.Poststop.IsEmpty)
        {
            Quietly(RunPoststop);
        }

        Process?.Dispose();
        Channel?.Dispose();
        Hooks?.Dispose();
        Cgroup?.Dispose();
        Unit?.Dispose();
        Directory.Dispose();
    }

    // The state directory last: while it is there, a delete finds what could not be removed here.
    private void Undo()
    {
        Process?.Kill();
        UndoCgroup();
        Unit?.Remove(_request.Log);
        if (Resctrl is not null)
        {
            Quietly(Resctrl.Undo);
        }

        if (Layers is not null)
        {
            Quietly(() => Layers.Undo(Directory.Path));
        }

        Quietly(Directory.Remove);
    }

    private void UndoCgroup()
    {
        if (Cgroup is null)
        {
            return;
        }

        if (Process is not null)
        {
            Quietly(Cgroup.Kill);
        }

        Quietly(Cgroup.Remove);
        Cgroup.Unmake();
    }

    private void RunPoststop()
    {
        using HookRunner hooks = new(_request.Plan.Excerpt.Annotations);
        hooks.UpdateHookState(_state! with { Status = Container.Word(ContainerStatus.Stopped), Pid = 0 });
        hooks.RunAll(_request.Plan.Hooks.Poststop, _request.Log);
    }

    // The first failure is the one reported. The rest is undone all the same.
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
