using System;
using System.Globalization;
using System.Linq;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>What <c>state</c> and <c>list</c> know of the end of a container: exitCode, oomKilled and finished, or nothing.</summary>
public sealed class EndingTests : ContainerTest
{
    [Theory]
    [InlineData("exit 3", 3)]
    [InlineData("exit 0", 0)]
    [InlineData("kill -KILL $$", 137)]
    public void A_run_that_keeps_the_container_knows_its_exit_status_and_when_it_ended(string script, int status)
    {
        // Not as process 1 of a pid namespace, which cannot kill itself.
        Container container = NewContainer().RunsScript(script);
        container.Bundle.Namespace("pid", present: false);
        DateTimeOffset before = DateTimeOffset.UtcNow.AddSeconds(-2);

        container.Run("--keep").Returns(status);

        PrintedState state = container.State();
        Assert.Equal(("stopped", status), (state.Status, state.ExitCode));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$", state.Finished);
        Assert.InRange(DateTimeOffset.Parse(state.Finished![..19] + "Z", CultureInfo.InvariantCulture), before, DateTimeOffset.UtcNow);
        Assert.Equal((status, state.Finished), (Listed(container).ExitCode, Listed(container).Finished));
        container.Delete().Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void Of_a_container_that_has_not_ended_nothing_is_said()
    {
        Container container = NewContainer().Sleeps().Create();
        AssertNothingIsKnown(container);
        container.Start();
        AssertNothingIsKnown(container);
    }

    [Theory]
    [InlineData("exit 7", 7)]
    [InlineData("exit 0", 0)]
    [InlineData("kill -TERM $$", 143)]
    public void Of_a_detached_one_the_exit_status_is_known_until_its_parent_has_waited_for_it(string script, int status)
    {
        Container container = NewContainer().RunsScript("sleep 0.1; " + script);
        container.Bundle.Namespace("pid", present: false);
        using RunningCommand keeper = new Command(Workplace.Program("keeper"), container.CreateCommand().Words).Start();
        Eventually.True(() => keeper.Stdout == "ready\n", "the create");
        container.Start();
        container.WaitFor("stopped");

        Assert.Equal((status, null), (container.State().ExitCode, container.State().Finished));
        Assert.Equal(status, Listed(container).ExitCode);

        Assert.Equal(0, Syscall.kill(keeper.Pid, Signum.SIGUSR1));
        Eventually.True(() => keeper.Stdout == "ready\nreaped\n", "the wait for the container's process");
        AssertNothingIsKnown(container);
        container.Delete().Succeeds();
    }

    [Fact]
    public void An_exit_status_that_the_caller_may_not_read_is_not_taken_for_0()
    {
        Container container = NewContainer().RunsScript("exit 7");
        container.Bundle.Set("process.user", """{"uid":1000,"gid":1000}""");
        using RunningCommand keeper = new Command(Workplace.Program("keeper"), container.CreateCommand().Words).Start();
        Eventually.True(() => keeper.Stdout == "ready\n", "the create");
        container.Start();
        container.WaitFor("stopped");

        string[] words = ["--bounding-set=-sys_ptrace", .. container.Command("state", container.Id).Words];
        PrintedState seen = Printed.State(new Command("/usr/bin/setpriv", words).Run().Succeeds().Stdout);

        Assert.Equal(7, container.State().ExitCode);
        Assert.Equal(("stopped", null), (seen.Status, seen.ExitCode));
        Assert.Equal(0, Syscall.kill(keeper.Pid, Signum.SIGUSR1));
        Eventually.True(() => keeper.Stdout == "ready\nreaped\n", "the wait for the container's process");
        container.Delete().Succeeds();
    }

    [Fact]
    public void Whether_memory_was_used_up_is_known_while_there_is_a_cgroup_that_counts_it()
    {
        Controllers.Need("memory");
        const string Limits = """{"memory":{"limit":16777216,"swap":16777216}}""";
        Container killed = NewContainer().Runs("dd", "if=/dev/zero", "of=/dev/null", "bs=64M", "count=1").Limits(Limits).CreateAndStart();
        Container ended = NewContainer(killed.StateRoot).Runs("true").Limits(Limits).CreateAndStart();
        killed.WaitFor("stopped");
        ended.WaitFor("stopped");

        Assert.Equal((true, false), (killed.State().OomKilled, ended.State().OomKilled));
        Assert.Equal((true, false), (Listed(killed).OomKilled, Listed(ended).OomKilled));
    }

    private static PrintedState Listed(Container container) =>
        Printed.States(container.Call("list", "--format", "json").Succeeds().Stdout).Single(state => state.Id == container.Id);

    private static void AssertNothingIsKnown(Container container)
    {
        foreach (PrintedState state in new[] { container.State(), Listed(container) })
        {
            Assert.Equal((null, null), (state.ExitCode, state.Finished));
            Assert.NotEqual(true, state.OomKilled);
        }
    }
}
