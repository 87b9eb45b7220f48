using System.Text;
using Punnet.Cli;
using Punnet.Spec;

namespace Punnet.Commands;

/// <summary>punnet's commands.</summary>
internal static class CommandTable
{
    /// <summary>Their names, in the order of the help.</summary>
    public static string[] Names =>
    [
        "create", "start", "run", "exec", "state", "kill", "delete", "list", "ps", "pause", "resume", "update", "mounts", "events", "diff",
        "commit", "checkpoint", "restore", "spec", "features", "trace", "completion", "doctor", "seccomp", "top", "check",
    ];

    /// <summary>Finds a command, or null.</summary>
    /// <remarks>A switch instead of a table of all commands: only the command that runs is initialized.</remarks>
    public static Command? Find(string name) => name switch
    {
        "create" => CreateCommand.Definition,
        "start" => StartCommand.Definition,
        "run" => RunCommand.Definition,
        "exec" => ExecCommand.Definition,
        "state" => StateCommand.Definition,
        "kill" => KillCommand.Definition,
        "delete" => DeleteCommand.Definition,
        "list" => ListCommand.Definition,
        "ps" => PsCommand.Definition,
        "pause" => PauseCommand.Definition,
        "resume" => PauseCommand.ResumeDefinition,
        "update" => UpdateCommand.Definition,
        "mounts" => MountsCommand.Definition,
        "events" => EventsCommand.Definition,
        "checkpoint" => CheckpointCommand.Definition,
        "restore" => RestoreCommand.Definition,
        "diff" => DiffCommand.Definition,
        "commit" => CommitCommand.Definition,
        "spec" => SpecCommand.Definition,
        "check" => CheckCommand.Definition,
        "features" => FeaturesCommand.Definition,
        "trace" => TraceCommand.Definition,
        "completion" => CompletionCommand.Definition,
        "doctor" => DoctorCommand.Definition,
        "seccomp" => SeccompCommand.Definition,
        "top" => TopCommand.Definition,
        _ => null,
    };

    /// <summary>The command that was probably meant, as a hint; or null.</summary>
    public static string? Nearest(string name) => NearestWord.Of(name, Names) is string nearest ? "did you mean " + nearest + "?" : null;

    /// <summary>The text of <c>punnet --help</c>.</summary>
    public static string Help()
    {
        StringBuilder text = new();
        text.Append("punnet - a container runtime: runs an OCI bundle\n\nUsage: punnet [options] COMMAND [arguments]\n\nCommands:\n");
        foreach (string name in Names)
        {
            text.Append("  ").Append(name.PadRight(12)).Append(Find(name)!.Summary).Append('\n');
        }

        text.Append("\nOptions:\n");
        Command.Describe(text, GlobalOptions.Options);
        return text.ToString();
    }
}
