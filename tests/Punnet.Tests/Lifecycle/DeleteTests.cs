using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary><c>delete</c>: when it is allowed, and that nothing stays.</summary>
public sealed class DeleteTests : ContainerTest
{
    [Fact]
    public void A_running_container_is_not_deleted()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        container.Delete().Fails($"cannot delete container {container.Id} that is not stopped: running");
        Assert.Equal("running", container.Status);
    }

    // In a pid namespace of its own punnet finds no process by the pid of the record.
    [Fact]
    public void A_running_container_is_not_deleted_from_a_pid_namespace_that_does_not_see_it()
    {
        Runtime.MustBePunnet();
        Container container = NewContainer().Sleeps().CreateAndStart();
        int pid = container.Pid;
        Elsewhere(container.Command("delete", container.Id)).Fails(
            $"cannot delete container {container.Id} that is not stopped: processes of it run in another pid namespace than punnet's\n"
            + $"hint: delete --force");
        Assert.Equal("running", container.Status);
        Elsewhere(container.Command("delete", "--force", container.Id)).Succeeds();
        Assert.False(ProcFile.IsAlive(pid));
        container.AssertNothingLeft();
    }

    // And from above, that process has another pid.
    [Fact]
    public void A_running_container_is_not_deleted_from_a_pid_namespace_above_its_own()
    {
        Runtime.MustBePunnet();
        Container container = NewContainer().Sleeps();
        container.Bundle.Write();
        string ready = container.Directory + "/ready";
        Command above = new("/usr/bin/unshare",
            ["--fork", "--kill-child", "--pid", "--mount-proc", "/bin/sh", "-c", $"\"$@\" && echo >{ready} && exec sleep 1000", "sh",
            .. container.Command("run", "--detach", "--bundle", container.Bundle.Path, container.Id).Words]);
        using (above.Start())
        {
            Eventually.True(() => File.Exists(ready), "the container runs");
            container.Delete()
                .Fails($"cannot delete container {container.Id} that is not stopped: processes of it run in another pid namespace");
            container.Delete("--force").Succeeds();
        }

        container.AssertNothingLeft();
    }

    [Fact]
    public void A_container_whose_first_process_has_ended_is_deleted_with_what_it_left()
    {
        Container container = NewContainer().RunsScript("sleep 1000 & echo up; exec sleep 0.1");
        container.Bundle.Namespace("pid", present: false);
        container.CreateAndStart().WaitFor("stopped");
        container.Delete().Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void Force_kills_a_running_container_first()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        int pid = container.Pid;
        container.Delete("--force").Succeeds();
        Assert.False(ProcFile.IsAlive(pid));
        container.AssertNothingLeft();
    }

    [Fact]
    public void Force_has_a_short_name()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        container.Delete("-f").Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_created_container_is_killed_and_deleted()
    {
        Container container = NewContainer().Sleeps().Create();
        int pid = container.Pid;
        container.Delete().Succeeds();
        Assert.False(ProcFile.IsAlive(pid));
        container.AssertNothingLeft();
    }

    [Fact]
    public void Force_on_an_unknown_container_is_not_an_error()
    {
        Container container = NewContainer();
        Outcome outcome = container.Delete("--force").Succeeds();
        Assert.Equal("", outcome.Stderr);
    }

    [Fact]
    public void Force_twice_is_not_an_error()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        container.Delete("--force").Succeeds();
        container.Delete("--force").Succeeds();
    }

    [Fact]
    public void Force_removes_a_state_directory_without_a_state()
    {
        Container container = NewContainer();
        Directory.CreateDirectory(Path.Combine(container.StateRoot, container.Id));
        container.Delete("--force").Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void Force_reaches_every_process_without_a_pid_namespace()
    {
        Container container = NewContainer().RunsScript("sleep 1000 & sleep 1000 & echo ready; wait");
        container.Bundle.Namespace("pid", present: false);
        container.CreateAndStart();
        container.WaitForOutput("ready");
        container.Delete("--force").Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void Force_reaches_what_outlived_init()
    {
        Container container = NewContainer().RunsScript("sleep 1000 & echo ready");
        container.Bundle.Namespace("pid", present: false);
        container.CreateAndStart();
        container.WaitForOutput("ready");
        container.WaitFor("stopped");
        container.Delete("--force").Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void Cgroups_that_the_container_made_are_removed()
    {
        Container container = NewContainer().RunsScript("mkdir -p /sys/fs/cgroup/a/b /sys/fs/cgroup/c; echo ready; sleep 1000");
        container.Bundle.Unmount("/sys/fs/cgroup");
        container.Bundle.Mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "rw");
        container.CreateAndStart();
        container.WaitForOutput("ready");
        Assert.True(Directory.Exists(container.Cgroup + "/a/b"));
        container.Stop().Delete().Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void Delete_does_not_need_the_bundle()
    {
        Container container = NewContainer().Runs("true").CreateAndStart().WaitFor("stopped");
        Directory.Delete(container.Bundle.Path, recursive: true);
        container.Delete().Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void The_root_file_system_stays_as_it_was()
    {
        Container container = NewContainer().Runs("true");
        File.WriteAllText(container.Bundle.Rootfs + "/etc/keep", "kept");
        container.CreateAndStart().WaitFor("stopped").Delete().Succeeds();
        Assert.Equal("kept", File.ReadAllText(container.Bundle.Rootfs + "/etc/keep"));
        Assert.Empty(Directory.GetFileSystemEntries(container.Bundle.Rootfs + "/dev"));
    }

    private static Outcome Elsewhere(Command command)
    {
        return new Command("/usr/bin/unshare", ["--fork", "--pid", "--mount-proc", .. command.Words]).Run();
    }
}
