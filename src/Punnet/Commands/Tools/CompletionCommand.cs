using System;
using System.Collections.Generic;
using System.Text;
using Punnet.Abi;
using Punnet.Cli;
using Punnet.Host;
using Punnet.Host.State;
using Punnet.Host.Text;
using Punnet.Kernel;

namespace Punnet.Commands;

/// <summary>
/// <c>completion</c>: prints what a shell needs, and answers it. What fits is read from the definitions of the commands: from
/// <see cref="Command.Arguments"/>, <see cref="Command.Takes"/> and <see cref="Option.Value"/>.
/// </summary>
internal static class CompletionCommand
{
    /// <summary>The command.</summary>
    public static Command Definition => new()
    {
        Name = "completion",
        Arguments = "bash|zsh|fish",
        Summary = "print the completions of a shell",
        Examples = "source <(punnet completion bash)\npunnet completion fish >~/.config/fish/completions/punnet.fish",
        MaxArguments = int.MaxValue,
        StopAtFirstPositional = true,
        Run = new(Run),
    };

    private static int Run(GlobalOptions globals, CommandLine line)
    {
        List<string> words = line.Positionals;
        if (words[0] == "for")
        {
            Output.Write(new Answer(globals, words[^1]).To(words));
            return 0;
        }

        if (words.Count > 1)
        {
            throw new UsageException("\"completion\" requires exactly 1 argument(s)");
        }

        Output.Write(words[0] switch
        {
            "bash" => CompletionScripts.Bash,
            "zsh" => CompletionScripts.Zsh,
            "fish" => CompletionScripts.Fish,
            string other => throw new UsageException("there is no completion for \"" + other + "\": bash, zsh or fish is expected"),
        });
        return 0;
    }

    /// <summary>The candidates for one word.</summary>
    private sealed class Answer(GlobalOptions globals, string word)
    {
        private readonly StringBuilder _text = new();
        private Option[] _options = [.. GlobalOptions.Options, Command.HelpOption];
        private Command? _command;
        private Option? _open; // an option whose value comes next
        private string? _root = globals.RootPath;
        private int _positionals;
        private bool _isLiteral;
        private bool _takesAny;

        /// <summary>Reads the words before the last one, and finds what the last one may become.</summary>
        public string To(List<string> words)
        {
            for (int i = 1; i < words.Count - 1; i++)
            {
                if (!Read(words[i]))
                {
                    return "";
                }
            }

            int equals = word.IndexOf('=', StringComparison.Ordinal);
            if (_open is not null)
            {
                AddValues(_open.Value, "");
            }
            else if (_isLiteral || !word.StartsWith('-'))
            {
                AddPositional();
            }
            else if (equals < 0)
            {
                foreach (Option option in _options)
                {
                    Add("--" + option.Name, option.Help);
                }
            }
            else if (CommandLine.Find(_options, word[..equals].TrimStart('-')) is Option option)
            {
                AddValues(option.Value, word[..(equals + 1)]);
            }

            return _text.ToString();
        }

        // As CommandLine.Parse reads it, but whatever is wrong is left for that one to refuse.
        private bool Read(string given)
        {
            if (_open is not null)
            {
                Note(_open, given);
                _open = null;
            }
            else if (given == "--" && _command is not null)
            {
                _isLiteral = true;
            }
            else if (!_isLiteral && given.Length > 1 && given[0] == '-')
            {
                int equals = given.IndexOf('=', StringComparison.Ordinal);
                if (CommandLine.Find(_options, (equals < 0 ? given : given[..equals]).TrimStart('-')) is Option option)
                {
                    _open = equals < 0 && option.Value.Length > 0 ? option : null;
                    Note(option, given[(equals + 1)..]);
                }
            }
            else if (_command is null)
            {
                _command = CommandTable.Find(given);
                _options = [.. _command?.Options ?? [], Command.HelpOption];
                return _command is not null;
            }
            else
            {
                _positionals++;
                _isLiteral |= _command.StopAtFirstPositional;
            }

            return true;
        }

        private void Note(Option option, string value)
        {
            _root = option.Name == "root" ? value : _root;
            _takesAny |= option.Name == "force";
        }

        private void AddPositional()
        {
            if (_command is null)
            {
                foreach (string name in CommandTable.Names)
                {
                    Add(name, CommandTable.Find(name)!.Summary);
                }

                return;
            }

            string[] arguments = _command.Arguments.Split(' ');
            string argument = _positionals < arguments.Length ? arguments[_positionals].Trim('[', ']', ',') : "";
            if (argument == "ID" && _command.Takes is string statuses)
            {
                AddContainers(statuses);
            }
            else
            {
                AddValues(argument, "");
            }
        }

        private void AddValues(string value, string before)
        {
            switch (value)
            {
                case "FILE" or "PATH":
                    _text.Append(":file\n");
                    break;
                case "DIR" or "DEST":
                    _text.Append(":directory\n");
                    break;
                case "SIGNAL":
                    AddAll(SignalNames.All, before);
                    break;
                case "CAP":
                    AddAll(Capability.Names, before);
                    break;
                case not "" when !char.IsAsciiLetterUpper(value[0]):
                    AddAll(value.Split('|'), before);
                    break;
            }
        }

        private void AddContainers(string statuses)
        {
            StateStore store = new(_root);
            using Descriptor? root = store.TryOpen();
            string[] ids = root is null ? [] : StateStore.Ids(root);
            ListCommand.Visit(globals.Log, store, root, ids, isWhole: false, (id, _, status, _, _) => AddOne(id, status),
                state => AddOne(state.Id, state.Status));

            void AddOne(string id, string status)
            {
                if (_takesAny || statuses.Contains(status, StringComparison.Ordinal))
                {
                    Add(id, status);
                }
            }
        }

        private void AddAll(ReadOnlySpan<string> texts, string before)
        {
            foreach (string text in texts)
            {
                Add(before + text, "");
            }
        }

        private void Add(string text, string description)
        {
            if (text.StartsWith(word, StringComparison.Ordinal))
            {
                _text.Append(text).Append('\t').Append(description).Append('\n');
            }
        }
    }
}
