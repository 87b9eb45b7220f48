using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>--systemd-cgroup: the unit as systemd has it, and the cgroup's files as the kernel has them.</summary>
public sealed class SystemdTests : ContainerTest
{
    private const string Limits = """
        {"memory":{"limit":67108864,"swap":134217728,"reservation":33554432},"cpu":{"shares":512,"quota":50000,"period":200000,"burst":20000},
         "pids":{"limit":50},"unified":{"memory.high":"50331648","memory.oom.group":"1"}}
        """;

    private static readonly (string File, string Value)[] files =
    [
        ("memory.max", "67108864"), ("memory.swap.max", "67108864"), ("memory.low", "33554432"), ("memory.high", "50331648"),
        ("cpu.weight", "59"), ("cpu.max", "50000 200000"), ("cpu.max.burst", "20000"), ("pids.max", "50"),
    ];

    private static readonly (string Property, string Value)[] properties =
    [
        ("MemoryMax", "67108864"), ("MemorySwapMax", "67108864"), ("MemoryLow", "33554432"), ("MemoryHigh", "50331648"),
            ("CPUWeight", "59"),
        ("CPUQuotaPerSecUSec", "250ms"), ("CPUQuotaPeriodUSec", "200ms"), ("TasksMax", "50"), ("Delegate", "yes"),
            ("DevicePolicy", "strict"),
        ("DefaultDependencies", "no"), ("Slice", "system.slice"), ("ActiveState", "active"), ("MemoryAccounting", "yes"),
            ("TasksAccounting", "yes"),
    ];

    [Fact]
    public void A_scope_and_its_cgroup_have_the_limits_and_keep_them_when_systemd_reloads()
    {
        Container container = NewContainer().RunsScript("cat /proc/self/cgroup; sleep 1000").BySystemd().Limits(Limits);
        container.CreateAndStart();
        Assert.Equal(CgroupTree.MountPoint + "/system.slice/" + container.Unit(), container.Cgroup);
        Assert.Contains("0::/\n", container.WaitForOutput("::/"), StringComparison.Ordinal);
        Check(container);
        Systemd.Control("daemon-reload").Succeeds();
        Check(container);

        // Kept only where scopes have a policy for it: officially from 253 on, and Debian's 252 has it too.
        Assert.Equal(("kill", "1"), (Systemd.Show(container.Unit(), "OOMPolicy"), container.Held("memory.oom.group")));
        container.Exec("sh", "-c", "head -c 3 /dev/zero | wc -c; mknod /dev/shm/disk b 7 0 || :; cat /dev/shm/disk").Fails("ermitted");

        container.Delete("--force").Succeeds();
        container.AssertNothingLeft();

        static void Check(Container container)
        {
            foreach ((string file, string value) in files)
            {
                Assert.Equal((file, value), (file, container.Held(file)));
            }

            foreach ((string property, string value) in properties)
            {
                Assert.Equal((property, value), (property, Systemd.Show(container.Unit(), property)));
            }

            Assert.Contains("/dev/char/1:3 rwm", Systemd.Show(container.Unit(), "DeviceAllow"), StringComparison.Ordinal);
            Assert.Equal("3", container.Exec("sh", "-c", "head -c 3 /dev/zero | wc -c").Succeeds().Stdout.Trim());
        }
    }

