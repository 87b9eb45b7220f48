using Punnet.Cli;
using Punnet.Host;
using Punnet.Host.State;
using Punnet.Spec;

namespace Punnet.Commands;

/// <summary><c>state</c>: a container's state as JSON.</summary>
internal static class StateCommand
{
    /// <summary>The command.</summary>
    public static Command Definition => new()
    {
        Name = "state",
        Arguments = "ID",
        Summary = "print the state of a container",
        Examples = "punnet state web",
        Takes = Command.Any,
        Run = new(Run),
    };

    private static int Run(GlobalOptions globals, CommandLine line)
    {
        using Container container = Container.Find(globals.Store(), line.Positionals[0]);
        Output.Write(StateJson.WriteState(container.State(), indented: true));
        return 0;
    }
}
