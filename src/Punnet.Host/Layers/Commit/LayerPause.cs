using System;
using Punnet.Host.Cgroups;
using Punnet.Host.State;

namespace Punnet.Host.Layers;

/// <summary>Pauses a running container while its layer is read, and resumes it even after a failure.</summary>
public sealed class LayerPause : IDisposable
{
    private readonly CgroupDirectory? _cgroup;
    private bool _isFrozen;

    private LayerPause(CgroupDirectory? cgroup) => _cgroup = cgroup;

    /// <summary>Freezes the container when it runs. Signals must already wait: see <see cref="PendingSignals"/>.</summary>
    /// <param name="container">The container.</param>
    /// <param name="isWanted">False with <c>--no-pause</c>.</param>
    /// <param name="log">Gets a warning when a running container cannot be frozen.</param>
    /// <exception cref="PunnetException">It does not freeze.</exception>
    public static LayerPause Begin(Container container, bool isWanted, Log log)
    {
        bool isRunning = container.Status == ContainerStatus.Running;
        CgroupDirectory? cgroup = isWanted && isRunning ? container.TryOpenCgroup() : null;
        if (cgroup is null && isWanted && isRunning)
        {
            log.Warn(
                "the container has no cgroup of its own and cannot be paused: "
                + "files that it writes meanwhile may be incomplete in the layer");
        }

        LayerPause pause = new(cgroup);
        try
        {
            pause.Freeze();
            return pause;
        }
        catch
        {
            pause.Dispose();
            throw;
        }
    }

    /// <summary>Lets the container go on.</summary>
    public void Dispose()
    {
        if (_isFrozen)
        {
            _isFrozen = false;
            _cgroup!.TryWrite("cgroup.freeze", "0"u8);
        }

        _cgroup?.Dispose();
    }

    private void Freeze()
    {
        if (_cgroup is not null)
        {
            _isFrozen = true;
            _cgroup.Freeze(freeze: true);
        }
    }
}
