using System;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>How arguments are written, and what is said of wrong ones.</summary>
public sealed class CommandLineTests : ContainerTest
{
    [Theory]
    [InlineData("--root=ROOT", "create", "--bundle=BUNDLE", "--pid-file=PID", "ID")]
    [InlineData("--root", "ROOT", "create", "--bundle", "BUNDLE", "--pid-file", "PID", "ID")]
    [InlineData("-root", "ROOT", "create", "-bundle", "BUNDLE", "-pid-file", "PID", "ID")]
    [InlineData("-root=ROOT", "create", "-bundle=BUNDLE", "-pid-file=PID", "ID")]
    [InlineData("--root", "ROOT", "create", "-b", "BUNDLE", "--pid-file", "PID", "ID")]
    [InlineData("--root", "ROOT", "create", "-b=BUNDLE", "--pid-file=PID", "ID")]
    [InlineData("--root", "ROOT", "create", "--no-new-keyring", "--no-pivot=false", "--bundle", "BUNDLE", "--pid-file", "PID", "ID")]
    [InlineData("--root", "ROOT", "--rootless", "auto", "--systemd-cgroup=false", "create", "--bundle", "BUNDLE", "--pid-file", "PID",
        "--preserve-fds", "0", "ID")]
    public void Flags_are_written_with_one_or_two_dashes_and_a_space_or_an_equals_sign(params string[] template)
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Write();
        string[] arguments = Array.ConvertAll(template, word => word.Replace("ROOT", container.StateRoot, StringComparison.Ordinal)
            .Replace("BUNDLE", container.Bundle.Path, StringComparison.Ordinal)
            .Replace("PID", container.PidFile, StringComparison.Ordinal)
            .Replace("ID", container.Id, StringComparison.Ordinal));
        Command command = new(Runtime.Path, arguments)
        { Stdout = container.Directory + "/stdout", Stderr = container.Directory + "/stderr" };
        command.Run().Succeeds();
        Assert.True(File.Exists(container.PidFile));
        Assert.Equal("created", container.Status);
    }

    [Theory]
    [InlineData("DOTNET_GCHeapHardLimit", "1000")]
    [InlineData("DOTNET_GCRegionRange", "100")]
    [InlineData("DOTNET_GCHeapAffinitizeMask", "0")]
    public void A_variable_that_is_meant_for_other_dotnet_programs_changes_nothing(string name, string value)
    {
        Runtime.MustHaveStartup("the .NET runtime reads its variables before Main");
        new Command(Runtime.Path, ["--version"]).With(name, value).Run().Succeeds();
    }

    [Theory]
    [InlineData("create", "\"create\" requires exactly 1 argument")]
    [InlineData("create a b", "\"create\" requires exactly 1 argument")]
    [InlineData("start", "\"start\" requires exactly 1 argument")]
    [InlineData("start a b", "\"start\" requires exactly 1 argument")]
    [InlineData("state", "\"state\" requires exactly 1 argument")]
    [InlineData("state a b", "\"state\" requires exactly 1 argument")]
    [InlineData("run", "\"run\" requires exactly 1 argument")]
    [InlineData("delete", "\"delete\" requires exactly 1 argument")]
    [InlineData("kill", "\"kill\" requires a minimum of 1 argument")]
    [InlineData("kill a TERM b", "\"kill\" requires a maximum of 2 argument")]
    [InlineData("exec", "\"exec\" requires a minimum of 1 argument")]
    [InlineData("ps", "\"ps\" requires a minimum of 1 argument")]
    [InlineData("list a", "\"list\" requires exactly 0 argument")]
    [InlineData("features a", "\"features\" requires exactly 0 argument")]
    [InlineData("spec a", "\"spec\" requires exactly 0 argument")]
    [InlineData("completion", "\"completion\" requires a minimum of 1 argument")]
    [InlineData("completion bash zsh", "\"completion\" requires exactly 1 argument")]
    [InlineData("completion tcsh", "there is no completion for \"tcsh\": bash, zsh or fish is expected")]
    public void The_number_of_arguments_is_checked(string line, string expected)
    {
        string root = NewContainer().StateRoot;
        Command command = new(Runtime.Path, ["--root", root, .. line.Split(' ')]) { WorkingDirectory = Workplace.Top };
        Outcome outcome = command.Run();
        Assert.NotEqual(0, outcome.ExitCode);
        // A log line in text format escapes the quotes.
        Assert.Contains(expected, outcome.Stderr.Replace("\\\"", "\"", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void Another_file_can_be_the_config()
    {
        Container container = NewContainer().RunsScript("echo $A; sleep 1000");
        container.Bundle.Set("process.env", """["PATH=/bin","A=other"]""");
        container.Bundle.Write();
        File.Move(container.Bundle.Path + "/config.json", container.Directory + "/other.json");
        Command create = new(
            Runtime.Path, ["--root", container.StateRoot, "create", "--bundle", "bundle", "--config", "other.json", container.Id])
        {
            WorkingDirectory = container.Directory,
            Stdout = container.Directory + "/stdout",
        };
        create.Run().Succeeds();
        container.Start();
        container.WaitForOutput("other\n");
        Assert.Equal("other\n", container.Exec("sh", "-c", "echo $A").Succeeds().Stdout);
        Assert.Equal(container.Bundle.Path, container.State().Bundle);
    }

    [Fact]
    public void An_unknown_command_is_refused_by_name()
    {
        Outcome outcome = Runtime.Run("foo", "-h");
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Contains("No help topic for 'foo'", outcome.Stdout + outcome.Stderr, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--nosuch")]
    [InlineData("state --nosuch x")]
    [InlineData("create --bundel=x y")]
    public void An_unknown_flag_is_refused_by_name(string line)
    {
        Outcome outcome = Runtime.Run(line.Split(' '));
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Contains(line.Contains("bundel", StringComparison.Ordinal) ? "bundel" : "nosuch", outcome.Stdout + outcome.Stderr,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--root")]
    [InlineData("create --bundle")]
    [InlineData("exec --process")]
    public void A_flag_needs_its_value(string line)
    {
        Outcome outcome = Runtime.Run(line.Split(' '));
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Contains("flag needs an argument", outcome.Stdout + outcome.Stderr, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--version")]
    [InlineData("-v")]
    public void The_version_is_three_lines_that_engines_parse(string flag)
    {
        string[] lines = Runtime.Run(flag).Succeeds().Stdout.Split('\n');
        Assert.Matches(@"^\S+ version \S+$", lines[0]);
        Assert.Matches(@"^commit: \S+$", lines[1]);
        Assert.Matches(@"^spec: 1\.\d+\.\d+\S*$", lines[2]);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("help")]
    public void Help_names_every_command(string flag)
    {
        string text = Runtime.Run(flag).Succeeds().Stdout;
        foreach (string verb in new[]
        {
            "create", "start", "run", "exec", "state", "kill", "delete", "list", "ps", "pause", "resume", "update", "events",
            "checkpoint", "restore", "diff", "commit", "spec", "features", "mounts", "trace", "completion", "doctor",
            "seccomp", "top", "check",
        })
        {
            Assert.Matches($@"(?m)^\s+{verb}\b", text);
        }
    }

    // Podman asks so whether a pod can be restored into.
    [Fact]
    public void An_engine_learns_that_restore_has_the_label_of_mounts()
    {
        Outcome outcome = Runtime.Run("restore", "--lsm-mount-context");
        Assert.Contains("flag needs an argument", outcome.Stdout + outcome.Stderr, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("create", "--console-socket")]
    [InlineData("run", "--keep")]
    [InlineData("exec", "--process")]
    [InlineData("kill", "(?i)signal")]
    [InlineData("delete", "--force")]
    [InlineData("list", "--quiet")]
    [InlineData("ps", "--format")]
    [InlineData("spec", "--rootless")]
    [InlineData("start", "start")]
    [InlineData("state", "state")]
    [InlineData("features", "features")]
    [InlineData("doctor", "--format")]
    [InlineData("seccomp", "explain PROFILE")]
    [InlineData("top", "--delay")]
    [InlineData("check", "--strict")]
    [InlineData("checkpoint", "--image-path")]
    [InlineData("restore", "--lsm-profile")]
    [InlineData("completion", "bash")]
    public void Help_of_a_command_names_its_flags(string verb, string expected)
    {
        Outcome outcome = Runtime.Run(verb, "--help").Succeeds();
        Assert.Matches(expected, outcome.Stdout);
        Runtime.Run(verb, "-h").Succeeds();
    }

    [Fact]
    public void Help_of_every_command_shows_examples_of_it()
    {
        foreach (string command in HelpText.Commands())
        {
            string[] examples = [.. HelpText.Section(Runtime.Run(command, "--help").Succeeds().Stdout, "Examples")];
            Assert.InRange(examples.Length, 1, 2);
            Assert.All(examples, example => Assert.Contains($"punnet {command}", example, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Slash_is_not_a_state_root()
    {
        Assert.Contains("option --root argument should not be set to /", Runtime.Run("--root", "/", "list").Fails().Stderr,
            StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("../x")]
    [InlineData("a b")]
    [InlineData("é")]
    [InlineData("a\nb")]
    [InlineData("a:b")]
    [InlineData("")]
    public void An_id_of_other_characters_is_refused(string id)
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Write();
        container.Call("create", "--bundle", container.Bundle.Path, id).Fails("container");
        foreach (string verb in new[] { "state", "start", "kill" })
        {
            Assert.NotEqual(0, container.Call(verb, id).ExitCode);
        }

        Assert.False(Directory.Exists(container.StateRoot) && Directory.GetFileSystemEntries(container.StateRoot).Length > 0);
    }

    [Fact]
    public void An_id_may_have_letters_digits_and_four_signs()
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Write();
        string id = container.Id + "_A+b-c.9";
        Runtime.Run("--root", container.StateRoot, "run", "--bundle", container.Bundle.Path, id).Succeeds();
    }

    [Fact]
    public void A_long_id_works()
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Write();
        string id = container.Id + new string('a', 64);
        Runtime.Run("--root", container.StateRoot, "run", "--bundle", container.Bundle.Path, id).Succeeds();
    }

    [Fact]
    public void A_bundle_without_config_json_is_an_error_that_names_it()
    {
        Container container = NewContainer();
        container.Call("create", "--bundle", container.Bundle.Path, container.Id).Fails("config.json");
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_bundle_that_does_not_exist_is_an_error_that_names_it()
    {
        Container container = NewContainer();
        container.Call("create", "--bundle", container.Directory + "/nothere", container.Id).Fails("nothere", "no such file or directory");
        container.AssertNothingLeft();
    }

    [Fact]
    public void The_state_root_is_made()
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Write();
        string root = container.Directory + "/deep/er/state";
        Runtime.Run("--root", root, "run", "--bundle", container.Bundle.Path, container.Id).Succeeds();
        Assert.True(Directory.Exists(root));
    }
}
