using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Threading;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>The runtime is killed at any moment, or called twice at once: what it left can still be listed, killed and deleted.</summary>
public sealed class CrashTests : ContainerTest
{
    private const int Moments = 12;

    [Fact]
    public void After_a_killed_create_every_verb_works_and_force_leaves_nothing()
    {
        TimeSpan whole = Measure();
        for (int moment = 0; moment < Moments; moment++)
        {
            Container container = NewContainer().Sleeps();
            KillDuring(container.CreateCommand(), whole * moment / (Moments - 2));
            CheckEveryVerb(container);
        }
    }

    [Fact]
    public void After_a_killed_run_every_verb_works_and_force_leaves_nothing()
    {
        TimeSpan whole = Measure();
        for (int moment = 0; moment < Moments; moment++)
        {
            Container container = NewContainer().Sleeps();
            KillDuring(container.RunCommand(), whole * moment / (Moments - 4));
            CheckEveryVerb(container);
        }
    }

    [Fact]
    public void After_a_create_that_was_killed_in_a_hook_every_verb_works()
    {
        foreach (string kind in new[] { "prestart", "createRuntime", "createContainer" })
        {
            Container container = NewContainer().Sleeps();
            container.Bundle.Add("hooks." + kind, $$"""{"path":"/bin/sh","args":["sh","-c","touch {{container.Directory}}/in-hook; exec sleep 30"],"env":["PATH=/bin","HOOK_OF={{container.Id}}"]}""");
            using RunningCommand running = container.CreateCommand().Start();
            Eventually.True(() => File.Exists(container.Directory + "/in-hook"), kind + " hook runs");
            Assert.Equal(0, Syscall.kill(running.Pid, Signum.SIGKILL));
            _ = running.Wait();
            // The hook is a process of the host that nobody but the killed runtime watched.
            foreach (int pid in ProcFile.Mentioning("HOOK_OF=" + container.Id))
            {
                _ = Syscall.kill(pid, Signum.SIGKILL);
            }

            CheckEveryVerb(container);
        }
    }

    [Fact]
    public void After_a_killed_start_every_verb_works()
    {
        for (int moment = 0; moment < Moments / 2; moment++)
        {
            Container container = NewContainer().Sleeps().Create();
            KillDuring(container.Command("start", container.Id), TimeSpan.FromMilliseconds(moment * 4));
            Assert.Matches("^(created|running)$", container.Status);
            CheckEveryVerb(container);
        }
    }

    [Fact]
    public void After_a_killed_delete_force_leaves_nothing()
    {
        for (int moment = 0; moment < Moments / 2; moment++)
        {
            Container container = NewContainer().Sleeps().CreateAndStart();
            KillDuring(container.Command("delete", "--force", container.Id), TimeSpan.FromMilliseconds(moment * 5));
            CheckEveryVerb(container);
        }
    }

    [Fact]
    public void A_killed_exec_does_not_harm_the_container()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        for (int moment = 0; moment < Moments / 2; moment++)
        {
            KillDuring(container.Command("exec", container.Id, "sleep", "1000"), TimeSpan.FromMilliseconds(moment * 8));
            Assert.Equal("running", container.Status);
            container.Exec("true").Succeeds();
        }

        container.Delete("--force").Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void Of_two_creates_of_one_id_exactly_one_wins()
    {
        for (int round = 0; round < 6; round++)
        {
            Container first = NewContainer().Sleeps();
            first.Bundle.Write();
            List<RunningCommand> running = [];
            for (int number = 0; number < 3; number++)
            {
                Command command = new(Runtime.Path, ["--root", first.StateRoot, "create", "--bundle", first.Bundle.Path, first.Id])
                {
                    Stdout = $"{first.Directory}/out{number}",
                    Stderr = $"{first.Directory}/err{number}",
                };
                running.Add(command.Start());
            }

            List<Outcome> outcomes = running.ConvertAll(static command => command.Wait());
            running.ForEach(static command => command.Dispose());
            List<Outcome> losers = outcomes.FindAll(static outcome => outcome.ExitCode != 0);
            Assert.Equal(2, losers.Count);
            losers.ForEach(static outcome => outcome.Fails("already exists"));
            Assert.Equal("created", first.Status);
            first.Start();
            Assert.Equal("running", first.Status);
            first.Delete("--force").Succeeds();
            first.AssertNothingLeft();
        }
    }

