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
        Assert.InRange(DateTimeOffset.Parse(time, CultureInfo.InvariantCulture), DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1));
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
        Assert.Matches(@"^time=""\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^""]*"" level=error msg="".*executable file not found in \$PATH.*""\n$", text);
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
        Runtime.Run("--root", container.StateRoot, "--log", log, "--log-format", "json", "state", container.Id).Fails("container does not exist");
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
        Runtime.Run("--root", container.StateRoot, "--log", log, "--log-format", format, "run", "--bundle", container.Bundle.Path, container.Id).Succeeds();
        Assert.Equal("", File.Exists(log) ? File.ReadAllText(log) : "");
    }

    [Fact]
    public void A_programs_bad_exit_status_is_not_a_failure_of_the_runtime()
    {
        Container container = NewContainer().RunsScript("exit 3");
        container.Bundle.Write();
        string log = container.Directory + "/log";
        Outcome outcome = Runtime.Run("--root", container.StateRoot, "--log", log, "run", "--bundle", container.Bundle.Path, container.Id).Returns(3);
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
        Outcome outcome = Runtime.Run("--root", container.StateRoot, "--log", log, "--log-format", "json", "exec", container.Id, "no-such-program");
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Contains("executable file not found", (string?)JsonNode.Parse(File.ReadAllText(log))!["msg"], StringComparison.Ordinal);
    }

    [Fact]
    public void Debug_lines_are_json_objects_too()
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Write();
        string log = container.Directory + "/log";
        Runtime.Run("--root", container.StateRoot, "--debug", "--log", log, "--log-format", "json", "run", "--bundle", container.Bundle.Path, container.Id).Succeeds();
        foreach (string line in File.Exists(log) ? File.ReadAllLines(log) : [])
        {
            Assert.NotEqual("error", (string?)JsonNode.Parse(line)!["level"]);
        }
    }

    private static string FailingCreate(Container container, string format)
    {
        container.Bundle.Write();
        string log = container.Directory + "/log";
        Runtime.Run("--root", container.StateRoot, "--log", log, "--log-format", format, "create", "--bundle", container.Bundle.Path, container.Id).Fails();
        container.AssertNothingLeft();
        return log;
    }
}
