using System;
using System.IO;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <content>An image whose paths are links.</content>
public sealed partial class CveTests
{
    [Theory]
    [InlineData("OUTSIDE", "tmpfs")]
    [InlineData("../../outside", "tmpfs")]
    [InlineData("/../../../../../../../..OUTSIDE", "tmpfs")]
    [InlineData("OUTSIDE", "bind")]
    public void CVE_2019_18837_A_destination_behind_a_link_stays_in_the_root(string target, string type)
    {
        Container container = NewContainer().Sleeps();
        string outside = Outside(container);
        Link(container, "/link", target);
        NaivelyOutside(container, "mkdir -p $R/link/new/place");
        Directory.CreateDirectory(container.Directory + "/source");
        container.Bundle.Mount("/link/new/place", type, container.Directory + "/source", type == "bind" ? ["bind"] : []);
        container.CreateAndStart();
        AssertUntouched(container);

        // Made where the link leads when / is the container's own root.
        string inside = target.StartsWith("..", StringComparison.Ordinal) ? "/outside" : outside;
        _ = MountInfo.At(container.Pid, inside + "/new/place");
    }

    [Fact]
    public void CVE_2019_19921_A_proc_that_is_a_link_is_refused()
    {
        RefusesLink("proc", "OUTSIDE");
    }

    [Fact]
    public void CVE_2023_27561_A_proc_that_is_a_link_inside_the_root_is_refused()
    {
        RefusesLink("proc", "elsewhere");
    }

    [Fact]
    public void CVE_2023_28642_A_proc_that_is_a_link_does_not_take_the_masks_away()
    {
        Container container = RefusesLink("proc", "tmp");
        // What it is for: rules for files below /proc, as those of AppArmor, do not hold at the real place of the mount.
        Assert.Equal("elsewhere\n", Naively(container, "mount -t proc proc $R/proc; grep -q \" $R/tmp .*- proc\" /proc/self/mountinfo && "
            + "! grep -q \" $R/proc \" /proc/self/mountinfo && echo elsewhere"));
    }

    [Fact]
    public void CVE_2025_54867_A_sys_that_is_a_link_is_refused()
    {
        RefusesLink("sys", "OUTSIDE");
        RefusesLink("sys", "elsewhere");
    }

    private Container RefusesLink(string name, string target)
    {
        Container container = NewContainer().Runs("true");
        _ = Outside(container);
        Directory.CreateDirectory(container.Bundle.Rootfs + "/elsewhere");
        Link(container, "/" + name, target);
        string there = target == "OUTSIDE" ? "$O" : "$R/" + target;
        Assert.NotEqual("0\n", Naively(container, $"mount -t {name}{(name == "sys" ? "fs" : "")} none $R/{name}; ls {there} | wc -l"));
        container.TryCreate().Fails(Runtime.IsPunnet ? "on /" + name : "must be mounted on ordinary directory");
        AssertUntouched(container);
        container.AssertNothingLeft();
        return container;
    }

    [Theory]
    [InlineData("OUTSIDE/secret")]
    [InlineData("OUTSIDE/new")]
    [InlineData("../../../outside/new")]
    public void CVE_2025_24965_A_file_that_is_made_in_the_root_stays_there(string target)
    {
        Container container = NewContainer().Runs("true");
        _ = Outside(container);
        Link(container, "/etc/resolv.conf", target);
        NaivelyOutside(container, "echo nameserver ::1 >$R/etc/resolv.conf");
        container.Bundle.Mount("/etc/resolv.conf", "bind", "/etc/hostname", "bind");
        container.RunToEnd();
        AssertUntouched(container);
    }

    [Theory]
    [InlineData("OUTSIDE")]
    [InlineData("../../outside")]
    [InlineData("/../../../../../../../..OUTSIDE")]
    public void CVE_2026_41579_The_links_of_a_dev_that_is_a_link_stay_in_the_root(string target)
    {
        Container container = NewContainer().Runs("true");
        string outside = Outside(container);
        LeaveDevToTheImage(container);
        Link(container, "/dev", target);
        NaivelyOutside(container, "rm -f $R/dev/ptmx; ln -s pts/ptmx $R/dev/ptmx");
        File.WriteAllText(outside + "/ptmx", "");
        _ = container.TryCreate();
        Assert.Equal(2, Directory.GetFileSystemEntries(outside).Length);
        Assert.Equal(0, new FileInfo(outside + "/ptmx").Length);
        Assert.Null(new FileInfo(outside + "/ptmx").LinkTarget);
    }

    [Theory]
    [InlineData("OUTSIDE")]
    [InlineData("../../outside")]
    [InlineData("/../../../../../../../..OUTSIDE")]
    public void CVE_2026_47766_The_devices_of_a_dev_that_is_a_link_stay_in_the_root(string target)
    {
        Container container = NewContainer().Runs("true");
        _ = Outside(container);
        LeaveDevToTheImage(container);
        Link(container, "/dev", target);
        NaivelyOutside(container, "mknod $R/dev/extra c 1 3");
        container.Bundle.Add("linux.devices", """{"type":"c","path":"/dev/extra","major":1,"minor":3,"uid":5,"gid":5}""");
        _ = container.TryCreate();
        AssertUntouched(container);
    }

