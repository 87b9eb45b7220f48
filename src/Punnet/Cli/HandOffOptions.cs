using Punnet.Host;

namespace Punnet.Cli;

/// <summary>Where create, run and exec leave what an engine asks of the new process, as paths that hold in any working directory.</summary>
/// <param name="PidFile"><c>--pid-file</c>, or null.</param>
/// <param name="ConsoleSocket"><c>--console-socket</c>, or null.</param>
/// <param name="PidfdSocket"><c>--pidfd-socket</c>, or null.</param>
internal sealed record HandOffOptions(string? PidFile, string? ConsoleSocket, string? PidfdSocket)
{
    /// <summary>Reads the options, before the bundle becomes the working directory.</summary>
    public static HandOffOptions Of(CommandLine line) => new(
        HostPath.AbsoluteOrNull(line.Value("pid-file")),
        HostPath.AbsoluteOrNull(line.Value("console-socket")),
        HostPath.AbsoluteOrNull(line.Value("pidfd-socket")));
}
