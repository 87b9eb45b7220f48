using System;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>Mounts and devices of a container whose caller is an ordinary user.</summary>
public sealed class RootlessMountTests : RootlessTest
{
    [Fact]
    public void Devices_are_the_hosts()
    {
        Container container = NewRootless().RunsScript("echo x >/dev/null && head -c 4 /dev/zero | wc -c; "
            + "ls /dev/full /dev/random /dev/tty /dev/urandom | wc -l; mknod /tmp/null c 1 3; sleep 1000");
        container.Bundle.Set("root.readonly", "false");
        container.CreateAndStart();
        Assert.StartsWith("4\n4\n", container.WaitForOutput("4\n4\n"), StringComparison.Ordinal);
        Assert.Equal(0x103ul, container.StatInside("/dev/null").st_rdev);
        Eventually.True(() => container.Errors.Contains("Operation not permitted", StringComparison.Ordinal), "mknod is refused");
    }

    [Fact]
    public void A_device_that_the_host_lacks_is_refused_by_name()
    {
        Container container = NewRootless().Runs("true");
        container.Bundle.Add("linux.devices", """{"type":"c","path":"/dev/nosuch","major":199,"minor":7}""");
        container.Run().Fails("cannot make the device /dev/nosuch (linux.devices[0])");
        container.AssertNothingLeft();
    }

    [Fact]
    public void Mounts_have_the_options_that_they_should()
    {
        Container container = NewRootless().Sleeps();
        container.Bundle.Mount("/mnt/tmp", "tmpfs", "tmpfs", "nosuid", "size=1m", "mode=1777");
        Directory.CreateDirectory(container.Directory + "/shared");
        container.Bundle.Mount("/mnt/read", "bind", container.Directory + "/shared", "bind", "ro");
        container.Bundle.Mount("/mnt/tree", "bind", container.Directory + "/shared", "rbind", "rro", "nodev");
        container.CreateAndStart();
        MountInfo.At(container.Pid, "/mnt/tmp").Has("nosuid").Lacks("nodev");
        MountInfo.At(container.Pid, "/mnt/read").Has("ro");
        MountInfo.At(container.Pid, "/mnt/tree").Has("ro", "nodev");
        MountInfo.At(container.Pid, "/sys").Has("ro", "nosuid", "noexec", "nodev");
        MountInfo.At(container.Pid, "/").Has("ro");
        Assert.Equal(
            "1024\n", container.Exec("sh", "-c", "stat -f -c '%b %S' /mnt/tmp | awk '{ print $1 * $2 / 1024 }'").Succeeds().Stdout);
    }

    [Theory]
    [InlineData("bind", "ro")]
    [InlineData("rbind", "rro")]
    public void A_bind_of_what_the_host_has_locked_can_become_read_only(params string[] options)
    {
        // /proc is nosuid, nodev and noexec on most hosts: flags that a user namespace may not take away, and need not repeat.
        Container container = NewRootless().Sleeps();
        container.Bundle.Mount("/mnt", "bind", "/dev/shm", options);
        container.CreateAndStart();
        MountInfo.At(container.Pid, "/mnt").Has("ro");
    }

    [Fact]
    public void Ids_of_a_mount_cannot_be_mapped_and_the_reason_is_told()
    {
        Container container = NewRootless().Runs("true");
        Directory.CreateDirectory(container.Directory + "/shared");
        container.Bundle.Mount("/mnt", "bind", container.Directory + "/shared", "bind", "idmap");
        container.Run().Fails(
            "cannot map its ids: operation not permitted (EPERM)\n", "hint: mapping the ids of a mount needs CAP_SYS_ADMIN on the host");
        container.AssertNothingLeft();
    }

    [Fact]
    public void Proc_without_a_pid_namespace_is_refused_with_the_reason()
    {
        Container container = NewRootless().Runs("true");
        container.Bundle.Namespace("pid", present: false);
        container.Run().Fails("cannot mount proc on /proc (mounts[0]): operation not permitted (EPERM)\n",
            "hint: a user namespace may mount proc only for a pid namespace of its own");
        container.AssertNothingLeft();
    }

    [Fact]
    public void Proc_that_the_host_has_covered_in_part_is_refused_with_what_covers_it()
    {
        Container container = NewRootless().Runs("true");
        container.Bundle.Write();
        Command command = container.User!.Command(["--root", container.StateRoot, "run", "--bundle", container.Bundle.Path, container.Id]);
        Command hidden = new("/usr/bin/unshare",
            ["--mount", "--propagation", "private", "/bin/sh", "-c", "mount --bind /dev/null /proc/version && exec \"$@\"", "sh",
            .. command.Words]);
        hidden.Run().Fails("cannot mount proc on /proc (mounts[0]): operation not permitted (EPERM)\n",
            "and /proc/version is mounted over a part of it here\n");
        container.AssertNothingLeft();
    }
}
