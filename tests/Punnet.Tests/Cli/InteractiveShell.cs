using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>A real shell with punnet's completion: it completes lines as a user at a terminal has them completed.</summary>
internal static class InteractiveShell
{
    private const string Complete = "\e*"; // what is bound to "insert all candidates" below
    private const string LineStart = "\x01";

    /// <summary>The candidates for the last word of each line, sorted. The word <c>punnet</c> is the binary under test.</summary>
    /// <param name="shell">bash, zsh, fish, or "zsh sourced" for one that finds no file in its folders.</param>
    /// <param name="directory">An empty directory to work in.</param>
    /// <param name="lines">The lines.</param>
    public static IReadOnlyList<string>[] Candidates(string shell, string directory, IReadOnlyList<string> lines)
    {
        string program = "/usr/bin/" + shell.Split(' ')[0];
        Assert.True(File.Exists(program), program + " is missing: .ci/packages test installs it");
        Assert.SkipWhen(
            Environment.GetEnvironmentVariable("PUNNET_VM") is not null, "a shell that completes is too slow in an emulated machine");
        string programs = Directory.CreateDirectory(directory + "/bin").FullName;
        File.CreateSymbolicLink(programs + "/punnet", Runtime.Path);
        Dictionary<string, string?> environment = new(StringComparer.Ordinal)
        {
            ["PATH"] = programs + ":/usr/bin:/bin",
            ["HOME"] = directory,
            ["TERM"] = "xterm",
            ["INPUTRC"] = "/dev/null",
        };
        return shell == "fish" ? AskFish(directory, environment, lines) : TypeInto(shell, directory, environment, lines);
    }

    // fish completes a line on request.
    private static IReadOnlyList<string>[] AskFish(
        string directory, Dictionary<string, string?> environment, IReadOnlyList<string> lines)
    {
        string script = string.Concat(lines.Select(line => $"complete --do-complete '{line}'\necho --end\n"));
        Command fish = new("/usr/bin/fish", ["--no-config", "--command", "punnet completion fish | source\n" + script])
        {
            WorkingDirectory = directory,
            Environment = environment,
        };
        return [.. Groups(fish.Run().Succeeds().Stdout).Select(group => Sorted(group.Select(line => line.Split('\t')[0])))];
    }

    // The others write all candidates into the line, which then becomes the arguments of a function that keeps them.
    private static IReadOnlyList<string>[] TypeInto(
        string shell, string directory, Dictionary<string, string?> environment, IReadOnlyList<string> lines)
    {
        const string Zsh = @"autoload -Uz compinit; compinit -u -D; bindkey -e; zle -C all-matches complete-word _generic; "
            + @"bindkey '\e*' all-matches; zstyle ':completion:all-matches:*' completer _all_matches _complete; "
            + "zstyle ':completion:all-matches:*' insert true";
        string setup = shell switch
        {
            "bash" => @"source <(punnet completion bash); bind '""\e*"": insert-completions'",
            "zsh" => $"punnet completion zsh >{directory}/bin/_punnet; fpath=({directory}/bin $fpath); {Zsh}",
            _ => Zsh + "; source <(punnet completion zsh)",
        };
        string keep = $"keep() {{ printf '%s\\n' \"$@\" --end >>{directory}/kept; }}";
        File.WriteAllText(directory + "/typed", $"{setup}; {keep}\n"
            + string.Concat(lines.Select(line => line + Complete + LineStart + "keep \n")) + "exit\n");
        string program = shell == "bash" ? "bash --norc --noprofile -i" : "zsh -f -i";
        Command terminal = new("/usr/bin/script", ["--quiet", "--return", "--command", program, "/dev/null"])
        {
            WorkingDirectory = directory,
            Environment = environment,
            Stdin = directory + "/typed",
        };
        Outcome outcome = terminal.Run();
        List<string[]> groups = File.Exists(directory + "/kept") ? Groups(File.ReadAllText(directory + "/kept")) : [];
        Assert.True(groups.Count == lines.Count, $"{shell}: {groups.Count} of {lines.Count} lines\n{outcome.Stdout}");
        return [.. groups.Zip(lines, Candidates)];
    }

    // A word without candidates stays what it is.
    private static IReadOnlyList<string> Candidates(string[] words, string line)
    {
        string[] typed = line.Split(' ');
        return Sorted(words.Skip(typed.Length - 1).Where(word => word != typed[^1]));
    }

    private static List<string[]> Groups(string text) =>
        [.. text.Split("--end\n").SkipLast(1).Select(group => group.Split('\n', StringSplitOptions.RemoveEmptyEntries))];

    private static List<string> Sorted(IEnumerable<string> words) => [.. words.Where(word => word.Length > 0).Order(StringComparer.Ordinal)];
}
