using System;
using System.Collections.Generic;
using Punnet.Cli;
using Punnet.Host;
using Punnet.Host.Namespaces;
using Punnet.Host.State;
using Punnet.Init;
using Punnet.Kernel;
using Punnet.Lifecycle;
using Punnet.Plan;
using Punnet.Spec;

namespace Punnet.Commands;

/// <summary><c>mounts</c>: adds mounts to a running container, and removes them. All of a list, or none.</summary>
internal static class MountsCommand
{
    /// <summary>The command.</summary>
    public static Command Definition => new()
    {
        Name = "mounts",
        Arguments = "add|remove ID FILE",
        Summary = "add mounts to a running container, or remove them; FILE is a list as mounts of config.json, - is standard input",
        Examples = "punnet mounts add web mounts.json\npunnet mounts remove web mounts.json",
        Takes = "created running paused",
        MinArguments = 3,
        MaxArguments = 3,
        Run = new(Run),
    };

    private static int Run(GlobalOptions globals, CommandLine line)
    {
        MountChange change = line.Positionals[0] switch
        {
            "add" => MountChange.Add,
            "remove" => MountChange.Remove,
            _ => throw new UsageException("\"mounts\" is followed by add or remove, and not by \"" + line.Positionals[0] + "\""),
        };
        string file = line.Positionals[2], name = file == "-" ? "standard input" : file;
        IReadOnlyList<Mount> mounts = BundleFile.Read<IReadOnlyList<Mount>>(file, name, new(ConfigReader.ReadMounts), globals.Log);
        mounts = change == MountChange.Remove ? Places(mounts) : mounts;
        using Container container = Container.Find(globals.Store(), line.Positionals[1]);
        using Descriptor? init = container.Status is ContainerStatus.Running or ContainerStatus.Created or ContainerStatus.Paused
            ? container.Init?.TryOpen() : null;
        if (init is null)
        {
            throw new PunnetException("container not running");
        }

        StateRecord record = container.Record ?? throw container.Damaged("change the mounts of");
        ContainerPlan plan = RunningPlan.Of(container.Directory.Id, record, globals.Log, mounts, name);
        if (change == MountChange.Add)
        {
            Refuse(plan, name);
        }

        try
        {
            MountProcess.Run(plan, change, init.Number, container.Init!.Value.Pid);
        }
        catch (Exception failure) when (container.HasEndedBefore(failure))
        {
            throw new PunnetException("container not running");
        }

        return 0;
    }

    // What is removed is found by its destination alone.
    private static List<Mount> Places(IReadOnlyList<Mount> mounts)
    {
        List<Mount> places = [];
        foreach (Mount mount in mounts)
        {
            places.Add(new Mount { Destination = mount.Destination, Type = "bind", Source = "/" });
        }

        return places;
    }

    private static void Refuse(ContainerPlan plan, string name)
    {
        foreach (MountStep step in plan.Mounts)
        {
            string? what = step.Kind switch
            {
                MountKind.Remount => "a remount changes what is there, and could not be undone",
                MountKind.Cgroup => "a cgroup file system can only be mounted while the container is made",
                _ => step.CopiesLink ? "\"copy-symlink\" makes no mount" : null,
            };
            if (what is not null)
            {
                throw new PunnetException(name + ": mounts[" + step.Index.ToString() + "]: " + what);
            }
        }
    }
}
