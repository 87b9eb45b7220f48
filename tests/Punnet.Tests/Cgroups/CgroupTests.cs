using System;
using System.IO;
using System.Text.Json.Nodes;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>The container's cgroup: where it is, who is in it, what it forbids, and that it goes.</summary>
public sealed class CgroupTests : ContainerTest
{
    [Fact]
    public void Without_a_cgroup_manager_there_is_no_cgroup()
    {
        Container container = NewContainer().RunsScript("sleep 1000").Globally("--cgroup-manager", "disabled");
        container.Bundle.Set("linux.cgroupsPath", $"\"/{container.Id}\"");
        container.Bundle.Set("linux.resources.pids", """{"limit":-1}""");
        container.TryCreate().Succeeds();
        container.Start();
        Assert.Equal(CgroupTree.DirectoryOf(Environment.ProcessId), CgroupTree.DirectoryOf(container.Pid));
        container.Exec("true").Succeeds();
        container.Stop().Delete().Succeeds();
        container.AssertNothingLeft();

        container.Bundle.Set("linux.resources.pids", """{"limit":7}""");
        container.TryCreate().Fails("cannot set pids.max to \"7\" (linux.resources.pids.limit): with --cgroup-manager disabled the "
            + "container has no cgroup of its own\n");
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("cgroupfs", 0)]
    [InlineData("docker", 1)]
    public void A_cgroup_manager_is_one_of_three(string manager, int status)
    {
        Container container = NewContainer().Runs("true").Globally("--cgroup-manager", manager);
        container.Run()
            .FailsWith(status, status == 0 ? "" : "punnet: unknown cgroup manager docker: cgroupfs, systemd or disabled is expected\n");
    }

