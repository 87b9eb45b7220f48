using System;
using System.IO;
using System.Linq;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary><c>check</c>: how it is called, and how it answers.</summary>
public sealed class CheckTests : CheckTest
{
    private const string Broken = """
        {
          "ociVersion": "1.3.0",
          "root": { "path": "rootfs" },
          "process": {
            "args": [ "nosuch" ],
            "cwd": "/",
            "noNewPrivilege": true
          },
          "mounts": [
            { "destination": "/ä", "type": "tmpfs", "options": [ "ro", "rw" ] }, { "destination": 5, "type": "tmpfs" }
          ],
          "linux": {
            "namespaces": [ { "type": "mount" }, { "type": "pidd" } ]
          }
        }
        """;

    [Fact]
    public void Every_problem_has_its_line_in_the_order_of_the_file_and_the_last_line_counts()
    {
        Container container = NewContainer();
        File.WriteAllText(container.Bundle.Path + "/config.json", Broken);
        Command command = new(Runtime.Path, ["check"]) { WorkingDirectory = container.Bundle.Path };
        Assert.Equal(
            """
            config.json:5:15: error: process.args[0]: exec: "nosuch": executable file not found in $PATH
            config.json:7:5: warning: process.noNewPrivilege: is not a property that the specification has here, and is ignored
              hint: did you mean "noNewPrivileges"?
            config.json:10:58: warning: mounts[0].options[0]: "ro" has no effect: "rw" after it says the opposite
            config.json:10:91: error: mounts[1].destination: expected a string, found a number
            config.json:13:52: error: linux.namespaces[1].type: "pidd" is not a namespace (user, mount, pid, network, ipc, uts, cgroup or time)
              hint: did you mean "pid"?
            3 errors, 2 warnings

            """,
            command.Run().Returns(1).Stdout);
    }

    [Fact]
    public void The_same_as_json()
    {
        Container container = NewContainer();
        File.WriteAllText(container.Bundle.Path + "/config.json", Broken);
        PrintedCheck report = Printed.Check(
            Runtime.Run("check", "--format=json", container.Bundle.Path).Returns(1).Stdout);
        Assert.Equal((container.Bundle.Path + "/config.json", 3, 2), (report.File, report.Errors, report.Warnings));
        Assert.Equal(
            new PrintedFinding(
                "error", 13, 52, "linux.namespaces[1].type",
                "\"pidd\" is not a namespace (user, mount, pid, network, ipc, uts, cgroup or time)", "did you mean \"pid\"?"),
            report.Findings[^1]);
    }

    [Fact]
    public void A_config_without_problems_has_none_and_what_spec_writes_neither()
    {
        Container container = NewContainer();
        container.Bundle.Write();
        string file = container.Bundle.Path + "/config.json";
        Assert.Equal(file + ": no problems found\n", container.Call("check", "--strict", container.Bundle.Path).Returns(0).Stdout);
        Assert.Equal([], Check(container).Findings);

        File.Delete(file);
        container.Call("spec", "--bundle", container.Bundle.Path).Succeeds();
        Assert.Equal(file + ": no problems found\n", container.Call("check", "--strict", container.Bundle.Path).Returns(0).Stdout);
    }

    [Fact]
    public void The_status_tells_errors_from_warnings()
    {
        Container container = NewChanged("process.consoleSize = {\"height\":1,\"width\":1}");
        container.Bundle.Write();
        container.Call("check", container.Bundle.Path).Returns(0);
        container.Call("check", "--strict", "--bundle", container.Bundle.Path).Returns(2);
        container.Bundle.Set("process.cwd", "5");
        container.Bundle.Write();
        container.Call("check", "--strict", container.Bundle.Path).Returns(1);
    }

    [Fact]
    public void Nothing_is_made_and_no_hook_runs()
    {
        Container container = NewChanged("mounts +{\"destination\":\"/new/place\",\"type\":\"tmpfs\"}", "process.cwd = \"/not/there\"");
        container.Bundle.Set("hooks.prestart", $$"""[{"path":"/bin/touch","args":["touch","{{container.Directory}}/hook"]}]""");
        container.Bundle.Set("linux.cgroupsPath", $"\"/check-{container.Id}\"");
        container.Bundle.Write();
        string[] before = Directory.GetFileSystemEntries(container.Directory, "*", SearchOption.AllDirectories);
        container.Call("check", container.Bundle.Path).Returns(0);
        Assert.Equal(before, Directory.GetFileSystemEntries(container.Directory, "*", SearchOption.AllDirectories));
        Assert.False(Directory.Exists(container.StateRoot));
        container.AssertNothingLeft();
    }

