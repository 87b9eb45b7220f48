using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary><c>update</c>: new limits for a container that runs, read back from the kernel.</summary>
public sealed class UpdateTests : ContainerTest
{
    private const string Everything = """
        {"memory":{"limit":67108864,"swap":134217728,"reservation":33554432},"cpu":{"shares":512,"quota":50000,"period":100000,"burst":10000},"pids":{"limit":50}}
        """;

    private static readonly (string Flag, string Value, string File, string Expected)[] flags =
    [
        ("--memory", "32M", "memory.max", "33554432"),
        ("--memory", "1G", "memory.max", "1073741824"),
        ("--memory", "0.5g", "memory.max", "536870912"),
        ("--memory", "32MiB", "memory.max", "33554432"),
        ("--memory", "40000kb", "memory.max", "40960000"),
        ("--memory", "67108864", "memory.max", "67108864"),
        ("--memory-reservation", "16M", "memory.low", "16777216"),
        ("--memory-reservation", "-1", "memory.low", "max"),
        ("--memory-swap", "96M", "memory.swap.max", "33554432"),
        ("--memory-swap", "-1", "memory.swap.max", "max"),
        ("--memory", "-1", "memory.max", "max"),
        ("--cpu-share", "1024", "cpu.weight", "100"),
        ("--cpu-quota", "20000", "cpu.max", "20000 100000"),
        ("--cpu-period", "200000", "cpu.max", "20000 200000"),
        ("--cpu-burst", "20000", "cpu.max.burst", "20000"),
        ("--cpu-rt-period", "1000000", "cpu.weight", "100"),
        ("--cpu-rt-runtime", "950000", "cpu.weight", "100"),
        ("--cpu-quota", "-1", "cpu.max", "max 200000"),
        ("--pids-limit", "10", "pids.max", "10"),
        ("--pids-limit", "-1", "pids.max", "max"),
        ("--kernel-memory", "1M", "pids.max", "max"),
        ("--kernel-memory-tcp", "1M", "pids.max", "max"),
        ("--cpu-idle", "1", "cpu.idle", "1"),
        ("--cpu-idle", "0", "cpu.idle", "0"),
    ];

    [Fact]
    public void A_flag_changes_its_file_and_no_other()
    {
        Controllers.Need("memory");
        Container container = NewContainer().Sleeps().Limits(Everything).CreateAndStart();
        string[] files = ["memory.max", "memory.low", "memory.swap.max", "cpu.max", "cpu.max.burst", "pids.max"];
        foreach ((string flag, string value, string file, string expected) in flags)
        {
            string[] before = System.Array.ConvertAll(files, container.Held);
            container.Call("update", container.Id, flag, value).Succeeds();
            Assert.Equal($"{flag} {value}: {expected}", $"{flag} {value}: {container.Held(file)}");
            before[System.Math.Max(System.Array.IndexOf(files, file),
                0)] = container.Held(files[System.Math.Max(System.Array.IndexOf(files, file), 0)]);
            Assert.Equal(before, System.Array.ConvertAll(files, container.Held));
        }
    }

    [Fact]
    public void Flags_stand_before_or_after_the_id_with_one_dash_or_two()
    {
        Controllers.Need("pids");
        Container container = NewContainer().Sleeps().Create();
        container.Call("update", "--pids-limit=10", container.Id, "-cpu-quota", "20000").Succeeds();
        Assert.Equal("10 20000 100000", container.Held("pids.max") + " " + container.Held("cpu.max"));
    }

    [Fact]
    public void Containerd_sends_json_on_standard_input()
    {
        Controllers.Need("memory");
        Container container = NewContainer().Sleeps().Limits(Everything).CreateAndStart();
        Send(container, "--resources=-",
            """{"cpu":{"shares":1024,"quota":30000},"memory":{"limit":33554432,"swap":33554432},"pids":{"limit":20}}""").Succeeds();
        Assert.Equal("100 30000 100000", container.Held("cpu.weight") + " " + container.Held("cpu.max"));
        Assert.Equal("33554432 0 33554432",
            container.Held("memory.max") + " " + container.Held("memory.swap.max") + " " + container.Held("memory.low"));
        Assert.Equal("20", container.Held("pids.max"));
    }

