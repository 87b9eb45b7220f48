using System;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>checkpoint: the images, and what is left of the container.</summary>
public sealed class CheckpointTests : CheckpointTest
{
    [Fact]
    public void A_container_goes_on_where_it_was()
    {
        Container container = StartCounting(NewCounter());
        string created = ProcFile.Status(container.Pid, "Seccomp") + ProcFile.Status(container.Pid, "CapEff")
            + ProcFile.Status(container.Pid, "NoNewPrivs");
        Checkpoint(container);
        int before = Count(container.Bundle);
        Restore(container);
        AssertCountsOn(container, before);
        Assert.Equal("running", container.Status);
        Assert.Equal(File.ReadAllText(container.PidFile), $"{container.Pid}");
        Assert.Equal(created, ProcFile.Status(container.Pid, "Seccomp") + ProcFile.Status(container.Pid, "CapEff")
            + ProcFile.Status(container.Pid, "NoNewPrivs"));
        Assert.EndsWith("/" + container.Id, CgroupTree.DirectoryOf(container.Pid), StringComparison.Ordinal);
        Assert.Equal("punnet\n", container.Exec("hostname").Succeeds().Stdout);
        container.Stop();
        container.Delete().Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void It_can_be_left_running_and_the_images_hold()
    {
        Container container = StartCounting(NewCounter());
        int pid = container.Pid;
        TryCheckpoint(container, "--leave-running", "--work-path", container.Directory + "/work").Succeeds();
        Assert.True(File.Exists(container.Directory + "/work/dump.log"));
        Assert.False(File.Exists(Images(container) + "/dump.log"));
        Assert.Equal(pid, container.Pid);
        Assert.Equal("running", container.Status);
        WaitForCount(container.Bundle, Count(container.Bundle) + 3);
        container.Delete("--force").Succeeds();
        File.Delete(container.Bundle.Rootfs + "/count");
        Restore(container);
        Eventually.True(() => Count(container.Bundle) > 0, "it counts");
        Assert.NotEqual("1", File.ReadAllLines(container.Bundle.Rootfs + "/count")[0]);
    }

    [Fact]
    public void What_the_program_has_started_comes_with_it_and_what_exec_has_started_does_not()
    {
        Container container = NewCounter().RunsScript("sh -c 'sleep 1234; true' & " + Counting);
        StartCounting(container);
        string pidFile = container.Directory + "/exec";
        new Command(Runtime.Path,
            ["--root", container.StateRoot, "exec", "--detach", "--pid-file", pidFile, container.Id, "sleep", "4321"])
        {
            Stdout = "/dev/null",
            Stderr = "/dev/null",
        }.Run().Succeeds();
        Outcome outcome = TryCheckpoint(container).Succeeds();
        Assert.Contains($"process {File.ReadAllText(pidFile)} is not in the images", outcome.Stderr, StringComparison.Ordinal);
        Assert.Single(outcome.Stderr.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        container.AssertNothingLeft();
        Restore(container);
        string list = container.Exec("ps").Succeeds().Stdout;
        Assert.Contains("sleep 1234", list, StringComparison.Ordinal);
        Assert.DoesNotContain("sleep 4321", list, StringComparison.Ordinal);
        Assert.Contains("sleep 1234", container.Call("ps", container.Id).Succeeds().Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failed_dump_says_why_and_leaves_it_running()
    {
        Container container = NewCounter();
        // A file of the host as standard output is on a mount that the container does not have.
        container.CreateAndStart();
        WaitForCount(container.Bundle, 3);
        TryCheckpoint(container).Fails("criu failed to dump: ", "lookup mount", "hint: its log is " + Images(container) + "/dump.log");
        Assert.Equal("running", container.Status);
        WaitForCount(container.Bundle, Count(container.Bundle) + 3);
        container.Exec("true").Succeeds();
    }

    [Theory]
    [InlineData("created")]
    [InlineData("stopped")]
    public void Only_a_container_that_runs_can_be_written(string status)
    {
        Container container = NewContainer().Sleeps().Create();
        if (status == "stopped")
        {
            container.Stop();
        }

        TryCheckpoint(container).Fails($"cannot be checkpointed in {status} state");
        Assert.Equal(status, container.Status);
        Assert.False(Directory.Exists(Images(container)));
    }

    [Theory]
    [InlineData("/absolute", "--parent-path must be relative")]
    [InlineData("../nowhere", "/nowhere/: no such file or directory (ENOENT)")]
    public void Earlier_images_are_beside_the_new_ones(string parent, string error)
    {
        Container container = StartCounting(NewCounter());
        TryCheckpoint(container, "--parent-path", parent).Fails(error);
        Assert.Equal("running", container.Status);
    }

    [Fact]
    public void Without_criu_nothing_happens_and_the_error_says_so()
    {
        Container container = StartCounting(NewCounter());
        container.Command("checkpoint", container.Id).With("PATH", "/nowhere").Run().Fails("the program criu is not in PATH");
        container.Command("checkpoint", "--criu", "/nowhere/criu", container.Id).Run().Fails("cannot run /nowhere/criu: no such file");
        TryCheckpoint(container, "--criu", "/bin/true").Fails("criu is too old");
        Assert.Equal("running", container.Status);
        Assert.False(Directory.Exists(container.Bundle.Path + "/checkpoint"));
    }

    [Fact]
    public void A_container_may_have_its_own_configuration_of_criu()
    {
        Container container = NewCounter();
        string config = container.Directory + "/criu.conf";
        File.WriteAllText(config, "log-file other.log\n");
        container.Bundle.Set("annotations", $$"""{"org.criu.config":"{{config}}"}""");
        Checkpoint(StartCounting(container));
        Assert.True(File.Exists(Images(container) + "/other.log"));
        Assert.False(File.Exists(Images(container) + "/dump.log"));
        File.WriteAllText(config, "log-file another.log\n");
        Restore(container);
        Assert.True(File.Exists(Images(container) + "/another.log"));
    }

    [Fact]
    public void Its_end_runs_the_poststop_hooks()
    {
        Container container = NewCounter();
        string mark = container.Directory + "/stopped";
        container.Bundle.Add("hooks.poststop", $$"""{"path":"/bin/sh","args":["sh","-c","cat >{{mark}}"]}""");
        StartCounting(container);
        TryCheckpoint(container, "--leave-running").Succeeds();
        Assert.False(File.Exists(mark));
        Checkpoint(container);
        Assert.Contains("\"stopped\"", File.ReadAllText(mark), StringComparison.Ordinal);
    }
}
