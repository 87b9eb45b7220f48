using Punnet.Host;
using Punnet.Host.State;

namespace Punnet.Cli;

/// <summary>Options before the verb.</summary>
internal sealed class GlobalOptions
{
    /// <summary>The options of punnet itself.</summary>
    public static Option[] Options =>
    [
        new("root", "", "DIR", "directory for the state of containers (default: /run/punnet)"),
        new("log", "", "FILE", "file to append the log to (default: standard error)"),
        new("log-format", "", "text|json", "form of the log (default: text)"),
        new("debug", "", "", "write debug entries to the log"),
        new("systemd-cgroup", "", "", "let systemd make the cgroup"),
        new("cgroup-manager", "", "cgroupfs|systemd|disabled", "who makes the cgroup; disabled: nobody (default: cgroupfs)"),
        new("rootless", "", "true|false|auto", "continue if no cgroup can be made and none is requested (default: auto)"),
        new("version", "v", "", "print the version"),
    ];

    /// <summary>Reads the options.</summary>
    /// <exception cref="UsageException">One has no value that it could have.</exception>
    public GlobalOptions(CommandLine line)
    {
        string format = line.Value("log-format") ?? "text";
        if (format is not ("text" or "json"))
        {
            throw new UsageException("invalid log-format: " + format);
        }

        Rootless = line.Value("rootless") switch
        {
            null or "auto" => null,
            "true" => true,
            "false" => false,
            _ => throw new UsageException("invalid value for --rootless: true, false or auto is expected"),
        };

        string? manager = line.Value("cgroup-manager");
        if (manager is not (null or "cgroupfs" or "systemd" or "disabled"))
        {
            throw new UsageException("unknown cgroup manager " + manager + ": cgroupfs, systemd or disabled is expected");
        }

        string? log = line.Value("log");
        Log = new Log(string.IsNullOrEmpty(log) ? null : HostPath.Absolute(log), format == "json", line.Has("debug"));
        RootPath = line.Value("root");
        SystemdCgroup = manager is null ? line.Has("systemd-cgroup") : manager == "systemd";
        WithoutCgroup = manager == "disabled";
    }

    /// <summary>The log.</summary>
    public Log Log { get; }

    /// <summary><c>--root</c>, or null.</summary>
    public string? RootPath { get; }

    /// <summary><c>--rootless</c>: true or false as given, null where punnet finds out.</summary>
    public bool? Rootless { get; }

    /// <summary><c>--systemd-cgroup</c>, or crun's <c>--cgroup-manager systemd</c>.</summary>
    public bool SystemdCgroup { get; }

    /// <summary><c>--cgroup-manager disabled</c>.</summary>
    public bool WithoutCgroup { get; }

    /// <summary>The directory that punnet was called in, once it has left it and a path of the command line was relative to it.</summary>
    public string? Origin { get; set; }

    /// <summary>Where containers are registered.</summary>
    /// <exception cref="PunnetException">The path cannot hold it.</exception>
    public StateStore Store() => new(RootPath);
}
