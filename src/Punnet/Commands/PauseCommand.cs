using System;
using Punnet.Cli;
using Punnet.Host;
using Punnet.Host.Cgroups;
using Punnet.Host.State;

namespace Punnet.Commands;

/// <summary><c>pause</c> and <c>resume</c>: the cgroup's freezer.</summary>
internal static class PauseCommand
{
    /// <summary>The command.</summary>
    public static Command Definition => new()
    {
        Name = "pause",
        Arguments = "ID",
        Summary = "suspend all processes of a container",
        Examples = "punnet pause web",
        Takes = "created running",
        Run = new(Pause),
    };

    /// <summary>The other command.</summary>
    public static Command ResumeDefinition => new()
    {
        Name = "resume",
        Arguments = "ID",
        Summary = "resume the processes of a paused container",
        Examples = "punnet resume web",
        Takes = "paused",
        Run = new(Resume),
    };

    private static int Pause(GlobalOptions globals, CommandLine line) => Freeze(globals, line, freeze: true);

    private static int Resume(GlobalOptions globals, CommandLine line) => Freeze(globals, line, freeze: false);

    private static int Freeze(GlobalOptions globals, CommandLine line, bool freeze)
    {
        using Container container = Container.Find(globals.Store(), line.Positionals[0]);
        bool isPossible = freeze
            ? container.Status is ContainerStatus.Running or ContainerStatus.Created
            : container.Status == ContainerStatus.Paused;
        using CgroupDirectory? cgroup = isPossible ? container.TryOpenCgroup() : null;
        if (cgroup is null)
        {
            if (isPossible && container.HasNoCgroup)
            {
                throw container.WithoutCgroup("pause");
            }

            throw new PunnetException(freeze ? "container not running" : "container not paused");
        }

        try
        {
            cgroup.Freeze(freeze);
        }
        catch (Exception failure) when (container.HasEndedBefore(failure))
        {
            throw new PunnetException(freeze ? "container not running" : "container not paused");
        }

        return 0;
    }
}
