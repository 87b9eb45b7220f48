using Punnet.Abi;
using Punnet.Checkpoint;
using Punnet.Cli;
using Punnet.Console;
using Punnet.Kernel;
using Punnet.Lifecycle;

namespace Punnet.Commands;

/// <summary><c>restore</c>: makes a container whose processes come from the files of <c>checkpoint</c>.</summary>
internal static class RestoreCommand
{
    /// <summary>The command.</summary>
    public static Command Definition => new()
    {
        Name = "restore",
        Arguments = "ID",
        Summary = "make a container from the files of checkpoint (needs criu)",
        Examples = "punnet restore --bundle /srv/web --image-path /srv/images --detach web",
        Options =
        [
            new("bundle", "b", "DIR", "the bundle's directory (default: the working directory)"),
            new("config", "f", "FILE", "file to read instead of the bundle's config.json"),
            new("console-socket", "", "PATH", "Unix socket that gets the terminal"),
            new("pid-file", "", "PATH", "file that gets the process id"),
            new("detach", "d", "", "do not wait for the container, and do not delete it"),
            new("no-subreaper", "", "", "do not become the parent of the container's orphaned processes"),
            new("no-pivot", "", "", "accepted: criu enters the root its own way"),
            .. CriuCommandLine.Options,
            new("tcp-close", "", "", "close the TCP connections that were open"),
            new("lsm-profile", "", "TYPE:NAME", "profile for the processes: apparmor:NAME or selinux:LABEL"),
            new("lsm-mount-context", "", "LABEL", "SELinux label for the mounts"),
            .. LayerOptions.Options,
        ],
        Run = new(Execute),
    };

    private static int Execute(GlobalOptions globals, CommandLine line)
    {
        bool detach = line.Has("detach");
        HandOffOptions handOff = HandOffOptions.Of(line);
        CriuFlags flags = CriuCommandLine.Of(line);
        flags.Options.TcpClose = line.Has("tcp-close");
        flags.Options.LsmProfile = CriuCommandLine.Given(line, "lsm-profile");
        flags.Options.LsmMountContext = CriuCommandLine.Given(line, "lsm-mount-context");
        CreateContext request = CreateCommandLine.Prepare(globals, line, waitsForStart: false);
        bool hasTerminal = request.Plan.Process.Terminal;
        CreateCommandLine.CheckTerminal(hasTerminal, detach, handOff.ConsoleSocket);
        using ForegroundProcess foreground = new();
        using Descriptor? console = foreground.OpenConsole(handOff.ConsoleSocket, hasTerminal);
        if (!detach && !line.Has("no-subreaper"))
        {
            Sys.Prctl(ProcessControl.SetChildSubreaper, 1);
        }

        using CreatedContainer container = ContainerRestore.Run(request with { ConsoleSocket = console }, flags);
        bool isDone = false, hasEnded = false;
        try
        {
            console?.Dispose();
            container.Directory.Unlock();
            if (!detach)
            {
                foreground.Connect();
            }

            if (handOff.PidFile is string pidFile)
            {
                PidFile.Write(pidFile, container.Process.Pid);
            }

            int status = detach ? 0 : foreground.Wait(container.Process);
            hasEnded = !detach;
            isDone = detach;
            return status;
        }
        finally
        {
            if (!isDone)
            {
                container.Destroy(hasEnded, globals.Log);
            }
        }
    }
}