    [Fact]
    public void Init_is_in_a_cgroup_of_its_own()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        Assert.NotEqual(ProcFile.Cgroup(Environment.ProcessId), ProcFile.Cgroup(container.Pid));
        Assert.Equal([container.Pid.ToString(System.Globalization.CultureInfo.InvariantCulture)],
            File.ReadAllLines(container.Cgroup + "/cgroup.procs"));
    }

    [Fact]
    public void Two_containers_have_two_cgroups()
    {
        Container first = NewContainer().Sleeps().Create();
        Container second = NewContainer().Sleeps().Create();
        Assert.NotEqual(first.Cgroup, second.Cgroup);
    }

    [Fact]
    public void The_cgroup_is_gone_after_delete()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        Assert.True(Directory.Exists(container.Cgroup));
        container.Stop();
        Assert.True(Directory.Exists(container.Cgroup));
        container.Delete().Succeeds();
        Assert.False(Directory.Exists(container.Cgroup));
    }

    [Fact]
    public void An_absolute_path_is_below_the_mount_of_cgroup2()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("linux.cgroupsPath", $"\"/{container.Id}\"");
        container.Create();
        Assert.Equal($"{CgroupTree.MountPoint}/{container.Id}", container.Cgroup);
    }

    [Fact]
    public void Missing_parents_of_the_cgroup_are_made()
    {
        Container container = NewContainer().Sleeps();
        string parent = $"{CgroupTree.MountPoint}/{container.Id}-parent";
        container.Bundle.Set("linux.cgroupsPath", $"\"/{container.Id}-parent/between/{container.Id}\"");
        container.Create();
        Assert.Equal($"{parent}/between/{container.Id}", container.Cgroup);
        container.Delete("--force").Succeeds();
        Assert.False(Directory.Exists(container.Cgroup));
        // Whether the parents go too is the runtime's choice; they are the test's to clean up.
        foreach (string directory in new[] { parent + "/between", parent })
        {
            if (Directory.Exists(directory))
            {
                Directory.Delete(directory);
            }
        }
    }

    [Fact]
    public void A_relative_path_ends_the_cgroups_path()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("linux.cgroupsPath", $"\"{container.Id}-relative\"");
        container.Create();
        Assert.EndsWith($"/{container.Id}-relative", container.Cgroup, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_path_is_the_same_cgroup_again()
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Set("linux.cgroupsPath", $"\"{container.Id}-again\"");
        container.Create();
        string first = container.Cgroup;
        container.Delete().Succeeds();
        container.Create();
        Assert.Equal(first, container.Cgroup);
    }

    [Fact]
    public void A_cgroup_with_foreign_processes_is_refused()
    {
        Container owner = NewContainer().Sleeps();
        owner.Bundle.Set("linux.cgroupsPath", $"\"/{owner.Id}\"");
        owner.CreateAndStart();
        Container guest = NewContainer().Sleeps();
        guest.Bundle.Set("linux.cgroupsPath", $"\"/{owner.Id}\"");
        guest.TryCreate().Fails("container's cgroup is not empty: 1 process(es) found");
        guest.AssertNothingLeft();
        Assert.Equal("running", owner.Status);
    }

    [Fact]
    public void A_frozen_cgroup_is_refused()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("linux.cgroupsPath", $"\"/{container.Id}\"");
        string directory = $"{CgroupTree.MountPoint}/{container.Id}";
        Directory.CreateDirectory(directory);
        File.WriteAllText(directory + "/cgroup.freeze", "1");
        Outcome outcome = container.TryCreate();
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory);
        }

        outcome.Fails("container's cgroup unexpectedly frozen");
    }

    [Fact]
    public void With_its_own_namespace_the_cgroup_is_the_top()
    {
        Container container = NewContainer().RunsScript("grep ^0:: /proc/self/cgroup");
        Assert.Equal("0::/\n", container.RunToEnd());
    }

    [Fact]
    public void Without_its_own_namespace_the_path_is_the_hosts()
    {
        Container container = NewContainer().RunsScript("grep ^0:: /proc/self/cgroup; sleep 1000");
        container.Bundle.Namespace("cgroup", present: false);
        container.CreateAndStart();
        Assert.Equal($"0::{ProcFile.Cgroup(container.Pid)}\n", container.WaitForOutput("\n"));
    }

    // docker run --cgroupns=host, privileged pods: node exporters and systemd look there.
    [Theory]
    [InlineData("ro", "Read-only file system")]
    [InlineData("rw", "made")]
    public void Without_its_own_namespace_all_cgroups_are_seen_and_the_path_leads_to_the_own(string option, string expected)
    {
        Container container = NewContainer().RunsScript(
            "own=/sys/fs/cgroup$(sed -n s/^0:://p /proc/self/cgroup); cat $own/cgroup.procs | head -1; ls -d $own/..; "
            + "mkdir $own/below 2>&1 && rmdir $own/below && echo made");
        container.Bundle.Namespace("cgroup", present: false);
        container.Bundle.Unmount("/sys/fs/cgroup");
        container.Bundle.Mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", option);
        container.Run();
        Assert.StartsWith("1\n/sys/fs/cgroup/", container.Output, StringComparison.Ordinal);
        Assert.EndsWith(expected + "\n", container.Output, StringComparison.Ordinal);
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_word_that_no_cgroup_mount_knows_is_named(bool ownsNamespace)
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Namespace("cgroup", present: ownsNamespace);
        container.Bundle.Unmount("/sys/fs/cgroup");
        container.Bundle.Mount("/sys/fs/cgroup", "cgroup", "cgroup", "ro", "nonsense=1");
        container.TryCreate().Fails("cannot mount cgroup on /sys/fs/cgroup: it does not take the option \"nonsense=1\" "
            + "(mounts[6].options): invalid argument");
        container.AssertNothingLeft();
        container.Bundle.Set("mounts[6].options", """["ro","nsdelegate"]""");
        container.Run().Succeeds();
    }

    [Fact]
    public void A_created_container_is_in_its_cgroup_already()
    {
        Container container = NewContainer().Sleeps().Create();
        Assert.Contains(container.Id, ProcFile.Cgroup(container.Pid), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("b 254 0", "dd if=NODE of=/dev/null count=1")]
    [InlineData("b 8 0", "cat NODE")]
    [InlineData("c 1 1", "head -c 1 NODE")]
    [InlineData("c 1 11", "head -c 1 NODE")]
    [InlineData("c 10 229", "cat NODE")]
    public void Youki_3589_A_device_of_the_host_can_be_named_and_not_opened(string device, string command)
    {
        Container container = NewContainer().RunsScript($"mknod /dev/node {device} && echo made; {command.Replace("NODE", "/dev/node", StringComparison.Ordinal)}; echo status $?");
        container.Bundle.Capabilities("CAP_MKNOD", "CAP_SYS_RAWIO", "CAP_SYS_ADMIN", "CAP_SYSLOG");
        if (device == "c 1 11")
        {
            // Without the rules: the kernel's log, which every machine has.
            string node = container.Directory + "/node";
            new Command("/bin/sh", ["-c", $"mknod {node} {device} && : <{node}"]).Run().Succeeds();
        }

        container.Run();
        Assert.Equal("made\nstatus 1\n", container.Output);
        Assert.Contains("Operation not permitted", container.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/dev/null", "w")]
    [InlineData("/dev/null", "r")]
    [InlineData("/dev/zero", "r")]
    [InlineData("/dev/full", "r")]
    [InlineData("/dev/random", "r")]
    [InlineData("/dev/urandom", "r")]
    [InlineData("/dev/ptmx", "r")]
    public void The_default_devices_can_be_opened(string device, string access)
    {
        Container container = NewContainer().RunsScript((access == "w" ? ": >" : ": <") + device);
        container.RunToEnd();
    }

    [Theory]
    [InlineData("""{"allow":true,"type":"c","major":1,"minor":11,"access":"r"}""", "status 0\n")]
    [InlineData("""{"allow":true,"type":"c","major":1,"access":"rw"}""", "status 0\n")]
    [InlineData("""{"allow":true,"type":"c","access":"rwm"}""", "status 0\n")]
    [InlineData("""{"allow":true,"type":"a","access":"rwm"}""", "status 0\n")]
    [InlineData("""{"allow":true,"access":"rwm"}""", "status 0\n")]
    [InlineData("""{"allow":true,"type":"c","major":1,"minor":12,"access":"rwm"}""", "status 1\n")]
    [InlineData("""{"allow":true,"type":"b","major":1,"minor":11,"access":"rwm"}""", "status 1\n")]
    [InlineData("""{"allow":true,"type":"c","major":1,"minor":11,"access":"wm"}""", "status 1\n")]
    public void A_rule_of_the_config_opens_what_it_names(string rule, string expected)
    {
        Container container = NewContainer().RunsScript("(: </dev/kmsg) 2>/dev/null; echo status $?");
        container.Bundle.Capabilities("CAP_SYSLOG", "CAP_SYS_ADMIN");
        container.Bundle.Add("linux.devices", """{"type":"c","path":"/dev/kmsg","major":1,"minor":11,"fileMode":438}""");
        container.Bundle.Add("linux.resources.devices", rule);
        container.Run();
        Assert.Equal(expected, container.Output);
    }

    [Fact]
    public void A_later_rule_wins()
    {
        Container container = NewContainer().RunsScript("(: </dev/kmsg) 2>/dev/null; echo status $?");
        container.Bundle.Capabilities("CAP_SYSLOG", "CAP_SYS_ADMIN");
        container.Bundle.Add("linux.devices", """{"type":"c","path":"/dev/kmsg","major":1,"minor":11,"fileMode":438}""");
        container.Bundle.Add("linux.resources.devices", """{"allow":true,"type":"c","major":1,"minor":11,"access":"rwm"}""");
        container.Bundle.Add("linux.resources.devices", """{"allow":false,"type":"c","major":1,"minor":11,"access":"rwm"}""");
        container.Run();
        Assert.Equal("status 1\n", container.Output);
    }

    [Fact]
    public void Executed_processes_obey_the_device_rules()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Capabilities("CAP_MKNOD");
        container.CreateAndStart();
        Outcome outcome = container.Exec("sh", "-c", "mknod /dev/node b 254 0; cat /dev/node");
        outcome.FailsWith(1, "Operation not permitted");
    }

    [Theory]
    [InlineData("""{"memory":{"limit":67108864}}""", "memory.max", "67108864", "memory")]
    [InlineData("""{"pids":{"limit":50}}""", "pids.max", "50", "pids")]
    [InlineData("""{"cpu":{"quota":50000,"period":100000}}""", "cpu.max", "50000 100000", "cpu")]
    [InlineData("""{"unified":{"pids.max":"60"}}""", "pids.max", "60", "pids|unified")]
    public void A_requested_limit_is_set_or_refused_by_name_and_never_ignored(
        string resources, string file, string value, string controller)
    {
        Container container = NewContainer().Sleeps();
        JsonObject merged = JsonNode.Parse(resources)!.AsObject();
        merged["devices"] = container.Bundle.Config["linux"]!["resources"]!["devices"]!.DeepClone();
        container.Bundle.Set("linux.resources", merged.ToJsonString());
        Outcome outcome = container.TryCreate();
        if (outcome.ExitCode != 0)
        {
            Assert.Matches(controller, outcome.Stderr);
            container.AssertNothingLeft();
        }
        else
        {
            Assert.Equal(value, File.ReadAllText(CgroupTree.DirectoryOf(container.Pid) + "/" + file).Trim());
        }
    }

    // Kernels with a counter of cgroup.kill compare the wrong two.
    [Fact]
    public void A_caller_whose_cgroup_was_emptied_by_force_makes_containers_and_execs()
    {
        Container container = NewContainer().Sleeps();
        string caller = Directory.CreateDirectory($"{CgroupTree.MountPoint}/{container.Id}-caller").FullName;
        File.WriteAllText(caller + "/cgroup.kill", "1");
        container.Bundle.Add(
            "hooks.poststop", $$"""{"path":"/bin/sh","args":["sh","-c","touch {{container.Directory}}/poststop"],"env":["PATH=/bin"]}""");
        container.Bundle.Write();
        string[] create = ["--root", container.StateRoot, "create", "--bundle", container.Bundle.Path, container.Id];
        new Command(Runtime.Path, create)
        {
            Before = Enter(caller),
            Stdout = container.Directory + "/out",
            Stderr = container.Directory + "/err"
        }.Run().Succeeds();
        Assert.NotEqual(caller, CgroupTree.DirectoryOf(container.Pid));
        Assert.False(File.Exists(container.Directory + "/poststop"));
        container.Start();
        string[] exec = ["--root", container.StateRoot, "exec", container.Id, "grep", "^0::", "/proc/self/cgroup"];
        string seen = new Command(Runtime.Path, exec) { Before = Enter(caller) }.Run().Succeeds().Stdout;
        Assert.Equal("0::/\n", seen);
        Directory.Delete(caller);
    }

    [Fact]
    public void An_exec_follows_the_first_process_whose_cgroup_is_gone()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Namespace("cgroup", present: false);
        container.CreateAndStart();
        string other = Directory.CreateDirectory($"{CgroupTree.MountPoint}/{container.Id}-other").FullName;
        File.WriteAllText(other + "/cgroup.procs", container.Pid.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Directory.Delete(container.Cgroup);
        Assert.Equal($"0::/{container.Id}-other\n", container.Exec("grep", "^0::", "/proc/self/cgroup").Succeeds().Stdout);
        container.Delete("--force").Succeeds();
        Directory.Delete(other);
    }

    [Fact]
    public void Below_a_threaded_cgroup_a_container_lives_in_a_threaded_one()
    {
        Container container = NewContainer().RunsScript("sleep 1000 & echo ready; wait");
        string top = Directory.CreateDirectory($"{CgroupTree.MountPoint}/{container.Id}-top").FullName;
        string parent = Directory.CreateDirectory(top + "/threaded").FullName;
        File.WriteAllText(parent + "/cgroup.type", "threaded");
        container.Bundle.Set("linux.cgroupsPath", $"\"/{container.Id}-top/threaded/{container.Id}\"");
        container.Bundle.Namespace("pid", present: false);
        container.CreateAndStart();
        container.WaitForOutput("ready");
        Assert.Equal("threaded\n", File.ReadAllText(container.Cgroup + "/cgroup.type"));
        container.Exec("true").Succeeds();
        Assert.Equal(3, container.Call("ps", "--format", "json", container.Id).Succeeds().Stdout.Split(',').Length + 1);
        container.Kill("KILL").Succeeds();
        container.WaitFor("stopped").Delete("--force").Succeeds();
        Assert.False(Directory.Exists(container.Cgroup));
        Directory.Delete(parent);
        Directory.Delete(top);
    }

    [Fact]
    public void A_cgroup_that_gives_controllers_away_is_refused_by_its_name()
    {
        string[] offered = File.ReadAllText(CgroupTree.MountPoint + "/cgroup.controllers")
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        string given = File.ReadAllText(CgroupTree.MountPoint + "/cgroup.subtree_control");
        string? domain = Array.Find(
            offered, name => name is "memory" or "io" or "hugetlb" or "rdma" or "misc" && given.Contains(name, StringComparison.Ordinal));
        Assert.SkipWhen(domain is null, "needs a cgroup v2 controller of whole domains");
        Container container = NewContainer().Sleeps();
        string used = Directory.CreateDirectory($"{CgroupTree.MountPoint}/{container.Id}").FullName;
        File.WriteAllText(used + "/cgroup.subtree_control", "+" + domain);
        container.Bundle.Set("linux.cgroupsPath", $"\"/{container.Id}\"");
        container.TryCreate().Returns(1);
        Assert.Contains($"cannot clone a process into the cgroup {used} (linux.cgroupsPath): device or resource busy (EBUSY)\nhint: "
            + $"it gives", container.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_controller_is_named()
    {
        Assert.SkipWhen(CgroupTree.Offers("cpuset"), "needs a machine without the controller cpuset");
        Container container = NewContainer().Runs("true");
        container.Bundle.Set("linux.resources", """{"cpu":{"cpus":"0"}}""");
        Outcome outcome = container.TryCreate().Fails("cpu");
        Assert.NotEqual(0, outcome.ExitCode);
        container.AssertNothingLeft();
    }

    private static string Enter(string cgroup) => $"echo $$ >{cgroup}/cgroup.procs || exit 99;";
}