    [Theory]
    [InlineData("OUTSIDE/console")]
    [InlineData("../../../outside/console")]
    [InlineData("OUTSIDE/secret")]
    public void CVE_2026_88264_A_console_that_is_a_link_makes_no_file_outside(string target)
    {
        Container container = NewContainer().RunsScript("echo ready; sleep 1000");
        _ = Outside(container);
        LeaveDevToTheImage(container);
        container.Bundle.Mount("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620");
        Link(container, "/dev/console", target);
        NaivelyOutside(container, "echo >>$R/dev/console");
        container.Bundle.Set("process.terminal", "true");
        using ConsoleSocket socket = new(container.Directory + "/tty.sock");
        _ = container.TryCreate("--console-socket", socket.Path);
        AssertUntouched(container);
    }

    [Fact]
    public void CVE_2025_52565_A_false_terminal_does_not_become_the_console()
    {
        Container container = NewContainer().Runs("true");
        string dev = MountDev(container);
        Directory.CreateDirectory(dev + "/pts");
        File.WriteAllText(dev + "/console", "");
        File.WriteAllText(dev + "/pts/ptmx", "bait");
        for (int number = 0; number < 3; number++)
        {
            _ = File.CreateSymbolicLink($"{dev}/pts/{number}", "/proc/sys/kernel/core_pattern");
        }

        string pattern = File.ReadAllText("/proc/sys/kernel/core_pattern");
        Assert.Equal(pattern, Naively(container,
            $"mount --bind {dev} $R/dev; mount --bind $R/dev/pts/0 $R/dev/console; cat $R/dev/console"));
        container.Bundle.Set("process.terminal", "true");
        using ConsoleSocket socket = new(container.Directory + "/tty.sock");
        Assert.NotEqual(0, container.TryCreate("--console-socket", socket.Path).ExitCode);
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("/proc/sys/kernel/core_pattern")]
    [InlineData("OUTSIDE/secret")]
    [InlineData(null)]
    public void CVE_2025_31133_A_false_null_device_does_not_mask(string? target)
    {
        string pattern = File.ReadAllText("/proc/sys/kernel/core_pattern");
        Container container = NewContainer().RunsScript("echo evil >/etc/secret");
        _ = Outside(container);
        string dev = MountDev(container);
        File.WriteAllText(container.Bundle.Rootfs + "/etc/secret", "hidden");
        if (target is null)
        {
            File.WriteAllText(dev + "/null", "bait");
        }
        else
        {
            string outside = container.Directory + "/outside";
            _ = File.CreateSymbolicLink(dev + "/null", target.Replace("OUTSIDE", outside, StringComparison.Ordinal));
        }

        Assert.NotEqual("", Naively(container, $"mount --bind {dev} $R/dev; mount --bind $R/dev/null $R/etc/secret; cat $R/etc/secret"));
        container.Bundle.Set("linux.maskedPaths", """["/etc/secret"]""");
        container.TryCreate().Fails("/dev/null");
        Assert.Equal(pattern, File.ReadAllText("/proc/sys/kernel/core_pattern"));
        AssertUntouched(container);
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void CVE_2026_88265_A_stream_that_is_a_pipe_is_not_replaced_by_a_false_null_device(bool link)
    {
        Container container = NewContainer().RunsScript("echo through the pipe");
        string dev = MountDev(container);
        File.WriteAllText(dev + (link ? "/file" : "/null"), "");
        if (link)
        {
            _ = File.CreateSymbolicLink(dev + "/null", "file");
        }

        // Device number 0 is that of a pipe and of an ordinary file.
        Assert.Equal("0 0\n", Naively(container, $"echo $(echo | stat -L -c %t /proc/self/fd/0) $(stat -L -c %t {dev}/null)"));
        container.Bundle.Set("linux.maskedPaths", "[]");
        container.Bundle.Set("process.user", """{"uid":7,"gid":7}""");
        container.Bundle.Write();
        string line = $"echo in | '{Runtime.Path}' --root '{container.StateRoot}' run --bundle '{container.Bundle.Path}' {container.Id} "
            + $"2>&1 | cat";
        Outcome outcome = new Command("/bin/sh", ["-c", line]).Run();
        Assert.Equal(0, Syscall.stat(dev + "/null", out Stat status));
        Assert.Equal((0L, 0u), (status.st_size, status.st_uid));
        // Refusing such a /dev is as good.
        Assert.True(
            outcome.Stdout == "through the pipe\n" || outcome.Stdout.Contains("/dev/null", StringComparison.Ordinal), outcome.Stdout);
    }

    [Theory]
    [InlineData("OUTSIDE")]
    [InlineData("../../outside")]
    public void CVE_2026_55686_A_working_directory_behind_a_link_is_made_in_the_root(string target)
    {
        Container container = NewContainer().Runs("pwd");
        _ = Outside(container);
        Link(container, "/work", target);
        NaivelyOutside(container, "mkdir -p $R/work/dir");
        container.Bundle.Set("process.cwd", "\"/work/dir\"");
        _ = container.Run();
        AssertUntouched(container);
    }

    [Theory]
    [InlineData("/dev/node", "chown 5:5 $R/dev/node")]
    [InlineData("/data", "mount -t tmpfs x $R/data; mkdir $R/data/x")]
    [InlineData("/etc/file", ": >>$R/etc/file")]
    [InlineData("/link", "ln -s x $R/link/x")]
    [InlineData("/work", "mkdir -p $R/work/x")]
    [InlineData("/etc/passwd", "cat $R/etc/passwd")]
    [InlineData("/masked", "mount --bind /dev/null $R/masked")]
    [InlineData("/fixed", "mount --bind $R/fixed $R/fixed")]
    [InlineData("/dev", "mknod $R/dev/x c 1 3")]
    [InlineData("/dev/pts", "mount -t tmpfs x $R/dev/pts")]
    [InlineData("/dev/null", "echo >>$R/dev/null")]
    [InlineData("/sys/fs", "mkdir -p $R/sys/fs/cgroup")]
    public void CVE_class_hostile_root_Every_place_that_is_looked_up_with_everything_that_can_be_there(string place, string naive)
    {
        // Another runtime would do what it can to this machine: some of these links lead to its root.
        Runtime.MustBePunnet();
        string[] targets =
        [
            "OUTSIDE", "../../outside", "../../../outside", "OUTSIDE/secret", "OUTSIDE/new", "/proc/self/fd/3", "/proc/1/root",
            "/proc/self/exe", "..", place, "FIFO", "FILE", "DIRECTORY", "DEVICE",
        ];
        bool isAttack = false;
        Container container = NewContainer().Runs("/bin/true");
        _ = Outside(container);
        LookEverythingUp(container);
        foreach (string target in targets)
        {
            Put(container, place, target);
            if (target.StartsWith("OUTSIDE", StringComparison.Ordinal))
            {
                // What a shell does there: it makes, writes, reads or mounts something outside.
                string said = Naively(container,
                    naive + "; echo $(ls -A $O) $(cat $O/secret) $(stat -c %u $O/secret); grep -c $O /proc/self/mountinfo");
                isAttack |= said != "secret secret 0\n0\n";
                Directory.Delete(container.Directory + "/outside", recursive: true);
                _ = Outside(container);
            }

            Outcome outcome = container.Run();
            Assert.True(outcome.ExitCode is 0 or 1, $"{place} -> {target}: {outcome.ExitCode} {container.Errors}");
            Assert.True(outcome.ExitCode == 0 || container.Errors.StartsWith("punnet: run: ", StringComparison.Ordinal),
                container.Errors);
            AssertUntouched(container);
        }

        container.AssertNothingLeft();
        Assert.True(isAttack, "no attack");
    }

    // A config.json in which punnet looks up every one of the places.
    private static void LookEverythingUp(Container container)
    {
        LeaveDevToTheImage(container);
        container.Bundle.Mount("/dev/pts", "devpts", "devpts", "newinstance", "ptmxmode=0666");
        container.Bundle.Mount("/data", "tmpfs", "tmpfs", "tmpcopyup");
        container.Bundle.Mount("/etc/file", "bind", "/etc/hostname", "bind");
        container.Bundle.Add("linux.devices", """{"type":"c","path":"/dev/node","major":1,"minor":3,"uid":5,"gid":5}""");
        _ = File.CreateSymbolicLink(container.Directory + "/localtime", "UTC");
        container.Bundle.Mount("/link/time", "bind", container.Directory + "/localtime", "bind", "copy-symlink");
        container.Bundle.Set("process.cwd", "\"/work/dir\"");
        container.Bundle.Set("linux.maskedPaths", """["/masked"]""");
        container.Bundle.Set("linux.readonlyPaths", """["/fixed"]""");
        container.Bundle.Set("linux.sysctl", """{"kernel.msgmax":"4321"}""");
        foreach (string name in new[] { "masked", "fixed", "data", "link", "work" })
        {
            Directory.CreateDirectory($"{container.Bundle.Rootfs}/{name}");
        }
    }

    private static void Put(Container container, string place, string what)
    {
        string path = container.Bundle.Rootfs + place;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        _ = new Command("rm", ["-rf", path]).Run().Succeeds();
        switch (what)
        {
            case "FIFO":
                Assert.Equal(0, Syscall.mkfifo(path, FilePermissions.ALLPERMS));
                break;
            case "FILE":
                File.WriteAllText(path, "");
                break;
            case "DIRECTORY":
                Directory.CreateDirectory(path + "/below");
                break;
            case "DEVICE":
                Assert.Equal(0, Syscall.mknod(path, FilePermissions.S_IFCHR | FilePermissions.DEFFILEMODE, 0x105)); // 1:5, /dev/zero
                break;
            default:
                Link(container, place, what);
                break;
        }
    }
}