    [Fact]
    public void An_ordinary_user_can_check()
    {
        Container container = NewChanged("process.args = [\"nosuch\"]");
        container.Bundle.Write();
        container.User = new OrdinaryUser();
        container.Bundle.OwnBusybox();
        OrdinaryUser.Give(container.Directory);
        Outcome outcome = container.Call("check", container.Bundle.Path).Returns(1);
        Assert.Contains("error: process.args[0]: exec: \"nosuch\": executable file not found in $PATH\n", outcome.Stdout,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Another_file_is_checked_with_the_files_of_the_bundle()
    {
        Container container = NewChanged("process.args = [\"nosuch\"]");
        container.Bundle.Write();
        File.Move(container.Bundle.Path + "/config.json", container.Directory + "/other.json");
        Command command = new(Runtime.Path, ["check", "--config", "other.json", "bundle"]) { WorkingDirectory = container.Directory };
        Assert.StartsWith("other.json:1:", command.Run().Returns(1).Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public void A_process_for_exec_is_checked_alone_and_in_a_bundle()
    {
        Container container = NewContainer();
        container.Bundle.Write();
        string file = container.Directory + "/process.json";
        File.WriteAllText(file, """{"args":["nosuch"],"cwd":"/bin/busybox","terminol":true,"rlimits":[{"type":"NOFILE","hard":1,"soft":1}]}""");
        Outcome outcome = container.Call("check", "--process", file, container.Bundle.Path).Returns(1);
        Assert.Equal(
            $"""
            {file}:1:10: error: args[0]: exec: "nosuch": executable file not found in $PATH
            {file}:1:26: error: cwd: chdir to cwd ("/bin/busybox") set in config.json: not a directory (ENOTDIR)
            {file}:1:41: warning: terminol: is not a property that the specification has here, and is ignored
              hint: did you mean "terminal"?
            {file}:1:76: error: rlimits[0].type: "NOFILE" is not a resource limit (RLIMIT_*)
              hint: did you mean "RLIMIT_NOFILE"?
            3 errors, 1 warning

            """,
            outcome.Stdout);
        Command alone = new(Runtime.Path, ["check", "--process", file]) { WorkingDirectory = container.Directory };
        Assert.EndsWith("\n1 error, 1 warning\n", alone.Run().Returns(1).Stdout, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\n  \"root\": 5,\n  \"process\" }", "2:11: error: root: expected an object, found a number",
        "3:13: error: expected \":\" after the property name, found \"}\"")]
    [InlineData("", "1:1: error: the document is empty", null)]
    [InlineData("{}\n}", "2:1: error: expected the end of the document, found \"}\"", null)]
    [InlineData("[1]", "1:1: error: expected an object, found a list", null)]
    public void What_is_not_json_ends_the_search(string text, string first, string? second)
    {
        Container container = NewContainer();
        string file = container.Bundle.Path + "/config.json";
        File.WriteAllText(file, text);
        string[] lines = container.Call("check", container.Bundle.Path).Returns(1).Stdout.Split('\n');
        Assert.Equal(file + ":" + first, lines[0]);
        Assert.Equal(second is null ? "1 error, 0 warnings" : file + ":" + second, lines[1]);
    }

    [Fact]
    public void A_bundle_without_a_config_is_an_error_of_the_call()
    {
        Container container = NewContainer();
        container.Call("check", container.Bundle.Path).Fails("check: cannot open config.json: no such file or directory");
        container.Call("check", container.Bundle.Path + "/nosuch").Fails("check: cannot enter the bundle");
        container.Call("check", "--format", "xml", container.Bundle.Path).Fails("invalid format option");
    }

    [Fact]
    public void A_hundred_errors_are_enough_and_a_line_stays_a_line()
    {
        Container container = NewContainer();
        container.Bundle.Set(
            "process.env", "[" + string.Join(',', Enumerable.Range(0, 150).Select(static i => $"\"A\\n\\u001b[1m{i}\"")) + "]");
        container.Bundle.Set("process.cwd", "\"\\n\\u001b[31mx\"");
        container.Bundle.Write();
        string stdout = container.Call("check", container.Bundle.Path).Returns(1).Stdout;
        Assert.DoesNotContain('\u001b', stdout);
        Assert.EndsWith(
            "there may be more problems: the first 100 errors are shown\n101 errors, 0 warnings\n", stdout, StringComparison.Ordinal);
        Assert.Equal(103, stdout.Split('\n').Length);
    }
}