    [Fact]
    public void Dockers_zeros_are_not_given()
    {
        Controllers.Need("memory");
        Container container = NewContainer().Sleeps().Limits(Everything).CreateAndStart();
        Send(container, "--resources=-", """
            {"memory":{"limit":0,"reservation":0,"swap":0,"kernel":0},"cpu":{"shares":0,"quota":0,"period":0,"cpus":"","mems":""},
             "pids":{"limit":30},"blockIO":{"weight":0,"weightDevice":null},"devices":null}
            """).Succeeds();
        Assert.Equal("67108864 67108864 33554432",
            container.Held("memory.max") + " " + container.Held("memory.swap.max") + " " + container.Held("memory.low"));
        Assert.Equal(
            "59 50000 100000 30", container.Held("cpu.weight") + " " + container.Held("cpu.max") + " " + container.Held("pids.max"));
    }

    [Fact]
    public void Podman_sends_a_file()
    {
        Controllers.Need("io");
        string device = Controllers.BlockDevice();
        string[] number = device.Split(':');
        Container container = NewContainer().Sleeps().Limits(Everything).CreateAndStart();
        string file = container.Directory + "/update.json";
        File.WriteAllText(file, $$$"""
            {"cpu":{"period":200000,"quota":100000},"memory":{"limit":134217728,"swap":268435456},"unified":{"memory.high":"100663296"},
             "blockIO":{"throttleReadBpsDevice":[{"major":{{{number[0]}}},"minor":{{{number[1]}}},"rate":4096}],"throttleWriteIOPSDevice":[{"major":{{{number[0]}}},"minor":{{{number[1]}}},"rate":7}]}}
            """);
        container.Call("update", "--resources=" + file, container.Id).Succeeds();
        Assert.Equal("100000 200000", container.Held("cpu.max"));
        Assert.Equal("134217728 134217728 100663296",
            container.Held("memory.max") + " " + container.Held("memory.swap.max") + " " + container.Held("memory.high"));
        Assert.Equal(device + " rbps=4096 wbps=max riops=max wiops=7", container.Held("io.max"));
    }

    [Fact]
    public void A_flag_wins_over_the_file()
    {
        Controllers.Need("pids");
        Container container = NewContainer().Sleeps().Create();
        string file = container.Directory + "/update.json";
        File.WriteAllText(file, """{"pids":{"limit":20},"cpu":{"quota":30000}}""");
        container.Call("update", "-r", file, "--pids-limit", "21", container.Id).Succeeds();
        Assert.Equal("21 30000 100000", container.Held("pids.max") + " " + container.Held("cpu.max"));
    }

    [Fact]
    public void Quota_and_burst_change_together_in_both_directions()
    {
        Controllers.Need("cpu");
        Container container = NewContainer().Sleeps().Limits(Everything).Create();
        foreach ((string quota, string burst) in new[] { ("40000", "5000"), ("5000", "2000"), ("90000", "80000") })
        {
            container.Call("update", container.Id, "--cpu-quota", quota, "--cpu-burst", burst).Succeeds();
            Assert.Equal($"{quota} 100000 {burst}", container.Held("cpu.max") + " " + container.Held("cpu.max.burst"));
        }
    }

