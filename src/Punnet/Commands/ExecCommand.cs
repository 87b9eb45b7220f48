using System;
using Punnet.Cli;
using Punnet.Console;
using Punnet.Host;
using Punnet.Host.Errors;
using Punnet.Host.State;
using Punnet.Host.Tracing;
using Punnet.Init;
using Punnet.Kernel;
using Punnet.Lifecycle;
using Punnet.Plan;
using Punnet.Seccomp;
using Punnet.Spec;

namespace Punnet.Commands;

/// <summary><c>exec</c>: one more program in a running container.</summary>
internal static class ExecCommand
{
    /// <summary>The command.</summary>
    public static Command Definition => new()
    {
        Name = "exec",
        Arguments = "ID COMMAND [ARGUMENT...]",
        Summary = "run another program in a container",
        Examples = "punnet exec --tty web sh\npunnet exec --user 1000:1000 --env DEBUG=1 web env",
        Takes = "created running paused",
        Options =
        [
            new("process", "p", "FILE", "file with the whole process as JSON, instead of the options below"),
            new("detach", "d", "", "do not wait for the program"),
            new("tty", "t", "", "give the program a terminal"),
            new("console-socket", "", "PATH", "Unix socket that gets the terminal"),
            new("pidfd-socket", "", "PATH", "Unix socket that gets a pidfd of the program"),
            new("pid-file", "", "PATH", "file that gets the process id"),
            new("user", "u", "UID[:GID]", "numeric user id, and group id"),
            new("additional-gids", "g", "GID", "additional group id; may be repeated"),
            new("env", "e", "NAME=VALUE", "additional environment variable; may be repeated"),
            new("cwd", "", "CWD", "working directory in the container"),
            new("cap", "c", "CAP", "additional capability; may be repeated"),
            new("no-new-privs", "", "", "set no_new_privs"),
            new("process-label", "", "LABEL", "SELinux label"),
            new("apparmor", "", "PROFILE", "AppArmor profile"),
            new("cgroup", "", "CGROUP", "run it in a cgroup below the container's"),
            new("ignore-paused", "", "", "accept a paused container; the program runs once it is resumed"),
            new("preserve-fds", "", "N", "pass N additional file descriptors to the program, from 3 on"),
            CreateCommandLine.DryRun,
            .. TraceOptions.Options,
            .. SeccompLogOptions.Options,
        ],
        MaxArguments = int.MaxValue,
        StopAtFirstPositional = true,
        FailureStatus = 255,
        Run = new(Execute),
    };

    private static int Execute(GlobalOptions globals, CommandLine line)
    {
        Restart.IfNeeded();
        bool detach = line.Has("detach");
        HandOffOptions handOff = HandOffOptions.Of(line);
        int preserved = CreateCommandLine.Preserved(line);
        using TraceOptions? trace = TraceOptions.Begin(line, "exec");
        using Container container = Container.Find(globals.Store(), line.Positionals[0]);
        HostTrace.Mark(HostStep.Find);
        CheckStatus(container, line);
        using SeccompLog? log = SeccompLogOptions.Open(line, detach, globals.Log);
        ProcessPlan plan = Plan(globals, line, container, log);
        BundleFile.Tell(plan, globals.Log);
        HostTrace.Mark(HostStep.Plan);
        trace?.Process = plan;
        if (line.Has("dry-run"))
        {
            Output.Write(PlanText.Of(plan));
            return 0;
        }

        CreateCommandLine.CheckTerminal(plan.Terminal, detach, handOff.ConsoleSocket);
        using ForegroundProcess foreground = new();
        using Descriptor? console = foreground.OpenConsole(handOff.ConsoleSocket, plan.Terminal);
        using SeccompListener? listener = SeccompListener.Prepare(plan.Seccomp, log);
        ExecContext request = new()
        {
            Container = container,
            Plan = plan,
            SubCgroup = ExecOptions.SubCgroup(line.Value("cgroup")),
            ConsoleSocket = console,
            Listener = listener,
            Preserved = preserved,
            Log = globals.Log,
        };
        using PidfdReceivers receivers = PidfdReceivers.Connect(handOff.PidfdSocket, annotations: null);
        try
        {
            using ChildProcess process = ContainerExec.Run(request, out Descriptor channel);
            using Descriptor owned = channel;
            console?.Dispose();
            int status = Finish(request, process, channel, receivers, detach ? null : foreground, handOff.PidFile);
            return log?.StatusOf(process.Pid, status) ?? status;
        }
        catch (Exception failure) when (container.HasEndedBefore(failure))
        {
            throw ContainerExec.Stopped();
        }
    }

