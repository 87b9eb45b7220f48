using System;
using System.Collections.Generic;
using Punnet.Host.Cgroups;
using Punnet.Plan;
using Punnet.Spec;

namespace Punnet.Host.Systemd;

/// <summary>
/// An update of a container that has a unit: systemd is told what the files will hold, or it would write the old values when it reloads.
/// </summary>
public sealed class UnitUpdate : IDisposable
{
    private readonly SystemdClient _systemd;
    private readonly string _unit;
    private List<UnitProperty> _old = [];

    private UnitUpdate(SystemdClient systemd, string unit)
    {
        _systemd = systemd;
        _unit = unit;
    }

    /// <summary>Connects to the systemd that made the unit.</summary>
    /// <exception cref="PunnetException">It is not there, or does not answer.</exception>
    public static UnitUpdate Connect(StateRecord record) => new(SystemdClient.Connect(record.SystemdAddress), record.SystemdUnit!);

    /// <summary>Sets the properties; all of them or none.</summary>
    /// <exception cref="PunnetException">systemd refuses one.</exception>
    public void Change(IReadOnlyList<CgroupWrite> writes, CgroupDirectory cgroup, Log log)
    {
        List<UnitProperty> properties = UnitLimits.Of(writes, cgroup, _systemd);
        if (properties.Count == 0)
        {
            return;
        }

        List<UnitProperty> old = UnitLimits.Current(writes, cgroup, _systemd);
        BusMessage? error = _systemd.SetProperties(_unit, properties);
        if (error is null)
        {
            _old = old;
        }
        else if (error.ErrorName == SystemdClient.NoSuchUnit)
        {
            log.Warn("the systemd unit " + _unit + " is gone: only the cgroup is updated");
        }
        else
        {
            throw new PunnetException(
                "cannot change the systemd unit " + _unit + ": " + SystemdClient.Words(error), SystemdClient.Hint(error));
        }
    }

    /// <summary>Sets the old values again. A refusal is not reported: the first failure is.</summary>
    public void Restore()
    {
        if (_old.Count > 0)
        {
            _systemd.SetProperties(_unit, _old);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _systemd.Dispose();
}
