using System;
using System.Text;

namespace Punnet.Cli;

/// <summary>One command of punnet.</summary>
internal sealed record Command
{
    /// <summary>Every command has it.</summary>
    public static Option HelpOption => new("help", "h", "", "show this help");

    /// <summary>For <see cref="Takes"/>: of any status.</summary>
    public const string Any = "created running paused stopped";

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its positional arguments, for the help.</summary>
    public required string Arguments { get; init; }

    /// <summary>What it does, in a line.</summary>
    public required string Summary { get; init; }

    /// <summary>What a user would write: one or two lines.</summary>
    public required string Examples { get; init; }

    /// <summary>Statuses of the containers that it works on, for the completion; null where ID names a new one.</summary>
    public string? Takes { get; init; }

    /// <summary>Its options.</summary>
    public Option[] Options { get; init; } = [];

    /// <summary>Fewest positional arguments.</summary>
    public int MinArguments { get; init; } = 1;

    /// <summary>MaxArguments positional arguments.</summary>
    public int MaxArguments { get; init; } = 1;

    /// <summary>Whether everything after the container's id is literal.</summary>
    public bool StopAtFirstPositional { get; init; }

    /// <summary>Exit status of a failure: exec tells its own from the program's by 255.</summary>
    public int FailureStatus { get; init; } = 1;

    /// <summary>Does it. Written <c>new(Run)</c>: for a bare <c>Run</c> there is a static object, which every start makes.</summary>
    /// <returns>Exit status.</returns>
    public required Func<GlobalOptions, CommandLine, int> Run { get; init; }

    /// <summary>Checks how many positional arguments there are.</summary>
    /// <exception cref="UsageException">Too few or too many.</exception>
    public void CheckCount(CommandLine line)
    {
        int count = line.Positionals.Count;
        if (count >= MinArguments && count <= MaxArguments)
        {
            return;
        }

        string wanted = MinArguments == MaxArguments
            ? "exactly " + MinArguments.ToString()
            : count < MinArguments ? "a minimum of " + MinArguments.ToString() : "a maximum of " + MaxArguments.ToString();
        throw new UsageException("\"" + Name + "\" requires " + wanted + " argument(s)");
    }

    /// <summary>The text of <c>VERB --help</c>.</summary>
    public string Help()
    {
        StringBuilder text = new();
        text.Append("punnet ").Append(Name).Append(" - ").Append(Summary).Append("\n\nUsage: punnet ").Append(Name).Append(" [options] ")
            .Append(Arguments).Append("\n\nOptions:\n");
        Describe(text, Options);
        text.Append("\nExamples:\n  ").Append(Examples.Replace("\n", "\n  ", StringComparison.Ordinal)).Append('\n');
        return text.ToString();
    }

    /// <summary>Adds a line for each option.</summary>
    public static void Describe(StringBuilder text, Option[] options)
    {
        const int Column = 32;
        foreach (Option option in (ReadOnlySpan<Option>)[.. options, HelpOption])
        {
            string name = "--" + option.Name + (option.Short.Length > 0 ? ", -" + option.Short : "")
                + (option.Value.Length > 0 ? " " + option.Value : "");
            text.Append("  ").Append(name.PadRight(Column)).Append(name.Length > Column ? "\n".PadRight(Column + 3) : "").Append(' ')
                .Append(option.Help).Append('\n');
        }
    }
}
