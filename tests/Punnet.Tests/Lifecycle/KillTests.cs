using System.Collections.Generic;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary><c>kill</c>: names, numbers, whom it reaches.</summary>
public sealed class KillTests : ContainerTest
{
    // busybox's sleep in a loop: sh handles a trap only between two commands.
    private const string Listener = "trap 'echo got TERM; exit 3' TERM; trap 'echo got USR1; exit 4' USR1; trap 'echo got HUP; "
        + "exit 5' HUP; echo ready; while :; do sleep 0.02; done";

    [Theory]
    [InlineData("TERM", "got TERM")]
    [InlineData("SIGTERM", "got TERM")]
    [InlineData("term", "got TERM")]
    [InlineData("sigterm", "got TERM")]
    [InlineData("15", "got TERM")]
    [InlineData("USR1", "got USR1")]
    [InlineData("10", "got USR1")]
    [InlineData("SIGHUP", "got HUP")]
    [InlineData("1", "got HUP")]
    public void A_signal_is_a_name_or_a_number(string signal, string expected)
    {
        Container container = NewContainer().RunsScript(Listener).CreateAndStart();
        container.WaitForOutput("ready");
        container.Kill(signal).Succeeds();
        container.WaitFor("stopped");
        Assert.Equal("ready\n" + expected + "\n", container.Output);
    }

    [Fact]
    public void The_default_signal_is_term()
    {
        Container container = NewContainer().RunsScript(Listener).CreateAndStart();
        container.WaitForOutput("ready");
        container.Call("kill", container.Id).Succeeds();
        container.WaitFor("stopped");
        Assert.Contains("got TERM", container.Output, System.StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("KILL")]
    [InlineData("9")]
    public void Kill_ends_a_program_that_listens_to_nothing(string signal)
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        container.Kill(signal).Succeeds();
        container.WaitFor("stopped").Delete().Succeeds();
    }