    [Fact]
    public void After_an_error_every_old_value_is_back()
    {
        Controllers.Need("io");
        string device = Controllers.BlockDevice();
        string[] number = device.Split(':');
        Container container = NewContainer().Sleeps().Limits(Everything).CreateAndStart();
        string[] files = ["memory.max", "memory.low", "memory.swap.max", "cpu.weight", "cpu.max", "cpu.max.burst", "cpu.idle", "pids.max",
            "io.max"];
        string[] before = System.Array.ConvertAll(files, container.Held);
        Outcome outcome = Send(container, "--resources=-", $$$"""
            {"memory":{"limit":33554432,"swap":33554432,"reservation":1048576},"cpu":{"idle":1,"quota":5000,"burst":2000,"period":50000},"pids":{"limit":20},
             "blockIO":{"throttleReadBpsDevice":[{"major":{{{number[0]}}},"minor":{{{number[1]}}},"rate":4096}]},"unified":{"memory.high":"nonsense"}}
            """);
        outcome.Fails("cannot set memory.high to \"nonsense\" (standard input: unified[\"memory.high\"])", "invalid argument");
        Assert.DoesNotContain("old value", outcome.Stderr, System.StringComparison.Ordinal);
        Assert.Equal(before, System.Array.ConvertAll(files, container.Held));
    }

    [Fact]
    public void After_an_error_every_old_limit_of_huge_pages_is_back()
    {
        Controllers.Need("hugetlb");
        Container container = NewContainer().Sleeps().Limits("""{"hugepageLimits":[{"pageSize":"2MB","limit":4194304}]}""")
            .CreateAndStart();
        Send(container, "--resources=-", """{"hugepageLimits":[{"pageSize":"2MB","limit":8388608}]}""").Succeeds();
        Assert.Equal("8388608 8388608", container.Held("hugetlb.2MB.max") + " " + container.Held("hugetlb.2MB.rsvd.max"));
        Send(container, "--resources=-",
            """{"hugepageLimits":[{"pageSize":"2MB","limit":2097152}],"unified":{"hugetlb.2MB.max":"nonsense"}}""")
            .Fails("cannot set hugetlb.2MB.max to \"nonsense\"");
        Assert.Equal("8388608 8388608", container.Held("hugetlb.2MB.max") + " " + container.Held("hugetlb.2MB.rsvd.max"));
    }

    [Fact]
    public void A_limit_below_what_is_in_use_can_be_refused()
    {
        Controllers.Need("memory");
        Container container = NewContainer().Sleeps().Limits(Everything).CreateAndStart();
        Send(container, "--resources=-", """{"memory":{"limit":4096,"checkBeforeUpdate":true}}""")
            .Fails("rejecting memory limit 4096 <= usage ");
        Assert.Equal("67108864", container.Held("memory.max"));
    }

    [Theory]
    [InlineData("--cpu-period", "abc", "invalid value for cpu-period")]
    [InlineData("--cpu-share", "-5", "invalid value for cpu-share")]
    [InlineData("--cpu-quota", "1.5", "invalid value for cpu-quota")]
    [InlineData("--memory", "12X", "invalid value for memory")]
    [InlineData("--memory", "-2", "invalid value for memory")]
    [InlineData("--memory", ".", "invalid value for memory")]
    [InlineData("--memory", "1.5.5G", "invalid value for memory")]
    [InlineData("--memory", "M", "invalid value for memory")]
    [InlineData("--memory", "99999999999G", "invalid value for memory")]
    [InlineData("--memory-swap", " ", "invalid value for memory-swap")]
    [InlineData("--pids-limit", "many", "invalid value for pids-limit")]
    [InlineData("--nonsense", "1", "flag provided but not defined: -nonsense")]
    public void A_flag_that_is_wrong_is_named(string flag, string value, string expected)
    {
        Runtime.Run("update", "no-such-container", flag, value).Fails(expected);
    }

    [Fact]
    public void A_flag_that_no_cgroup_can_have_is_named()
    {
        Container container = NewContainer().Sleeps().Create();
        container.Call("update", container.Id, "--cpu-idle", "2").Fails("--cpu-idle: 2 is neither 0 nor 1");
        container.Call("update", container.Id, "--blkio-weight", "5").Fails("--blkio-weight: 5 is not a weight");
    }

