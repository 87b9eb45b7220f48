using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>What went wrong in this field before: one test or more for each CVE that the verbs of today could repeat.</summary>
public sealed class SecurityTests : ContainerTest
{
    // CVE-2024-21626.
    [Fact]
    public void Descriptors_of_the_runtime_and_its_caller_stay_outside()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Write();
        Command command = new(Runtime.Path, ["--root", container.StateRoot, "create", "--bundle", container.Bundle.Path, container.Id])
        {
            Stdout = container.Directory + "/stdout",
            Stderr = container.Directory + "/stderr",
            Redirections = "3</ 4</etc/passwd 5</proc 9<.",
        };
        command.Run().Succeeds();
        container.Start();
        Eventually.True(() => ProcFile.CommandLine(container.Pid) is ["sleep", "1000"], "the program runs");
        Assert.Equal(["0", "1", "2"], Descriptors(container.Pid));
    }

    // CVE-2016-9962, CVE-2024-21626.
    [Fact]
    public void Descriptors_stay_outside_of_an_executed_process_too()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        string pidFile = container.Directory + "/exec.pid";
        Command command = new(
            Runtime.Path, ["--root", container.StateRoot, "exec", "--detach", "--pid-file", pidFile, container.Id, "sleep", "999"])
        {
            Stdout = container.Directory + "/exec.out",
            Stderr = container.Directory + "/exec.err",
            Redirections = "3</ 4</etc/passwd 5</proc 9<.",
        };
        command.Run().Succeeds();
        int pid = int.Parse(File.ReadAllText(pidFile), CultureInfo.InvariantCulture);
        Eventually.True(() => ProcFile.CommandLine(pid) is ["sleep", "999"], "the program runs");
        Assert.Equal(["0", "1", "2"], Descriptors(pid));
    }

    // CVE-2024-21626.
    [Fact]
    public void A_cwd_behind_a_descriptor_is_refused_by_create()
    {
        for (int number = 3; number <= 14; number++)
        {
            Container container = NewContainer().Runs("pwd");
            container.Bundle.Set("process.cwd", $"\"/proc/self/fd/{number}\"");
            Assert.NotEqual(0, container.TryCreate().ExitCode);
            container.AssertNothingLeft();
        }
    }

    // CVE-2024-21626.
    [Fact]
    public void A_cwd_behind_a_descriptor_is_refused_by_exec()
    {
        Container container = NewContainer().Sleeps();
        _ = File.CreateSymbolicLink(container.Bundle.Rootfs + "/workdir", "/proc/self/fd/7");
        container.CreateAndStart();
        for (int number = 3; number <= 14; number++)
        {
            Assert.NotEqual(0, container.ExecWith(["--cwd", $"/proc/self/fd/{number}"], "pwd").ExitCode);
        }

        Assert.NotEqual(0, container.ExecWith(["--cwd", "/workdir"], "pwd").ExitCode);
    }

    // CVE-2025-31133.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_false_dev_null_does_not_mask(bool link)
    {
        string pattern = File.ReadAllText("/proc/sys/kernel/core_pattern");
        Container container = NewContainer().RunsScript("echo evil >/etc/secret");
        FakeDev(container, link ? "/proc/sys/kernel/core_pattern" : null);
        File.WriteAllText(container.Bundle.Rootfs + "/etc/secret", "secret");
        container.Bundle.Set("linux.maskedPaths", """["/etc/secret"]""");
        Outcome outcome = container.TryCreate();
        Assert.Equal(pattern, File.ReadAllText("/proc/sys/kernel/core_pattern"));
        outcome.Fails("/dev/null");
        container.AssertNothingLeft();
    }

    // CVE-2026-88265.
    [Fact]
    public void Stdio_that_is_a_pipe_is_never_replaced_by_a_false_dev_null()
    {
        Container container = NewContainer().RunsScript("echo through the pipe");
        FakeDev(container, null);
        container.Bundle.Set("linux.maskedPaths", "[]");
        container.Bundle.Write();
        string line = $"echo in | '{Runtime.Path}' --root '{container.StateRoot}' run --bundle '{container.Bundle.Path}' {container.Id} "
            + $"2>&1 | cat";
        Outcome outcome = new Command("/bin/sh", ["-c", line]).Run();
        Assert.Equal(0, Syscall.stat(container.Directory + "/dev/null", out Stat status));
        Assert.Equal((0L, 0u), (status.st_size, status.st_uid));
        // Refusing such a /dev is as good.
        Assert.True(
            outcome.Stdout == "through the pipe\n" || outcome.Stdout.Contains("/dev/null", StringComparison.Ordinal), outcome.Stdout);
    }

    // CVE-2026-41579, CVE-2026-47766.
    [Theory]
    [InlineData("OUTSIDE")]
    [InlineData("../../outside")]
    [InlineData("/../../../../../../../..OUTSIDE")]
    public void A_dev_that_is_a_link_does_not_lead_out(string target)
    {
        Container container = NewContainer().Runs("true");
        string outside = Outside(container);
        foreach (string place in new[] { "/dev/pts", "/dev/shm", "/dev/mqueue", "/dev" })
        {
            container.Bundle.Unmount(place);
        }

        Directory.Delete(container.Bundle.Rootfs + "/dev");
        _ = File.CreateSymbolicLink(container.Bundle.Rootfs + "/dev", target.Replace("OUTSIDE", outside, StringComparison.Ordinal));
        container.Bundle.Set("root.readonly", "false");
        container.Bundle.Add("linux.devices", """{"type":"c","path":"/dev/extra","major":1,"minor":3}""");
        _ = container.TryCreate();
        Assert.Empty(Directory.GetFileSystemEntries(outside));
    }

    // CVE-2026-88264, CVE-2025-52565.
    [Fact]
    public void A_console_that_is_a_link_does_not_lead_out()
    {
        Container container = NewContainer().RunsScript("echo ready; sleep 1000");
        string outside = Outside(container);
        foreach (string place in new[] { "/dev/pts", "/dev/shm", "/dev/mqueue", "/dev" })
        {
            container.Bundle.Unmount(place);
        }

        container.Bundle.Mount("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620");
        _ = File.CreateSymbolicLink(container.Bundle.Rootfs + "/dev/console", outside + "/console");
        container.Bundle.Set("process.terminal", "true");
        container.Bundle.Set("root.readonly", "false");
        using ConsoleSocket socket = new(container.Directory + "/tty.sock");
        _ = container.TryCreate("--console-socket", socket.Path);
        Assert.Empty(Directory.GetFileSystemEntries(outside));
    }

    // CVE-2019-19921, CVE-2023-27561, CVE-2023-28642, CVE-2025-54867.
    [Theory]
    [InlineData("proc")]
    [InlineData("sys")]
    public void A_proc_or_sys_that_is_a_link_is_refused(string name)
    {
        Container container = NewContainer().Runs("true");
        Directory.Delete($"{container.Bundle.Rootfs}/{name}");
        Directory.CreateDirectory(container.Bundle.Rootfs + "/elsewhere");
        _ = File.CreateSymbolicLink($"{container.Bundle.Rootfs}/{name}", "elsewhere");
        container.TryCreate().Fails(Runtime.IsPunnet ? "on /" + name : "must be mounted on ordinary directory");
        container.AssertNothingLeft();
    }

    // CVE-2019-18837, CVE-2021-30465.
    [Theory]
    [InlineData("OUTSIDE", "tmpfs")]
    [InlineData("../../outside", "tmpfs")]
    [InlineData("/../../../../../../../..OUTSIDE", "tmpfs")]
    [InlineData("OUTSIDE", "bind")]
    public void A_destination_behind_a_link_stays_in_the_root(string target, string type)
    {
        Container container = NewContainer().Sleeps();
        string outside = Outside(container);
        string destination = target.Replace("OUTSIDE", outside, StringComparison.Ordinal);
        _ = File.CreateSymbolicLink(container.Bundle.Rootfs + "/link", destination);
        Directory.CreateDirectory(container.Directory + "/source");
        container.Bundle.Mount("/link/new/place", type, container.Directory + "/source", type == "bind" ? ["bind"] : []);
        container.CreateAndStart();
        Assert.Empty(Directory.GetFileSystemEntries(outside));
        // Made where the link leads when / is the container's own root.
        string inside = destination.StartsWith("/..", StringComparison.Ordinal) || destination == outside ? outside : "/outside";
        _ = MountInfo.At(container.Pid, inside + "/new/place");
    }

    // CVE-2021-30465, CVE-2024-45310.
    [Fact]
    public void A_destination_that_changes_while_it_is_mounted_stays_in_the_root()
    {
        Container container = NewContainer().Runs("true");
        string outside = Outside(container);
        string shared = container.Directory + "/shared";
        Directory.CreateDirectory(shared + "/a");
        _ = File.CreateSymbolicLink(shared + "/b", outside);
        container.Bundle.Mount("/shared", "bind", shared, "bind");
        for (int number = 0; number < 5; number++)
        {
            container.Bundle.Mount($"/shared/a/new{number}/place", "tmpfs", "tmpfs");
        }

        using RunningCommand swapper = new Command(Workplace.Program("swapper"), [shared + "/a", shared + "/b"]).Start();
        for (int round = 0; round < 12; round++)
        {
            if (container.TryCreate().ExitCode == 0)
            {
                container.Delete("--force").Succeeds();
            }

            Assert.Empty(Directory.GetFileSystemEntries(outside));
        }

        Assert.False(swapper.HasExited);
    }

    // CVE-2019-16884, CVE-2025-52881.
    [Fact]
    public void Parameters_are_not_written_into_a_false_proc()
    {
        Container container = NewContainer().Sleeps();
        Directory.CreateDirectory(container.Directory + "/proc/sys/kernel");
        File.WriteAllText(container.Directory + "/proc/sys/kernel/msgmax", "false");
        container.Bundle.Unmount("/proc");
        container.Bundle.Set("mounts", container.Bundle.Config["mounts"]!.ToJsonString());
        container.Bundle.Mount("/proc", "bind", container.Directory + "/proc", "bind");
        container.Bundle.Set("linux.sysctl", """{"kernel.msgmax":"7777"}""");
        container.Bundle.Set("linux.maskedPaths", "[]");
        container.Bundle.Set("linux.readonlyPaths", "[]");
        _ = container.TryCreate();
        Assert.Equal("false", File.ReadAllText(container.Directory + "/proc/sys/kernel/msgmax"));
    }

    // CVE-2016-3697.
    [Fact]
    public void A_user_of_the_image_whose_name_is_a_number_is_nobody()
    {
        Container container = NewContainer().RunsScript("id -u; echo $HOME");
        File.WriteAllText(container.Bundle.Rootfs + "/etc/passwd", "1000:x:0:0::/evil:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n");
        container.Bundle.Set("process.user", """{"uid":1000,"gid":1000}""");
        Assert.Equal("1000\n/home/user\n", container.RunToEnd());
        container.Sleeps().CreateAndStart();
        Assert.Equal("1000\n", container.ExecWith(["-u", "1000"], "id", "-u").Succeeds().Stdout);
    }

    // CVE-2026-30892.
    [Theory]
    [InlineData("1:")]
    [InlineData("1:x")]
    [InlineData("-1")]
    [InlineData("1:-1")]
    [InlineData("4294967296")]
    [InlineData("1:4294967296")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("1x")]
    [InlineData("0x1")]
    [InlineData(":1")]
    [InlineData("1:2:3")]
    [InlineData("root")]
    public void A_user_that_is_no_number_is_refused(string user)
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        Outcome outcome = container.ExecWith(["--user=" + user], "id");
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.DoesNotContain("uid=", outcome.Stdout, StringComparison.Ordinal);
    }

    // CVE-2022-29162, CVE-2022-27650, CVE-2025-27612.
    [Fact]
    public void Exec_never_adds_inheritable_capabilities()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        const string None = "CapInh:\t0000000000000000\n";
        Assert.Equal(None, container.Exec("grep", "CapInh", "/proc/self/status").Succeeds().Stdout);
        Assert.Equal(None, container.ExecWith(["--cap", "CAP_NET_RAW"], "grep", "CapInh", "/proc/self/status").Succeeds().Stdout);
        string file = container.Directory + "/process.json";
        File.WriteAllText(file, """
            {"args":["grep","CapInh","/proc/self/status"],"cwd":"/","user":{"uid":0,"gid":0},"env":["PATH=/bin"],
             "capabilities":{"bounding":["CAP_KILL"],"permitted":["CAP_KILL"],"effective":["CAP_KILL"]}}
            """);
        Assert.Equal(None, container.Call("exec", "-p", file, container.Id).Succeeds().Stdout);
    }

    // CVE-2021-43784.
    [Fact]
    public void More_than_64_KiB_of_mappings_is_a_clean_error()
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.UserNamespace();
        List<string> mappings = [];
        for (int index = 0; index < 5000; index++)
        {
            mappings.Add($$"""{"containerID":{{index}},"hostID":{{100000 + (index * 2)}},"size":1}""");
        }

        container.Bundle.Set("linux.uidMappings", "[" + string.Join(',', mappings) + "]");
        container.TryCreate().Fails();
        container.AssertNothingLeft();
    }

    // CVE-2021-43784.
    [Fact]
    public void Long_values_arrive_whole()
    {
        Container container = NewContainer().RunsScript("echo ${#LONG} ${#ALSO}; echo ${#0}");
        container.Bundle.SetList("process.env", "PATH=/bin", "LONG=" + new string('x', 100000), "ALSO=" + new string('y', 70000));
        container.Bundle.SetList("process.args", "/bin/sh", "-c", "echo ${#LONG} ${#ALSO}; echo ${#0}", new string('z', 90000));
        Assert.Equal("100000 70000\n90000\n", container.RunToEnd());
    }

    [Theory]
    [InlineData("/../../escape")]
    [InlineData("../escape")]
    [InlineData("/a/../../../escape")]
    public void A_cgroup_path_with_dot_dot_is_refused(string path)
    {
        Runtime.MustBePunnet();
        Container container = NewContainer().Runs("true");
        container.Bundle.Set("linux.cgroupsPath", $"\"{path}\"");
        container.TryCreate().Fails("config.json: linux.cgroupsPath");
        Assert.Empty(CgroupTree.Named("escape"));
        container.AssertNothingLeft();
    }

    private static string Outside(Container container)
    {
        return Directory.CreateDirectory(container.Directory + "/outside").FullName;
    }

    // A /dev of the host's making whose null is a link, or an ordinary file.
    private static void FakeDev(Container container, string? target)
    {
        string directory = Directory.CreateDirectory(container.Directory + "/dev").FullName;
        if (target is null)
        {
            File.WriteAllText(directory + "/null", "");
        }
        else
        {
            _ = File.CreateSymbolicLink(directory + "/null", target);
        }

        foreach (string place in new[] { "/dev/pts", "/dev/shm", "/dev/mqueue", "/dev" })
        {
            container.Bundle.Unmount(place);
        }

        container.Bundle.Mount("/dev", "bind", directory, "bind");
    }

    private static string[] Descriptors(int pid)
    {
        string[] names = Array.ConvertAll(Directory.GetFiles($"/proc/{pid}/fd"), static path => Path.GetFileName(path));
        Array.Sort(names, StringComparer.Ordinal);
        return names;
    }
}
