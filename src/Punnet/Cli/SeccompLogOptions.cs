using Punnet.Kernel;
using Punnet.Seccomp;

namespace Punnet.Cli;

/// <summary>Options of <c>--seccomp-log</c>.</summary>
internal static class SeccompLogOptions
{
    /// <summary>Options of run and exec.</summary>
    public static Option[] Options =>
    [
        new("seccomp-log", "", "FILE", "write every call that linux.seccomp refuses to FILE (-: standard error); foreground only"),
        new("seccomp-log-format", "", "text|json", "format of that file; json: one object a line (default: text)"),
    ];

    /// <summary>Opens the file that the command line names.</summary>
    /// <returns>Null without the option.</returns>
    /// <exception cref="UsageException">It cannot be combined with the other options.</exception>
    /// <exception cref="SysException">The file cannot be opened.</exception>
    public static SeccompLog? Open(CommandLine line, bool detach)
    {
        string? path = line.Value("seccomp-log");
        bool isJson = (line.Value("seccomp-log-format"), path) switch
        {
            (null or "text", _) => false,
            ("json", not null) => true,
            ("json", null) => throw new UsageException("--seccomp-log-format needs --seccomp-log"),
            (string other, _) =>
                throw new UsageException("invalid value \"" + other + "\" for flag -seccomp-log-format: text or json is expected"),
        };
        if (path is null)
        {
            return null;
        }

        if (line.Has("dry-run"))
        {
            throw new UsageException("--seccomp-log cannot be used with --dry-run: nothing runs");
        }

        return detach
            ? throw new UsageException("--seccomp-log cannot be used with --detach: punnet itself answers the refused calls")
            : new SeccompLog(SeccompLogText.Open(path, isJson));
    }
}
