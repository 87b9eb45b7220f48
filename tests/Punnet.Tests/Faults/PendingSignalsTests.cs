using System;
using System.IO;
using System.Threading;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>What others see of a container that is being made, and what becomes of it when its create is told to end.</summary>
public sealed class InterruptionTests : ContainerTest
{
    [Fact]
    public void A_container_that_is_being_made_does_not_exist_but_its_id_is_taken()
    {
        Runtime.MustBePunnet();
        Container container = NewContainer().Sleeps();
        string go = HoldIn(container, "createRuntime");
        using RunningCommand create = container.CreateCommand().Start();
        WaitForHook(container);
        const string Missing = "container does not exist";
        container.Call("state", container.Id).Fails(Missing);
        container.Call("start", container.Id).Fails(Missing);
        container.Kill("KILL").Fails(Missing);
        container.Exec("true").FailsWith(255, Missing);
        container.Delete().Fails(Missing);
        Assert.Equal("", container.Call("list", "-q").Succeeds().Stdout);
        Assert.Equal("null", container.Call("list", "-f", "json").Succeeds().Stdout.Trim());
        Assert.DoesNotContain(container.Id, container.Call("list").Succeeds().Stdout, StringComparison.Ordinal);
        new Command(Runtime.Path, ["--root", container.StateRoot, "create", "--bundle", container.Bundle.Path, container.Id]).Run()
            .Fails("already exists");
        File.WriteAllText(go, "");
        create.Wait().Succeeds();
        Assert.Equal("created", container.Status);
        container.Start();
    }

    // Many samples of every moment of a create: whoever sees the container can start it.
    [Fact]
    public void Who_polls_the_state_can_start()
    {
        for (int round = 0; round < 20; round++)
        {
            Container container = NewContainer().Sleeps();
            using RunningCommand create = container.CreateCommand().Start();
            Outcome state;
            do
            {
                state = container.Call("state", container.Id);
            }
            while (state.ExitCode != 0);
            container.Start();
            create.Wait().Succeeds();
            container.Delete("--force").Succeeds();
        }
    }

    [Theory]
    [InlineData("createRuntime")]
    [InlineData("createContainer")]
    public void Delete_force_ends_the_create_which_says_so(string hook)
    {
        Runtime.MustBePunnet();
        Container container = NewContainer().Sleeps();
        _ = HoldIn(container, hook);
        using RunningCommand create = container.CreateCommand().Start();
        WaitForHook(container);
        container.Delete("--force").Succeeds();
        create.Wait().Returns(1);
        Assert.Equal($"punnet: create: container {container.Id} was deleted while it was made\n", container.Errors);
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("create", "createRuntime", Signum.SIGTERM, 143)]
    [InlineData("create", "prestart", Signum.SIGHUP, 129)]
    [InlineData("create", "createContainer", Signum.SIGQUIT, 131)]
    [InlineData("run", "createRuntime", Signum.SIGINT, 130)]
    [InlineData("run", "createContainer", Signum.SIGTERM, 143)]
    [InlineData("run", "startContainer", Signum.SIGTERM, 143)]
    [InlineData("run", "poststart", Signum.SIGTERM, 143)]
    public void A_signal_in_a_hook_ends_the_hook_and_leaves_nothing(string verb, string hook, Signum signal, int status)
    {
        Container container = NewContainer().Sleeps();
        _ = HoldIn(container, hook);
        using RunningCommand running = (verb == "run" ? container.RunCommand() : container.CreateCommand()).Start();
        WaitForHook(container);
        Assert.Equal(0, Syscall.kill(running.Pid, signal));
        running.Wait().Returns(status);
        Assert.Contains("interrupted by signal", container.Errors, StringComparison.Ordinal);
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_signal_in_a_poststart_hook_of_start_destroys_the_container()
    {
        Container container = NewContainer().Sleeps();
        _ = HoldIn(container, "poststart");
        container.Create();
        using RunningCommand start = container.Command("start", container.Id).Start();
        WaitForHook(container);
        Assert.Equal(0, Syscall.kill(start.Pid, Signum.SIGTERM));
        start.Wait().Returns(143);
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_signal_at_any_moment_leaves_a_whole_container_or_nothing()
    {
        for (int moment = 0; moment < 40; moment++)
        {
            Container container = NewContainer().Sleeps();
            using RunningCommand create = container.CreateCommand().Start();
            Thread.Sleep(moment);
            _ = Syscall.kill(create.Pid, Signum.SIGTERM);
            if (create.Wait().ExitCode == 0)
            {
                Assert.Equal("created", container.Status);
                container.Delete("--force").Succeeds();
            }

            container.AssertNothingLeft();
        }
    }

    // Before its program runs the exec ends, and afterwards the program does.
    [Fact]
    public void A_signal_at_any_moment_of_an_exec_leaves_the_container_alone()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        for (int moment = 0; moment < 40; moment++)
        {
            using RunningCommand exec = container.Command("exec", container.Id, "sleep", "999").Start();
            Thread.Sleep(moment % 20);
            Assert.Equal(0, Syscall.kill(exec.Pid, Signum.SIGTERM));
            exec.Wait().Returns(143);
        }

        Eventually.True(() => File.ReadAllLines(container.Cgroup + "/cgroup.procs").Length == 1, "only the container's program is left");
        Assert.Equal("running", container.Status);
    }

    [Fact]
    public void A_signal_that_the_caller_ignores_is_ignored()
    {
        Container container = NewContainer().Sleeps();
        string go = HoldIn(container, "createRuntime");
        container.Bundle.Write();
        Command command = new(Runtime.Path, ["--root", container.StateRoot, "create", "--bundle", container.Bundle.Path, container.Id])
        {
            Before = "trap '' HUP;",
            Stdout = container.Directory + "/out",
        };
        using RunningCommand create = command.Start();
        WaitForHook(container);
        Assert.Equal(0, Syscall.kill(create.Pid, Signum.SIGHUP));
        File.WriteAllText(go, "");
        create.Wait().Succeeds();
        Assert.Equal("created", container.Status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_container_that_was_never_started_ends_at_TERM(bool ownPids)
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Namespace("pid", present: ownPids);
        container.Create();
        container.Kill("USR1").Succeeds();
        container.Kill("TERM").Succeeds();
        container.WaitFor("stopped");
        container.Call("start", container.Id).Fails("cannot start a container that has stopped");
        container.Delete().Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_signal_before_start_that_does_not_end_a_process_is_lost()
    {
        Container container = NewContainer().Sleeps().Create();
        container.Kill("USR1").Succeeds();
        container.Kill("CONT").Succeeds();
        container.Start();
        Assert.Equal("running", container.Status);
    }

    // A hook that waits until the file is there whose name is returned.
    private static string HoldIn(Container container, string hook)
    {
        string place = container.Directory;
        if (hook is "createContainer" or "startContainer")
        {
            container.Bundle.Mount("/hook", "bind", place, "bind", "rw");
            place = hook == "startContainer" ? "/hook" : container.Bundle.Rootfs + "/hook";
        }

        container.Bundle.Add(
            "hooks." + hook,
            $$"""{"path":"/bin/sh","args":["sh","-c","touch {{place}}/in-hook; while [ ! -e {{place}}/go ]; do sleep 0.02; done"],"env":["PATH=/bin"]}""");
        return container.Directory + "/go";
    }

    private static void WaitForHook(Container container) =>
        Eventually.True(() => File.Exists(container.Directory + "/in-hook"), "the hook runs");
}
