using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json.Nodes;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>SCMP_ACT_NOTIFY: the agent at linux.seccomp.listenerPath gets the listener and the state, and answers.</summary>
public sealed class SeccompAgentTests : ContainerTest
{
    private const int Refusal = 13; // EACCES, which the kernel would not give for a bad address
    internal const string Said = "mkdirat -13\n";

    // All that punnet itself calls between loading the filter and the program, but write(2), which no profile may notify of.
    internal const string OwnCalls = "\"read\", \"close\", \"prctl\", \"close_range\", \"execve\", \"rt_sigaction\", \"rt_sigprocmask\", "
        + "\"capset\", "
        + "\"setresuid\", \"setresgid\", \"setgroups\", \"sendmsg\", \"fcntl\", \"getcwd\", \"umask\", \"exit_group\"";

    [Theory]
    [InlineData("true", "\"getppid\"")]
    [InlineData("false", "\"getppid\"")]
    [InlineData("true", OwnCalls)]
    [InlineData("false", OwnCalls)]
    public void The_agent_answers_a_container_that_runs(string noNewPrivileges, string more)
    {
        Container container = Notifying(noNewPrivileges, more);
        using RunningCommand agent = Agent(container, "answer");
        Assert.Equal(Said, container.RunToEnd());
        Assert.Contains("call mkdirat\n", agent.Stdout, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("true", "\"getppid\"")]
    [InlineData("false", "\"getppid\"")]
    [InlineData("true", OwnCalls)]
    [InlineData("false", OwnCalls)]
    public void The_agent_answers_a_container_that_was_created(string noNewPrivileges, string more)
    {
        Container container = Notifying(noNewPrivileges, more);
        using RunningCommand agent = Agent(container, "answer");
        container.Create();
        Eventually.True(() => States(agent).Count == 1, "the agent has the state");
        Assert.Equal("creating", (string?)States(agent)[0]["state"]!["status"]);
        Assert.Equal(container.Pid, (int)States(agent)[0]["pid"]!);
        container.Start().WaitForOutput(Said);
    }

    [Theory]
    [InlineData("true", "\"getppid\"")]
    [InlineData("false", "\"getppid\"")]
    [InlineData("true", OwnCalls)]
    [InlineData("false", OwnCalls)]
    public void The_agent_answers_an_executed_program(string noNewPrivileges, string more)
    {
        Container container = Notifying(noNewPrivileges, more).Sleeps();
        using RunningCommand agent = Agent(container, "answer");
        container.CreateAndStart();
        Assert.Equal(Said, container.Exec("calls", "mkdirat").Succeeds().Stdout);
        List<JsonNode> states = States(agent);
        Assert.Equal(2, states.Count);
        Assert.Equal("running", (string?)states[1]["state"]!["status"]);
        Assert.Equal(container.Pid, (int)states[1]["state"]!["pid"]!);
        Assert.NotEqual(container.Pid, (int)states[1]["pid"]!);
    }

    [Fact]
    public void The_state_is_the_specifications()
    {
        Container container = Notifying("true", "\"getppid\"");
        container.Bundle.Set("linux.seccomp.listenerMetadata", "\"some \\\"text\\\"\"");
        container.Bundle.Set("annotations", """{ "a": "b" }""");
        using RunningCommand agent = Agent(container, "answer");
        container.Create();
        Eventually.True(() => States(agent).Count == 1, "the agent has the state");
        JsonNode state = Assert.Single(States(agent));
        Assert.Equal("1.3.0", (string?)state["ociVersion"]);
        Assert.Equal("[\"seccompFd\"]", state["fds"]!.ToJsonString());
        Assert.Equal("some \"text\"", (string?)state["metadata"]);
        Assert.Equal(container.Id, (string?)state["state"]!["id"]);
        Assert.Equal(container.Bundle.Path, (string?)state["state"]!["bundle"]);
        Assert.Equal("b", (string?)state["state"]!["annotations"]!["a"]);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public void A_startContainer_hook_is_answered_too(string noNewPrivileges)
    {
        Container container = Notifying(noNewPrivileges, "\"getppid\"").Runs("true");
        container.Bundle.Add("hooks.startContainer", """{ "path": "/bin/calls", "args": [ "calls", "mkdirat" ] }""");
        using RunningCommand agent = Agent(container, "late");
        container.RunToEnd();
        Assert.Contains("call mkdirat\n", agent.Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kernel_that_waits_only_for_kills_is_asked_to()
    {
        string[] supported = Printed.Features().Linux.Seccomp.SupportedFlags!;
        Container container = Notifying("true", "\"getppid\"");
        container.Bundle.Set("linux.seccomp.flags", """[ "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" ]""");
        using RunningCommand agent = Agent(container, "answer");
        if (supported.Contains("SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"))
        {
            Assert.Equal(Said, container.RunToEnd());
        }
        else
        {
            container.Run().Fails("linux.seccomp.flags[0]: this kernel does not know SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV");
        }
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public void Nobody_at_the_path_is_an_error_that_leaves_nothing(string noNewPrivileges)
    {
        Container container = Notifying(noNewPrivileges, "\"getppid\"");
        container.TryCreate().Fails($"cannot connect to the seccomp agent {Socket(container)} (linux.seccomp.listenerPath)", "ENOENT");
        container.Run().Fails("linux.seccomp.listenerPath");
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_missing_path_is_an_error_that_leaves_nothing()
    {
        Container container = Notifying("true", "\"getppid\"");
        container.Bundle.Remove("linux.seccomp.listenerPath");
        container.TryCreate().Fails("config.json: linux.seccomp.listenerPath: is missing: SCMP_ACT_NOTIFY needs the socket of an agent");
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
        using RunningCommand agent = Agent(container, mode);
        container.Run().Fails("linux.seccomp.listenerPath");
        container.AssertNothingLeft();
    }

    [Fact]
    public void An_agent_that_ends_fails_an_exec_and_leaves_the_container()
    {
        Container container = Notifying("true", "\"getppid\"").Sleeps();
        using (RunningCommand agent = Agent(container, "answer"))
        {
            container.CreateAndStart();
        }

        container.Exec("true").FailsWith(255, "linux.seccomp.listenerPath");
        Assert.Equal("running", container.Status);
    }

    [Fact]
    public void Features_name_the_action()
    {
        Assert.Contains("SCMP_ACT_NOTIFY", Printed.Features().Linux.Seccomp.Actions);
    }

    private Container Notifying(string noNewPrivileges, string more) => Notify(NewContainer(), noNewPrivileges, more);

    /// <summary>A profile that has mkdirat(2) and more answered by an agent, and a program that calls it.</summary>
    internal static Container Notify(Container container, string noNewPrivileges, string more)
    {
        container.Bundle.Set("linux.seccomp", $$"""
            {
              "defaultAction": "SCMP_ACT_ALLOW",
              "listenerPath": "{{Socket(container)}}",
              "syscalls": [ { "names": [ "mkdirat", {{more}} ], "action": "SCMP_ACT_NOTIFY" } ]
            }
            """);
        container.Bundle.Set("process.noNewPrivileges", noNewPrivileges);
        File.Copy(Workplace.Program("calls"), container.Bundle.Rootfs + "/bin/calls");
        return container.Runs("calls", "mkdirat");
    }

    internal static string Socket(Container container) => container.Directory + "/agent";

    /// <summary>An agent that listens, as the user who has the container.</summary>
    internal static RunningCommand Agent(Container container, string mode)
    {
        string[] words = [Workplace.Program("agent"), Socket(container), mode, Refusal.ToString(System.Globalization.CultureInfo.InvariantCulture)];
        RunningCommand agent = (container.User?.Program(words) ?? new Command(words[0], words[1..])).Start();
        Eventually.True(() => File.Exists(Socket(container)), "the agent listens");
        return agent;
    }

    internal static List<JsonNode> States(RunningCommand agent)
    {
        List<JsonNode> states = [];
        foreach (string line in agent.Stdout.Split('\n'))
        {
            if (line.StartsWith('{') && line.EndsWith('}'))
            {
                states.Add(JsonNode.Parse(line)!);
            }
        }

        return states;
    }
}
