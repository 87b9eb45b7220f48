using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json.Nodes;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary><c>--seccomp-log</c>: the refused calls are written down, and the program sees what it would see without it.</summary>
public sealed class SeccompLogTests : ContainerTest
{
    private const string Profile = """
        {
          "defaultAction": "SCMP_ACT_ALLOW",
          "syscalls": [
            { "names": [ "mkdirat" ], "action": "SCMP_ACT_ERRNO", "errnoRet": 13 },
            { "names": [ "getpriority" ], "action": "SCMP_ACT_TRAP" },
            { "names": [ "sync" ], "action": "SCMP_ACT_KILL_PROCESS" },
            { "names": [ "unlinkat" ], "action": "SCMP_ACT_ERRNO", "args": [ { "index": 1, "value": 7, "op": "SCMP_CMP_EQ" } ] }
          ]
        }
        """;

    public SeccompLogTests() => Runtime.MustBePunnet();

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public void Run_writes_every_refused_call_and_a_summary(string noNewPrivileges)
    {
        Container container = Calls(noNewPrivileges, "mkdirat:1:2", "mkdirat:3", "unlinkat:0:7", "unlinkat", "getpid");
        string log = container.Directory + "/log";
        Assert.Equal("mkdirat -13\nmkdirat -13\nunlinkat -1\nunlinkat -14\ngetpid 1\n", container.RunToEnd("--seccomp-log", log));
        string[] lines = File.ReadAllLines(log);
        Assert.Equal(6, lines.Length);
        Assert.StartsWith("punnet: seccomp: mkdirat(0x1, 0x2, 0x0, 0x0, 0x0, 0x0) = EACCES, thread ", lines[0], StringComparison.Ordinal);
        Assert.EndsWith(" (calls), linux.seccomp.syscalls[0]", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("punnet: seccomp: mkdirat(0x3, ", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("punnet: seccomp: unlinkat(0x0, 0x7, 0x0, 0x0, 0x0, 0x0) = EPERM, thread ", lines[2], StringComparison.Ordinal);
        Assert.Equal("punnet: seccomp: summary of the refused calls:", lines[3]);
        Assert.Equal("punnet: seccomp:        2 x mkdirat = EACCES, linux.seccomp.syscalls[0]", lines[4]);
        Assert.Equal("punnet: seccomp:        1 x unlinkat = EPERM, linux.seccomp.syscalls[3]", lines[5]);
    }

    [Fact]
    public void A_dash_is_standard_error()
    {
        Container container = Calls("true", "mkdirat");
        Assert.Contains("punnet: seccomp: mkdirat(", container.Run("--seccomp-log", "-").Succeeds().Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_is_one_object_a_line()
    {
        Container container = Calls("true", "mkdirat:0x123456789abc:2", "mkdirat");
        string log = container.Directory + "/log";
        container.RunToEnd("--seccomp-log", log, "--seccomp-log-format", "json");
        List<JsonNode> lines = Json(log);
        Assert.Equal(3, lines.Count);
        Assert.Equal("refusal", (string?)lines[0]["event"]);
        Assert.Equal("mkdirat", (string?)lines[0]["syscall"]);
        Assert.Equal(Runtime.IsArm64 ? 34 : 258, (int)lines[0]["number"]!);
        Assert.Equal(Runtime.IsArm64 ? "SCMP_ARCH_AARCH64" : "SCMP_ARCH_X86_64", (string?)lines[0]["architecture"]);
        Assert.Equal("SCMP_ACT_ERRNO", (string?)lines[0]["action"]);
        Assert.Equal("EACCES", (string?)lines[0]["errno"]);
        Assert.Equal("linux.seccomp.syscalls[0]", (string?)lines[0]["cause"]);
        Assert.Equal("[\"0x123456789abc\",\"0x2\",\"0x0\",\"0x0\",\"0x0\",\"0x0\"]", lines[0]["args"]!.ToJsonString());
        Assert.Equal("calls", (string?)lines[0]["program"]);
        Assert.Equal("summary", (string?)lines[2]["event"]);
        Assert.Equal(2, (int)lines[2]["refusals"]![0]!["count"]!);
    }

    [Fact]
    public void Lines_are_there_while_the_program_runs()
    {
        Container container = Calls("true", "mkdirat");
        container.RunsScript("calls mkdirat; sleep 1000");
        string log = container.Directory + "/log";
        using RunningCommand run = container.RunCommand("--seccomp-log", log).Start();
        Eventually.True(() => File.Exists(log) && File.ReadAllText(log).Contains("mkdirat(", StringComparison.Ordinal), "a line");
        Assert.DoesNotContain("summary", File.ReadAllText(log), StringComparison.Ordinal);
        container.Kill("KILL").Succeeds();
        Assert.Equal(137, run.Wait().ExitCode);
        Assert.Contains("summary", File.ReadAllText(log), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public void Exec_writes_its_own_log(string noNewPrivileges)
    {
        Container container = Calls(noNewPrivileges).Sleeps().CreateAndStart();
        string log = container.Directory + "/log";
        Outcome outcome = container.ExecWith(["--seccomp-log", log, "--seccomp-log-format", "json"], "calls", "mkdirat", "getpid");
        Assert.StartsWith("mkdirat -13\ngetpid ", outcome.Succeeds().Stdout, StringComparison.Ordinal);
        List<JsonNode> lines = Json(log);
        Assert.Equal(["mkdirat", null], [(string?)lines[0]["syscall"], (string?)lines[1]["syscall"]]);
        Assert.Equal("linux.seccomp.syscalls[0]", (string?)lines[1]["refusals"]![0]!["cause"]);
    }

    [Fact]
    public void A_container_with_a_time_namespace_has_a_log_too()
    {
        Assert.SkipUnless(File.Exists("/proc/self/ns/time"), "this kernel has no time namespaces");
        Container container = Calls("true", "mkdirat");
        container.Bundle.Namespace("time");
        container.Bundle.Set("linux.timeOffsets", """{ "monotonic": { "secs": 5 } }""");
        Assert.Contains("mkdirat(", container.Run("--seccomp-log", "-").Succeeds().Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public void A_call_that_kills_still_kills()
    {
        Container container = Calls("true", "mkdirat", "sync", "getpid");
        string log = container.Directory + "/log";
        Outcome outcome = container.Run("--seccomp-log", log).Returns(159);
        Assert.Equal("mkdirat -13\n", outcome.Stdout);
        Assert.Contains("sync(0x0, 0x0, 0x0, 0x0, 0x0, 0x0) = killed, ", File.ReadAllText(log), StringComparison.Ordinal);
    }

    [Fact]
    public void The_status_is_that_of_the_program_and_not_of_its_children()
    {
        Container container = Calls("true", "getpid");
        container.RunsScript("calls sync; echo $?; sleep 1000").CreateAndStart();
        Assert.Equal("159\n", container.WaitForOutput("\n"));
        string log = container.Directory + "/log";
        Assert.Equal(
            "137\n", container.Call("exec", "--seccomp-log", log, container.Id, "sh", "-c", "calls sync; echo $?").Succeeds().Stdout);
        container.Call("exec", "--seccomp-log", log, container.Id, "calls", "sync").Returns(159);
        container.Call("exec", "--seccomp-log", log, container.Id, "sh", "-c", "kill -9 $$").Returns(137);
    }

    [Fact]
    public void A_trap_reaches_its_handler()
    {
        Container container = Calls("true", "handler", "getpriority", "getpid");
        string log = container.Directory + "/log";
        Assert.Equal("SIGSYS\ngetpriority -38\ngetpid 1\n", container.RunToEnd("--seccomp-log", log));
        Assert.Contains("getpriority(0x0, 0x0, 0x0, 0x0, 0x0, 0x0) = SIGSYS, ", File.ReadAllText(log), StringComparison.Ordinal);
    }

    [Fact]
    public void A_trap_without_a_handler_kills()
    {
        Container container = Calls("true", "getpriority", "getpid");
        Assert.Equal("", container.Run("--seccomp-log", "/dev/null").Returns(159).Stdout);
    }

    [Fact]
    public void Dockers_profile_says_what_no_rule_allows_and_what_is_newer()
    {
        Container container = Calls("true", "mount", "999", "clone:0x10000000");
        container.Bundle.Set("linux.seccomp", File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Profiles", "docker.json")));
        string log = container.Directory + "/log";
        Assert.Equal("mount -1\n999 -38\nclone -1\n", container.RunToEnd("--seccomp-log", log));
        string[] lines = File.ReadAllLines(log);
        Assert.EndsWith(", linux.seccomp.defaultAction: no rule names it", lines[0], StringComparison.Ordinal);
        Assert.EndsWith(", newer than every call that linux.seccomp names", lines[1], StringComparison.Ordinal);
        Assert.Contains(", linux.seccomp.defaultAction: the args of linux.seccomp.syscalls[", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public void What_keeps_the_program_from_starting_is_named()
    {
        Container container = Calls("true", "getpid");
        container.Bundle.Set("linux.seccomp",
            """{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [ { "names": [ "execve" ], "action": "SCMP_ACT_ERRNO" } ] }""");
        Outcome outcome = container.Run("--seccomp-log", "-").Fails("EPERM");
        Assert.Contains("punnet: seccomp: execve(", outcome.Stderr, StringComparison.Ordinal);
        container.AssertNothingLeft();
    }

    [Fact]
    public void Nothing_refused_is_said()
    {
        Assert.Equal("punnet: seccomp: no call was refused\n", Calls("true", "getpid").Run("--seccomp-log", "-").Succeeds().Stderr);
    }

    [Theory]
    [InlineData("--seccomp-log - --detach", "cannot be used with --detach")]
    [InlineData("--seccomp-log - --seccomp-log-format xml", "text or json is expected")]
    [InlineData("--seccomp-log-format json", "needs --seccomp-log")]
    [InlineData("--seccomp-log /no/such/directory/log", "/no/such/directory/log")]
    public void Wrong_options_are_refused(string options, string complaint)
    {
        Container container = Calls("true", "getpid");
        container.Run(options.Split(' ')).Fails(complaint);
        container.AssertNothingLeft();
    }

    [Fact]
    public void Without_a_profile_there_is_nothing_to_log()
    {
        NewContainer().Runs("true").Run("--seccomp-log", "-").Fails("linux.seccomp is missing");
    }

    [Fact]
    public void An_agent_and_a_log_exclude_each_other()
    {
        Container container = Calls("true", "getpid");
        container.Bundle.Set("linux.seccomp.listenerPath", "\"/no/agent\"");
        container.Bundle.Add("linux.seccomp.syscalls", """{ "names": [ "chdir" ], "action": "SCMP_ACT_NOTIFY" }""");
        container.Run("--seccomp-log", "-").Fails("SCMP_ACT_NOTIFY");
    }

    private Container Calls(string noNewPrivileges, params string[] calls)
    {
        Container container = NewContainer();
        container.Bundle.Set("linux.seccomp", Profile);
        container.Bundle.Set("process.noNewPrivileges", noNewPrivileges);
        File.Copy(Workplace.Program("calls"), container.Bundle.Rootfs + "/bin/calls");
        return container.Runs(["calls", .. calls]);
    }

    private static List<JsonNode> Json(string log)
    {
        List<JsonNode> lines = [];
        foreach (string line in File.ReadAllLines(log))
        {
            lines.Add(JsonNode.Parse(line)!);
        }

        return lines;
    }
}
