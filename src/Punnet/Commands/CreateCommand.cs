using Punnet.Cli;
using Punnet.Console;
using Punnet.Host;
using Punnet.Kernel;
using Punnet.Lifecycle;
using Punnet.Plan;
using Punnet.Seccomp;

namespace Punnet.Commands;

/// <summary><c>create</c>: makes a container that waits for <c>start</c>.</summary>
internal static class CreateCommand
{
    /// <summary>The command.</summary>
    public static Command Definition => new()
    {
        Name = "create",
        Arguments = "ID",
        Summary = "make a container; its program waits for start",
        Examples = "punnet create --bundle /srv/web --pid-file /run/web.pid web\npunnet create --dry-run --bundle /srv/web web",
        Options = CreateCommandLine.Options,
        Run = new(Run),
    };

    private static int Run(GlobalOptions globals, CommandLine line)
    {
        HandOffOptions handOff = HandOffOptions.Of(line);
        using TraceOptions? trace = TraceOptions.Begin(line, "create");
        CreateContext request = CreateCommandLine.Prepare(globals, line, waitsForStart: true);
        trace?.Plan = request.Plan;
        if (line.Has("dry-run"))
        {
            Output.Write(PlanText.Of(request.Plan));
            return 0;
        }

        CreateCommandLine.CheckTerminal(request.Plan.Process.Terminal, detach: true, handOff.ConsoleSocket);
        using Descriptor? console = handOff.ConsoleSocket is string socket ? ConsoleSocket.Connect(socket) : null;
        using PidfdReceivers receivers = PidfdReceivers.Connect(handOff.PidfdSocket, request.Plan.Excerpt.Annotations);
        using SeccompListener? listener = SeccompListener.Prepare(request.Plan.Process.Seccomp, log: null);
        using CreatedContainer container = ContainerCreator.Run(request with { ConsoleSocket = console, Listener = listener });
        Finish(globals, container, receivers, handOff.PidFile);
        return 0;
    }

    // The pid file last: engines take it for "created".
    private static void Finish(GlobalOptions globals, CreatedContainer container, PidfdReceivers receivers, string? pidFile)
    {
        container.Directory.Unlock();
        try
        {
            receivers.Send("standard"u8, container.Process.Pidfd);
            if (pidFile is not null)
            {
                PidFile.Write(pidFile, container.Process.Pid);
            }
        }
        catch (SysException)
        {
            container.Destroy(hasEnded: false, globals.Log);
            throw;
        }
    }
}
