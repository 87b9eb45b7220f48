using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json.Nodes;
using System.Threading;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary><c>events</c>: statistics, out-of-memory kills, and the end.</summary>
public sealed class EventsTests : ContainerTest
{
    [Fact]
    public void Stats_is_one_line_of_json()
    {
        // A kernel that counts processor time in ticks (User-Mode Linux) has counted none of a program that only sleeps.
        Container container = NewContainer().RunsScript("while :; do :; done").CreateAndStart();
        Eventually.True(() => CgroupTree.Value(container.Cgroup, "cpu.stat", "usage_usec") != "0", "it has used a processor");
        string text = container.Call("events", "--stats", container.Id).Succeeds().Stdout;
        Assert.EndsWith("}\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', text[..^1]);
        JsonObject line = JsonNode.Parse(text)!.AsObject();
        Assert.Equal("stats", (string?)line["type"]);
        Assert.Equal(container.Id, (string?)line["id"]);
        JsonObject data = line["data"]!.AsObject();
        foreach (string member in new[] { "cpu", "cpuset", "memory", "pids", "blkio", "hugetlb", "intel_rdt" })
        {
            Assert.IsType<JsonObject>(data[member]);
        }

        Assert.Equal("{}", data["intel_rdt"]!.ToJsonString());
        Assert.True(data.ContainsKey("network_interfaces"));
        Assert.Null(data["network_interfaces"]);

        // cpu.stat is in every cgroup, whatever controllers there are; nanoseconds.
        Assert.True((ulong)data["cpu"]!["usage"]!["total"]! % 1000 == 0);
        Assert.True((ulong)data["cpu"]!["usage"]!["total"]! > 0);
    }

    [Fact]
    public void Statistics_are_what_the_kernel_counts()
    {
        Controllers.Need("memory");
        Container container = NewContainer().Sleeps()
            .Limits("""{"memory":{"limit":67108864,"swap":134217728},"pids":{"limit":50},"cpu":{"quota":50000,"period":100000}}""")
                .CreateAndStart();
        PrintedStatistics data = Data(container);
        Assert.Equal(new PrintedPids(Current: 1, Limit: 50, new PrintedPidsEvents(Max: 0)), data.Pids);
        PrintedMemory memory = data.Memory;
        Assert.Equal(67108864ul, memory.Usage!.Limit);
        Assert.InRange(memory.Usage.Usage, 1ul, 67108864ul);
        Assert.Equal(134217728ul, memory.Swap!.Limit);
        Assert.Equal(memory.Usage.Usage, memory.Swap.Usage);
        Assert.Equal(memory.Cache, memory.Raw!["file"]);
        Assert.True(memory.Raw.Count > 20);
        foreach (string name in new[] { "low", "high", "max", "oom", "oom_kill", "oom_group_kill" })
        {
            Assert.Equal(0ul, memory.Events![name]);
        }

        Assert.NotNull(data.Cpu.Throttling.Periods);
    }

    [Fact]
    public void No_limit_is_the_largest_number()
    {
        Controllers.Need("memory");
        Container container = NewContainer().Sleeps().Create();
        PrintedStatistics data = Data(container);
        Assert.Equal(ulong.MaxValue, data.Memory.Usage!.Limit);
        Assert.Equal(ulong.MaxValue, data.Memory.Swap!.Limit);
        Assert.Null(data.Pids.Limit);
    }

    [Fact]
    public void Pressure_is_told_where_the_kernel_counts_it()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        Assert.SkipUnless(System.IO.File.Exists(container.Cgroup + "/cpu.pressure"), "needs a kernel with pressure stall information");
        PrintedStall some = Data(container).Cpu.Psi!.Some!;
        Assert.True(some.Avg10 >= 0);
        Assert.NotNull(some.Avg60);
        Assert.NotNull(some.Avg300);
        Assert.NotNull(some.Total);
    }

    [Fact]
    public void Huge_pages_are_told_by_their_size()
    {
        Controllers.Need("hugetlb");
        Container container = NewContainer().Sleeps().Limits("""{"hugepageLimits":[{"pageSize":"2MB","limit":4194304}]}""").Create();
        Assert.Equal(new PrintedHugePages(Usage: 0, Limit: 4194304, Failcnt: 0), Data(container).Hugetlb["2MB"]);
    }

