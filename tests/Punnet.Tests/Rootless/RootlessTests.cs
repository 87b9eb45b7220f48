using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json.Nodes;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>Containers of an ordinary user, without root's rights and without a delegated cgroup.</summary>
public sealed class RootlessTests : RootlessTest
{
    [Fact]
    public void What_spec_writes_runs()
    {
        Container container = NewRootless().RunsScript("id -u; id -g; hostname; echo $$");
        Assert.Equal("0\n0\nrunc\n1\n", container.RunToEnd());
        container.AssertNothingLeft();
    }

    [Fact]
    public void Root_inside_is_the_user_outside()
    {
        Container container = NewRootless().Sleeps().CreateAndStart();
        Assert.Equal($"0 {OrdinaryUser.Id} 1", Words(File.ReadAllText($"/proc/{container.Pid}/uid_map")));
        Assert.Equal($"0 {OrdinaryUser.Id} 1", Words(File.ReadAllText($"/proc/{container.Pid}/gid_map")));
        Assert.Equal("deny\n", File.ReadAllText($"/proc/{container.Pid}/setgroups"));
        Assert.Equal(
            $"{OrdinaryUser.Id} {OrdinaryUser.Id} {OrdinaryUser.Id} {OrdinaryUser.Id}", Words(ProcFile.Status(container.Pid, "Uid")));
    }

