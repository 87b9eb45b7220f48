using System;
using System.IO;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>A container with a user namespace of its own.</summary>
public sealed class UserNamespaceTests : ContainerTest
{
    [Fact]
    public void Maps_are_those_of_the_config()
    {
        Container container = Mapped().Sleeps().CreateAndStart();
        Assert.Equal(["0 100000 65536"], Lines($"/proc/{container.Pid}/uid_map"));
        Assert.Equal(["0 100000 65536"], Lines($"/proc/{container.Pid}/gid_map"));
        Assert.NotEqual(ProcFile.Namespace(Environment.ProcessId, "user"), ProcFile.Namespace(container.Pid, "user"));
    }

    [Fact]
    public void Several_ranges_are_written_as_they_stand()
    {
        Container container = Mapped().Sleeps();
        container.Bundle.Set("linux.uidMappings",
            """[{"containerID":0,"hostID":100000,"size":1000},{"containerID":1000,"hostID":300000,"size":1},{"containerID":1001,"hostID":200000,"size":64535}]""");
        container.Bundle.Set(
            "linux.gidMappings", """[{"containerID":0,"hostID":100000,"size":10},{"containerID":20,"hostID":400000,"size":5}]""");
        container.CreateAndStart();
        Assert.Equal(["0 100000 1000", "1000 300000 1", "1001 200000 64535"], Lines($"/proc/{container.Pid}/uid_map"));
        Assert.Equal(["0 100000 10", "20 400000 5"], Lines($"/proc/{container.Pid}/gid_map"));
    }

    [Fact]
    public void Root_inside_is_an_ordinary_user_outside()
    {
        Container container = Mapped().RunsScript("id -u; sleep 1000").CreateAndStart();
        container.WaitForOutput("0\n");
        Assert.Equal("100000\t100000\t100000\t100000", ProcFile.Status(container.Pid, "Uid"));
        Assert.Equal("100000\t100000\t100000\t100000", ProcFile.Status(container.Pid, "Gid"));
    }

    [Fact]
    public void Another_user_is_mapped_too()
    {
        Container container = Mapped().RunsScript("id -u; id -g; id -G; sleep 1000");
        container.Bundle.Set("process.user", """{"uid":1000,"gid":1001,"additionalGids":[7,8]}""");
        container.CreateAndStart();
        Assert.Equal("1000\n1001\n1001 7 8\n", container.WaitForOutput("1001 7 8\n"));
        Assert.Equal("101000\t101000\t101000\t101000", ProcFile.Status(container.Pid, "Uid"));
        Assert.Equal("100007 100008", ProcFile.Status(container.Pid, "Groups"));
    }

    [Fact]
    public void Files_made_inside_belong_to_the_mapped_user()
    {
        Container container = Mapped().RunsScript("touch /file");
        container.Bundle.Set("root.readonly", "false");
        container.RunToEnd();
        Assert.Equal(0, Syscall.stat(container.Bundle.Rootfs + "/file", out Stat status));
        Assert.Equal((100000u, 100000u), (status.st_uid, status.st_gid));
    }

    [Fact]
    public void Devices_are_those_of_the_host()
    {
        Container container = Mapped().RunsScript("echo x >/dev/null && head -c 4 /dev/zero | wc -c; head -c 2 /dev/urandom | wc -c; "
            + "ls /dev/full /dev/random /dev/tty; sleep 1000").CreateAndStart();
        Assert.Equal("4\n2\n/dev/full\n/dev/random\n/dev/tty\n", container.WaitForOutput("/dev/tty\n"));
        Assert.Equal(0x103ul, container.StatInside("/dev/null").st_rdev);
    }

    [Fact]
    public void The_default_mounts_work()
    {
        Container container = Mapped().Sleeps().CreateAndStart();
        foreach (string place in new[] { "/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys", "/sys/fs/cgroup" })
        {
            _ = MountInfo.At(container.Pid, place);
        }

        MountInfo.At(container.Pid, "/sys").Has("ro");
        MountInfo.At(container.Pid, "/").Has("ro");
    }

    // Podman's --privileged lists every device of the host's.
    [Fact]
    public void The_terminal_multiplexer_among_the_devices_is_the_containers_own()
    {
        Container container = Mapped().RunsScript("readlink /dev/ptmx; : <>/dev/ptmx && echo opened");
        container.Bundle.Add("linux.devices", """{"type":"c","path":"/dev/tty","major":5,"minor":0}""");
        container.Bundle.Add("linux.devices", """{"type":"c","path":"/dev/ptmx","major":5,"minor":2,"fileMode":438}""");
        Assert.Equal("pts/ptmx\nopened\n", container.RunToEnd());
    }

    [Theory]
    [InlineData("ro")]
    [InlineData("rw")]
    public void Without_a_network_namespace_the_hosts_sys_is_shown_read_only(string option)
    {
        Runtime.MustHaveMountCalls();
        Container container = Mapped().RunsScript("ls -d /sys/kernel; awk '$5 ~ \"^/sys\" && $6 !~ \"^ro\"' /proc/self/mountinfo");
        container.Bundle.Namespace("network", present: false);
        container.Bundle.Unmount("/sys");
        container.Bundle.Unmount("/sys/fs/cgroup");
        container.Bundle.Mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", option);
        Assert.Equal("/sys/kernel\n", container.RunToEnd());
    }