    [Fact]
    public void Swap_below_memory_names_the_flag()
    {
        Controllers.Need("memory");
        Container container = NewContainer().Sleeps().Limits(Everything).Create();
        container.Call("update", container.Id, "--memory-swap", "1M").Fails("--memory-swap: memory+swap limit should be >= memory limit");
        Assert.Equal("67108864", container.Held("memory.swap.max"));
    }

    [Theory]
    [InlineData("""{"blockIO":{"weight":5}}""", "update.json: blockIO.weight: 5 is not a weight")]
    [InlineData("""{"memory":{"limit":"64M"}}""", "update.json: memory.limit: ")]
    [InlineData("""{"memory":""", "update.json: ")]
    public void A_file_that_is_wrong_is_named_with_the_place(string json, string expected)
    {
        Container container = NewContainer().Sleeps().Create();
        string file = container.Directory + "/update.json";
        File.WriteAllText(file, json);
        container.Call("update", "--resources", file, container.Id).Fails(expected);
        container.Call("update", "--resources", file + ".missing", container.Id).Fails("update.json.missing: no such file or directory");
    }

    [Theory]
    [InlineData("--pids-limit", "5", "pids.max", "pids")]
    [InlineData("--memory", "64M", "memory.max", "memory")]
    [InlineData("--cpuset-cpus", "0", "cpuset.cpus", "cpuset")]
    [InlineData("--cpuset-mems", "0", "cpuset.mems", "cpuset")]
    public void A_missing_controller_is_named_with_the_flag_and_the_file(string flag, string value, string file, string controller)
    {
        Assert.SkipWhen(CgroupTree.Offers(controller), "needs a machine without the controller " + controller);
        Container container = NewContainer().Sleeps().Create();
        container.Call("update", container.Id, flag, value)
            .Fails($"cannot set {file} to ", flag, $"the controller {controller} is not available");
    }

    [Fact]
    public void Device_rules_are_never_touched()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Capabilities("CAP_SYSLOG", "CAP_SYS_ADMIN");
        container.Bundle.Add("linux.devices", """{"type":"c","path":"/dev/kmsg","major":1,"minor":11,"fileMode":438}""");
        container.CreateAndStart();
        Send(container, "--resources=-", """{"devices":[{"allow":true,"access":"rwm"}]}""").Succeeds();
        Assert.NotEqual(0, container.Exec("sh", "-c", ": </dev/kmsg").ExitCode);
        Send(container, "--resources=-", """{"devices":[{"allow":false,"access":"rwm"}]}""").Succeeds();
        container.Exec("sh", "-c", ": </dev/zero").Succeeds();
    }

    [Fact]
    public void A_paused_container_can_be_updated_and_stays_paused()
    {
        Controllers.Need("pids");
        Container container = NewContainer().Sleeps().CreateAndStart();
        container.Call("pause", container.Id).Succeeds();
        container.Call("update", "--pids-limit", "9", container.Id).Succeeds();
        Assert.Equal("9", container.Held("pids.max"));
        Assert.Equal("paused", container.Status);
    }

    [Fact]
    public void Nothing_to_change_is_not_an_error()
    {
        Container container = NewContainer().Sleeps().Create();
        container.Call("update", container.Id).Succeeds();
        Send(container, "--resources=-", "{}").Succeeds();
    }

    [Fact]
    public void A_stopped_container_cannot_be_updated()
    {
        Container container = NewContainer().Runs("true").CreateAndStart().WaitFor("stopped");
        container.Call("update", "--pids-limit", "9", container.Id).Fails("container not running");
        container.Call("update", "--pids-limit", "9", "no-such-container").Fails("container does not exist");
    }

    private static Outcome Send(Container container, string flag, string json)
    {
        string file = container.Directory + "/stdin.json";
        File.WriteAllText(file, json);
        return new Command(Runtime.Path, ["--root", container.StateRoot, "update", flag, container.Id]) { Stdin = file }.Run();
    }
}