    [Fact]
    public void Signal_0_only_asks()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        container.Kill("0").Succeeds();
        Assert.Equal("running", container.Status);
    }

    [Theory]
    [InlineData("NOSUCH")]
    [InlineData("SIG")]
    [InlineData("-1")]
    [InlineData("9x")]
    [InlineData("9999")]
    public void An_unknown_signal_is_refused_by_name(string signal)
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        Outcome outcome = container.Call("kill", container.Id, signal);
        Assert.NotEqual(0, outcome.ExitCode);
        if (Runtime.IsPunnet)
        {
            Assert.Contains(signal, outcome.Stderr, System.StringComparison.Ordinal);
        }

        Assert.Equal("running", container.Status);
    }

    [Fact]
    public void A_stopped_container_is_not_running()
    {
        Container container = NewContainer().Runs("true").CreateAndStart().WaitFor("stopped");
        container.Kill("TERM").Fails("container not running");
    }

    [Fact]
    public void A_created_container_can_be_killed()
    {
        Container container = NewContainer().Sleeps().Create();
        container.Kill("KILL").Succeeds();
        container.WaitFor("stopped").Delete().Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void All_reaches_every_process_of_the_cgroup()
    {
        Container container = NewContainer().RunsScript("(trap 'echo one; exit' TERM; while :; do sleep 0.02; done) & (trap 'echo two; "
            + "exit' TERM; while :; do sleep 0.02; done) & sleep 0.1; echo ready; trap '' TERM; wait; echo end");
        container.Bundle.Namespace("pid", present: false);
        container.CreateAndStart();
        container.WaitForOutput("ready");
        container.Call("kill", "--all", container.Id, "TERM").Succeeds();
        container.WaitFor("stopped");
        Assert.Contains("one", container.Output, System.StringComparison.Ordinal);
        Assert.Contains("two", container.Output, System.StringComparison.Ordinal);
    }

    // Each shell makes the next one and ends: whoever makes a list of them and then sends is late. The chain ends by itself and says so.
    [Fact]
    public void All_reaches_processes_that_fork_all_the_time()
    {
        const string Script = "next() { [ $1 -lt 5000 ] || echo escaped; ( : ); [ $1 -ge 5000 ] || next $(($1 + 1)) & }; "
            + "sleep 1000 & next 1; next 1; trap : TERM; echo ready; while :; do wait; sleep 0.02; done";
        Container container = NewContainer().RunsScript(Script).CreateAndStart();
        container.WaitForOutput("ready");
        container.Call("kill", "--all", container.Id, "TERM").Succeeds();
        Eventually.True(() => System.IO.File.ReadAllLines(container.Cgroup + "/cgroup.procs").Length <= 2,
            "only the first shell and its sleep are left");
        Assert.DoesNotContain("escaped", container.Output, System.StringComparison.Ordinal);
        string first = System.IO.File.ReadAllLines(container.Cgroup + "/cgroup.procs")[0];
        Assert.Equal(container.Pid.ToString(System.Globalization.CultureInfo.InvariantCulture), first);
        Assert.Equal("0", CgroupTree.Value(container.Cgroup, "cgroup.events", "frozen"));
        Assert.Equal("running", container.Status);
    }

    [Fact]
    public void All_leaves_a_paused_container_paused_with_the_signal_waiting()
    {
        Container container = NewContainer().RunsScript("trap 'echo heard; exit 0' TERM; echo ready; while :; do sleep 0.02; done")
            .CreateAndStart();
        container.WaitForOutput("ready");
        container.Call("pause", container.Id).Succeeds();
        container.Call("kill", "--all", container.Id, "TERM").Succeeds();
        Assert.Equal("paused", container.Status);
        container.Call("resume", container.Id).Succeeds();
        container.WaitForOutput("heard");
    }

    [Fact]
    public void All_has_a_short_name()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        container.Call("kill", "-a", container.Id, "KILL").Succeeds();
        container.WaitFor("stopped");
    }

    [Fact]
    public void All_after_the_end_is_not_an_error()
    {
        Container container = NewContainer().Runs("true").CreateAndStart().WaitFor("stopped");
        container.Call("kill", "--all", container.Id, "KILL").Succeeds();
    }

    [Fact]
    public void Without_a_pid_namespace_KILL_reaches_every_process()
    {
        Container container = NewContainer().RunsScript("sleep 1000 & sleep 1000 & echo ready; wait");
        container.Bundle.Namespace("pid", present: false);
        container.CreateAndStart();
        container.WaitForOutput("ready");
        Assert.Equal(3, System.IO.File.ReadAllLines(container.Cgroup + "/cgroup.procs").Length);
        container.Kill("KILL").Succeeds();
        Eventually.True(() => CgroupTree.Value(container.Cgroup, "cgroup.events", "populated") == "0", "all processes are dead");
        container.WaitFor("stopped").Delete().Succeeds();
    }

    [Fact]
    public void KILL_reaches_those_that_the_first_process_has_left()
    {
        Container container = NewContainer().RunsScript("sleep 1000 & sleep 1000 & echo ready");
        container.Bundle.Namespace("pid", present: false);
        container.CreateAndStart();
        container.WaitFor("stopped");
        Assert.Equal(2, System.IO.File.ReadAllLines(container.Cgroup + "/cgroup.procs").Length);
        container.Kill("TERM").Fails("container not running");
        container.Kill("KILL").Succeeds();
        Eventually.True(() => CgroupTree.Value(container.Cgroup, "cgroup.events", "populated") == "0", "all processes are dead");
        container.Kill("KILL").Fails("container not running");
        container.Delete().Succeeds();
    }

    [Fact]
    public void With_the_pid_namespace_its_children_die_with_init()
    {
        Container container = NewContainer().RunsScript("sleep 1000 & sleep 1000 & echo ready; wait").CreateAndStart();
        container.WaitForOutput("ready");
        List<int> processes = ProcFile.Mentioning(container.Id);
        Assert.Equal(3, processes.Count);
        container.Stop();
        Eventually.True(() => processes.TrueForAll(static pid => !ProcFile.IsAlive(pid)), "all processes are dead");
    }
}
