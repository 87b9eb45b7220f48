using Punnet.Host;
using Punnet.Kernel;
using Punnet.Seccomp;

namespace Punnet.Cli;

/// <summary>Options of <c>--seccomp-log</c> and <c>--seccomp-record</c>.</summary>
internal static class SeccompLogOptions
{
    /// <summary>Options of run and exec.</summary>
    public static Option[] Options =>
    [
        new("seccomp-log", "", "FILE", "write every call that linux.seccomp refuses to FILE (-: standard error); foreground only"),
        new("seccomp-log-format", "", "text|json", "format of that file; json: one object a line (default: text)"),
    ];

    /// <summary>An option of run.</summary>
    public static Option Record => new(
        "seccomp-record", "", "FILE", "write the smallest linux.seccomp that this run needs to FILE; foreground only");

    /// <summary>Opens the files that the command line names.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="detach">Whether punnet does not wait for the program.</param>
    /// <param name="log">For warnings.</param>
    /// <returns>Null without the options.</returns>
    /// <exception cref="UsageException">It cannot be combined with the other options.</exception>
    /// <exception cref="SysException">The file cannot be opened.</exception>
    public static SeccompLog? Open(CommandLine line, bool detach, Log log)
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
        string? record = line.Value("seccomp-record");
        if (path is null && record is null)
        {
            return null;
        }

        string option = path is null ? "--seccomp-record" : "--seccomp-log";
        if (line.Has("dry-run"))
        {
            throw new UsageException(option + " cannot be used with --dry-run: nothing runs");
        }

        return detach
            ? throw new UsageException(option + " cannot be used with --detach: punnet itself answers the calls")
            : new SeccompLog(
                path is null ? null : SeccompLogText.Open(path, isJson), record is null ? null : SeccompRecord.Open(record, log));
    }
}
