using System;
using System.Globalization;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>Namespaces: new, joined, inherited, read from /proc/PID/ns.</summary>
public sealed class NamespaceTests : ContainerTest
{
    [Theory]
    [InlineData("pid", "pid")]
    [InlineData("network", "net")]
    [InlineData("ipc", "ipc")]
    [InlineData("uts", "uts")]
    [InlineData("mount", "mnt")]
    [InlineData("cgroup", "cgroup")]
    [InlineData("time", "time")]
    public void A_listed_namespace_is_new(string type, string file)
    {
        KernelHas(file);
        Container container = NewContainer().Sleeps();
        container.Bundle.Namespace(type);
        container.CreateAndStart();
        Started(container);
        Assert.NotEqual(ProcFile.Namespace(Environment.ProcessId, file), ProcFile.Namespace(container.Pid, file));
    }

    [Theory]
    [InlineData("pid", "pid")]
    [InlineData("network", "net")]
    [InlineData("ipc", "ipc")]
    [InlineData("uts", "uts")]
    [InlineData("cgroup", "cgroup")]
    [InlineData("time", "time")]
    [InlineData("user", "user")]
    public void A_namespace_that_is_not_listed_is_the_runtimes(string type, string file)
    {
        KernelHas(file);
        Container container = NewContainer().Sleeps();
        container.Bundle.Namespace(type, present: false);
        container.Bundle.Remove("hostname");
        container.CreateAndStart();
        Assert.Equal(ProcFile.Namespace(Environment.ProcessId, file), ProcFile.Namespace(container.Pid, file));
    }

    [Theory]
    [InlineData("pid", "pid")]
    [InlineData("network", "net")]
    [InlineData("ipc", "ipc")]
    [InlineData("uts", "uts")]
    [InlineData("cgroup", "cgroup")]
    [InlineData("time", "time")]
    public void A_namespace_with_a_path_is_joined(string type, string file)
    {
        KernelHas(file);
        Container owner = NewContainer().Sleeps();
        owner.Bundle.Namespace(type);
        owner.CreateAndStart();
        Started(owner);
        Container guest = NewContainer().Sleeps();
        guest.Bundle.Namespace(type, $"/proc/{owner.Pid}/ns/{file}");
        if (type == "uts")
        {
            guest.Bundle.Remove("hostname");
        }

        guest.CreateAndStart();
        Started(guest);
        Assert.Equal(ProcFile.Namespace(owner.Pid, file), ProcFile.Namespace(guest.Pid, file));
        guest.Delete("--force").Succeeds();
        Assert.Equal("running", owner.Status);
    }

