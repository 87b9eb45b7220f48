using Punnet.Abi;
using Punnet.Cli;
using Punnet.Console;
using Punnet.Host;
using Punnet.Host.State;
using Punnet.Host.Systemd;
using Punnet.Host.Tracing;
using Punnet.Kernel;
using Punnet.Lifecycle;
using Punnet.Plan;
using Punnet.Seccomp;

namespace Punnet.Commands;

/// <summary><c>run</c>: create, start, wait and delete in one.</summary>
internal static class RunCommand
{
    /// <summary>The command.</summary>
    public static Command Definition => new()
    {
        Name = "run",
        Arguments = "ID",
        Summary = "create and start a container, wait for it and delete it",
        Examples = "punnet run --bundle /srv/web web\npunnet run --layer /srv/base --upper-tmpfs 64M --bundle /srv/web web",
        Options =
        [
            .. CreateCommandLine.Options,
            new("detach", "d", "", "do not wait for the container, and do not delete it"),
            new("keep", "", "", "do not delete the container after its end"),
            .. SeccompLogOptions.Options,
            SeccompLogOptions.Record,
            new("no-subreaper", "", "", "do not become the parent of the container's orphaned processes"),
        ],
        Run = new(Execute),
    };

    private static int Execute(GlobalOptions globals, CommandLine line)
    {
        bool detach = line.Has("detach");
        HandOffOptions handOff = HandOffOptions.Of(line);
        using TraceOptions? trace = TraceOptions.Begin(line, "run");
        using SeccompLog? log = SeccompLogOptions.Open(line, detach, globals.Log);
        CreateContext request = CreateCommandLine.Prepare(globals, line, waitsForStart: false, log);
        trace?.Plan = request.Plan;
        if (line.Has("dry-run"))
        {
            Output.Write(PlanText.Of(request.Plan));
            return 0;
        }

        bool hasTerminal = request.Plan.Process.Terminal;
        CreateCommandLine.CheckTerminal(hasTerminal, detach, handOff.ConsoleSocket);
        using ForegroundProcess foreground = new();
        using Descriptor? console = foreground.OpenConsole(handOff.ConsoleSocket, hasTerminal);
        if (!detach && !line.Has("no-subreaper"))
        {
            Sys.Prctl(ProcessControl.SetChildSubreaper, 1);
        }

        using PidfdReceivers receivers = PidfdReceivers.Connect(handOff.PidfdSocket, request.Plan.Excerpt.Annotations);
        using SeccompListener? listener = SeccompListener.Prepare(request.Plan.Process.Seccomp, log);
        using CreatedContainer container = ContainerCreator.Run(request with { ConsoleSocket = console, Listener = listener });
        bool hasEnded = false, isDone = false;
        try
        {
            console?.Dispose();
            if (!detach)
            {
                foreground.Connect();
            }

            receivers.Send("standard"u8, container.Process.Pidfd);
            using NotifyProxy? proxy = request.Notify?.Open(container.Directory);
            container.Start();
            HostTrace.Mark(HostStep.Start);
            if (handOff.PidFile is string pidFile)
            {
                PidFile.Write(pidFile, container.Process.Pid);
            }

            if (detach)
            {
                proxy?.WaitUntilReady(container.Process.Pidfd, container.Process.Pid);
            }

            int status = detach ? 0 : foreground.Wait(container.Process, proxy);
            hasEnded = !detach;
            HostTrace.Mark(HostStep.Program);
            status = log?.StatusOf(container.Process.Pid, status) ?? status;
            isDone = detach || line.Has("keep");
            if (isDone && hasEnded)
            {
                ContainerEnding.Keep(container.Directory, status);
            }

            return status;
        }
        finally
        {
            // The end of the program, or a failure on the way to it: nothing is left.
            if (!isDone)
            {
                container.Directory.Unlock();
                container.Destroy(hasEnded, globals.Log);
                HostTrace.Mark(HostStep.Remove);
            }
        }
    }
}