    [Fact]
    public void Statistics_come_at_once_and_then_in_the_interval_until_the_container_stops()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        using RunningCommand events = container.Command("events", "--interval", "0m0.1s1ms100us", container.Id).Start();
        Eventually.True(() => events.Stdout.Split('\n').Length > 3, "three lines");
        Assert.False(events.HasExited);
        container.Stop();
        string[] lines = events.Wait().Succeeds().Stdout.TrimEnd('\n').Split('\n');
        Assert.All(lines, line => Assert.Equal("stats", Printed.Event(line).Type));
    }

    [Fact]
    public void With_a_long_interval_there_is_one_line_and_the_end()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        using RunningCommand events = container.Command("events", container.Id, "--interval=1h30m").Start();
        Eventually.True(() => events.Stdout.EndsWith('\n'), "the first line");
        container.Stop();
        _ = Assert.Single(events.Wait().Succeeds().Stdout.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public void Deleting_the_container_ends_the_events()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        using RunningCommand events = container.Command("events", "--interval", "1h", container.Id).Start();
        Eventually.True(() => events.Stdout.EndsWith('\n'), "the first line");
        container.Delete("--force").Succeeds();
        Assert.Equal("", events.Wait().Succeeds().Stderr);
    }

    [Fact]
    public void A_cgroup_that_goes_just_after_another_change_ends_the_events()
    {
        // The kernel holds the second of two notifications within 10 ms back, and drops it with the cgroup.
        for (int round = 0; round < 5; round++)
        {
            Container container = NewContainer().Sleeps().CreateAndStart();
            using RunningCommand events = container.Command("events", "--interval", "1h", container.Id).Start();
            Eventually.True(() => events.Stdout.EndsWith('\n'), "the first line");
            string cgroup = CgroupTree.DirectoryOf(container.Pid);
            File.WriteAllText(cgroup + "/cgroup.freeze", "1");
            SpinWait.SpinUntil(
                () => File.ReadAllText(cgroup + "/cgroup.events").Contains("frozen 1", StringComparison.Ordinal), Command.Patience);
            File.WriteAllText(cgroup + "/cgroup.kill", "1");
            Assert.True(SpinWait.SpinUntil(() => Syscall.rmdir(cgroup) == 0, Command.Patience), "rmdir " + cgroup);
            Assert.Equal("", events.Wait().Succeeds().Stderr);
        }
    }

    [Fact]
    public void A_created_container_has_events_too()
    {
        Container container = NewContainer().Runs("true").Create();
        using RunningCommand events = container.Command("events", "--interval", "1h", container.Id).Start();
        Eventually.True(() => events.Stdout.EndsWith('\n'), "the first line");
        container.Start();
        _ = events.Wait().Succeeds();
    }

    [Fact]
    public void A_reader_that_goes_away_ends_the_events()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        Command pipe = new("sh",
            ["-c", "\"$@\" | head -n 1", "sh", Runtime.Path, "--root", container.StateRoot, "events", "--interval", "1h", container.Id]);
        Outcome outcome = pipe.Run().Succeeds();
        Assert.StartsWith("{\"type\":\"stats\"", outcome.Stdout, StringComparison.Ordinal);
        Assert.Equal("", outcome.Stderr);
    }

    [Fact]
    public void A_kill_for_want_of_memory_is_told_and_counted()
    {
        Controllers.Need("memory");
        Container container = NewContainer().Sleeps().Limits("""{"memory":{"limit":16777216,"swap":16777216}}""").CreateAndStart();
        using RunningCommand events = container.Command("events", "--interval", "1h", container.Id).Start();
        Eventually.True(() => events.Stdout.EndsWith('\n'), "the first line");
        container.Exec("dd", "if=/dev/zero", "of=/dev/null", "bs=64M", "count=1").Returns(137);
        string oom = $$"""{"type":"oom","id":"{{container.Id}}"}""";
        Eventually.True(() => events.Stdout.EndsWith(oom + "\n", StringComparison.Ordinal), "the line of the kill");
        Dictionary<string, ulong> told = Data(container).Memory.Events!;
        Assert.Equal(1ul, told["oom_kill"]);
        Assert.True(told["max"] > 0);
        container.Stop();
        _ = Assert.Single(events.Wait().Succeeds().Stdout.Split('\n'), line => line == oom);
    }

    [Fact]
    public void The_kill_that_ends_the_container_is_told_before_the_end()
    {
        Controllers.Need("memory");
        Container container = NewContainer().Runs("dd", "if=/dev/zero", "of=/dev/null", "bs=64M", "count=1")
            .Limits("""{"memory":{"limit":16777216,"swap":16777216}}""").Create();
        using RunningCommand events = container.Command("events", "--interval", "1h", container.Id).Start();
        Eventually.True(() => events.Stdout.EndsWith('\n'), "the first line");
        container.Start();
        Assert.EndsWith($$"""{"type":"oom","id":"{{container.Id}}"}""" + "\n", events.Wait().Succeeds().Stdout, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0s", "duration interval must be greater than 0")]
    [InlineData("-1s", "duration interval must be greater than 0")]
    [InlineData("5", "invalid value \"5\" for flag -interval")]
    [InlineData("", "invalid value \"\" for flag -interval")]
    [InlineData("5 s", "invalid value \"5 s\" for flag -interval")]
    [InlineData("s", "invalid value \"s\" for flag -interval")]
    [InlineData("1.2.3s", "invalid value \"1.2.3s\" for flag -interval")]
    [InlineData("5d", "invalid value \"5d\" for flag -interval")]
    [InlineData("99999999h", "invalid value \"99999999h\" for flag -interval")]
    public void An_invalid_interval_is_refused(string interval, string expected)
    {
        Runtime.Run("events", "--interval", interval, "no-such-container").Fails(expected);
    }

    [Fact]
    public void A_stopped_container_has_no_events()
    {
        Container container = NewContainer().Runs("true").CreateAndStart().WaitFor("stopped");
        container.Call("events", container.Id).Fails($"container with id {container.Id} is not running");
        container.Call("events", "--stats", "no-such-container").Fails("container does not exist");
    }

    private static PrintedStatistics Data(Container container)
    {
        return Printed.Event(container.Call("events", "--stats", container.Id).Succeeds().Stdout).Data!;
    }
}
