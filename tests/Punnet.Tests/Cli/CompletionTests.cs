using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>What real shells complete with <c>punnet completion</c>.</summary>
public sealed class CompletionTests : ContainerTest
{
    public static TheoryData<string> Shells => ["bash", "zsh", "zsh sourced", "fish"];

    [Theory]
    [MemberData(nameof(Shells))]
    public void Every_command_and_option_of_the_help_is_completed_and_nothing_else(string shell)
    {
        IReadOnlyList<string> commands = HelpText.Commands();
        Dictionary<string, IReadOnlyList<string>> expected = new(StringComparer.Ordinal)
        {
            ["punnet "] = commands,
            ["punnet --"] = HelpText.Options(),
        };
        foreach (string command in commands)
        {
            expected.Add($"punnet {command} --", HelpText.Options(command));
        }

        Check(shell, expected);
        Assert.True(commands.Count >= 20, "the help names only " + string.Join(' ', commands));
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public void Values_of_options_and_arguments_are_completed(string shell)
    {
        string directory = NewContainer().Directory;
        Directory.CreateDirectory(directory + "/files/folder");
        File.WriteAllText(directory + "/files/found", "");
        Check(shell, new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal)
        {
            ["punnet --log-format "] = ["json", "text"],
            ["punnet --log-format=t"] = ["--log-format=text"],
            ["punnet --cgroup-manager s"] = ["systemd"],
            ["punnet list -f t"] = ["table"],
            ["punnet ps --format=j"] = ["--format=json"],
            ["punnet update --cpu-idle "] = ["0", "1"],
            ["punnet kill web T"] = ["TERM", "TRAP", "TSTP", "TTIN", "TTOU"],
            ["punnet kill --all web US"] = ["USR1", "USR2"],
            ["punnet exec --cap CAP_SYS_T"] = ["CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG"],
            ["punnet exec web "] = [],
            ["punnet exec web ls --"] = [],
            ["punnet completion z"] = ["zsh"],
            ["punnet nothing "] = [],
            ["punnet create "] = [],
            ["punnet create --config files/fo"] = ["files/folder", "files/found"],
            ["punnet create --config=files/fou"] = ["--config=files/found"],
            ["punnet create --bundle files/fo"] = ["files/folder"],
            ["punnet create --bundle=files/fo"] = ["--bundle=files/folder"],
            ["punnet commit web files/fo"] = ["files/folder"],
            ["punnet restore --lsm-profile apparmor:x --empty"] = ["--empty-ns"],
        }, directory);
    }

    [Theory]
    [MemberData(nameof(Shells))]
    public void Ids_are_those_of_the_containers_that_the_command_can_take(string shell)
    {
        Container created = NewContainer().Sleeps().Create();
        Container running = NewContainer(created.StateRoot).Sleeps().CreateAndStart();
        Container stopped = NewContainer(created.StateRoot).Runs("true").CreateAndStart();
        Eventually.True(() => stopped.Status == "stopped", "the end of the program");
        string[] all = [created.Id, running.Id, stopped.Id];
        string root = "punnet --root " + created.StateRoot;
        Check(shell, new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal)
        {
            [root + " start "] = [created.Id],
            [root + " pause "] = [created.Id, running.Id],
            [root + " resume "] = [],
            [root + " exec "] = [created.Id, running.Id],
            [root + " kill "] = [created.Id, running.Id],
            [root + " kill " + running.Id[..^1]] = [.. new[] { created.Id, running.Id }.Where(id => id.StartsWith(running.Id[..^1], StringComparison.Ordinal))],
            [root + " delete "] = [created.Id, stopped.Id],
            [root + " delete --force "] = all,
            [root + " delete " + stopped.Id + " "] = [],
            [root + " state "] = all,
            [$"punnet --root={created.StateRoot} update --memory 5M "] = [created.Id, running.Id],
            [root + " create "] = [],
            ["punnet --root /nowhere state "] = [],
        });
    }

    private void Check(string shell, Dictionary<string, IReadOnlyList<string>> expected, string? directory = null)
    {
        Runtime.MustBePunnet();
        string place = directory ?? Directory.CreateDirectory(NewContainer().Directory).FullName;
        string[] lines = [.. expected.Keys];
        IReadOnlyList<string>[] found = InteractiveShell.Candidates(shell, place, lines);
        foreach ((string line, IReadOnlyList<string> candidates) in lines.Zip(found))
        {
            // fish shows that a candidate is a directory; the others add the slash when it is the only one.
            Assert.Equal(
                $"{line}: {string.Join(' ', expected[line].Order(StringComparer.Ordinal))}",
                $"{line}: {string.Join(' ', candidates.Select(candidate => candidate.TrimEnd('/')))}");
        }
    }
}
