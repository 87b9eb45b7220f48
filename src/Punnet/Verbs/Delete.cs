
namespace Punnet.Verbs;

/// <summary><c>delete</c>: removes a container.</summary>
internal static class Delete
{
    /// <summary>The command.</summary>
    public static Verb Verb => new()
    {
        Name = "delete",
        Arguments = "ID",
        Summary = "remove a container that has stopped, or was never started",
        Options = [new("force", "f", "", "kill it first if it runs, and do not mind if there is none")],
        Run = Run,
    };

    private static int Run(Globals globals, CommandLine line)
    {
        string id = line.Positionals[0];
        bool force = line.Has("force");
        ContainerDirectory? directory = globals.Store().TryFind(id);
        if (directory is null)
        {
            return force ? 0 : throw new PunnetException("container does not exist: " + id);
        }

        using Container container = Container.Own(directory);
        if (!force && container.Status is not (ContainerStatus.Stopped or ContainerStatus.Created))
        {
            throw new PunnetException("cannot delete container " + id + " that is not stopped: " + container.StatusWord);
        }

        Deletion.Destroy(container, globals.Log);
        return 0;
    }
}