    [Theory]
    [InlineData("machine.slice:punnet:{0}", "/machine.slice/punnet-{0}.scope", "machine.slice")]
    [InlineData("punnet-pod{1}.slice:cri:{0}", "/punnet.slice/punnet-pod{1}.slice/cri-{0}.scope", "punnet-pod{1}.slice")]
    [InlineData("-.slice:punnet:{0}", "/punnet-{0}.scope", "-.slice")]
    public void The_path_names_slice_and_unit(string written, string expected, string slice)
    {
        Container container = NewContainer().Sleeps().BySystemd();
        string pod = Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture);
        container.Bundle.Set("linux.cgroupsPath", "\"" + string.Format(null, written, container.Id, pod) + "\"");
        container.Create();
        Assert.Equal(CgroupTree.MountPoint + string.Format(null, expected, container.Id, pod), container.Cgroup);
        Assert.Equal(string.Format(null, slice, container.Id, pod), Systemd.Show(Path.GetFileName(container.Cgroup), "Slice"));
    }

    [Fact]
    public void A_unit_may_be_a_slice_itself()
    {
        Container container = NewContainer().Sleeps().BySystemd().Limits(Limits);
        string name = container.Id.Replace('-', 'x');
        container.Bundle.Set("linux.cgroupsPath", $"\"::{name}.slice\"");
        container.CreateAndStart();
        Assert.Equal($"{CgroupTree.MountPoint}/{name}.slice", container.Cgroup);
        Assert.Equal("67108864", Systemd.Show(name + ".slice", "MemoryMax"));
        Assert.Equal("67108864", container.Held("memory.max"));
        container.Delete("--force").Succeeds();
        Assert.Empty(Systemd.Units(name));
        container.AssertNothingLeft();
    }

    [Fact]
    public void Annotations_set_properties_and_seconds_become_microseconds()
    {
        Container container = NewContainer().Sleeps().BySystemd();
        container.Bundle.Set("annotations", """
            {"org.systemd.property.TimeoutStopSec":"7","org.systemd.property.CollectMode":"'inactive-or-failed'","org.systemd.property.KillSignal":"int32 15",
             "org.systemd.property.After":"['dbus.socket']","org.systemd.property.SendSIGHUP":"true","org.systemd.property.RuntimeMaxUSec":"uint64 600000000"}
            """);
        container.Create();
        foreach ((string property, string value) in new[] { ("TimeoutStopUSec", "7s"), ("CollectMode", "inactive-or-failed"),
            ("SendSIGHUP", "yes"), ("RuntimeMaxUSec", "10min") })
        {
            Assert.Equal((property, value), (property, Systemd.Show(container.Unit(), property)));
        }

        Assert.Contains("dbus.socket", Systemd.Show(container.Unit(), "After"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("NoSuchProperty", "true", "NoSuchProperty")]
    [InlineData("CPUWeight", "uint64 20000", "CPUWeight")]
    [InlineData("PIDs", "[1]", "is punnet's to set")]
    [InlineData("KillMode", "none", "is not a GVariant text: expected true, false or a type")]
    [InlineData("x", "1", "is not the name of a property")]
    public void A_property_that_cannot_be_is_refused_with_its_annotation(string name, string value, string expected)
    {
        Container container = NewContainer().Sleeps().BySystemd();
        container.Bundle.Set("annotations", $$"""{"org.systemd.property.{{name}}":"{{value}}"}""");
        container.TryCreate().Fails(expected, $"annotations[\"org.systemd.property.{name}\"]");
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_unit_that_has_failed_makes_room()
    {
        Container container = NewContainer().Sleeps().BySystemd();
        _ = new Command("systemd-run", ["--scope", "--quiet", "--unit=" + container.Unit(), "--property=RuntimeMaxSec=1", "sleep", "100"])
            .Run();
        Eventually.True(() => Systemd.Show(container.Unit(), "ActiveState") == "failed", "the unit has failed");
        container.CreateAndStart();
        Assert.Equal("active", Systemd.Show(container.Unit(), "ActiveState"));
    }

    [Fact]
    public void A_unit_that_runs_is_left_alone()
    {
        Container container = NewContainer().Sleeps().BySystemd();
        using RunningCommand other = new Command("systemd-run", ["--scope", "--quiet", "--unit=" + container.Unit(), "sleep", "100"])
            .Start();
        Eventually.True(() => Systemd.Show(container.Unit(), "ActiveState") == "active", "the unit runs");
        container.TryCreate().Fails("cannot start the systemd unit " + container.Unit(), "hint: a unit of this name is running");
        Assert.Equal("active", Systemd.Show(container.Unit(), "ActiveState"));
        Assert.False(other.HasExited);
        Systemd.Control("stop", container.Unit()).Succeeds();
    }

    [Fact]
    public void An_update_changes_unit_and_files_and_after_an_error_neither()
    {
        Container container = NewContainer().Sleeps().BySystemd().Limits(Limits).CreateAndStart();
        container.Call("update", "--memory", "100000000", "--memory-swap", "-1", "--cpu-share", "2048", "--cpu-quota", "20000",
            "--pids-limit", "-1", container.Id).Succeeds();
        (string, string)[] updated = [("memory.max", "99999744"), ("memory.swap.max", "max"), ("cpu.weight", "174"),
            ("cpu.max", "20000 200000"), ("pids.max", "max")];
        (string, string)[] told = [("MemoryMax", "100000000"), ("MemorySwapMax", "infinity"), ("CPUWeight", "174"),
            ("CPUQuotaPerSecUSec", "100ms"), ("TasksMax", "infinity")];
        Check();
        Systemd.Control("daemon-reload").Succeeds();
        Check();

        string file = container.Directory + "/resources.json";
        File.WriteAllText(file, """{"memory":{"limit":200000000},"pids":{"limit":9},"unified":{"memory.nonsense":"1"}}""");
        container.Call("update", "--resources", file, container.Id).Fails("memory.nonsense");
        Check();

        void Check()
        {
            foreach ((string name, string value) in updated)
            {
                Assert.Equal((name, value), (name, container.Held(name)));
            }

            foreach ((string property, string value) in told)
            {
                string shown = Systemd.Show(container.Unit(), property);
                Assert.True(shown == value || (property == "MemoryMax" && shown == "99999744"), $"{property}: {shown}");
            }
        }
    }

    [Fact]
    public void Pause_ps_events_exec_and_kill_need_no_flag()
    {
        Container container = NewContainer().RunsScript("sleep 500 & sleep 1000; sleep 1000").BySystemd().CreateAndStart();
        Assert.Contains("memory", container.Call("events", "--stats", container.Id).Succeeds().Stdout, StringComparison.Ordinal);
        Eventually.True(() => container.Call("ps", "--format", "json", container.Id).Succeeds().Stdout.Contains(',',
            StringComparison.Ordinal), "ps has two");
        container.Call("pause", container.Id).Succeeds();
        Assert.Equal("paused", container.Status);
        container.Call("resume", container.Id).Succeeds();
        Assert.Equal("0::/\n", container.Exec("cat", "/proc/self/cgroup").Succeeds().Stdout);
        container.Stop();
        container.Delete().Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_container_that_ended_by_itself_is_deleted_though_its_scope_is_gone()
    {
        Container container = NewContainer().Runs("true").BySystemd().CreateAndStart().WaitFor("stopped");
        Eventually.True(() => Systemd.Units(container.Id).Count == 0, "systemd removes the scope");
        container.Delete().Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_container_that_ran_out_of_memory_leaves_no_failed_unit()
    {
        Container container = NewContainer().Runs("sh", "-c", "dd if=/dev/zero of=/dev/shm/big bs=1M count=50; sleep 1000").BySystemd()
            .Limits("""{"memory":{"limit":16777216,"swap":16777216}}""").CreateAndStart();
        Eventually.True(() => CgroupTree.Value(container.Cgroup, "memory.events", "oom_kill") != "0", "the kernel kills");
        container.Delete("--force").Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void After_a_killed_create_delete_leaves_no_unit()
    {
        foreach (string kind in new[] { "createRuntime", "createContainer" })
        {
            Container container = NewContainer().Sleeps().BySystemd();
            container.Bundle.Add("hooks." + kind, $$"""{"path":"/bin/sh","args":["sh","-c","touch {{container.Directory}}/in-hook; sleep 30"],"env":["PATH=/bin","HOOK_OF={{container.Id}}"]}""");
            using RunningCommand running = container.CreateCommand().Start();
            Eventually.True(() => File.Exists(container.Directory + "/in-hook"), kind + " hook runs");
            Assert.Contains(container.Unit(), Systemd.Units(container.Id));
            Assert.Equal(0, Syscall.kill(running.Pid, Signum.SIGKILL));
            _ = running.Wait();
            foreach (int pid in ProcFile.Mentioning("HOOK_OF=" + container.Id))
            {
                _ = Syscall.kill(pid, Signum.SIGKILL);
            }

            container.Delete("--force").Succeeds();
            container.AssertNothingLeft();
        }
    }

    [Fact]
    public void A_create_that_fails_after_the_unit_was_made_leaves_none()
    {
        Container container = NewContainer().Runs("/no/such/program").BySystemd();
        container.TryCreate().Fails("/no/such/program");
        container.AssertNothingLeft();
    }

    // systemd removes the cgroup as soon as nobody is in it, while punnet still loads a large device program.
    [Fact]
    public void What_stops_the_new_process_is_told_and_not_that_its_cgroup_is_gone()
    {
        Container container = NewContainer().Runs("/no/such/program").BySystemd();
        string rules = string.Join(',', Enumerable.Range(1, 700).Select(static major => $$"""{"allow":true,"type":"c","major":{{major}},"minor":{{major}},"access":"rw"}"""));
        container.Bundle.Set("linux.resources.devices", "[" + rules + "]");
        container.TryCreate().Fails("/no/such/program");
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_subgroup_takes_the_container_and_both_have_the_limits()
    {
        Container container = NewContainer().RunsScript("cat /proc/self/cgroup; sleep 1000").BySystemd().Limits(Limits);
        container.Bundle.Set("annotations", """{"run.oci.systemd.subgroup":"container"}""");
        container.CreateAndStart();
        string scope = $"{CgroupTree.MountPoint}/system.slice/{container.Unit()}";
        Assert.Equal(scope + "/container", container.Cgroup);
        Assert.Equal("0::/\n", container.WaitForOutput("::"));
        Assert.Equal("67108864", File.ReadAllText(scope + "/memory.max").TrimEnd());
        Assert.Equal("67108864", container.Held("memory.max"));
        Assert.Equal("0::/\n", container.Exec("cat", "/proc/self/cgroup").Succeeds().Stdout);
        container.Delete("--force").Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_container_with_its_own_user_namespace_is_in_its_scope()
    {
        Container container = NewContainer().RunsScript("cat /proc/self/cgroup; sleep 1000").BySystemd();
        container.Bundle.UserNamespace();
        container.CreateAndStart();
        Assert.Equal("0::/\n", container.WaitForOutput("::"));
        Assert.EndsWith("/system.slice/" + container.Unit(), container.Cgroup, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_the_private_socket_the_system_bus_is_used_and_remembered()
    {
        Container container = NewContainer().Sleeps().BySystemd();
        container.Bundle.Write();
        new Command("unshare",
            ["--mount", "--propagation", "private", "sh", "-c", "mount --bind /dev/null " + Systemd.PrivateSocket + " && exec \"$@\"", "sh",
            Runtime.Path, "--root", container.StateRoot, "--systemd-cgroup", "create", "--bundle", container.Bundle.Path, container.Id])
        {
            Stdout = container.Directory + "/stdout",
        }.Run().Succeeds();
        Assert.Contains("bus /run/dbus/system_bus_socket", File.ReadAllText($"{container.StateRoot}/{container.Id}/state.json"),
            StringComparison.Ordinal);
        Assert.Equal("active", Systemd.Show(container.Unit(), "ActiveState"));
        container.Start().Delete("--force").Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void One_process_is_a_limit_that_a_container_can_have()
    {
        Container container = NewContainer().Sleeps().BySystemd().Limits("""{"pids":{"limit":1}}""").CreateAndStart();
        Assert.Equal("1", container.Held("pids.max"));
    }

    // With one capability more than an ordinary user has: User-Mode Linux's kernel has no CONFIG_CHECKPOINT_RESTORE, without which it lets
    // only that one leave punnet's own file. It opens nothing of systemd or of cgroups.
    [Fact]
    public void An_ordinary_users_container_is_a_unit_of_his_own_systemd()
    {
        Systemd.Need();
        const string Run = "/run/user/65534";
        Container container = NewContainer().RunsScript("cat /proc/self/cgroup; sleep 1000")
            .Limits("""{"memory":{"limit":67108864},"pids":{"limit":50},"devices":[{"allow":true,"access":"rwm"}]}""");
        container.Bundle.UserNamespace();
        container.Bundle.Set("linux.uidMappings", """[{"containerID":0,"hostID":65534,"size":1}]""");
        container.Bundle.Set("linux.gidMappings", """[{"containerID":0,"hostID":65534,"size":1}]""");
        container.Bundle.Unmount("/sys");
        container.Bundle.Unmount("/dev/pts");
        container.Bundle.Write();
        new Command("chown", ["-R", "65534:65534", container.Directory]).Run().Succeeds();
        new Command("install", ["-d", "--owner=65534", "--mode=700", Run]).Run().Succeeds();
        new Command("systemd-run",
            ["--quiet", "--unit=ptuser.service", "--uid=65534", "--property=Delegate=yes", "--setenv=XDG_RUNTIME_DIR=" + Run,
            "/lib/systemd/systemd", "--user"]).Run().Succeeds();
        Eventually.True(() => File.Exists(Run + "/systemd/private"), "the user's systemd is there");
        string state = container.StateRoot;
        Punnet("--systemd-cgroup", "run", "--detach", "--bundle", container.Bundle.Path, container.Id).Succeeds();
        Assert.Contains(
            "systemd " + Run + "/systemd/private", File.ReadAllText($"{state}/{container.Id}/state.json"), StringComparison.Ordinal);
        string cgroup = CgroupTree.DirectoryOf(container.State().Pid);
        Assert.EndsWith("/ptuser.service/user.slice/" + container.Unit(), cgroup, StringComparison.Ordinal);
        Assert.Equal(("67108864", "50"), (File.ReadAllText(cgroup + "/memory.max").Trim(), File.ReadAllText(cgroup + "/pids.max").Trim()));
        Assert.Equal("0::/\n", container.WaitForOutput("::"));
        // From outside of what his systemd has, as from a login session: he may not enter the container's cgroup himself.
        Assert.Equal("0::/\n", Punnet("exec", container.Id, "cat", "/proc/self/cgroup").Succeeds().Stdout);
        int before = File.ReadAllLines(cgroup + "/cgroup.procs").Length;
        Punnet("exec", "--detach", container.Id, "sleep", "1001").Succeeds();
        Assert.Equal(before + 1, File.ReadAllLines(cgroup + "/cgroup.procs").Length);
        Punnet("update", "--memory", "33554432", container.Id).Succeeds();
        Assert.Equal("33554432", File.ReadAllText(cgroup + "/memory.max").Trim());
        Punnet("delete", "--force", container.Id).Succeeds();
        Assert.False(Directory.Exists(cgroup));
        Systemd.Control("stop", "ptuser.service").Succeeds();

        Outcome Punnet(params string[] arguments) => new Command("setpriv",
            ["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=+sys_resource", "--ambient-caps=+sys_resource", Runtime.Path,
                "--root", state, .. arguments])
        {
            Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["XDG_RUNTIME_DIR"] = Run },
            Stdout = arguments[0] == "--systemd-cgroup" ? container.Directory + "/stdout" : null,
        }.Run();
    }

    [Fact]
    public void Run_in_the_foreground_leaves_nothing()
    {
        Container container = NewContainer().RunsScript("echo done; exit 7").BySystemd();
        Assert.Equal("done\n", container.Run().Returns(7).Stdout);
        container.AssertNothingLeft();
    }
}
