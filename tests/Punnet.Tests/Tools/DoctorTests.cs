using System;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary><c>doctor</c>: what it says of a host is compared with the host's own files, and with hosts that lack something.</summary>
public sealed class DoctorTests : ContainerTest
{
    public DoctorTests() => Runtime.MustBePunnet();

    [Fact]
    public void On_a_host_that_runs_containers_it_says_so_and_what_the_kernel_says()
    {
        Report report = Examine(Runtime.Command("doctor", "--format", "json"));
        Assert.Equal(0, report.Status);
        Assert.True(report.CanRun);
        Assert.StartsWith("ok: run, with the config.json of punnet spec", report["a plain container"], StringComparison.Ordinal);
        Assert.Equal("ok: root", report["user"]);
        Assert.Equal("ok: " + File.ReadAllText("/proc/sys/kernel/osrelease").Trim(), report["kernel"]);
        foreach ((string name, string file) in new[]
        {
            ("mount", "mnt"), ("pid", "pid"), ("uts", "uts"), ("ipc", "ipc"), ("network", "net"), ("cgroup", "cgroup"), ("user", "user"),
            ("time", "time"),
        })
        {
            Assert.Equal(File.Exists("/proc/self/ns/" + file), report[name + " namespace"].StartsWith("ok: made", StringComparison.Ordinal));
        }

        string[] controllers = File.ReadAllText(CgroupTree.MountPoint + "/cgroup.controllers").Trim().Split(' ');
        Assert.All(controllers, controller => Assert.Contains(controller, report["controllers"].Split(';')[0], StringComparison.Ordinal));
        Assert.Contains(CgroupTree.MountPoint, report["layout"], StringComparison.Ordinal);
        Assert.Equal(
            File.ReadLines("/proc/filesystems").Any(static line => line.EndsWith("\toverlay", StringComparison.Ordinal)),
            report["overlay"].StartsWith("ok", StringComparison.Ordinal));
    }

    [Fact]
    public void The_text_has_a_line_for_each_thing_and_a_hint_where_something_lacks()
    {
        string text = Runtime.Run("doctor", "/nosuch\e[31m").Succeeds().Stdout;
        Assert.Matches(@"(?m)^caller\n  ok       kernel  ", text);
        Assert.Matches(@"(?m)^  ok       a plain container  ", text);
        Assert.Matches(@"(?m)^  missing  /nosuch\?\[31m +no such file or directory \(ENOENT\)$", text);
        Assert.DoesNotContain('\e', text);
        Assert.All(text.TrimEnd('\n').Split('\n'), static line => Assert.Matches(
            @"^$|^[a-z ]+$|^  (ok     |limited|missing)  \S.* \S|^ {44}hint: \S", line));
    }

    [Fact]
    public void An_ordinary_user_is_told_what_is_different()
    {
        Container container = NewContainer();
        string home = Directory.CreateDirectory(container.Directory + "/home").FullName;
        OrdinaryUser.Give(home);
        OrdinaryUser user = new();
        user.Environment["XDG_RUNTIME_DIR"] = home;
        Report report = Examine(user.Command(["doctor", "--format", "json"]));
        Assert.Equal(0, report.Status);
        Assert.StartsWith($"limited: #{OrdinaryUser.Id}: each container has a user namespace", report["user"], StringComparison.Ordinal);
        Assert.StartsWith("limited: /etc/subuid has no entry for ", report["user ids"], StringComparison.Ordinal);
        Assert.StartsWith("limited: operation not permitted (EPERM)", report["bpf device program"], StringComparison.Ordinal);
        Assert.Equal("missing: operation not permitted (EPERM)", report[home + "/punnet (state), id-mapped"]);
        Assert.EndsWith("punnet spec --rootless", report["a plain container"], StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(home));
    }

