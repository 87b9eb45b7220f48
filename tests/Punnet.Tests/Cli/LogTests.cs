using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text.Json.Nodes;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>--log and --log-format: what engines read after a failure.</summary>
public sealed class LogTests : ContainerTest
{
    [Fact]
    public void A_failure_is_one_json_object()
    {
        Container container = NewContainer().Runs("no-such-program");
        string log = FailingCreate(container, "json");
        JsonObject entry = JsonNode.Parse(File.ReadAllText(log))!.AsObject();
        List<string> names = [];
        foreach (KeyValuePair<string, JsonNode?> property in entry)
        {
            names.Add(property.Key);
        }

        Assert.Equal(["level", "msg", "time"], names);
        Assert.Equal("error", (string?)entry["level"]);
        Assert.Contains("executable file not found in $PATH", (string?)entry["msg"], StringComparison.Ordinal);
        string time = (string)entry["time"]!;
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$", time);
        Assert.InRange(DateTimeOffset.Parse(time, CultureInfo.InvariantCulture), DateTimeOffset.UtcNow.AddMinutes(-1),
            DateTimeOffset.UtcNow.AddMinutes(1));
    }

    [Fact]
    public void The_object_is_one_line()
    {
        string text = File.ReadAllText(FailingCreate(NewContainer().Runs("no-such-program"), "json"));
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', text.TrimEnd('\n'));
    }

    [Fact]
    public void A_failure_as_text_has_time_level_and_message()
    {
        string text = File.ReadAllText(FailingCreate(NewContainer().Runs("no-such-program"), "text"));
        Assert.Matches(
            @"^time=""\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^""]*"" level=error msg="".*executable file not found in \$PATH.*""\n$", text);
    }

    [Fact]
    public void Text_is_the_default_format()
    {
        Container container = NewContainer();
        string log = container.Directory + "/log";
        Runtime.Run("--root", container.StateRoot, "--log", log, "state", container.Id).Fails();
        Assert.Contains("level=error msg=", File.ReadAllText(log), StringComparison.Ordinal);
    }

    [Fact]
    public void Stderr_says_it_too()
    {
        Container container = NewContainer();
        string log = container.Directory + "/log";
        Runtime.Run("--root", container.StateRoot, "--log", log, "--log-format", "json", "state", container.Id)
            .Fails("container does not exist");
        Assert.Contains("container does not exist", (string?)JsonNode.Parse(File.ReadAllText(log))!["msg"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("json")]
    [InlineData("text")]
    public void A_success_logs_nothing(string format)
    {
        Container container = NewContainer().RunsScript("echo noise >&2");
        container.Bundle.Write();
        string log = container.Directory + "/log";
        Runtime.Run("--root", container.StateRoot, "--log", log, "--log-format", format, "run", "--bundle", container.Bundle.Path,
            container.Id).Succeeds();
        Assert.Equal("", File.Exists(log) ? File.ReadAllText(log) : "");
    }

    [Fact]
    public void A_programs_bad_exit_status_is_not_a_failure_of_the_runtime()
    {
        Container container = NewContainer().RunsScript("exit 3");
        container.Bundle.Write();
        string log = container.Directory + "/log";
        Outcome outcome = Runtime.Run("--root", container.StateRoot, "--log", log, "run", "--bundle", container.Bundle.Path, container.Id)
            .Returns(3);
        Assert.Equal("", outcome.Stderr);
        Assert.Equal("", File.Exists(log) ? File.ReadAllText(log) : "");
    }

    [Fact]
    public void Failures_are_appended()
    {
        Container container = NewContainer();
        string log = container.Directory + "/log";
        for (int round = 1; round <= 3; round++)
        {
            Runtime.Run("--root", container.StateRoot, "--log", log, "--log-format", "json", "state", container.Id).Fails();
            Assert.Equal(round, File.ReadAllLines(log).Length);
        }
    }

    [Fact]
    public void The_file_can_be_read_by_all_and_written_by_its_owner()
    {
        Container container = NewContainer();
        string log = container.Directory + "/log";
        Runtime.Run("--root", container.StateRoot, "--log", log, "state", container.Id).Fails();
        Assert.Equal(0, Syscall.stat(log, out Stat status));
        Assert.Equal((FilePermissions)0x1A4, status.st_mode & FilePermissions.ALLPERMS);
    }

    [Fact]
    public void An_unknown_format_is_refused_by_name()
    {
        Runtime.Run("--log-format", "xml", "state", "x").Fails("invalid log-format: xml");
    }

    [Fact]
    public void Quotes_and_line_ends_in_a_message_stay_valid_json()
    {
        Container container = NewContainer().Runs("no\"such\n\\program\u0001");
        string log = FailingCreate(container, "json");
        string[] lines = File.ReadAllLines(log);
        Assert.NotNull(JsonNode.Parse(Assert.Single(lines)));
    }

    [Fact]
    public void Exec_logs_its_failure()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        string log = container.Directory + "/log";
        Outcome outcome = Runtime.Run(
            "--root", container.StateRoot, "--log", log, "--log-format", "json", "exec", container.Id, "no-such-program");
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Contains("executable file not found", (string?)JsonNode.Parse(File.ReadAllText(log))!["msg"], StringComparison.Ordinal);
    }

    [Fact]
    public void Debug_lines_are_json_objects_too()
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Write();
        string log = container.Directory + "/log";
        Runtime.Run("--root", container.StateRoot, "--debug", "--log", log, "--log-format", "json", "run", "--bundle",
            container.Bundle.Path, container.Id).Succeeds();
        foreach (string line in File.Exists(log) ? File.ReadAllLines(log) : [])
        {
            Assert.NotEqual("error", (string?)JsonNode.Parse(line)!["level"]);
        }
    }

