using System;
using System.Collections.Generic;
using Punnet.Cli;
using Punnet.Host;
using Punnet.Host.Cgroups;
using Punnet.Host.Resctrl;
using Punnet.Host.State;
using Punnet.Host.Systemd;
using Punnet.Plan;
using Punnet.Spec;

namespace Punnet.Commands;

/// <summary><c>update</c>: changes limits of a container. The others stay, and after an error all do.</summary>
internal static class UpdateCommand
{
    /// <summary>The command.</summary>
    public static Command Definition => new()
    {
        Name = "update",
        Arguments = "ID",
        Summary = "change the limits of a container",
        Examples = "punnet update --memory 512M --pids-limit 100 web\n"
            + "echo '{\"cpu\":{\"quota\":50000,\"period\":100000}}' | punnet update --resources - web",
        Takes = "created running paused",
        Options = UpdateOptions.Options,
        Run = new(Run),
    };

    private static int Run(GlobalOptions globals, CommandLine line)
    {
        Resources resources = UpdateOptions.Overlay(line, Read(line, globals.Log));
        using Container container = Container.Find(globals.Store(), line.Positionals[0]);
        bool isPossible = container.Status is ContainerStatus.Running or ContainerStatus.Created or ContainerStatus.Paused;
        using CgroupDirectory? cgroup = isPossible ? container.TryOpenCgroup() : null;
        if (cgroup is null)
        {
            if (isPossible && container.HasNoCgroup)
            {
                throw container.WithoutCgroup("limit");
            }

            throw new PunnetException("container not running");
        }

        try
        {
            // What may be refused comes first: then the limits, which can be undone, and last what cannot fail for a reason of the user's.
            using DeviceUpdate? devices = PrepareDevices(line, resources, container, cgroup);
            Change(line, container, cgroup, Plan(line, resources, cgroup), globals.Log);
            devices?.Apply();
        }
        catch (Exception failure) when (container.HasEndedBefore(failure))
        {
            throw new PunnetException("container not running");
        }

        return 0;
    }

    // Only where it is asked for: engines send whole LinuxResources, and do not mean these.
    private static DeviceUpdate? PrepareDevices(CommandLine line, Resources resources, Container container, CgroupDirectory cgroup)
    {
        if (!line.Has("devices"))
        {
            return null;
        }

        if (resources.Devices is null)
        {
            throw new UsageException("--devices is about the rules of --resources, and there is no list \"devices\"");
        }

        if (container.Record?.SystemdUnit is string unit)
        {
            throw new PunnetException("--devices: systemd has rules of its own for " + unit + " (DeviceAllow), and they stay as they are");
        }

        try
        {
            return DeviceUpdate.Prepare(cgroup, [.. DeviceProgram.Compile(resources.Devices)]);
        }
        catch (SpecException refusal)
        {
            const string Root = "linux.resources.";
            throw new PunnetException(UpdateOptions.FileName(line) + ": " + refusal.Message.Replace(Root, "", StringComparison.Ordinal));
        }
    }

    private static void Change(CommandLine line, Container container, CgroupDirectory cgroup, ResourcePlan plan, Log log)
    {
        using UnitUpdate? unit = container.Record is { SystemdUnit: string } record ? UnitUpdate.Connect(record) : null;
        List<string> schemata = UpdateOptions.Schemata(line);
        if (schemata.Count == 0)
        {
            Apply(cgroup, plan, log, unit);
            return;
        }

        ResctrlRecord group = container.Record?.Resctrl
            ?? throw new PunnetException(
                "cannot set \"" + schemata[0] + "\": the container was made without a class of service (linux.intelRdt)");
        string[] old = ResctrlGroup.Change(group, schemata);
        try
        {
            Apply(cgroup, plan, log, unit);
        }
        catch
        {
            ResctrlGroup.Restore(group, old);
            throw;
        }
    }

    // All of them, or none: after an error the old values hold.
    private static void Apply(CgroupDirectory cgroup, ResourcePlan plan, Log log, UnitUpdate? unit)
    {
        CgroupSnapshot old = CgroupLimits.Prepare(cgroup, plan, log);
        if (unit is not null)
        {
            // systemd writes the same files, and before.
            foreach (CgroupWrite write in plan.Writes)
            {
                old.Remember(write.File, write.Value);
            }

            unit.Change(plan.Writes, cgroup, log);
        }

        try
        {
            CgroupLimits.WriteAll(cgroup, plan.Writes, old);
        }
        catch (PunnetException failure)
        {
            unit?.Restore();
            List<string> changed = old.Restore();
            throw changed.Count == 0
                ? failure
                : new PunnetException(
                    failure.Message + "; " + string.Join(", ", changed) + " did not take the old value back", failure.Hint);
        }
    }

    private static Resources Read(CommandLine line, Log log)
    {
        string? path = line.Value("resources");
        if (string.IsNullOrEmpty(path))
        {
            return new Resources();
        }

        return BundleFile.Read<Resources>(path, UpdateOptions.FileName(line), new(ConfigReader.ReadResources), log);
    }

    private static ResourcePlan Plan(CommandLine line, Resources resources, CgroupDirectory cgroup)
    {
        try
        {
            ResourcePlan plan = ResourcePlanner.Plan(resources, update: true, MemoryLimit(cgroup), root: "");
            List<CgroupWrite> writes = [];
            foreach (CgroupWrite write in plan.Writes)
            {
                string name = UpdateOptions.Name(line, write.Place);
                writes.Add(write with { Place = name, Fallback = write.Fallback is null ? null : write.Fallback with { Place = name } });
            }

            List<UsageCheck> checks = [];
            foreach (UsageCheck check in plan.UsageChecks)
            {
                checks.Add(check with { Place = UpdateOptions.Name(line, check.Place) });
            }

            return plan with { Writes = writes, UsageChecks = checks };
        }
        catch (SpecException refusal)
        {
            throw new PunnetException(UpdateOptions.Name(line, refusal.Place) + refusal.Message[refusal.Place.Length..], refusal.Hint);
        }
    }

    private static long? MemoryLimit(CgroupDirectory cgroup)
    {
        string? text = HostFile.TryReadText(cgroup.Number, "memory.max\0"u8)?.TrimEnd();
        return text == "max" ? -1 : long.TryParse(text, out long limit) ? limit : null;
    }
}
