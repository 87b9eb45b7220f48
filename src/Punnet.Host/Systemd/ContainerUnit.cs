using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using Punnet.Host.Cgroups;
using Punnet.Kernel;
using Punnet.Plan;
using Punnet.Spec;

namespace Punnet.Host.Systemd;

/// <summary>The transient unit of a container, from before it is made until the container is complete.</summary>
public sealed class ContainerUnit : IDisposable
{
    private const string UnitExists = "org.freedesktop.systemd1.UnitExists";

    private readonly SystemdClient _systemd;
    private readonly SystemdUnit _unit;
    private readonly string _id;
    private readonly string _unitPath;
    private bool _isStarted;

    private ContainerUnit(SystemdClient systemd, SystemdUnit unit, string id, string unitPath)
    {
        _systemd = systemd;
        _unit = unit;
        _id = id;
        _unitPath = unitPath;
        Path = unit.SubGroup is null ? unitPath : unitPath + "/" + unit.SubGroup;
    }

    /// <summary>Its name.</summary>
    public string Name => _unit.Name;

    /// <summary>The socket of the systemd that makes it.</summary>
    public string Address => _systemd.Address;

    /// <summary>The container's cgroup below the mount point.</summary>
    public string Path { get; }

    /// <summary>The same on the host.</summary>
    public string HostPath => CgroupMount.Find() + Path;

    /// <summary>Finds systemd and the place where the unit will be; nothing is made.</summary>
    /// <exception cref="PunnetException">systemd is not there, or does not answer.</exception>
    public static ContainerUnit Prepare(CgroupPlan plan, string id)
    {
        SystemdClient systemd = SystemdClient.Connect(remembered: null);
        try
        {
            return new ContainerUnit(systemd, plan.Unit!, id, systemd.ControlGroup() + plan.Path);
        }
        catch
        {
            systemd.Dispose();
            throw;
        }
    }

    /// <summary>Starts the unit around a process that waits, and moves that into the container's cgroup.</summary>
    /// <param name="pid">The container's first process.</param>
    /// <param name="resources">The limits for systemd; the caller writes their files.</param>
    /// <returns>The cgroup, with the process in it.</returns>
    /// <exception cref="PunnetException">systemd refuses it.</exception>
    /// <exception cref="SysException">The cgroup below the unit's cannot be made.</exception>
    public CgroupDirectory Start(int pid, ResourcePlan resources)
    {
        List<UnitProperty> properties = Properties(pid, resources);
        _isStarted = true;
        BusMessage? error = _systemd.StartUnit(Name, properties);
        if (error?.ErrorName == UnitExists)
        {
            // A failed unit stays until it is reset.
            _systemd.ResetFailed(Name);
            error = _systemd.StartUnit(Name, properties);
        }

        if (error is not null)
        {
            _isStarted = false; // The unit belongs to another container, which keeps it.
            throw Refusal(error);
        }

        using CgroupDirectory unit = CgroupDirectory.TryOpen(_unitPath)
            ?? throw new PunnetException("systemd has started the unit " + Name + ", but not at " + CgroupMount.Find() + _unitPath);
        if (_unit.SubGroup is not null || _unit.IsSlice)
        {
            CgroupDirectory inner = CgroupDirectory.Make(Path, isUsed: _unit.IsSlice);
            inner.Enter(pid);
            return inner;
        }

        string place = CgroupMount.PathOf(pid.ToString());
        return place == _unitPath
            ? CgroupDirectory.TryOpen(Path) ?? throw new PunnetException("the cgroup of the systemd unit " + Name + " is gone already")
            : throw new PunnetException("systemd has put the container into the cgroup " + place + " and not into " + _unitPath);
    }

    /// <summary>Has systemd move a new process of a running container into its cgroup.</summary>
    /// <param name="record">Names the unit.</param>
    /// <param name="path">The cgroup, the unit's or one below.</param>
    /// <param name="pid">The process, which waits.</param>
    /// <exception cref="PunnetException">systemd refuses it, or is not there.</exception>
    public static void Enter(StateRecord record, string path, int pid)
    {
        string unit = record.SystemdUnit!;
        using SystemdClient systemd = SystemdClient.Connect(record.SystemdAddress);
        if (systemd.Attach(unit, path[UnitPath(record.Cgroup!, unit).Length..], pid) is BusMessage error)
        {
            throw new PunnetException(
                "cannot move the new process into the systemd unit " + unit + ": " + SystemdClient.Words(error), SystemdClient.Hint(error));
        }
    }

