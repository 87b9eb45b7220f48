using Punnet.Abi;
using Punnet.Cli;
using Punnet.Host;
using Punnet.Host.State;
using Punnet.Kernel;
using Punnet.Lifecycle;

namespace Punnet.Commands;

/// <summary><c>delete</c>: removes a container.</summary>
internal static class DeleteCommand
{
    /// <summary>The command.</summary>
    public static Command Definition => new()
    {
        Name = "delete",
        Arguments = "ID",
        Summary = "remove a container that has stopped, or was never started",
        Examples = "punnet delete web\npunnet delete --force --regex '^test-'",
        Takes = "created stopped",
        Options = [new("force", "f", "", "kill it first if it runs; succeed if it does not exist"), IdPattern.Option],
        Run = new(Run),
    };

    private static int Run(GlobalOptions globals, CommandLine line)
    {
        string id = line.Positionals[0];
        bool force = line.Has("force");
        return line.Has("regex") ? DeleteMatching(globals, id, force) : Delete(globals, id, force);
    }

    private static int DeleteMatching(GlobalOptions globals, string pattern, bool force) =>
        IdPattern.Each(globals, "delete", pattern, id => Delete(globals, id, force));

    private static int Delete(GlobalOptions globals, string id, bool force)
    {
        ContainerDirectory? directory = globals.Store().TryFind(id);
        if (directory is null)
        {
            return force ? 0 : throw StateStore.Missing(id);
        }

        using Container container = Container.Own(directory);
        if (!container.Exists)
        {
            return force ? Abandon(directory, globals) : throw StateStore.Missing(id);
        }

        if (container.IsNewer)
        {
            PunnetException newer = container.Newer();
            if (!force)
            {
                throw newer;
            }

            globals.Log.Warn(newer.Message + ": only its processes and its cgroup are removed");
        }

        if (!force && container.Status is not (ContainerStatus.Stopped or ContainerStatus.Created))
        {
            throw new PunnetException("cannot delete container " + id + " that is not stopped: " + container.StatusWord);
        }

        ContainerRemover.Remove(container, globals.Log, force);
        return 0;
    }

    // A container that is being made: the process that makes it undoes everything and ends. What a killed one has left is removed.
    private static int Abandon(ContainerDirectory directory, GlobalOptions globals)
    {
        const long Patience = 10_000; // milliseconds
        using (Descriptor? maker = directory.AskToEnd())
        {
            if (maker is not null && Sys.PollReadable(maker.Number, Patience, out bool hasEnded) == Errno.None && !hasEnded)
            {
                Sys.PidfdSendSignal(maker.Number, 0, (int)Signal.Kill);
                Sys.PollReadable(maker.Number, Patience, out _);
            }
        }

        if (directory.IsGone())
        {
            return 0;
        }

        using Container left = Container.Look(directory);
        ContainerRemover.Remove(left, globals.Log);
        return 0;
    }
}
