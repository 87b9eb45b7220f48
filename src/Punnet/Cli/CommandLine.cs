using System;
using System.Collections.Generic;
using Punnet.Spec;

namespace Punnet.Cli;

/// <summary>One option of a verb or of punnet itself.</summary>
/// <param name="Name">Long name, without dashes.</param>
/// <param name="Short">One letter, or empty.</param>
/// <param name="Value">
/// Its value in the help, or empty for a switch: <c>a|b</c> lists all values, FILE, PATH and DIR are files of the caller, CAP is a
/// capability. Completion goes by it, so what is no file of the caller's has another name.
/// </param>
/// <param name="Help">What it does.</param>
internal sealed record Option(string Name, string Short, string Value, string Help);

/// <summary>
/// Arguments, parsed as runc does: <c>--name value</c>, <c>--name=value</c>, <c>-n value</c>, and a single dash before a long name
/// too. A repeated option keeps all its values; commas separate nothing.
/// </summary>
internal sealed class CommandLine
{
    private readonly List<(string Name, string Value)> _options = [];

    private CommandLine()
    {
    }

    /// <summary>The arguments that are not options, in order.</summary>
    public List<string> Positionals { get; } = [];

    /// <summary>Parses arguments.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="options">Those that are known.</param>
    /// <param name="stopAtFirst">Whether all that follows the first positional argument is one too.</param>
    /// <exception cref="UsageException">An option is unknown or lacks its value.</exception>
    public static CommandLine Parse(ReadOnlySpan<string> args, ReadOnlySpan<Option> options, bool stopAtFirst)
    {
        CommandLine parsed = new();
        for (int i = 0; i < args.Length; i++)
        {
            string arg = args[i];
            if (arg == "--" || arg.Length < 2 || arg[0] != '-')
            {
                if (arg == "--")
                {
                    i++;
                }

                // After "--", or after the first one if the command says so, everything is positional.
                bool isLiteral = arg == "--" || stopAtFirst;
                do
                {
                    if (i < args.Length)
                    {
                        parsed.Positionals.Add(args[i]);
                    }
                }
                while (isLiteral && ++i < args.Length);
                continue;
            }

            string name = arg.TrimStart('-');
            int equals = name.IndexOf('=', StringComparison.Ordinal);
            string? value = equals < 0 ? null : name[(equals + 1)..];
            name = equals < 0 ? name : name[..equals];
            Option option = Find(options, name) ?? throw Undefined(options, name);
            if (option.Value.Length > 0 && value is null)
            {
                value = ++i < args.Length ? args[i] : throw new UsageException("flag needs an argument: " + arg);
            }

            parsed._options.Add((option.Name, value ?? "true"));
        }

        return parsed;
    }

    /// <summary>The last value of an option, or null when it is not given.</summary>
    public string? Value(string name)
    {
        string? last = null;
        foreach ((string given, string value) in _options)
        {
            last = given == name ? value : last;
        }

        return last;
    }

    /// <summary>Every value of an option, in order.</summary>
    public List<string> Values(string name)
    {
        List<string> values = [];
        foreach ((string given, string value) in _options)
        {
            if (given == name)
            {
                values.Add(value);
            }
        }

        return values;
    }

    /// <summary>Whether a switch is on: <c>--name</c> or <c>--name=true</c>.</summary>
    /// <exception cref="UsageException">Its value is neither true nor false.</exception>
    public bool Has(string name) => Value(name) switch
    {
        null => false,
        "true" or "1" or "t" or "T" or "TRUE" or "True" => true,
        "false" or "0" or "f" or "F" or "FALSE" or "False" => false,
        string other => throw new UsageException("invalid value \"" + other + "\" for flag -" + name + ": true or false is expected"),
    };

    private static UsageException Undefined(ReadOnlySpan<Option> options, string name)
    {
        string[] names = new string[options.Length];
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = options[i].Name;
        }

        return new UsageException("flag provided but not defined: -" + name)
        {
            Hint = NearestWord.Of(name, names) is string nearest ? "did you mean --" + nearest + "?" : null,
        };
    }

    /// <summary>Finds an option by its name or its letter, without dashes; null for one that is unknown.</summary>
    public static Option? Find(ReadOnlySpan<Option> options, string name)
    {
        foreach (Option option in options)
        {
            if (option.Name == name || (option.Short.Length > 0 && option.Short == name))
            {
                return option;
            }
        }

        return name is "help" or "h" ? Command.HelpOption : null;
    }
}

/// <summary>An invalid command line.</summary>
internal sealed class UsageException : Exception
{
    /// <summary>Makes it.</summary>
    /// <param name="message">The problem.</param>
    public UsageException(string message)
        : base(message)
    {
    }

    /// <summary>What to do about it; null for the command's help.</summary>
    public string? Hint { get; init; }
}
