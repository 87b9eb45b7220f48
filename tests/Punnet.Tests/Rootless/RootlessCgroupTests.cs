using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json.Nodes;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>What an ordinary user's container has of cgroups: nothing, or all of it below a delegated one.</summary>
public sealed class RootlessCgroupTests : RootlessTest
{
    private readonly List<string> made = [];

    [Fact]
    public void A_limit_that_cannot_be_had_is_refused_by_name()
    {
        Container container = NewRootless().Runs("true");
        container.Bundle.Set("linux.resources", """{"pids":{"limit":100}}""");
        container.Run().Fails(
            "cannot set pids.max to \"100\" (linux.resources.pids.limit): cannot make the cgroup " + CgroupTree.MountPoint,
                "permission denied (EACCES)\n", "hint: ", "delegated");
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_limit_of_minus_one_asks_for_nothing()
    {
        Container container = NewRootless().Runs("echo", "runs");
        container.Bundle.Set("linux.resources",
            """{"pids":{"limit":-1},"memory":{"limit":-1,"swap":-1},"cpu":{"quota":-1,"period":100000,"shares":1024}}""");
        Assert.Equal("runs\n", container.RunToEnd());
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_cgroup_that_is_named_is_needed()
    {
        Container container = NewRootless().Runs("true");
        container.Bundle.Set("linux.cgroupsPath", $"\"/{container.Id}\"");
        container.Run().Fails("cannot make the cgroup " + CgroupTree.MountPoint + "/" + container.Id
            + ": permission denied (EACCES) (linux.cgroupsPath)\n", "hint: ");
        container.AssertNothingLeft();
    }

    [Fact]
    public void Rootless_false_insists_on_a_cgroup()
    {
        Container container = NewRootless().Runs("true");
        container.Bundle.Write();
        foreach ((string word, int status) in new[] { ("false", 1), ("auto", 0), ("true", 0) })
        {
            Outcome outcome = container.User!.Command(["--root", container.StateRoot, "--rootless", word, "run", "--bundle",
                container.Bundle.Path, container.Id]).Run();
            outcome.Returns(status);
            Assert.Equal(status == 1, outcome.Stderr.StartsWith("punnet: run: cannot make the cgroup ", StringComparison.Ordinal));
        }

        container.AssertNothingLeft();
    }

    [Fact]
    public void Root_of_a_user_namespace_goes_without_as_well()
    {
        Assert.SkipWhen(
            Environment.GetEnvironmentVariable("PUNNET_VM") == "uml",
                "User-Mode Linux has no CONFIG_CHECKPOINT_RESTORE, without which root of a user namespace cannot leave its file");
        Container container = NewRootless().RunsScript("id -u");
        container.Bundle.Set("linux.uidMappings", """[{"containerID":0,"hostID":0,"size":1}]""");
        container.Bundle.Set("linux.gidMappings", """[{"containerID":0,"hostID":0,"size":1}]""");
        container.Bundle.Write();
        Command run = container.User!.Program(
            ["/usr/bin/unshare", "--user", "--map-root-user", "--mount", OrdinaryUser.Binary, "--root", container.StateRoot, "run",
                "--bundle", container.Bundle.Path, container.Id]);
        Assert.Equal("0\n", run.Run().Succeeds().Stdout);
    }

    [Fact]
    public void A_directory_that_the_user_may_write_but_not_enter_from_outside_is_no_cgroup_to_have()
    {
        // Moving a process needs rights over the cgroup above both, which the caller outside of the delegated one does not have.
        string place = Delegate();
        Container container = NewRootless().Sleeps();
        container.Bundle.Set("linux.cgroupsPath", $"\"{place}/{container.Id}\"");
        container.Run().Fails("cannot move a process from punnet's own cgroup to " + CgroupTree.MountPoint + place + "/" + container.Id
            + ": permission denied (EACCES) (linux.cgroupsPath)\n", "hint: ");
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_delegated_cgroup_is_used_in_full()
    {
        Container container = Delegated().RunsScript("trap 'echo caught' USR1; echo ready; while :; do sleep 0.1; done");
        container.CreateAndStart();
        container.WaitForOutput("ready");
        Assert.EndsWith("/" + container.Id, ProcFile.Cgroup(container.Pid), StringComparison.Ordinal);
        Assert.Equal(OrdinaryUser.Id, Owner(container.Cgroup));
        container.Call("pause", container.Id).Succeeds();
        Assert.Equal("paused", container.Status);
        Assert.Equal("1", CgroupTree.Value(container.Cgroup, "cgroup.events", "frozen"));
        container.Call("resume", container.Id).Succeeds();
        Assert.Contains(container.Pid,
            new List<JsonNode?>(JsonNode.Parse(container.Call("ps", "--format", "json",
            container.Id).Succeeds().Stdout)!.AsArray()).ConvertAll(static pid => (int)pid!));
        Assert.Equal("stats", Printed.Event(container.Call("events", "--stats", container.Id).Succeeds().Stdout).Type);
        container.Call("kill", "--all", container.Id, "USR1").Succeeds();
        container.WaitForOutput("caught");
        Assert.Equal("0\n", container.Exec("id", "-u").Succeeds().Stdout);
        container.Call("kill", "--all", container.Id, "KILL").Succeeds();
        container.WaitFor("stopped");
        container.Delete().Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void Exec_is_in_the_containers_cgroup()
    {
        Container container = Delegated().Sleeps().CreateAndStart();
        Assert.Contains("/" + container.Id,
            container.Exec("cat", "/proc/self/mountinfo").Succeeds().Stdout.Length > 0 ? ProcFile.Cgroup(container.Pid) : "",
            StringComparison.Ordinal);
        Assert.Equal("0::/", Last(container.Exec("grep", "^0::", "/proc/self/cgroup").Succeeds().Stdout));
    }

    [Fact]
    public void CVE_2023_25809_Without_a_cgroup_namespace_the_own_cgroup_alone_can_be_changed()
    {
        // Those above are the user's as well, and another container's: without a container it can change them.
        Container container = Delegated();
        string above = Path.GetDirectoryName(made[^1])!;
        container.User!.Program(["/bin/sh", "-c", $"mkdir {above}/below && rmdir {above}/below"]).Run().Succeeds();
        container.RunsScript("""
            own=/sys/fs/cgroup$(sed -n s/^0:://p /proc/self/cgroup); cat $own/cgroup.procs | head -1
            for place in $own $own/.. /sys/fs/cgroup; do mkdir $place/below 2>/dev/null && rmdir $place/below && echo made || echo refused; done
            """);
        container.Bundle.Namespace("cgroup", present: false);
        container.Bundle.Unmount("/sys/fs/cgroup");
        container.Bundle.Mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "rw");
        Assert.Equal("1\nmade\nrefused\nrefused\n", container.RunToEnd());
        container.AssertNothingLeft();
    }

    [Fact]
    public void Limits_work_below_a_delegated_cgroup()
    {
        Controllers.Need("pids");
        Container container = Delegated("+pids", "+memory").Sleeps();
        container.Bundle.Set(
            "linux.resources", """{"pids":{"limit":100},"memory":{"limit":67108864},"devices":[{"allow":false,"access":"rwm"}]}""");
        container.CreateAndStart();
        Assert.Equal("100\n", File.ReadAllText(container.Cgroup + "/pids.max"));
        Assert.Equal("67108864\n", File.ReadAllText(container.Cgroup + "/memory.max"));
        container.Call("update", "--pids-limit", "50", container.Id).Succeeds();
        Assert.Equal("50\n", File.ReadAllText(container.Cgroup + "/pids.max"));
        container.Delete("--force").Succeeds();
        container.AssertNothingLeft();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        made.Reverse();
        foreach (string directory in made)
        {
            Eventually.True(() => Syscall.rmdir(directory) == 0, "rmdir " + directory);
        }
    }

    // A container of a user whose commands are in a delegated cgroup, beside the one that the container gets.
    private Container Delegated(params string[] controllers)
    {
        string place = Delegate(controllers);
        string shell = Make(place + "/shell");
        Container container = NewRootless();
        container.User!.Before = $"echo $$ >{shell}/cgroup.procs;";
        return container;
    }

    private string Delegate(params string[] controllers)
    {
        string place = "/" + Workplace.UniqueName() + "-delegated";
        string directory = Make(place);
        foreach (string controller in controllers)
        {
            File.WriteAllText(directory + "/cgroup.subtree_control", controller);
        }

        return place;
    }

    // cgroups(7), "Delegation": the directory and the files that /sys/kernel/cgroup/delegate names.
    private string Make(string place)
    {
        string directory = CgroupTree.MountPoint + place;
        _ = Directory.CreateDirectory(directory);
        made.Add(directory);
        foreach (string file in new[] { "", "/cgroup.procs", "/cgroup.subtree_control", "/cgroup.threads" })
        {
            Assert.Equal(0, Syscall.chown(directory + file, OrdinaryUser.Id, OrdinaryUser.Id));
        }

        return directory;
    }

    private static int Owner(string path)
    {
        Assert.Equal(0, Syscall.stat(path, out Stat status));
        return (int)status.st_uid;
    }

    private static string Last(string text)
    {
        return text.Trim().Split('\n')[^1];
    }
}
