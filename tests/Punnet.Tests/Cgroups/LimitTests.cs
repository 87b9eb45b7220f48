using System;
using System.IO;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>linux.resources at create, read back from the kernel; who owns the cgroup, and what is below it.</summary>
public sealed class LimitTests : ContainerTest
{
    // Few containers with many limits each: the virtual machine is slow.
    [Theory]
    [InlineData(
        """{"memory":{"limit":67108864,"swap":134217728,"reservation":33554432},"cpu":{"shares":512,"quota":50000,"period":200000,"burst":20000},"pids":{"limit":50}}""",
        "memory.max=67108864 memory.swap.max=67108864 memory.low=33554432 cpu.weight=59 cpu.max=50000,200000 cpu.max.burst=20000 "
        + "pids.max=50")]
    [InlineData(
        """{"memory":{"limit":67108864,"swap":67108864},"cpu":{"shares":2,"quota":50000},"pids":{"limit":0}}""",
        "memory.max=67108864 memory.swap.max=0 memory.low=0 cpu.weight=1 cpu.max=50000,100000 cpu.max.burst=0 pids.max=1")]
    [InlineData(
        """{"memory":{"limit":67108864,"swap":-1},"cpu":{"shares":1024,"quota":-1},"pids":{"limit":-1}}""",
        "memory.max=67108864 memory.swap.max=max cpu.weight=100 cpu.max=max,100000 pids.max=max")]
    [InlineData(
        """{"memory":{"limit":-1,"swap":67108864},"cpu":{"shares":262144,"period":50000}}""",
        "memory.max=max memory.swap.max=67108864 cpu.weight=10000 cpu.max=max,50000 pids.max=max")]
    [InlineData(
        """{"memory":{"limit":67108864},"pids":{"limit":50},"cpu":{"idle":1,"shares":512},"unified":{"memory.max":"50331648","memory.high":"25165824","memory.oom.group":"1","pids.max":"60"}}""",
        "memory.max=50331648 memory.high=25165824 memory.oom.group=1 memory.swap.max=max pids.max=60 cpu.idle=1")]
    [InlineData(
        """{"memory":{"limit":-1,"swappiness":60,"disableOOMKiller":true,"kernel":1,"kernelTCP":1,"useHierarchy":false},"cpu":{"realtimeRuntime":1},"unified":{"cpu.weight.nice":"5"}}""",
        "memory.max=max memory.swap.max=max cpu.weight.nice=5 cpu.idle=0")]
    public void A_limit_is_what_the_kernel_holds(string resources, string expected)
    {
        foreach (string controller in new[] { "memory", "cpu", "pids" })
        {
            Controllers.Need(controller);
        }

        NewContainer().Sleeps().Limits(resources).Create().HoldsAll(expected);
    }

    [Fact]
    public void A_limit_of_huge_pages_is_one_of_reservations_too()
    {
        Controllers.Need("hugetlb");
        NewContainer().Sleeps().Limits("""{"hugepageLimits":[{"pageSize":"2MB","limit":4194304}]}""").Create()
            .HoldsAll("hugetlb.2MB.max=4194304 hugetlb.2MB.rsvd.max=4194304");
    }

    [Fact]
    public void A_throttled_device_has_a_line_of_its_own()
    {
        Controllers.Need("io");
        string device = Controllers.BlockDevice();
        string entry = $"\"major\":{device.Split(':')[0]},\"minor\":{device.Split(':')[1]},\"rate\":";
        Container container = NewContainer().Sleeps().Limits($$$"""
            {"blockIO":{"throttleReadBpsDevice":[{{{{entry}}}1048576}],"throttleWriteBpsDevice":[{{{{entry}}}2097152}],
                        "throttleReadIOPSDevice":[{{{{entry}}}30}],"throttleWriteIOPSDevice":[{{{{entry}}}0}]}}
            """).Create();
        Assert.Equal(device + " rbps=1048576 wbps=2097152 riops=30 wiops=max", container.Held("io.max"));
    }

    [Fact]
    public void Every_controller_of_the_machine_is_there_without_a_limit()
    {
        Container container = NewContainer().Sleeps().Create();
        Assert.Equal(File.ReadAllText(CgroupTree.MountPoint + "/cgroup.controllers"), container.Held("cgroup.controllers") + "\n");
    }