    [Fact]
    public void An_id_that_is_not_mapped_is_told_where_a_file_system_asks_for_it()
    {
        Assert.SkipUnless(
            Environment.OSVersion.Version >= new Version(6, 14), "older kernels do not say which option of devpts they refuse");
        Runtime.MustHaveMountCalls();
        Container container = Mapped().Runs("true");
        container.Bundle.Set("linux.gidMappings", """[{"containerID":0,"hostID":100000,"size":5}]""");
        container.TryCreate().Fails("cannot mount devpts on /dev/pts: it does not take the option \"gid=5\" (mounts[2].options), "
            + "an id that must be mapped (linux.gidMappings): ");
        container.AssertNothingLeft();
    }

    [Fact]
    public void Capabilities_hold_inside_only()
    {
        Container container = Mapped().RunsScript("mount -t tmpfs tmpfs /tmp && echo mounted; sleep 1000");
        container.Bundle.Capabilities("CAP_SYS_ADMIN", "CAP_SYS_BOOT");
        container.CreateAndStart();
        container.WaitForOutput("mounted");
        Assert.Empty(MountInfo.Below(container.Directory));
    }

    [Fact]
    public void A_root_below_a_directory_without_search_permission_works()
    {
        Container container = Mapped().Runs("id", "-u");
        Assert.Equal(0, Syscall.chmod(container.Bundle.Path, (FilePermissions)0x1F8));
        Assert.Equal(0, Syscall.chown(container.Bundle.Path, 0, 100000));
        Assert.Equal("0\n", container.RunToEnd());
    }

    [Fact]
    public void A_bind_source_below_a_directory_without_search_permission_works()
    {
        Runtime.MustHaveMountCalls();
        Container container = Mapped().Runs("cat", "/mnt/file");
        Directory.CreateDirectory(container.Directory + "/closed/source");
        File.WriteAllText(container.Directory + "/closed/source/file", "reached");
        File.SetUnixFileMode(container.Directory + "/closed", (UnixFileMode)0x1C0);
        container.Bundle.Mount("/mnt", "bind", container.Directory + "/closed/source", "rbind", "ro");
        Assert.Equal("reached", container.RunToEnd());
    }

    [Fact]
    public void A_single_id_can_be_mapped()
    {
        Container container = NewContainer().Runs("cat", "/proc/self/uid_map");
        container.Bundle.Namespace("user");
        container.Bundle.Set("linux.uidMappings", """[{"containerID":0,"hostID":0,"size":1}]""");
        container.Bundle.Set("linux.gidMappings", """[{"containerID":0,"hostID":0,"size":1}]""");
        container.Bundle.Set("mounts[2].options", """["nosuid","noexec","newinstance","ptmxmode=0666","mode=0620"]""");
        container.Run().Succeeds();
    }

    [Fact]
    public void A_user_that_is_not_mapped_is_refused()
    {
        Container container = Mapped().Runs("true");
        container.Bundle.Set("process.user", """{"uid":70000,"gid":0}""");
        container.TryCreate().Fails();
        container.AssertNothingLeft();
    }

    [Fact]
    public void The_whole_life_works_and_leaves_nothing()
    {
        Container container = Mapped().Sleeps().CreateAndStart();
        container.Stop().Delete().Succeeds();
        container.AssertNothingLeft();
    }

    private Container Mapped()
    {
        Container container = NewContainer();
        container.Bundle.UserNamespace();
        return container;
    }

    private static string[] Lines(string file)
    {
        return Array.ConvertAll(
            File.ReadAllLines(file), static line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
    }

    [Fact]
    public void A_device_that_the_host_lacks_is_made_for_the_container_alone()
    {
        Runtime.MustHaveMountCalls();
        Container container = Mapped().RunsScript("stat -c '%t:%T %a %u:%g %F' /dev/below/of-nobody; echo x >/dev/below/of-nobody && echo "
            + "open; ls /dev/below; wc -l </proc/self/mounts");
        container.Bundle.Set(
            "linux.devices", """[{"path":"/dev/below/of-nobody","type":"c","major":1,"minor":3,"fileMode":438,"uid":5,"gid":6}]""");
        string[] lines = container.RunToEnd().Split('\n');
        Assert.Equal(["1:3 666 5:6 character special file", "open", "of-nobody"], lines[..3]);
        Container without = Mapped().RunsScript("wc -l </proc/self/mounts");
        Assert.Equal(int.Parse(without.RunToEnd(), System.Globalization.CultureInfo.InvariantCulture) + 1,
            int.Parse(lines[3], System.Globalization.CultureInfo.InvariantCulture));
        Assert.False(Directory.Exists("/dev/below"));
    }

    [Fact]
    public void A_device_that_the_host_lacks_is_told_as_that_where_punnet_may_make_none()
    {
        Container container = Mapped().Runs("true");
        container.Bundle.Set("linux.devices", """[{"path":"/dev/of-nobody","type":"c","major":1,"minor":3}]""");
        Outcome outcome = new Command("/usr/bin/setpriv",
            ["--bounding-set", "-mknod", "--inh-caps", "-mknod", .. container.RunCommand().Words]).Run();
        outcome.Fails(
            "cannot make the device /dev/of-nobody (linux.devices[0]): no such file or directory (ENOENT)\n"
            + "hint: a user namespace makes no devices, and the host has none to bind at /dev/of-nobody\n");
        container.AssertNothingLeft();
    }
}
