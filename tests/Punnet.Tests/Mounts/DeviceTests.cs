using System;
using System.IO;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>Device nodes and links in /dev.</summary>
public sealed class DeviceTests : ContainerTest
{
    [Theory]
    [InlineData("null", 1, 3)]
    [InlineData("zero", 1, 5)]
    [InlineData("full", 1, 7)]
    [InlineData("random", 1, 8)]
    [InlineData("urandom", 1, 9)]
    [InlineData("tty", 5, 0)]
    public void The_default_devices_exist(string name, int major, int minor)
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        Check(container, "/dev/" + name, FilePermissions.S_IFCHR, major, minor, 0x1B6, 0, 0);
    }

    [Theory]
    [InlineData("ptmx", "pts/ptmx")]
    [InlineData("fd", "/proc/self/fd")]
    [InlineData("stdin", "/proc/self/fd/0")]
    [InlineData("stdout", "/proc/self/fd/1")]
    [InlineData("stderr", "/proc/self/fd/2")]
    public void The_default_links_exist(string name, string target)
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        Assert.Equal(target, ProcFile.LinkTarget(container.Inside("/dev/" + name)));
    }

    [Theory]
    [InlineData("""{"type":"c","path":"/dev/one","major":1,"minor":3}""", "/dev/one", FilePermissions.S_IFCHR, 1, 3, 0x1B6, 0, 0)]
    [InlineData("""{"type":"u","path":"/dev/one","major":1,"minor":3}""", "/dev/one", FilePermissions.S_IFCHR, 1, 3, 0x1B6, 0, 0)]
    [InlineData("""{"type":"c","path":"/dev/one","major":1,"minor":5,"fileMode":384,"uid":7,"gid":8}""", "/dev/one",
        FilePermissions.S_IFCHR, 1, 5, 0x180, 7, 8)]
    [InlineData("""{"type":"b","path":"/dev/disk","major":7,"minor":200,"fileMode":432}""", "/dev/disk", FilePermissions.S_IFBLK, 7, 200,
        0x1B0, 0, 0)]
    [InlineData("""{"type":"p","path":"/dev/pipe","fileMode":420,"uid":3,"gid":4}""", "/dev/pipe", FilePermissions.S_IFIFO, 0, 0, 0x1A4, 3,
        4)]
    [InlineData("""{"type":"c","path":"/dev/deep/er/one","major":1,"minor":3,"fileMode":511}""", "/dev/deep/er/one",
        FilePermissions.S_IFCHR, 1, 3, 0x1FF, 0, 0)]
    [InlineData("""{"type":"c","path":"/dev/big","major":300,"minor":70000}""", "/dev/big", FilePermissions.S_IFCHR, 300, 70000, 0x1B6, 0,
        0)]
    public void A_device_of_the_config_is_made_as_it_is_written(
        string device, string path, FilePermissions type, int major, int minor, int mode, int uid, int gid)
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Add("linux.devices", device);
        container.CreateAndStart();
        Check(container, path, type, major, minor, mode, uid, gid);
    }

    [Fact]
    public void An_invalid_access_letter_is_refused()
    {
        Container container = NewContainer().RunsScript("mknod /tmp/full c 1 7 && echo x >/tmp/full");
        container.Bundle.Mount("/tmp", "tmpfs", "tmpfs");
        container.Bundle.Capabilities("CAP_MKNOD");
        container.Bundle.Set("linux.resources.devices",
            """[{"allow":false,"access":"rwma"},{"allow":true,"type":"c","major":1,"minor":7,"access":"rwa"}]""");
        container.Run().Fails("No space left on device");
    }

    [Fact]
    public void The_umask_of_the_process_does_not_change_a_device()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("process.user", """{"uid":0,"gid":0,"umask":63}""");
        container.Bundle.Add("linux.devices", """{"type":"c","path":"/dev/one","major":1,"minor":3,"fileMode":438}""");
        container.CreateAndStart();
        Check(container, "/dev/one", FilePermissions.S_IFCHR, 1, 3, 0x1B6, 0, 0);
    }

    [Fact]
    public void The_config_wins_over_a_default_device()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Add("linux.devices", """{"type":"c","path":"/dev/zero","major":1,"minor":5,"fileMode":292,"uid":9,"gid":9}""");
        container.CreateAndStart();
        Check(container, "/dev/zero", FilePermissions.S_IFCHR, 1, 5, 0x124, 9, 9);
    }

    [Fact]
    public void A_device_in_a_user_namespace_is_the_hosts_node()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.UserNamespace();
        container.Bundle.Add("linux.devices", """{"type":"c","path":"/dev/full","major":1,"minor":7,"fileMode":438}""");
        container.CreateAndStart();
        Stat status = container.StatInside("/dev/full");
        Assert.Equal(FilePermissions.S_IFCHR, status.st_mode & FilePermissions.S_IFMT);
        Assert.Equal(0x107ul, status.st_rdev);
    }

    [Fact]
    public void A_dev_that_is_bound_from_outside_is_not_filled()
    {
        Container container = NewContainer().Sleeps();
        Directory.CreateDirectory(container.Directory + "/dev");
        // Any container needs this one, and who brings a whole /dev brings it too.
        Assert.Equal(0, Syscall.mknod(container.Directory + "/dev/null", FilePermissions.S_IFCHR | (FilePermissions)0x1B6, 0x103));
        foreach (string place in new[] { "/dev/pts", "/dev/shm", "/dev/mqueue", "/dev" })
        {
            container.Bundle.Unmount(place);
        }

        container.Bundle.Mount("/dev", "bind", container.Directory + "/dev", "bind");
        container.CreateAndStart();
        Assert.Equal([container.Directory + "/dev/null"], Directory.GetFileSystemEntries(container.Directory + "/dev"));
    }

    [Fact]
    public void Devices_appear_in_the_containers_dev_and_never_in_the_root_below()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        Assert.True(File.Exists(container.Inside("/dev/null")));
        Assert.Empty(Directory.GetFileSystemEntries(container.Bundle.Rootfs + "/dev"));
    }

    [Fact]
    public void Dev_can_be_mounted_read_only_and_is_still_filled()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("mounts[1].options", """["nosuid","strictatime","mode=755","size=65536k","ro"]""");
        container.CreateAndStart();
        MountInfo.At(container.Pid, "/dev").Has("ro");
        Check(container, "/dev/null", FilePermissions.S_IFCHR, 1, 3, 0x1B6, 0, 0);
    }

    [Fact]
    public void The_standard_links_work()
    {
        Container container = NewContainer().RunsScript("echo out >/dev/stdout; echo err >/dev/stderr; ls /dev/fd/ | head -1");
        container.Bundle.Write();
        string line = $"'{Runtime.Path}' --root '{container.StateRoot}' run --bundle '{container.Bundle.Path}' {container.Id} </dev/null "
            + $"2>&1 | cat";
        // A runtime may copy the two streams, so only each one's order is kept.
        string[] lines = new Command("/bin/sh", ["-c", line]).Run().Succeeds().Stdout.TrimEnd('\n').Split('\n');
        Array.Sort(lines, StringComparer.Ordinal);
        Assert.Equal(["0", "err", "out"], lines);
    }

    [Fact]
    public void A_signal_while_the_kernel_verifies_the_device_program_is_not_a_failure()
    {
        Container container = NewContainer().RunsScript("echo here");
        container.Bundle.Write();
        Command strace = new("/usr/bin/strace", ["-f", "-qq", "-o", "/dev/null", "-e", "trace=bpf", "-e", "inject=bpf:error=EAGAIN:when=1",
            Runtime.Path, "--root", container.StateRoot, "run", "--bundle", container.Bundle.Path, container.Id]);
        Assert.Equal("here\n", strace.Run().Succeeds().Stdout);
    }

    private static void Check(Container container, string path, FilePermissions type, int major, int minor, int mode, int uid, int gid)
    {
        Stat status = container.StatInside(path);
        Assert.Equal(type, status.st_mode & FilePermissions.S_IFMT);
        Assert.Equal(mode, (int)(status.st_mode & (FilePermissions)0xFFF));
        // The kernel's user space form of a device number: 12 bits of major between the minor's two parts.
        ulong number = ((uint)minor & 0xFFu) | ((ulong)(uint)major << 8) | ((ulong)((uint)minor & ~0xFFu) << 12);
        Assert.Equal(number, status.st_rdev);
        Assert.Equal(((uint)uid, (uint)gid), (status.st_uid, status.st_gid));
    }
}
