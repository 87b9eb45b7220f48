using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary><c>pause</c> and <c>resume</c>: every process of the container stands still, and goes on.</summary>
public sealed class PauseTests : ContainerTest
{
    [Fact]
    public void A_paused_container_stands_still_until_it_is_resumed()
    {
        Container container = NewContainer().RunsScript("i=0; while true; do i=$((i+1)); echo $i; sleep 0.01; done");
        container.CreateAndStart().WaitForOutput("3\n");
        container.Call("pause", container.Id).Succeeds();
        Assert.Equal("1", CgroupTree.Value(container.Cgroup, "cgroup.events", "frozen"));
        Assert.Equal("paused", container.Status);
        string before = container.Output;
        System.Threading.Thread.Sleep(100);
        Assert.Equal(before, container.Output);
        container.Call("resume", container.Id).Succeeds();
        Assert.Equal("0", CgroupTree.Value(container.Cgroup, "cgroup.events", "frozen"));
        Assert.Equal("running", container.Status);
        Eventually.True(() => container.Output.Length > before.Length, "the program goes on");
    }

    [Fact]
    public void A_created_container_can_be_paused_too()
    {
        Container container = NewContainer().Sleeps().Create();
        container.Call("pause", container.Id).Succeeds();
        Assert.Equal("paused", container.Status);
        container.Call("resume", container.Id).Succeeds();
        Assert.Equal("created", container.Status);
        container.Start();
        Assert.Equal("running", container.Status);
    }

    [Fact]
    public void What_is_not_running_is_not_paused_and_what_is_not_paused_is_not_resumed()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        container.Call("resume", container.Id).Fails("container not paused");
        container.Call("pause", container.Id).Succeeds();
        container.Call("pause", container.Id).Fails("container not running");
        container.Call("resume", container.Id).Succeeds();
        container.Stop();
        container.Call("pause", container.Id).Fails("container not running");
        container.Call("resume", container.Id).Fails("container not paused");
    }

    [Fact]
    public void A_paused_container_can_be_killed_and_deleted_by_force()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        container.Call("pause", container.Id).Succeeds();
        container.Call("delete", container.Id).Fails($"cannot delete container {container.Id} that is not stopped: paused");
        container.Stop();

        Container other = NewContainer().Sleeps().CreateAndStart();
        other.Call("pause", other.Id).Succeeds();
        other.Call("delete", "--force", other.Id).Succeeds();
        other.AssertNothingLeft();
    }

    [Fact]
    public void An_exec_waits_only_when_it_is_told_to_ignore_the_pause()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        container.Call("pause", container.Id).Succeeds();
        Outcome refused = container.Exec("true").FailsWith(255, "cannot exec in a paused container (use --ignore-paused to override)");
        Assert.Equal("", refused.Stdout);
        using RunningCommand waiting = container.Command("exec", "--ignore-paused", container.Id, "echo", "at last").Start();
        System.Threading.Thread.Sleep(100);
        Assert.False(waiting.HasExited);
        Assert.Equal("", waiting.Stdout);
        container.Call("resume", container.Id).Succeeds();
        Assert.Equal("at last\n", waiting.Wait().Succeeds().Stdout);
    }
}