    [Fact]
    public void A_joined_pid_namespace_shows_both_containers()
    {
        Container owner = NewContainer().Sleeps().CreateAndStart();
        Container guest = NewContainer().Sleeps();
        guest.Bundle.Namespace("pid", $"/proc/{owner.Pid}/ns/pid");
        guest.CreateAndStart();
        Assert.NotEqual("1", ProcFile.Status(guest.Pid, "NSpid").Split('\t')[^1]);
        Assert.Equal(2, ProcFile.Status(guest.Pid, "NSpid").Split('\t').Length);
        Assert.Contains("sleep", owner.Exec("ps").Succeeds().Stdout, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_joined_user_namespace_is_the_owners_with_or_without_its_mappings(bool mappings)
    {
        Container owner = NewContainer().Sleeps();
        owner.Bundle.UserNamespace();
        owner.CreateAndStart();
        Started(owner);
        Container guest = NewContainer().Sleeps();
        guest.Bundle.UserNamespace();
        guest.Bundle.Namespace("user", $"/proc/{owner.Pid}/ns/user");
        if (!mappings)
        {
            guest.Bundle.Remove("linux.uidMappings");
            guest.Bundle.Remove("linux.gidMappings");
        }

        guest.CreateAndStart();
        Started(guest);
        Assert.Equal(ProcFile.Namespace(owner.Pid, "user"), ProcFile.Namespace(guest.Pid, "user"));
        Assert.Equal("100000\t100000\t100000\t100000", ProcFile.Status(guest.Pid, "Uid"));
    }

    [Fact]
    public void All_of_a_pods_namespaces_are_joined_at_once()
    {
        Container owner = NewContainer().Sleeps();
        owner.Bundle.UserNamespace();
        owner.CreateAndStart();
        Started(owner);
        Container guest = NewContainer().Sleeps();
        guest.Bundle.UserNamespace();
        foreach ((string type, string file) in new[] { ("user", "user"), ("network", "net"), ("ipc", "ipc"), ("uts", "uts"), ("pid", "pid"),
            ("cgroup", "cgroup") })
        {
            guest.Bundle.Namespace(type, $"/proc/{owner.Pid}/ns/{file}");
        }

        guest.Bundle.Remove("hostname");
        guest.CreateAndStart();
        Started(guest);
        foreach (string file in new[] { "user", "net", "ipc", "uts", "pid", "cgroup" })
        {
            Assert.Equal(ProcFile.Namespace(owner.Pid, file), ProcFile.Namespace(guest.Pid, file));
        }
    }

    [Fact]
    public void A_network_of_the_host_can_be_joined_beside_a_new_user_namespace()
    {
        Container owner = NewContainer().Sleeps().CreateAndStart();
        Container guest = NewContainer().Sleeps();
        guest.Bundle.UserNamespace();
        guest.Bundle.Namespace("network", $"/proc/{owner.Pid}/ns/net");
        // sysfs needs a network namespace of its own user namespace.
        guest.Bundle.Unmount("/sys");
        guest.Bundle.Unmount("/sys/fs/cgroup");
        guest.Bundle.Mount("/sys", "none", "/sys", "rbind", "nosuid", "noexec", "nodev", "ro");
        guest.CreateAndStart();
        Assert.Equal(ProcFile.Namespace(owner.Pid, "net"), ProcFile.Namespace(guest.Pid, "net"));
    }

    [Fact]
    public void A_namespace_of_another_kind_is_refused()
    {
        Container owner = NewContainer().Sleeps().CreateAndStart();
        Container guest = NewContainer().Sleeps();
        guest.Bundle.Namespace("network", $"/proc/{owner.Pid}/ns/ipc");
        Outcome outcome = guest.TryCreate().Fails();
        if (Runtime.IsPunnet)
        {
            Assert.Contains($"/proc/{owner.Pid}/ns/ipc", outcome.Stderr, StringComparison.Ordinal);
        }

        guest.AssertNothingLeft();
    }

    [Theory]
    [InlineData("/no/such/namespace", "no such file or directory")]
    [InlineData("/etc/passwd", "")]
    public void A_path_that_is_not_a_namespace_is_an_error_that_names_it(string path, string expected)
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Namespace("ipc", path);
        Outcome outcome = container.TryCreate().Fails(expected);
        if (Runtime.IsPunnet)
        {
            Assert.Contains(path, outcome.Stderr, StringComparison.Ordinal);
        }

        container.AssertNothingLeft();
    }

    [Fact]
    public void Init_is_process_1_of_its_pid_namespace()
    {
        Container container = NewContainer().RunsScript("echo $$");
        Assert.Equal("1\n", container.RunToEnd());
    }

    [Fact]
    public void A_new_network_has_its_loopback_up()
    {
        Container container = NewContainer().RunsScript("cat /sys/class/net/lo/flags; ls /sys/class/net");
        string output = container.RunToEnd();
        Assert.Equal(1, int.Parse(output.Split('\n')[0][2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture) & 1);
    }

    [Fact]
    public void A_network_of_the_host_is_left_as_it_is()
    {
        Container container = NewContainer().Runs("cat", "/proc/self/net/dev");
        container.Bundle.Namespace("network", present: false);
        Assert.Equal(File.ReadAllLines("/proc/self/net/dev").Length, container.RunToEnd().TrimEnd('\n').Split('\n').Length);
    }

    [Fact]
    public void The_time_namespace_has_its_offsets()
    {
        KernelHas("time");
        Container container = NewContainer().Sleeps();
        container.Bundle.Namespace("time");
        container.Bundle.Set("linux.timeOffsets", """{"monotonic":{"secs":7200,"nanosecs":5},"boottime":{"secs":1000000,"nanosecs":0}}""");
        container.CreateAndStart();
        string[] lines = Array.ConvertAll(File.ReadAllLines($"/proc/{container.Pid}/timens_offsets"),
            static line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.Equal(["monotonic 7200 5", "boottime 1000000 0"], lines);
        double uptime = double.Parse(container.Exec("cat", "/proc/uptime").Succeeds().Stdout.Split(' ')[0], CultureInfo.InvariantCulture);
        Assert.True(uptime > 1000000);
    }

    [Fact]
    public void A_hostname_needs_a_uts_namespace()
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Namespace("uts", present: false);
        container.TryCreate().Fails("unable to set hostname without a private UTS namespace");
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_joined_uts_namespace_takes_the_hostname()
    {
        Container owner = NewContainer().Sleeps().CreateAndStart();
        Container guest = NewContainer().Runs("hostname");
        guest.Bundle.Namespace("uts", $"/proc/{owner.Pid}/ns/uts");
        guest.Bundle.Set("hostname", "\"renamed\"");
        Assert.Equal("renamed\n", guest.RunToEnd());
    }

    [Fact]
    public void A_pinned_namespace_can_be_joined()
    {
        Container owner = NewContainer().Sleeps().CreateAndStart();
        string pin = owner.Directory + "/pin";
        File.WriteAllText(pin, "");
        new Command("mount", ["--bind", $"/proc/{owner.Pid}/ns/uts", pin]).Run().Succeeds();
        try
        {
            Container guest = NewContainer().Runs("hostname");
            guest.Bundle.Namespace("uts", pin);
            guest.Bundle.Remove("hostname");
            Assert.Equal("punnet\n", guest.RunToEnd());
        }
        finally
        {
            new Command("umount", [pin]).Run().Succeeds();
        }
    }

    private static void KernelHas(string file)
    {
        Assert.SkipUnless(File.Exists("/proc/self/ns/" + file), $"this kernel has no {file} namespaces");
    }

    private static void Started(Container container)
    {
        Eventually.True(() => ProcFile.CommandLine(container.Pid) is ["sleep", "1000"], "the program runs");
    }

    // In a mount namespace of its own: a runtime that obeys moves the root of everybody in it.
    [Theory]
    [InlineData("/proc/self/ns/mnt")]
    [InlineData("/proc/1/ns/mnt")]
    public void The_mount_namespace_of_the_host_is_not_joined(string path)
    {
        Runtime.MustBePunnet();
        Container container = NewContainer().Runs("true");
        container.Bundle.Namespace("mount", path);
        container.Bundle.Write();
        string[] words = ["/usr/bin/unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--mount-proc", "/bin/sh", "-c",
            "\"$@\"; status=$?; ls -d /etc; exit $status", "sh",
            Runtime.Path, "--root", container.StateRoot, "run", "--bundle", container.Bundle.Path, container.Id];
        Outcome run = new Command(words[0], words[1..]).Run().Fails(
            $"config.json: linux.namespaces[{container.Bundle.Config["linux"]!["namespaces"]!.AsArray().Count - 1}].path: {path} is the host's own mount namespace, and the container's root would become everybody's\n");
        Assert.Equal("/etc\n", run.Stdout);
        container.AssertNothingLeft();
    }
}