    private static int Finish(
        ExecContext request,
        ChildProcess process,
        Descriptor channel,
        PidfdReceivers receivers,
        ForegroundProcess? foreground,
        string? pidFile)
    {
        try
        {
            foreground?.Connect();
            receivers.Send("setns"u8, process.Pidfd);

            // Before the program: it may have ended by the time an engine looks.
            if (pidFile is not null)
            {
                PidFile.Write(pidFile, process.Pid);
            }

            Channel.Send(channel.Number, Message.Exec).OrThrow("start the program");
            while (process.TryHear(channel, out ChannelMessage message, isStarting: true))
            {
                if (message.Kind != Message.Listener || request.Listener is null)
                {
                    throw ErrorMessages.Of(request.Plan, message);
                }

                ContainerExec.TakeListener(request, message, process, channel);
            }
        }
        catch
        {
            process.Kill();
            throw;
        }

        HostTrace.Mark(HostStep.Start);
        int status = foreground?.Wait(process) ?? 0;
        HostTrace.Mark(HostStep.Program);
        return status;
    }

    private static void CheckStatus(Container container, CommandLine line)
    {
        switch (container.Status)
        {
            case ContainerStatus.Stopped:
                throw ContainerExec.Stopped();
            case ContainerStatus.Paused when !line.Has("ignore-paused"):
                throw new PunnetException("cannot exec in a paused container (use --ignore-paused to override)");
        }
    }

    // The process of the bundle's config.json as it is now, changed by the options; or a whole process from another document.
    private static ProcessPlan Plan(GlobalOptions globals, CommandLine line, Container container, SeccompLog? log)
    {
        StateRecord record = container.Record ?? throw container.Damaged("exec in");
        Config config = BundleFile.Read(record.ConfigPath, isNamed: false, globals.Log);
        string? file = line.Value("process");
        string document = file ?? "config.json";
        try
        {
            Process process = file is null ? Change(config, line) : ReadProcess(file, config, line, globals.Log);
            bool ownsUser = ContainerExec.HasOwnUserNamespace(container);
            ProcessPlan plan = Planner.PlanExec(config, process, file is null ? "process" : "", HostProbe.ProcessFacts(), ownsUser);
            return log is null ? plan : plan with { Seccomp = log.Explain(config.Linux?.Seccomp, plan) };
        }
        catch (SpecException refusal)
        {
            throw new PunnetException((IsOfContainer(refusal) ? "config.json" : document) + ": " + refusal.Message, refusal.Hint);
        }
    }

    // A document that is only a process has neither of the two.
    private static bool IsOfContainer(SpecException refusal) => refusal.Place.StartsWith("linux.", StringComparison.Ordinal)
        || refusal.Place.StartsWith("annotations", StringComparison.Ordinal);

    private static Process Change(Config config, CommandLine line) => line.Positionals.Count < 2
        ? throw new UsageException("\"exec\" requires a minimum of 2 argument(s)")
        : ExecOptions.Change(config.Process ?? new Process { Cwd = "/" }, line);

    private static Process ReadProcess(string file, Config config, CommandLine line, Log log)
    {
        if (line.Positionals.Count > 1)
        {
            throw new UsageException("a command and --process cannot be given together");
        }

        UnknownProperties? unknown = log.IsDebug ? new UnknownProperties() : null;
        Process process = ConfigReader.ReadProcess(HostFile.Read(file), unknown);
        BundleFile.Tell(unknown, file, log);
        return process with { ExecCpuAffinity = process.ExecCpuAffinity ?? config.Process?.ExecCpuAffinity };
    }
}
