using System.Collections.Generic;
using System.Globalization;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>create, start, kill, delete: which is allowed when, and what each leaves.</summary>
public sealed class LifecycleTests : ContainerTest
{
    [Fact]
    public void A_container_goes_from_created_to_running_to_stopped_to_nothing()
    {
        Container container = NewContainer().Sleeps();
        container.Create();
        Assert.Equal("created", container.Status);
        container.Start();
        Assert.Equal("running", container.Status);
        container.Stop();
        Assert.Equal("stopped", container.Status);
        container.Delete().Succeeds();
        container.Call("state", container.Id).Fails("container does not exist");
        container.AssertNothingLeft();
    }

    [Fact]
    public void The_program_runs_at_start_and_not_at_create()
    {
        Container container = NewContainer().RunsScript("echo ran");
        container.Create();
        Assert.Equal("", container.Output);
        container.Start().WaitFor("stopped");
        Assert.Equal("ran\n", container.Output);
    }

    [Fact]
    public void The_process_of_create_is_the_process_that_becomes_the_program()
    {
        Container container = NewContainer().Sleeps();
        container.Create();
        int pid = container.Pid;
        Assert.NotEqual(["sleep", "1000"], ProcFile.CommandLine(pid));
        container.Start();
        Eventually.True(() => ProcFile.CommandLine(pid) is ["sleep", ..], "the program runs");
        Assert.Equal(pid, container.Pid);
    }

    [Fact]
    public void The_runtime_says_nothing_when_all_goes_well()
    {
        Container container = NewContainer().Sleeps();
        Outcome create = container.TryCreate().Succeeds();
        Outcome start = container.Call("start", container.Id).Succeeds();
        Outcome kill = container.Kill("KILL").Succeeds();
        container.WaitFor("stopped");
        Outcome delete = container.Delete().Succeeds();
        foreach (Outcome outcome in new List<Outcome> { create, start, kill, delete })
        {
            Assert.Equal("", outcome.Stdout);
            Assert.Equal("", outcome.Stderr);
        }
    }

    [Fact]
    public void A_container_can_be_created_again_after_delete()
    {
        Container container = NewContainer().RunsScript("echo again");
        for (int round = 0; round < 3; round++)
        {
            container.CreateAndStart().WaitFor("stopped");
            container.Delete().Succeeds();
        }
    }

    [Fact]
    public void A_second_create_of_one_id_is_refused_and_changes_nothing()
    {
        Container first = NewContainer().Sleeps();
        first.CreateAndStart();
        int pid = first.Pid;
        Container second = NewContainer(first.StateRoot).Sleeps();
        second.Bundle.Write();
        second.Call("create", "--bundle", second.Bundle.Path, first.Id).Fails("already exists");
        Assert.Equal(pid, first.Pid);
        Assert.Equal("running", first.Status);
    }

    [Fact]
    public void A_running_container_cannot_be_started_again()
    {
        Container container = NewContainer().Sleeps();
        container.CreateAndStart();
        container.Call("start", container.Id).Fails("running");
        Assert.Equal("running", container.Status);
    }

    [Fact]
    public void A_stopped_container_cannot_be_started()
    {
        Container container = NewContainer().Runs("true");
        container.CreateAndStart().WaitFor("stopped");
        container.Call("start", container.Id).Fails("stopped");
        Assert.Equal("stopped", container.Status);
    }

    [Theory]
    [InlineData("start")]
    [InlineData("state")]
    [InlineData("kill")]
    [InlineData("delete")]
    [InlineData("ps")]
    public void An_unknown_container_does_not_exist(string verb)
    {
        Container container = NewContainer();
        container.Call(verb, container.Id).Fails("does not exist");
    }

    [Fact]
    public void An_exec_into_an_unknown_container_does_not_exist()
    {
        Container container = NewContainer();
        Outcome outcome = container.Exec("true");
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Contains("does not exist", outcome.Stderr, System.StringComparison.Ordinal);
    }

    [Fact]
    public void A_container_whose_program_ended_is_stopped_with_pid_0()
    {
        Container container = NewContainer().Runs("true");
        container.CreateAndStart().WaitFor("stopped");
        Assert.Equal(0, container.Pid);
    }

    [Fact]
    public void A_bundle_is_the_working_directory_unless_named()
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Write();
        Command command = new(Runtime.Path, ["--root", container.StateRoot, "create", container.Id])
        {
            WorkingDirectory = container.Bundle.Path,
            Stdout = container.Directory + "/stdout",
            Stderr = container.Directory + "/stderr",
        };
        command.Run().Succeeds();
        Assert.Equal(container.Bundle.Path, container.State().Bundle);
        container.Start().WaitFor("stopped");
    }

    [Fact]
    public void A_relative_bundle_is_relative_to_the_working_directory()
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Write();
        Command command = new(Runtime.Path, ["--root", "state", "create", "-b", "bundle", container.Id])
        {
            WorkingDirectory = container.Directory,
            Stdout = container.Directory + "/stdout",
            Stderr = container.Directory + "/stderr",
        };
        command.Run().Succeeds();
        Assert.Equal(container.Bundle.Path, container.State().Bundle);
    }

    [Fact]
    public void The_init_process_belongs_to_the_nearest_subreaper_once_create_has_returned()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Write();
        Command command = new(Workplace.Program("subreaper"),
            [container.PidFile, Runtime.Path, "--root", container.StateRoot, "create", "--bundle", container.Bundle.Path, "--pid-file",
                container.PidFile, container.Id])
        {
            Stdout = container.Directory + "/reaper.out",
            Stderr = container.Directory + "/reaper.err",
        };
        string said = command.Run().Succeeds().Stdout;
        Assert.Equal("child 1\n", said);
    }

    [Fact]
    public void The_init_process_leads_its_own_session_and_process_group()
    {
        Container container = NewContainer().Sleeps();
        container.CreateAndStart();
        string[] stat = File.ReadAllText($"/proc/{container.Pid}/stat").Split(") ")[1].Split(' ');
        string pid = container.Pid.ToString(CultureInfo.InvariantCulture);
        Assert.Equal(pid, stat[2]);
        Assert.Equal(pid, stat[3]);
    }
}