    [Fact]
    public void The_whole_life_works_and_leaves_nothing()
    {
        Container container = NewRootless().Sleeps().Create();
        Assert.Equal("created", container.Status);
        container.Start();
        Assert.Equal("running", container.Status);
        Assert.Equal("#" + OrdinaryUser.Id, container.State().Owner);
        Assert.Contains(container.Id, container.Call("list").Succeeds().Stdout, StringComparison.Ordinal);
        Assert.Equal("0\n", container.Exec("id", "-u").Succeeds().Stdout);
        container.Kill("TERM").Succeeds();
        container.Stop().Delete().Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void Ps_and_kill_all_find_the_processes_of_the_pid_namespace()
    {
        Container container = NewRootless().RunsScript("trap 'echo first' USR1; sh -c 'trap \"echo second\" USR1; echo ready; while :; "
            + "do sleep 0.1; done' & while :; do sleep 0.1; done");
        container.CreateAndStart();
        container.WaitForOutput("ready");
        JsonArray pids = JsonNode.Parse(container.Call("ps", "--format", "json", container.Id).Succeeds().Stdout)!.AsArray();
        Assert.Contains(container.Pid, new List<JsonNode?>(pids).ConvertAll(static pid => (int)pid!));
        Assert.True(pids.Count >= 2);
        container.Call("kill", "--all", container.Id, "USR1").Succeeds();
        container.WaitForOutput("first");
        container.WaitForOutput("second");
        container.Call("kill", "--all", container.Id, "KILL").Succeeds();
        container.WaitFor("stopped");
    }

    [Fact]
    public void Without_a_pid_namespace_of_its_own_ps_says_what_is_missing()
    {
        Container container = NewRootless().Sleeps();
        container.Bundle.Namespace("pid", present: false);
        container.Bundle.Unmount("/proc");
        container.Bundle.Mount("/proc", "none", "/proc", "rbind");
        container.CreateAndStart();
        container.Call("ps", container.Id)
            .Fails("cannot list the processes of container " + container.Id + ": it has no cgroup of its own\n", "hint: ");
        container.Call("kill", "--all", container.Id, "USR1")
            .Fails("cannot send a signal to all of container " + container.Id + ": it has no cgroup of its own\n");
        container.Stop();
    }

    [Theory]
    [InlineData("pause", "cannot pause")]
    [InlineData("events", "cannot measure")]
    [InlineData("update", "cannot limit", "--pids-limit", "5")]
    public void What_needs_a_cgroup_says_so(string verb, string words, params string[] flags)
    {
        Container container = NewRootless().Sleeps().CreateAndStart();
        container.Call([verb, .. flags, container.Id])
            .Fails(words + " container " + container.Id + ": it has no cgroup of its own\n", "hint: ");
        Assert.Equal("running", container.Status);
    }

    [Fact]
    public void The_callers_cgroup_is_never_taken_for_the_containers()
    {
        // Were it, deleting the container would end the caller.
        Container container = NewRootless().Sleeps().CreateAndStart();
        Assert.Equal(ProcFile.Cgroup(Environment.ProcessId), ProcFile.Cgroup(container.Pid));
        container.Delete("--force").Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void The_callers_cgroup_is_seen_and_cannot_be_changed()
    {
        Container container = NewRootless().RunsScript("mkdir /sys/fs/cgroup/x 2>&1; sleep 1000");
        container.Bundle.Unmount("/sys/fs/cgroup");
        container.Bundle.Mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "rrw");
        container.CreateAndStart();
        Assert.Contains("Read-only file system", container.WaitForOutput("system\n"), StringComparison.Ordinal);
        MountInfo.At(container.Pid, "/sys/fs/cgroup").Has("ro");
    }

    [Fact]
    public void A_sysctl_of_the_own_namespace_can_be_set()
    {
        Container container = NewRootless().Runs("cat", "/proc/sys/kernel/shmmax");
        container.Bundle.Set("linux.sysctl", """{"kernel.shmmax":"123456"}""");
        Assert.Equal("123456\n", container.RunToEnd());
    }

    [Fact]
    public void With_a_network_namespace_there_is_a_loopback_device_and_the_hosts_sys_is_shown()
    {
        Container container = NewRootless().RunsScript("cat /proc/net/dev | grep -c :; ls /sys/kernel >/dev/null && echo sys");
        container.Bundle.Namespace("network");
        container.Bundle.Unmount("/sys");
        container.Bundle.Unmount("/sys/fs/cgroup");
        container.Bundle.Mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro");
        Assert.EndsWith("sys\n", container.RunToEnd(), StringComparison.Ordinal);
    }

    // As Podman starts it for an ordinary user: as root of a user namespace, in the network namespace of the machine.
    [Fact]
    public void In_a_user_namespace_that_an_engine_has_made_there_can_be_a_network_namespace()
    {
        Container container = NewRootless(new OrdinaryUser { Within = ["/usr/bin/unshare", "--user", "--map-root-user", "--mount"] });
        container.RunsScript("readlink /proc/self/ns/net; ip link show lo | grep -c UP");
        container.Bundle.Namespace("user", present: false);
        container.Bundle.Remove("linux.uidMappings");
        container.Bundle.Remove("linux.gidMappings");
        container.Bundle.Namespace("network");
        container.Bundle.Set("hooks",
            $$"""{"createRuntime":[{"path":"/bin/sh","args":["sh","-c","readlink /proc/self/ns/net >{{container.Directory}}/hooks"]}]}""");
        string[] lines = container.RunToEnd().Split('\n');
        string host = Mono.Unix.UnixPath.ReadLink("/proc/self/ns/net");
        Assert.NotEqual(host, lines[0]);
        Assert.Equal("1", lines[1]);
        Assert.Equal(host + "\n", File.ReadAllText(container.Directory + "/hooks"));
    }

    [Fact]
    public void Hooks_run_as_the_user_and_in_the_container()
    {
        Container container = NewRootless().Runs("true");
        container.Bundle.Set("hooks", $$"""
            {"createRuntime":[{"path":"/bin/sh","args":["sh","-c","id -u >>{{container.Directory}}/hooks"]}],
             "createContainer":[{"path":"/bin/sh","args":["sh","-c","id -u >>{{container.Directory}}/hooks"]}],
             "startContainer":[{"path":"/bin/true"}],
             "poststop":[{"path":"/bin/sh","args":["sh","-c","id -u >>{{container.Directory}}/hooks"]}]}
            """);
        container.Run().Succeeds();
        Assert.Equal($"{OrdinaryUser.Id}\n0\n{OrdinaryUser.Id}\n", File.ReadAllText(container.Directory + "/hooks"));
    }

    [Fact]
    public void A_filter_is_loaded_with_and_without_no_new_privileges()
    {
        foreach (string noNewPrivileges in new[] { "true", "false" })
        {
            Container container = NewRootless().RunsScript("mkdir /tmp/x; grep Seccomp: /proc/self/status");
            container.Bundle.Set("process.noNewPrivileges", noNewPrivileges);
            container.Bundle.Set("linux.seccomp", """{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":95}]}""");
            Outcome outcome = container.Run().Succeeds();
            Assert.Equal("Seccomp:\t2\n", outcome.Stdout.Length == 0 ? container.Output : outcome.Stdout);
        }
    }

    [Fact]
    public void Oom_score_can_be_raised()
    {
        Container container = NewRootless().Sleeps();
        container.Bundle.Set("process.oomScoreAdj", "500");
        container.CreateAndStart();
        Assert.Equal("500\n", File.ReadAllText($"/proc/{container.Pid}/oom_score_adj"));
    }

    [Fact]
    public void A_network_device_of_the_host_is_refused()
    {
        Container container = NewRootless().Runs("true");
        container.Bundle.Namespace("network");
        container.Bundle.Set("linux.netDevices", """{"nosuchdev0":{}}""");
        container.Run().Fails("linux.netDevices[\"nosuchdev0\"]");
        container.AssertNothingLeft();
    }

    [Fact]
    public void Without_a_user_namespace_the_hint_is_spec_rootless()
    {
        Container container = NewRootless().Runs("true");
        container.Bundle.Namespace("user", present: false);
        container.Bundle.Remove("linux.uidMappings");
        container.Bundle.Remove("linux.gidMappings");
        container.Run().Fails("cannot clone a process into new namespaces (linux.namespaces): operation not permitted (EPERM)\n",
            "hint: an ordinary user needs a user namespace");
        container.AssertNothingLeft();
    }

    [Fact]
    public void The_state_is_below_the_users_runtime_directory()
    {
        Container container = NewRootless().Sleeps();
        container.Bundle.Write();
        string runtime = container.Directory + "/runtime";
        Directory.CreateDirectory(runtime);
        Assert.Equal(0, Syscall.chown(runtime, OrdinaryUser.Id, OrdinaryUser.Id));
        container.User!.Environment["XDG_RUNTIME_DIR"] = runtime;
        container.User.Command(["run", "--detach", "--bundle", container.Bundle.Path, container.Id]).Run().Succeeds();
        Assert.True(Directory.Exists(runtime + "/punnet/" + container.Id));
        Assert.Equal(0, Syscall.stat(runtime + "/punnet", out Stat status));
        Assert.Equal((FilePermissions)0x3C0, status.st_mode & (FilePermissions)0xFFF); // octal 1700
        Assert.Contains(container.Id, container.User.Command(["list"]).Run().Succeeds().Stdout, StringComparison.Ordinal);
        container.User.Command(["delete", "--force", container.Id]).Run().Succeeds();
        Assert.False(Directory.Exists(runtime + "/punnet/" + container.Id));
    }

    [Fact]
    public void Without_a_runtime_directory_the_hint_names_the_variable_and_the_option()
    {
        Container container = NewRootless().Runs("true");
        container.Bundle.Write();
        container.User!.Command(["run", "--bundle", container.Bundle.Path, container.Id]).Run()
            .Fails("/run/punnet", "permission denied (EACCES)\n", "hint: XDG_RUNTIME_DIR is not set", "--root");
    }

    [Fact]
    public void A_terminal_works()
    {
        Container container = NewRootless().Runs("tty");
        container.Bundle.Set("process.terminal", "true");
        Assert.Equal("/dev/pts/0", container.RunToEnd().Trim());
    }

    [Fact]
    public void An_exec_has_its_own_user_and_directory_and_environment()
    {
        Container container = NewRootless().Sleeps().CreateAndStart();
        Assert.Equal("/tmp x\n", container.ExecWith(["--cwd", "/tmp", "--env", "A=x"], "sh", "-c", "echo $PWD $A").Succeeds().Stdout);
        container.ExecWith(["--user", "5"], "true").FailsWith(255, "cannot become user 5 (process.user.uid): invalid argument (EINVAL)\n");
        container.ExecWith(["--cgroup", "below"], "true")
            .FailsWith(255, "cannot use --cgroup in container " + container.Id + ": it has no cgroup of its own\n");
        Assert.Equal("/dev/pts/0", container.ExecWith(["--tty"], "tty").Succeeds().Stdout.Trim());
    }

    [Fact]
    public void A_second_container_joins_the_namespaces_of_the_first()
    {
        Container first = NewRootless().Sleeps().CreateAndStart();
        Container second = NewRootless().Sleeps();
        foreach ((string type, string file) in new[] { ("user", "user"), ("ipc", "ipc"), ("uts", "uts"), ("pid", "pid") })
        {
            second.Bundle.Namespace(type, $"/proc/{first.Pid}/ns/{file}");
        }

        second.Bundle.Remove("linux.uidMappings");
        second.Bundle.Remove("linux.gidMappings");
        second.Bundle.Remove("hostname");
        second.CreateAndStart();
        foreach (string file in new[] { "user", "ipc", "uts", "pid" })
        {
            Assert.Equal(ProcFile.Namespace(first.Pid, file), ProcFile.Namespace(second.Pid, file));
        }

        Assert.NotEqual(ProcFile.Namespace(first.Pid, "mnt"), ProcFile.Namespace(second.Pid, "mnt"));
        second.Stop().Delete().Succeeds();
        Assert.Equal("running", first.Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Joining_and_a_user_namespace_of_its_own_go_together(bool pid)
    {
        // A user who may join what root has made, but may not override file permissions: the maps must be the user's to write.
        Container owner = NewContainer().Sleeps().CreateAndStart();
        Container guest = NewRootless(new OrdinaryUser { Capabilities = "+sys_admin" }).Sleeps();
        guest.Bundle.Namespace("ipc", Bind(owner, guest, "ipc"));
        guest.Bundle.Unmount("/dev/mqueue");
        if (pid)
        {
            guest.Bundle.Namespace("pid", Bind(owner, guest, "pid"));
            guest.Bundle.Unmount("/proc");
        }

        try
        {
            guest.CreateAndStart();
            Assert.Equal(ProcFile.Namespace(owner.Pid, "ipc"), ProcFile.Namespace(guest.Pid, "ipc"));
            Assert.Equal(pid, ProcFile.Namespace(owner.Pid, "pid") == ProcFile.Namespace(guest.Pid, "pid"));
            Assert.Equal($"0 {OrdinaryUser.Id} 1", Words(File.ReadAllText($"/proc/{guest.Pid}/uid_map")));
            guest.Stop().Delete().Succeeds();
        }
        finally
        {
            foreach (string mount in MountInfo.Below(guest.Directory))
            {
                new Command("umount", [mount]).Run().Succeeds();
            }
        }
    }

    private static string Bind(Container owner, Container guest, string name)
    {
        string file = $"{guest.Directory}/{name}.ns";
        File.WriteAllText(file, "");
        new Command("mount", ["--bind", $"/proc/{owner.Pid}/ns/{name}", file]).Run().Succeeds();
        return file;
    }

    private static string Words(string text)
    {
        return string.Join(' ', text.Split([' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries));
    }
}
