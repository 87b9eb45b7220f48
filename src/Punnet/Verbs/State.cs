using Punnet.Spec;

namespace Punnet.Verbs;

/// <summary><c>state</c>: a container's state as JSON.</summary>
internal static class State
{
    /// <summary>The command.</summary>
    public static Verb Verb => new()
    {
        Name = "state",
        Arguments = "ID",
        Summary = "print the state of a container",
        Run = Run,
    };

    private static int Run(Globals globals, CommandLine line)
    {
        using Container container = Container.Find(globals.Store(), line.Positionals[0]);
        Output.Write(StateJson.WriteState(container.State(), indented: true));
        return 0;
    }
}