    [Fact]
    public void Exec_says_what_it_does_to_a_debug_log()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        string log = container.Directory + "/log";
        Runtime.Run("--root", container.StateRoot, "--debug", "--log", log, "exec", container.Id, "true").Succeeds();
        Assert.Contains("level=debug", File.ReadAllText(log), StringComparison.Ordinal);
    }

    [Fact]
    public void A_warning_is_shown_without_debug()
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Capabilities("CAP_KILL", "CAP_NO_SUCH_THING");
        container.Bundle.Add("hooks.poststop", """{"path":"/bin/false"}""");
        string[] lines = container.Run().Succeeds().Stderr.TrimEnd('\n').Split('\n');
        Assert.Equal(4, lines.Length);
        Assert.All(lines, line => Assert.Matches(@"^time=""[^""]+"" level=warning msg="".+""$", line));
        Assert.Contains("CAP_NO_SUCH_THING", lines[0], StringComparison.Ordinal);
        Assert.Contains("error running poststop hook #0: exit status 1", lines[3], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("json")]
    [InlineData("text")]
    public void A_warning_is_in_the_log_after_a_success(string format)
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Capabilities("CAP_NO_SUCH_THING");
        container.Bundle.Write();
        string log = container.Directory + "/log";
        Outcome outcome = Runtime.Run(
            "--root", container.StateRoot, "--log", log, "--log-format", format, "run", "--bundle", container.Bundle.Path, container.Id);
        Assert.Equal("", outcome.Succeeds().Stderr);
        string[] lines = File.ReadAllLines(log);
        Assert.Equal(3, lines.Length);
        Assert.All(lines, line => Assert.Contains("warning", line, StringComparison.Ordinal));
    }

    [Fact]
    public void A_failure_is_all_that_the_log_tells_of_since_engines_read_one_object()
    {
        Container container = NewContainer().Runs("no-such-program");
        container.Bundle.Capabilities("CAP_NO_SUCH_THING");
        string log = FailingCreate(container, "json");
        Assert.Equal("error", (string?)JsonNode.Parse(Assert.Single(File.ReadAllLines(log)))!["level"]);
    }

    [Theory]
    [InlineData("/proc/nonexistent/log", "no such file or directory (ENOENT)")]
    [InlineData("/", "is a directory (EISDIR)")]
    public void A_log_that_cannot_be_opened_is_an_error_before_anything_is_done(string log, string words)
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Write();
        Outcome outcome = Runtime.Run("--root", container.StateRoot, "--log", log, "create", "--bundle", container.Bundle.Path,
            container.Id).Fails();
        Assert.Equal($"punnet: cannot open the log {log}: {words}\n", outcome.Stderr);
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("a\npunnet: run: all is well", @"a\npunnet: run: all is well")]
    [InlineData("a\r\u001b[2Kb\u009b1A\u007f\u2028c", @"a\r\x1b[2Kb\x9b1A\x7f\u2028c")]
    public void A_value_from_outside_forges_no_line(string value, string shown)
    {
        Container container = NewContainer().Runs(value);
        container.Bundle.Write();
        string log = container.Directory + "/log";
        Outcome outcome = Runtime.Run("--root", container.StateRoot, "--log", log, "run", "--bundle", container.Bundle.Path, container.Id)
            .Fails(shown);
        Assert.Single(outcome.Stderr.TrimEnd('\n').Split('\n'));
        Assert.Contains(shown, Assert.Single(File.ReadAllLines(log)), StringComparison.Ordinal);

        Runtime.Run("--root", container.StateRoot, "state", value).Fails(shown);
        Runtime.Run("--" + value, "list").Fails(shown);
        Runtime.Run("list", "--" + value).Fails(shown);
        Runtime.Run(value).FailsWith(3, shown);
    }

    private static string FailingCreate(Container container, string format)
    {
        container.Bundle.Write();
        string log = container.Directory + "/log";
        Runtime.Run("--root", container.StateRoot, "--log", log, "--log-format", format, "create", "--bundle", container.Bundle.Path,
            container.Id).Fails();
        container.AssertNothingLeft();
        return log;
    }
}