    [Fact]
    public void Two_deletes_at_once_leave_nothing()
    {
        for (int round = 0; round < 4; round++)
        {
            Container container = NewContainer().Sleeps().CreateAndStart();
            using RunningCommand first = container.Command("delete", "--force", container.Id).Start();
            using RunningCommand second = container.Command("delete", "--force", container.Id).Start();
            Outcome one = first.Wait();
            Outcome two = second.Wait();
            Assert.True(one.ExitCode == 0 || two.ExitCode == 0, one.Stderr + two.Stderr);
            container.AssertNothingLeft();
        }
    }

    [Fact]
    public void Many_containers_at_once_do_not_disturb_each_other()
    {
        string root = NewContainer().StateRoot;
        List<Container> containers = [];
        List<RunningCommand> running = [];
        for (int number = 0; number < 6; number++)
        {
            Container container = NewContainer(root).RunsScript("echo $0");
            container.Bundle.SetList("process.args", "/bin/sh", "-c", "echo $0", container.Id);
            containers.Add(container);
            running.Add(container.RunCommand().Start());
        }

        running.ForEach(static command => command.Wait().Succeeds());
        running.ForEach(static command => command.Dispose());
        containers.ForEach(static container => Assert.Equal(container.Id + "\n", container.Output));
        Assert.Equal("", Runtime.Run("--root", root, "list", "-q").Succeeds().Stdout);
    }

    [Fact]
    public void A_state_directory_with_broken_content_is_listed_around_and_deleted_by_force()
    {
        Container healthy = NewContainer().Sleeps().Create();
        Container broken = NewContainer(healthy.StateRoot).Sleeps().Create();
        int pid = broken.Pid;
        foreach (string file in Directory.GetFiles(Path.Combine(broken.StateRoot, broken.Id), "*.json"))
        {
            File.WriteAllText(file, "{ \"half\": ");
        }

        Assert.Contains(healthy.Id, healthy.Call("list", "-q").Stdout, StringComparison.Ordinal);
        _ = Syscall.kill(pid, Signum.SIGKILL);
        string directory = Path.Combine(broken.StateRoot, broken.Id);
        Outcome delete = broken.Delete("--force");
        if (Runtime.IsPunnet)
        {
            delete.Succeeds();
            Assert.False(Directory.Exists(directory));
        }
        else if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }

        // Where the cgroup was, only the broken file knew.
        Eventually.True(() => !Directory.Exists(broken.Cgroup) || Syscall.rmdir(broken.Cgroup) == 0, "the cgroup is empty");
    }

    private TimeSpan Measure()
    {
        Container container = NewContainer().Sleeps();
        Stopwatch clock = Stopwatch.StartNew();
        container.Create();
        return clock.Elapsed;
    }

    private static void KillDuring(Command command, TimeSpan after)
    {
        using RunningCommand running = command.Start();
        Thread.Sleep(after);
        _ = Syscall.kill(running.Pid, Signum.SIGKILL);
        _ = running.Wait();
    }

    private static void CheckEveryVerb(Container container)
    {
        bool exists = Directory.Exists(Path.Combine(container.StateRoot, container.Id));
        Outcome state = container.Call("state", container.Id);
        if (state.ExitCode == 0)
        {
            Assert.Matches("^(creating|created|running|stopped)$", Printed.State(state.Stdout).Status);
        }
        else
        {
            _ = state.Fails("does not exist");
        }

        if (Directory.Exists(container.StateRoot))
        {
            _ = container.Call("list").Succeeds();
            _ = container.Call("list", "--format", "json").Succeeds();
        }

        Outcome kill = container.Kill("KILL");
        if (kill.ExitCode != 0)
        {
            Assert.Matches("does not exist|not running|no such process", kill.Fails().Stderr);
        }

        container.Delete("--force").Succeeds();
        container.AssertNothingLeft();
        Assert.True(exists || state.ExitCode != 0);
    }
}