    [Theory]
    [InlineData("memory", """{"memory":{"limit":67108864}}""", "memory.max", "linux.resources.memory.limit")]
    [InlineData("pids", """{"pids":{"limit":5}}""", "pids.max", "linux.resources.pids.limit")]
    [InlineData("cpu", """{"cpu":{"shares":512}}""", "cpu.weight", "linux.resources.cpu.shares")]
    [InlineData("cpuset", """{"cpu":{"cpus":"0"}}""", "cpuset.cpus", "linux.resources.cpu.cpus")]
    [InlineData("hugetlb", """{"hugepageLimits":[{"pageSize":"2MB","limit":0}]}""", "hugetlb.2MB.max",
        "linux.resources.hugepageLimits[0].limit")]
    [InlineData("rdma", """{"rdma":{"mlx5_1":{"hcaHandles":3}}}""", "rdma.max", "linux.resources.rdma[\"mlx5_1\"]")]
    [InlineData("nonsense", """{"unified":{"nonsense.max":"1"}}""", "nonsense.max", "linux.resources.unified[\"nonsense.max\"]")]
    public void A_missing_controller_is_refused_with_its_name_the_file_and_the_place(
        string controller, string resources, string file, string place)
    {
        Assert.SkipWhen(CgroupTree.Offers(controller), "needs a machine without the controller " + controller);
        Container container = NewContainer().Sleeps().Limits(resources);
        container.TryCreate().Fails($"cannot set {file} to ", place,
            $"the controller {controller} is not available: {CgroupTree.MountPoint}/cgroup.controllers does not have it");
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_file_that_the_controller_does_not_have_is_refused()
    {
        string controller = Controllers.Any();
        Container container = NewContainer().Sleeps().Limits($$$"""{"unified":{"{{{controller}}}.nonsense":"1"}}""");
        container.TryCreate().Fails($"cannot set {controller}.nonsense to \"1\" (linux.resources.unified[\"{controller}.nonsense\"])",
            $"the controller {controller} is enabled");
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_weight_of_disks_needs_a_scheduler_or_a_cost_model()
    {
        Controllers.Need("io");
        Container container = NewContainer().Sleeps().Limits("""{"blockIO":{"weight":100}}""");
        Outcome outcome = container.TryCreate();
        if (outcome.ExitCode == 0)
        {
            string weight = CgroupTree.DirectoryOf(container.Pid) + "/io.bfq.weight";
            Assert.Equal("default 100\n",
                File.ReadAllText(File.Exists(weight) ? weight : CgroupTree.DirectoryOf(container.Pid) + "/io.weight").Replace("default 910",
                "default 100", StringComparison.Ordinal));
        }
        else
        {
            outcome.Fails(
                "cannot set io.bfq.weight or io.weight to \"100\" (linux.resources.blockIO.weight)", "the controller io is enabled");
        }
    }

    [Fact]
    public void A_parent_with_processes_is_why_a_limit_cannot_be_had()
    {
        Container owner = NewContainer().Sleeps();
        owner.Bundle.Set("linux.cgroupsPath", $"\"/{owner.Id}\"");
        owner.CreateAndStart();
        (string controller, string limit) = CgroupTree.Offers("memory")
            ? ("memory", """{"memory":{"limit":67108864}}""")
            : ("hugetlb", """{"hugepageLimits":[{"pageSize":"2MB","limit":0}]}""");
        Container guest = NewContainer().Sleeps().Limits(limit);
        guest.Bundle.Set("linux.cgroupsPath", $"\"/{owner.Id}/{guest.Id}\"");
        guest.TryCreate().Fails(
            $"the controller {controller} cannot be enabled in {owner.Cgroup}/cgroup.subtree_control: device or resource busy",
            $"hint: the cgroup /{owner.Id} has processes, and such a cgroup");
        guest.AssertNothingLeft();

        guest.Limits("{}").Create();
        Assert.Equal($"{owner.Cgroup}/{guest.Id}", guest.Cgroup);
        guest.Delete("--force").Succeeds();
    }

    [Fact]
    public void More_processes_than_the_limit_cannot_be_made()
    {
        Controllers.Need("pids");
        Container container = NewContainer().RunsScript("(sleep 5 & sleep 5 & sleep 5 & sleep 5 & sleep 5 &) 2>&1; echo over")
            .Limits("""{"pids":{"limit":4}}""");
        container.Run();
        Assert.Contains("fork", container.Output + container.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_that_needs_more_memory_than_the_limit_is_killed()
    {
        Controllers.Need("memory");
        Container container = NewContainer().RunsScript("dd if=/dev/zero of=/dev/null bs=64M count=1 2>/dev/null; echo $?");
        container.Limits("""{"memory":{"limit":16777216,"swap":16777216}}""");
        Assert.Equal("137\n", container.RunToEnd());
    }

    [Theory]
    [InlineData(true, false, 1000, 1000)]
    [InlineData(true, true, 1000, 101000)]
    [InlineData(true, true, 0, 100000)]
    [InlineData(true, false, 0, 0)]
    [InlineData(false, false, 1000, 0)]
    public void A_writable_cgroup_belongs_to_the_programs_user(bool writable, bool userNamespace, int uid, uint owner)
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("process.user", $$"""{"uid":{{uid}},"gid":0}""");
        if (writable)
        {
            _ = container.WritableCgroup();
        }

        if (userNamespace)
        {
            container.Bundle.UserNamespace();
        }

        container.Create();
        foreach (string file in new[] { "", "/cgroup.procs", "/cgroup.subtree_control", "/cgroup.threads" })
        {
            Assert.Equal(owner, Owner(container.Cgroup + file));
        }

        // What bounds the container is never its own.
        foreach (string file in new[] { "/cgroup.freeze", "/cgroup.kill", "/cgroup.max.depth" })
        {
            Assert.Equal(0u, Owner(container.Cgroup + file));
        }
    }

    [Fact]
    public void Without_a_cgroup_namespace_the_cgroup_stays_roots()
    {
        Container container = NewContainer().Sleeps().WritableCgroup();
        container.Bundle.Set("process.user", """{"uid":1000,"gid":0}""");
        container.Bundle.Namespace("cgroup", present: false);
        container.Create();
        Assert.Equal(0u, Owner(container.Cgroup));
    }

    [Fact]
    public void The_user_who_owns_the_cgroup_can_make_others_below_it()
    {
        Container container = NewContainer().RunsScript("mkdir /sys/fs/cgroup/below && echo $$ >/sys/fs/cgroup/below/cgroup.procs && grep "
            + "^0:: /proc/self/cgroup; sleep 1000").WritableCgroup();
        container.Bundle.Set("process.user", """{"uid":1000,"gid":1000}""");
        container.CreateAndStart();
        Assert.Equal("0::/below\n", container.WaitForOutput("\n"));
    }

    [Fact]
    public void A_tree_of_cgroups_is_listed_signalled_and_deleted()
    {
        const string Script = """
            cd /sys/fs/cgroup; mkdir -p one/two three
            trap 'echo first; wait; exit 7' TERM
            sh -c 'trap "echo second; exit" TERM; echo $$ >one/two/cgroup.procs; echo a; while :; do sleep 0.1; done' &
            sh -c 'trap "echo third; exit" TERM; echo $$ >three/cgroup.procs; echo b; while :; do sleep 0.1; done' &
            while :; do sleep 0.1; done
            """;
        Container container = NewContainer().RunsScript(Script).WritableCgroup().CreateAndStart();
        Eventually.True(() => container.Output.Contains('a', StringComparison.Ordinal)
            && container.Output.Contains('b', StringComparison.Ordinal), "all run");
        string[] pids = container.Call("ps", "--format", "json", container.Id).Succeeds().Stdout.Trim('[', ']', '\n').Split(',');
        Assert.True(pids.Length >= 3, string.Join(',', pids));
        container.Call("kill", "--all", container.Id, "TERM").Succeeds();
        container.WaitFor("stopped");
        foreach (string word in new[] { "first", "second", "third" })
        {
            Assert.Contains(word, container.Output, StringComparison.Ordinal);
        }

        Assert.True(Directory.Exists(container.Cgroup + "/one/two"));
        container.Delete().Succeeds();
        Assert.False(Directory.Exists(container.Cgroup));
    }

    [Fact]
    public void A_tree_in_use_is_deleted_by_force()
    {
        Container container = NewContainer().RunsScript("cd /sys/fs/cgroup; mkdir -p one/two; sleep 1000 & echo $! >one/two/cgroup.procs; "
            + "echo ready; wait").WritableCgroup().CreateAndStart();
        container.WaitForOutput("ready");
        container.Delete("--force").Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void An_exec_finds_a_place_where_the_container_gives_controllers_away()
    {
        string controller = Controllers.Any();
        Container container = NewContainer().RunsScript($"cd /sys/fs/cgroup; mkdir inner; echo $$ >inner/cgroup.procs; "
            + $"echo +{controller} >cgroup.subtree_control; echo ready; sleep 1000");
        container.WritableCgroup().CreateAndStart();
        container.WaitForOutput("ready");
        Assert.Equal("0::/inner\n", container.Exec("grep", "^0::", "/proc/self/cgroup").Succeeds().Stdout);
    }

    private static uint Owner(string path)
    {
        Assert.Equal(0, Syscall.lstat(path, out Stat status));
        return status.st_uid;
    }
}
