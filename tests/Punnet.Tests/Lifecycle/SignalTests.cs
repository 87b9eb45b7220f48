using System;
using System.Collections.Generic;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>A foreground run or exec passes signals on, and returns what the program returns.</summary>
public sealed class SignalTests : ContainerTest
{
    private const string Listener = """
        for s in HUP INT QUIT USR1 USR2 TERM; do trap "echo got $s; exit 3" $s; done
        echo ready; while :; do sleep 0.02; done
        """;

    [Theory]
    [InlineData(Signum.SIGHUP, "HUP")]
    [InlineData(Signum.SIGINT, "INT")]
    [InlineData(Signum.SIGQUIT, "QUIT")]
    [InlineData(Signum.SIGUSR1, "USR1")]
    [InlineData(Signum.SIGUSR2, "USR2")]
    [InlineData(Signum.SIGTERM, "TERM")]
    public void A_signal_to_a_foreground_run_reaches_the_program(Signum signal, string name)
    {
        Container container = NewContainer().RunsScript(Listener);
        using RunningCommand running = container.RunCommand().Start();
        container.WaitForOutput("ready");
        Assert.Equal(0, Syscall.kill(running.Pid, signal));
        running.Wait().Returns(3);
        Assert.Equal($"ready\ngot {name}\n", container.Output);
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData(Signum.SIGINT, "INT")]
    [InlineData(Signum.SIGTERM, "TERM")]
    public void A_signal_to_a_foreground_exec_reaches_its_program(Signum signal, string name)
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        using RunningCommand running = container.Command("exec", container.Id, "sh", "-c", Listener).Start();
        Eventually.True(() => running.Stdout.Contains("ready", StringComparison.Ordinal), "exec is ready");
        Assert.Equal(0, Syscall.kill(running.Pid, signal));
        running.Wait().Returns(3);
        Assert.Equal($"ready\ngot {name}\n", running.Stdout);
        Assert.Equal("running", container.Status);
    }

    [Fact]
    public void Signals_can_be_passed_on_many_times()
    {
        Container container = NewContainer()
            .RunsScript("n=0; trap 'n=$((n+1)); echo got $n' USR1; trap 'exit 0' TERM; echo ready; while :; do sleep 0.01; done");
        using RunningCommand running = container.RunCommand().Start();
        container.WaitForOutput("ready");
        for (int round = 1; round <= 5; round++)
        {
            Assert.Equal(0, Syscall.kill(running.Pid, Signum.SIGUSR1));
            container.WaitForOutput($"got {round}\n");
        }

        Assert.Equal(0, Syscall.kill(running.Pid, Signum.SIGTERM));
        running.Wait().Succeeds();
    }

    [Fact]
    public void A_program_killed_from_inside_another_way_returns_137()
    {
        Container container = NewContainer().Sleeps();
        using RunningCommand running = container.RunCommand().Start();
        Eventually.True(() => System.IO.File.Exists(container.PidFile) && container.Status == "running", "running");
        container.Kill("KILL").Succeeds();
        running.Wait().Returns(137);
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_container_that_is_stopped_with_SIGSTOP_is_not_gone()
    {
        Container container = NewContainer().Sleeps();
        using RunningCommand running = container.RunCommand().Start();
        Eventually.True(() => System.IO.File.Exists(container.PidFile) && container.Status == "running", "running");
        container.Kill("STOP").Succeeds();
        container.Kill("CONT").Succeeds();
        Assert.False(running.HasExited);
        Assert.Equal("running", container.Status);
        container.Kill("KILL").Succeeds();
        running.Wait().Returns(137);
    }

    [Fact]
    public void The_program_starts_with_no_signal_blocked_or_ignored()
    {
        Container container = NewContainer().Runs("grep", "-E", "SigBlk|SigIgn|SigCgt", "/proc/self/status");
        const string None = "0000000000000000";
        Assert.Equal($"SigBlk:\t{None}\nSigIgn:\t{None}\nSigCgt:\t{None}\n", container.RunToEnd());
    }

    [Fact]
    public void An_executed_program_starts_with_no_signal_blocked_or_ignored()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        const string None = "0000000000000000";
        Assert.Equal($"SigBlk:\t{None}\nSigIgn:\t{None}\nSigCgt:\t{None}\n",
            container.Exec("grep", "-E", "SigBlk|SigIgn|SigCgt", "/proc/self/status").Succeeds().Stdout);
    }

    [Fact]
    public void Orphans_of_the_container_without_a_pid_namespace_are_reaped()
    {
        Container container = NewContainer().RunsScript("for i in 1 2 3; do (sleep 0.05 &) ; done; sleep 0.3");
        container.Bundle.Namespace("pid", present: false);
        container.Run().Succeeds();
        List<int> left = ProcFile.Mentioning(container.Id);
        Assert.Empty(left);
    }
}
