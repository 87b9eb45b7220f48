using System;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <content>A false /proc, into which a runtime writes what is for the kernel.</content>
public sealed partial class CveTests
{
    [Theory]
    [InlineData("self")]
    [InlineData("thread-self")]
    public void CVE_2019_16884_A_label_is_not_written_into_a_false_proc(string name)
    {
        Container container = FalseProc("attr/exec", name);
        Assert.Equal("label", NaivelyFalse(container, $"{name}/attr/exec", "printf label"));
        container.Bundle.SetText("process.selinuxLabel", "system_u:system_r:container_t:s0");
        FailsOrIsTrue(container, container.TryCreate(), name + "/attr/exec");
    }

    [Theory]
    [InlineData("attr/apparmor/exec")]
    [InlineData("attr/exec")]
    public void CVE_2025_62596_A_profile_is_not_written_into_a_false_proc(string file)
    {
        Container container = FalseProc(file, "self", "thread-self");
        Assert.Equal("exec x", NaivelyFalse(container, "self/" + file, "printf 'exec x'"));
        container.Bundle.SetText("process.apparmorProfile", "unconfined");
        FailsOrIsTrue(container, container.TryCreate(), "self/" + file);
        FailsOrIsTrue(container, new Outcome("", 1, "", ""), "thread-self/" + file);
    }

    [Fact]
    public void CVE_2025_52881_A_parameter_is_not_written_into_a_false_proc()
    {
        Container container = FalseProc("msgmax", "sys/kernel");
        Assert.Equal("7777", NaivelyFalse(container, "sys/kernel/msgmax", "printf 7777"));
        container.Bundle.Set("linux.sysctl", """{"kernel.msgmax":"7777"}""");
        FailsOrIsTrue(container, container.TryCreate(), "sys/kernel/msgmax");
    }

    [Theory]
    [InlineData("oom_score_adj")]
    [InlineData("setgroups")]
    [InlineData("uid_map")]
    [InlineData("timens_offsets")]
    public void CVE_2025_52881_Nothing_of_a_process_is_written_into_a_false_proc(string file)
    {
        Container container = FalseProc(file, "self", "thread-self", "1");
        Assert.Equal("0", NaivelyFalse(container, "self/" + file, "printf 0"));
        container.Bundle.Set("process.oomScoreAdj", "500");
        container.Bundle.Namespace("time");
        container.Bundle.Set("linux.timeOffsets", """{"boottime":{"secs":7}}""");
        container.Bundle.UserNamespace();
        Outcome created = container.TryCreate();
        foreach (string process in new[] { "self", "thread-self", "1" })
        {
            FailsOrIsTrue(container, created, $"{process}/{file}");
        }

        if (created.ExitCode == 0)
        {
            Assert.Equal("500\n", File.ReadAllText($"/proc/{container.Pid}/oom_score_adj"));
        }
    }

    [Fact]
    public void CVE_2026_115521_A_read_only_root_is_that_whatever_proc_says_of_descriptors()
    {
        Container container = NewContainer().RunsScript("echo x >/file; echo status $?; echo x >/dev/file; echo status $?");
        container.Bundle.Set("mounts[1].options", """["nosuid","mode=755","ro"]""");
        string proc = Directory.CreateDirectory(container.Directory + "/proc").FullName;
        foreach (string process in new[] { "self", "thread-self" })
        {
            Directory.CreateDirectory($"{proc}/{process}/fd");
            for (int number = 0; number < 64; number++)
            {
                _ = File.CreateSymbolicLink($"{proc}/{process}/fd/{number}", "/tmp");
            }
        }

        // Found by its name, the descriptor of the root is the tmpfs at /tmp.
        Assert.Equal("status 0\n", Naively(container, $"mount --bind $R $R; mount --bind {proc} $R/proc; mount -t tmpfs tmpfs $R/tmp; "
            + "chroot $R /bin/sh -c 'exec 9</; mount -o remount,bind,ro /proc/self/fd/9; echo x >/file; echo status $?'"));
        File.Delete(container.Bundle.Rootfs + "/file");
        container.Bundle.Unmount("/proc");
        container.Bundle.Mount("/proc", "bind", proc, "bind");
        container.Bundle.Mount("/tmp", "tmpfs", "tmpfs");
        container.Bundle.Set("linux.maskedPaths", "[]");
        container.Bundle.Set("linux.readonlyPaths", "[]");
        _ = container.Run().Succeeds();
        Assert.Equal("status 1\nstatus 1\n", container.Output);
    }

    // A volume over /proc whose files are the attacker's.
    private Container FalseProc(string file, params string[] directories)
    {
        Container container = NewContainer().Sleeps();
        foreach (string directory in directories)
        {
            string path = $"{container.Directory}/proc/{directory}/{file}";
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, "false");
        }

        container.Bundle.Unmount("/proc");
        container.Bundle.Mount("/proc", "bind", container.Directory + "/proc", "bind");
        container.Bundle.Set("linux.maskedPaths", "[]");
        container.Bundle.Set("linux.readonlyPaths", "[]");
        return container;
    }

    private static string NaivelyFalse(Container container, string file, string write)
    {
        string path = $"{container.Directory}/proc/{file}";
        _ = Naively(container, $"mount --bind {container.Directory}/proc $R/proc; {write} >$R/proc/{file}");
        string written = File.ReadAllText(path);
        File.WriteAllText(path, "false");
        return written;
    }

    private static void FailsOrIsTrue(Container container, Outcome created, string file)
    {
        Assert.True(created.ExitCode == 0 || !created.Stderr.Contains("Unhandled", StringComparison.Ordinal), created.Stderr);
        string path = $"{container.Directory}/proc/{file}";
        Assert.Equal("false", File.Exists(path) ? File.ReadAllText(path) : "false");
    }
}
