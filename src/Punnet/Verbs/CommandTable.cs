using System.Text;

namespace Punnet.Verbs;

/// <summary>punnet's commands.</summary>
internal static class CommandTable
{
    // In the order of the help.
    private static readonly string[] s_names =
    [
        "create", "start", "run", "exec", "state", "kill", "delete", "list", "ps", "pause", "resume", "update", "events", "diff", "commit",
        "spec", "features",
    ];

    /// <summary>Finds a command, or null.</summary>
    /// <remarks>A switch, and no table of all commands: only the one that runs costs its start.</remarks>
    public static Verb? Find(string name) => name switch
    {
        "create" => Create.Verb,
        "start" => Start.Verb,
        "run" => Run.Verb,
        "exec" => Exec.Verb,
        "state" => State.Verb,
        "kill" => Kill.Verb,
        "delete" => Delete.Verb,
        "list" => List.Verb,
        "ps" => Ps.Verb,
        "pause" => Pause.Verb,
        "resume" => Pause.ResumeVerb,
        "update" => Update.Verb,
        "events" => Events.Verb,
        "diff" => Diff.Verb,
        "commit" => Commit.Verb,
        "spec" => SpecVerb.Verb,
        "features" => FeaturesVerb.Verb,
        _ => null,
    };

    /// <summary>The text of <c>punnet --help</c>.</summary>
    public static string Help()
    {
        StringBuilder text = new();
        text.Append("punnet - a container runtime: runs an OCI bundle\n\nUsage: punnet [options] COMMAND [arguments]\n\nCommands:\n");
        foreach (string name in s_names)
        {
            text.Append("  ").Append(name.PadRight(12)).Append(Find(name)!.Summary).Append('\n');
        }

        text.Append("\nOptions:\n");
        Verb.Describe(text, Globals.Options);
        return text.ToString();
    }
}