    [Fact]
    public void Subordinate_ids_are_mapped_to_see_that_they_can_be()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/newuidmap"), "needs newuidmap");
        OrdinaryUser user = new() { Grants = $"tester:{OrdinaryUser.FirstSubordinate}:{OrdinaryUser.Subordinates}\n" };
        Report report = Examine(user.Command(["doctor", "--format", "json"]));
        Assert.Equal($"ok: {OrdinaryUser.Subordinates} in /etc/subuid, mapped", report["user ids"]);
        Assert.Equal($"ok: {OrdinaryUser.Subordinates} in /etc/subgid, mapped", report["group ids"]);
    }

    [Fact]
    public void A_user_without_a_place_for_the_state_cannot_run_containers()
    {
        Report report = Examine(new OrdinaryUser().Command(["doctor", "--format", "json"]));
        Assert.Equal(1, report.Status);
        Assert.False(report.CanRun);
        Assert.Contains("permission denied (EACCES)", report["/run/punnet (state)"], StringComparison.Ordinal);
        Assert.Contains("XDG_RUNTIME_DIR", report.Hint("/run/punnet (state)"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("openat2", "limited")]
    [InlineData("statx", "limited")]
    [InlineData("faccessat2", "limited")]
    [InlineData("clone3", "limited")]
    [InlineData("close_range", "limited")]
    [InlineData("pidfd_send_signal", "limited")]
    [InlineData("pidfd_open", "missing")]
    [InlineData("pidfd_getfd", "missing")]
    [InlineData("open_tree", "limited")]
    [InlineData("move_mount", "limited")]
    [InlineData("fsopen", "limited")]
    [InlineData("fsconfig", "limited")]
    [InlineData("fsmount", "limited")]
    [InlineData("fspick", "limited")]
    [InlineData("mount_setattr", "limited")]
    public void A_call_that_an_outer_filter_refuses_is_named(string call, string level)
    {
        Command inside = Runtime.Command("doctor", "--format", "json");
        Report report = Examine(new Command(Workplace.Program("refuse"), [call + "=38", "--", .. inside.Words]));
        Assert.StartsWith(level + ": function not implemented (ENOSYS)", report[call], StringComparison.Ordinal);
        Assert.StartsWith("limited: a filter is around punnet", report["seccomp around punnet"], StringComparison.Ordinal);
        Assert.Equal(report.Status == 0, report.CanRun);
    }

    [Theory]
    [InlineData("seccomp=1", "seccomp filter", "missing: operation not permitted (EPERM)")]
    [InlineData("bpf=1", "bpf device program", "limited: operation not permitted (EPERM)")]
    [InlineData("keyctl=122", "keyring", "missing: disk quota exceeded (EDQUOT)")]
    public void So_is_what_else_is_refused(string refusal, string name, string expected)
    {
        Command inside = Runtime.Command("doctor", "--format", "json");
        Report report = Examine(new Command(Workplace.Program("refuse"), [refusal, "--", .. inside.Words]));
        Assert.StartsWith(expected, report[name], StringComparison.Ordinal);
    }

    [Fact]
    public void Without_cgroup2_no_container_can_be_run()
    {
        Report report = Within($"umount -l {CgroupTree.MountPoint}");
        Assert.Equal(1, report.Status);
        Assert.Contains("no cgroup2 file system is mounted", report["layout"], StringComparison.Ordinal);
        Assert.StartsWith("missing: no cgroup2 file system is mounted", report["a plain container"], StringComparison.Ordinal);
    }

    [Fact]
    public void Without_the_right_to_mount_no_container_can_be_run()
    {
        Command inside = Runtime.Command("doctor", "--format", "json");
        Report report = Examine(new Command(
            "/usr/bin/setpriv", ["--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin", .. inside.Words]));
        Assert.Equal(1, report.Status);
        Assert.Contains("CAP_SYS_ADMIN", report["capabilities"], StringComparison.Ordinal);
        Assert.EndsWith("operation not permitted (EPERM)", report["a plain container"], StringComparison.Ordinal);
        Assert.Equal("punnet itself lacks CAP_SYS_ADMIN", report.Hint("a plain container"));
    }

    [Fact]
    public void A_limit_of_namespaces_is_found()
    {
        Command inside = Runtime.Command("doctor", "--format", "json");
        Report report = Examine(new Command(
            "/usr/bin/unshare",
            ["--user", "--map-root-user", "/bin/sh", "-c", "echo 0 >/proc/sys/user/max_user_namespaces; exec \"$@\"", "sh", .. inside.Words]));
        Assert.Equal("ok: root of a user namespace", report["user"]);
        Assert.Equal("missing: no space left on device (ENOSPC)", report["user namespace"]);
        Assert.Contains("max_user_namespaces is 0", report.Hint("user namespace"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_file_systems_of_the_state_and_of_the_arguments_are_looked_at()
    {
        Container container = NewContainer();
        string plain = Directory.CreateDirectory(container.Directory + "/noexec").FullName;
        Report report = Within($"mount -t tmpfs -o noexec none {plain}", plain, "/proc");
        Assert.StartsWith("limited: tmpfs,noexec: no program can be executed", report[plain], StringComparison.Ordinal);
        Assert.StartsWith("ok: proc", report["/proc"], StringComparison.Ordinal);
        Assert.Equal("missing: invalid argument (EINVAL)", report["/proc, id-mapped"]);
        string state = Directory.CreateDirectory(container.Directory + "/state").FullName;
        report = Within($"mount -t tmpfs -o ro none {state}; set -- \"$1\" --root {state} \"${{2}}\" \"${{3}}\" \"${{4}}\"");
        Assert.Equal(1, report.Status);
        Assert.Contains("read-only file system (EROFS)", report[state + " (state)"], StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_left()
    {
        Container container = NewContainer();
        string place = Directory.CreateDirectory(container.Directory + "/temporary").FullName;
        string given = File.ReadAllText(CgroupTree.MountPoint + "/cgroup.subtree_control");
        using RunningCommand running = Runtime.Command("doctor").With("TMPDIR", place).Start();
        string name = "punnet-doctor-" + running.Pid;
        running.Wait().Succeeds();
        Assert.Empty(Directory.EnumerateFileSystemEntries(place));
        Assert.Empty(CgroupTree.Named(name));
        Assert.DoesNotContain(name, File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
        Assert.DoesNotContain(
            given.Trim().Split(' '),
            controller => !File.ReadAllText(CgroupTree.MountPoint + "/cgroup.subtree_control").Contains(controller, StringComparison.Ordinal));
    }

    [Fact]
    public void A_format_that_it_does_not_have_is_refused() => Runtime.Run("doctor", "--format", "xml").Fails("invalid format option");

    private static Report Examine(Command command)
    {
        Outcome outcome = command.Run();
        Assert.True(outcome.ExitCode is 0 or 1 && outcome.Stderr.Length == 0, outcome.Stderr);
        return new Report(outcome.ExitCode, JsonNode.Parse(outcome.Stdout)!);
    }

    // In a mount namespace of its own, after a script.
    private static Report Within(string script, params string[] directories)
    {
        Command inside = Runtime.Command(["doctor", "--format", "json", .. directories]);
        return Examine(new Command(
            "/usr/bin/unshare",
            ["--mount", "--propagation", "private", "/bin/sh", "-c", script + "; exec \"$@\"", "sh", .. inside.Words]));
    }

    private sealed record Report(int Status, JsonNode Document)
    {
        public bool CanRun => (bool)Document["canRun"]!;

        public string this[string name] => (string)Find(name)["level"]! + ": " + (string)Find(name)["reason"]!;

        public string? Hint(string name) => (string?)Find(name)["hint"];

        private JsonNode Find(string name) => Document["findings"]!.AsArray().Single(finding => (string)finding!["name"]! == name)!;
    }
}
