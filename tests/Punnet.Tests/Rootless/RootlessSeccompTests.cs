using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text.Json.Nodes;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>SCMP_ACT_NOTIFY for an ordinary user, who may not take the listener from the new process: a courier brings it.</summary>
public sealed class RootlessSeccompTests : RootlessTest
{
    // Beside those of SeccompAgentTests: what could forbid a process to send its listener itself, and to close it.
    private const string OwnCalls = SeccompAgentTests.OwnCalls
        + ", \"rt_sigreturn\", \"clone\", \"clone3\", \"recvfrom\", \"ppoll\", \"getpid\", \"pidfd_open\"";

    /// <summary>Ways to load a filter.</summary>
    public static TheoryData<string, string> Ways => new()
    {
        { "true", "\"getppid\"" }, { "false", "\"getppid\"" }, { "true", OwnCalls }, { "false", OwnCalls },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public void The_agent_answers_a_container_that_runs(string noNewPrivileges, string more)
    {
        Container container = Notifying(noNewPrivileges, more);
        using RunningCommand agent = SeccompAgentTests.Agent(container, "answer");
        Assert.Equal(SeccompAgentTests.Said, container.RunToEnd());
        Assert.Contains("call mkdirat\n", agent.Stdout, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void The_agent_answers_a_container_that_was_created_and_an_executed_program(string noNewPrivileges, string more)
    {
        Container container = Notifying(noNewPrivileges, more).RunsScript("calls mkdirat; exec sleep 1000");
        using RunningCommand agent = SeccompAgentTests.Agent(container, "answer");
        container.Create();
        Eventually.True(() => SeccompAgentTests.States(agent).Count == 1, "the agent has the state");
        JsonNode state = SeccompAgentTests.States(agent)[0];
        Assert.Equal("creating", (string?)state["state"]!["status"]);
        Assert.Equal(container.Pid, (int)state["pid"]!);

        container.Start().WaitForOutput(SeccompAgentTests.Said);
        Assert.Equal(SeccompAgentTests.Said, container.Exec("calls", "mkdirat").Succeeds().Stdout);
        List<JsonNode> states = SeccompAgentTests.States(agent);
        Assert.Equal(2, states.Count);
        Assert.Equal("running", (string?)states[1]["state"]!["status"]);
    }

    [Fact]
    public void The_first_process_allocates_nothing()
    {
        Container container = Notifying("true", "\"getppid\"").Sleeps().Globally("--debug");
        using RunningCommand agent = SeccompAgentTests.Agent(container, "answer");
        container.Create();
        Assert.Contains("the new process allocated 0 bytes", container.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"sendmsg\"")]
    [InlineData("\"close\"")]
    [InlineData("\"sendmsg\", \"close\", \"sendto\", \"recvmsg\", \"dup\", \"fcntl\"")]
    public void A_profile_that_kills_who_sends_or_closes_kills_nobody(string refused)
    {
        Container container = Notifying("true", "\"getppid\"").Runs("calls", "mkdirat", "getppid");
        container.Bundle.Add("linux.seccomp.syscalls", $$"""{ "names": [ {{refused}} ], "action": "SCMP_ACT_ERRNO" }""");
        using RunningCommand agent = SeccompAgentTests.Agent(container, "answer");
        Assert.StartsWith(SeccompAgentTests.Said, container.RunToEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_program_has_no_child_of_ours_and_waits_for_its_own()
    {
        Container container = Notifying("true",
            "\"getppid\"").RunsScript("cat /proc/1/task/1/children; echo; grep SigIgn /proc/1/status; (exit 7); echo $?; "
                + "sh -c 'exit 9' & wait $!; echo $?");
        using RunningCommand agent = SeccompAgentTests.Agent(container, "answer");
        string said = container.RunToEnd();

        Assert.EndsWith("\n7\n9\n", said, StringComparison.Ordinal);
        string[] lines = said.Split('\n');
        Assert.Single(lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries)); // cat itself
        const int ChildEnded = 1 << (17 - 1); // SIGCHLD
        Assert.Equal(0, int.Parse(lines[1].AsSpan("SigIgn:\t".Length), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & ChildEnded);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public void A_startContainer_hook_is_answered_and_waited_for(string noNewPrivileges)
    {
        Container container = Notifying(noNewPrivileges, "\"getppid\"").Runs("true");
        container.Bundle.Add("hooks.startContainer", """{ "path": "/bin/calls", "args": [ "calls", "mkdirat" ] }""");
        using (RunningCommand agent = SeccompAgentTests.Agent(container, "late"))
        {
            container.RunToEnd();
            Assert.Contains("call mkdirat\n", agent.Stdout, StringComparison.Ordinal);
            container.Bundle.Add("hooks.startContainer", """{ "path": "/bin/sh", "args": [ "sh", "-c", "exit 3" ] }""");
            container.Run().Fails("error running startContainer hook #1: exit status 3");
        }

        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("die", "true")]
    [InlineData("die", "false")]
    [InlineData("deaf", "true")]
    [InlineData("deaf", "false")]
    public void An_agent_that_ends_is_an_error_that_leaves_nothing(string mode, string noNewPrivileges)
    {
        Container container = Notifying(noNewPrivileges, OwnCalls);
        using RunningCommand agent = SeccompAgentTests.Agent(container, mode);
        container.Run().Fails("linux.seccomp.listenerPath");
        container.AssertNothingLeft();
    }

    [Fact]
    public void Nobody_at_the_path_is_an_error_that_leaves_nothing()
    {
        Container container = Notifying("true", "\"getppid\"");
        container.TryCreate()
            .Fails($"cannot connect to the seccomp agent {SeccompAgentTests.Socket(container)} (linux.seccomp.listenerPath)", "ENOENT");
        container.AssertNothingLeft();
    }

    [Fact]
    public void Refused_calls_are_written_down_too()
    {
        Container container = Notifying("true", "\"getppid\"");
        container.Bundle.Set("linux.seccomp",
            """{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":13}]}""");
        string log = container.Directory + "/log";
        Assert.Equal(SeccompAgentTests.Said, container.RunToEnd("--seccomp-log", log));
        Assert.StartsWith("punnet: seccomp: mkdirat(0x0, ", File.ReadAllText(log), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_a_container_with_subordinate_users_it_is_the_same()
    {
        Container container = SeccompAgentTests.Notify(NewSubordinate(), "true", OwnCalls);
        container.Bundle.Set("process.user", """{"uid":500,"gid":500}""");
        using RunningCommand agent = SeccompAgentTests.Agent(container, "answer");
        Assert.Equal(SeccompAgentTests.Said, container.RunToEnd());
    }

    private Container Notifying(string noNewPrivileges, string more) => SeccompAgentTests.Notify(NewRootless(), noNewPrivileges, more);
}
