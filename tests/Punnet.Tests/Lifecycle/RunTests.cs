using System;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary><c>run</c>: the whole life in one call.</summary>
public sealed class RunTests : ContainerTest
{
    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 1", 1)]
    [InlineData("exit 7", 7)]
    [InlineData("exit 255", 255)]
    public void The_status_is_the_programs(string script, int status)
    {
        Container container = NewContainer().RunsScript(script);
        container.Run().Returns(status);
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("KILL", 137)]
    [InlineData("TERM", 143)]
    [InlineData("INT", 130)]
    public void A_program_that_dies_of_a_signal_returns_128_and_the_signal(string signal, int status)
    {
        Container container = NewContainer().RunsScript($"kill -{signal} $$; sleep 10");
        container.Bundle.Namespace("pid", present: false);
        container.Bundle.Capabilities("CAP_KILL");
        container.Run().Returns(status);
    }

    [Fact]
    public void The_programs_output_is_the_only_output()
    {
        Container container = NewContainer().RunsScript("echo out; echo err >&2");
        Outcome outcome = container.Run().Succeeds();
        Assert.Equal("out\n", outcome.Stdout);
        Assert.Equal("err\n", outcome.Stderr);
    }

    [Fact]
    public void Nothing_is_left_afterwards()
    {
        Container container = NewContainer().Runs("true");
        container.Run().Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void Keep_leaves_a_stopped_container_with_its_cgroup()
    {
        Container container = NewContainer().RunsScript("sleep 0.3; exit 3");
        Command command = container.RunCommand("--keep");
        using RunningCommand running = command.Start();
        Eventually.True(() => File.Exists(container.PidFile), "the pid file");
        string cgroup = CgroupTree.DirectoryOf(int.Parse(File.ReadAllText(container.PidFile),
            System.Globalization.CultureInfo.InvariantCulture));
        running.Wait().Returns(3);
        Assert.Equal("stopped", container.Status);
        Assert.True(Directory.Exists(cgroup));
        container.Delete().Succeeds();
        Assert.False(Directory.Exists(cgroup));
    }

    [Theory]
    [InlineData("--detach")]
    [InlineData("-d")]
    public void Detach_returns_when_the_program_runs(string flag)
    {
        Container container = NewContainer().RunsScript("echo ready; sleep 1000");
        container.Run(flag).Succeeds();
        Assert.Equal("running", container.Status);
        container.WaitForOutput("ready");
        container.Stop().Delete().Succeeds();
    }

    [Fact]
    public void A_program_that_does_not_exist_is_an_error_that_leaves_nothing()
    {
        Container container = NewContainer().Runs("no-such-program");
        container.Run().Fails("executable file not found in $PATH");
        container.AssertNothingLeft();
    }

    [Fact]
    public void An_id_in_use_is_refused()
    {
        Container first = NewContainer().Sleeps().CreateAndStart();
        Container second = NewContainer(first.StateRoot).Runs("true");
        second.Bundle.Write();
        first.Call("run", "--bundle", second.Bundle.Path, first.Id).Fails("already exists");
        Assert.Equal("running", first.Status);
    }

    [Fact]
    public void A_foreground_run_is_seen_by_state_while_it_lasts()
    {
        Container container = NewContainer().RunsScript("echo ready; read line");
        string fifo = container.Directory + "/fifo";
        Assert.Equal(0, Mono.Unix.Native.Syscall.mkfifo(fifo, (Mono.Unix.Native.FilePermissions)0x180));
        container.Bundle.Write();
        Command command = new(Runtime.Path, ["--root", container.StateRoot, "run", "--bundle", container.Bundle.Path, container.Id])
        {
            // <> does not wait for a writer.
            Redirections = $"0<>'{fifo}'",
            Stdout = container.Directory + "/stdout",
            Stderr = container.Directory + "/stderr",
        };
        using RunningCommand running = command.Start();
        container.WaitForOutput("ready");
        Assert.Equal("running", container.Status);
        File.AppendAllText(fifo, "go\n");
        running.Wait().Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void Children_that_init_left_behind_do_not_delay_the_end()
    {
        Container container = NewContainer().RunsScript("sleep 1000 & exit 5");
        container.Run().Returns(5);
        container.AssertNothingLeft();
    }

    [Fact]
    public void Without_a_pid_namespace_what_init_left_behind_is_killed()
    {
        Container container = NewContainer().RunsScript("sleep 1000 & exit 5");
        container.Bundle.Namespace("pid", present: false);
        container.Run().Returns(5);
        container.AssertNothingLeft();
    }

    [Fact]
    public void Twenty_runs_in_a_row_leave_nothing()
    {
        for (int round = 0; round < 20; round++)
        {
            Container container = NewContainer().Runs("true");
            container.Run().Succeeds();
        }
    }

    [Fact]
    public void The_default_root_is_below_run()
    {
        // Only asked, never written: other tests and people use it.
        Outcome outcome = Runtime.Run("state", Workplace.UniqueName());
        Assert.Contains("does not exist", outcome.Fails().Stderr, StringComparison.Ordinal);
    }
}