    /// <summary>Ends what was started.</summary>
    public void Remove(Log log)
    {
        if (_isStarted)
        {
            Remove(_systemd, Name, _unitPath, log);
        }
    }

    /// <summary>Ends the unit of a container whose processes have ended; one that systemd has removed itself is not a failure.</summary>
    /// <param name="record">Names the unit.</param>
    /// <param name="log">Gets failures: a container must be removable without systemd.</param>
    public static void Remove(StateRecord record, Log log)
    {
        string unit = record.SystemdUnit!;
        try
        {
            using SystemdClient systemd = SystemdClient.Connect(record.SystemdAddress);
            Remove(systemd, unit, UnitPath(record.Cgroup!, unit), log);
        }
        catch (PunnetException failure)
        {
            log.Warn("the systemd unit " + unit + " may be left: " + failure.Message);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _systemd.Dispose();

    // A cgroup below the unit's is that of a subgroup.
    private static string UnitPath(string path, string unit)
    {
        int name = path.LastIndexOf("/" + unit, StringComparison.Ordinal);
        return name < 0 ? path : path[..(name + 1 + unit.Length)];
    }

    private static void Remove(SystemdClient systemd, string unit, string path, Log log)
    {
        try
        {
            BusMessage? error = systemd.StopUnit(unit);
            if (error is not null && error.ErrorName != SystemdClient.NoSuchUnit)
            {
                log.Warn("cannot stop the systemd unit " + unit + ": " + SystemdClient.Words(error));
            }

            using CgroupDirectory? left = CgroupDirectory.TryOpen(path);
            left?.Remove();
            if (error is null)
            {
                systemd.ResetFailed(unit);
            }
        }
        catch (PunnetException failure)
        {
            log.Warn("the systemd unit " + unit + " may be left: " + failure.Message);
        }
        catch (SysException failure)
        {
            log.Warn(failure.Message);
        }
    }

    // systemd applies them in this order, and rejects a policy before its devices.
    private List<UnitProperty> Properties(int pid, ResourcePlan resources)
    {
        List<UnitProperty> properties =
            [Own("Description", BusText.Of("punnet container " + _id)), Own("DefaultDependencies", BusNumber.Of(false))];
        if (!_unit.IsSlice)
        {
            properties.Add(Own("Slice", BusText.Of(_unit.Slice)));
            properties.Add(Own("PIDs", new BusArray("u", [new BusNumber('u', (uint)pid)])));
            properties.Add(Own("Delegate", BusNumber.Of(true)));
        }

        // Also without a limit: engines read the statistics, and systemd gives a controller to those who ask for it.
        foreach (string accounting in (ReadOnlySpan<string>)["CPUAccounting", "MemoryAccounting", "IOAccounting", "TasksAccounting"])
        {
            properties.Add(Own(accounting, BusNumber.Of(true)));
        }

        properties.AddRange(UnitLimits.Of(resources.Writes, null, _systemd));
        foreach (CgroupWrite write in resources.Writes)
        {
            if (write.File == "memory.oom.group" && !_unit.IsSlice && _systemd.HasScopeProperty("OOMPolicy"))
            {
                properties.AddRange(UnitLimit.OomPolicy(write.Value));
            }
        }

        if (_unit.Devices is ImmutableArray<UnitDevice> devices)
        {
            ImmutableArray<BusValue>.Builder entries = ImmutableArray.CreateBuilder<BusValue>(devices.Length);
            foreach (UnitDevice device in devices)
            {
                entries.Add(new BusStructure([BusText.Of(device.Pattern), BusText.Of(device.Access)]));
            }

            properties.Add(Own("DeviceAllow", new BusArray("(ss)", entries.ToImmutable())));
            properties.Add(Own("DevicePolicy", BusText.Of("strict")));
        }

        properties.AddRange(_unit.Properties);
        return properties;
    }

    private static UnitProperty Own(string name, BusValue value) => new(name, value, "");

    private PunnetException Refusal(BusMessage error)
    {
        string words = SystemdClient.Words(error);
        string sentence = "cannot start the systemd unit " + Name + ": " + words;
        foreach (UnitProperty property in _unit.Properties)
        {
            if (words.Contains(property.Name, StringComparison.Ordinal))
            {
                return new PunnetException(
                    "cannot start the systemd unit " + Name + " with " + property.Name + " (" + property.Place + "): " + words);
            }
        }

        return new PunnetException(
            sentence,
            error.ErrorName == UnitExists
                ? "a unit of this name is running: choose another id or linux.cgroupsPath"
                : SystemdClient.Hint(error));
    }
}
