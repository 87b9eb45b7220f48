using System;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Host;
using Punnet.Host.State;
using Punnet.Host.Systemd;
using Punnet.Host.Tracing;
using Punnet.Kernel;
using Punnet.Lifecycle;
using Punnet.Plan;
using Punnet.Seccomp;
using Punnet.Spec;

namespace Punnet.Cli;

/// <summary>The common part of create and run: options, and the way from a bundle to a context.</summary>
internal static class CreateCommandLine
{
    /// <summary>Of create, run and exec.</summary>
    public static Option DryRun =>
        new("dry-run", "", "", "print the plan, a line for each step with its place in config.json, and touch nothing");

    /// <summary>Options of both.</summary>
    public static Option[] Options =>
    [
        new("bundle", "b", "DIR", "the bundle's directory (default: the working directory)"),
        new("config", "f", "FILE", "file to read instead of the bundle's config.json"),
        new("console-socket", "", "PATH", "Unix socket that gets the terminal"),
        new("pid-file", "", "PATH", "file that gets the process id"),
        new("pidfd-socket", "", "PATH", "Unix socket that gets a pidfd of the container's process"),
        new("no-pivot", "", "", "move the root instead of pivot_root, for a root on a ramfs"),
        new("no-new-keyring", "", "", "keep the caller's session keyring"),
        new("preserve-fds", "", "N", "pass N additional file descriptors to the container, from 3 on"),
        DryRun,
        .. TraceOptions.Options,
        .. LayerOptions.Options,
    ];

    /// <summary>Reads, plans and checks; nothing is made.</summary>
    /// <exception cref="PunnetException">config.json cannot be obeyed.</exception>
    public static CreateContext Prepare(GlobalOptions globals, CommandLine line, bool waitsForStart, SeccompLog? log = null)
    {
        Restart.IfNeeded();
        string id = line.Positionals[0];
        StateStore.CheckId(id);
        StateStore store = globals.Store();
        LayerRequest? layers = LayerOptions.Of(line);
        string? file = HostPath.AbsoluteOrNull(line.Value("config"));
        string? given = line.Value("bundle");
        if (given is not null && (HostPath.IsUsed || !given.StartsWith('/')) && HostPath.Current(out string origin) == Errno.None)
        {
            globals.Origin = origin;
        }

        Config config = layers is null
            ? BundleFile.Enter(given, file, globals.Log, out string bundle)
            : LayerOptions.Enter(given, file, globals.Log, out bundle);
        HostTrace.Mark(HostStep.Read);
        if (config.Annotations.Count > 0)
        {
            layers = BundleFile.Refusing(() => LayerOptions.Add(layers, config.Annotations));
        }

        string? written = config.Root?.Path;
        NotifySocket? notify = NotifySocket.FromEnvironment();
        config = notify is null ? config : NotifySocket.Extend(config, store.PathOf(id));
        PlanOptions options = new(id, bundle, line.Has("no-pivot"), line.Has("no-new-keyring"), globals.SystemdCgroup)
        {
            Layers = layers is null ? null : LayerOptions.Resolve(layers, written, store.PathOf(id)),
        };
        HostFacts facts = HostProbe.Facts();
        ContainerPlan plan = BundleFile.Refusing(() => Planner.Plan(config, options, facts));
        if (log is not null)
        {
            plan = plan with { Process = plan.Process with { Seccomp = log.Explain(config.Linux?.Seccomp, plan.Process) } };
        }

        BundleFile.Tell(plan.Process, globals.Log);
        HostTrace.Mark(HostStep.Plan);

        return new CreateContext
        {
            Store = store,
            Options = options,
            ConfigPath = file,
            Plan = plan,
            Log = globals.Log,
            Preserved = Preserved(line) + ListenCount(),
            ListenEnv = ListenEnv(),
            Notify = notify,
            Rootless = globals.Rootless,
            WithoutCgroup = globals.WithoutCgroup,
            WaitsForStart = waitsForStart,
        };
    }

    /// <summary><c>--preserve-fds</c> and LISTEN_FDS: how many descriptors from 3 on are passed.</summary>
    /// <exception cref="PunnetException">One is not open.</exception>
    /// <exception cref="UsageException">The number is invalid.</exception>
    public static int Preserved(CommandLine line)
    {
        string given = line.Value("preserve-fds") ?? "0";
        if (!int.TryParse(given, out int count) || count is < 0 or > 4096)
        {
            throw new UsageException("invalid value \"" + given + "\" for flag -preserve-fds");
        }

        for (int i = 0; i < count; i++)
        {
            Errno errno = Sys.Statx(3 + i, out _);
            if (errno != Errno.None)
            {
                throw new PunnetException(
                    "unable to stat preserved-fd " + i.ToString() + " (of " + count.ToString() + "): " + errno.Words());
            }
        }

        return count;
    }

    /// <summary>sd_listen_fds(3): how many sockets the caller hands over, after those of <c>--preserve-fds</c>.</summary>
    public static int ListenCount() =>
        int.TryParse(Environment.GetEnvironmentVariable("LISTEN_FDS"), out int count) && count is > 0 and <= 4096 ? count : 0;

    /// <summary>The variables that tell the container of them. Its program is PID 1 there.</summary>
    public static ImmutableArray<CString> ListenEnv() => ListenCount() is int count and > 0
        ? [CString.Of("LISTEN_FDS=" + count.ToString()), CString.Of("LISTEN_PID=1")]
        : [];

    /// <summary>Checks that a terminal has a receiver.</summary>
    /// <exception cref="PunnetException">It has not, or there is a socket without a terminal.</exception>
    public static void CheckTerminal(bool terminal, bool detach, string? socket)
    {
        if (terminal && detach && socket is null)
        {
            throw new PunnetException(
                "cannot allocate tty if punnet will detach without setting console socket",
                "set process.terminal to false, or pass --console-socket");
        }

        if (socket is not null && (!terminal || !detach))
        {
            throw new PunnetException("cannot use console socket if punnet will not detach or allocate tty");
        }
    }
}
