using System;
using System.Text.Json.Nodes;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>What <c>ps</c> prints.</summary>
public sealed class PsTests : ContainerTest
{
    [Fact]
    public void The_table_has_the_containers_processes_only()
    {
        TheHostsPsWorks();
        Container container = NewContainer().RunsScript("sleep 998 & echo ready; exec sleep 997").CreateAndStart();
        container.WaitForOutput("ready");
        Eventually.True(() => ProcFile.CommandLine(container.Pid) is ["sleep", "997"], "both sleep");
        string[] lines = container.Call("ps", container.Id).Succeeds().Stdout.TrimEnd('\n').Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.Contains("PID", lines[0], StringComparison.Ordinal);
        Assert.Contains(lines, line => line.EndsWith("sleep 997", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.EndsWith("sleep 998", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--format")]
    [InlineData("-f")]
    public void Json_is_an_array_of_host_pids(string flag)
    {
        Container container = NewContainer().RunsScript("sleep 1000 & echo ready; wait").CreateAndStart();
        container.WaitForOutput("ready");
        string text = container.Call("ps", flag, "json", container.Id).Succeeds().Stdout;
        JsonArray pids = JsonNode.Parse(text)!.AsArray();
        Assert.Equal(2, pids.Count);
        Assert.Contains(pids, node => (int)node! == container.Pid);
        foreach (JsonNode? pid in pids)
        {
            Assert.Equal(container.Cgroup, CgroupTree.DirectoryOf((int)pid!));
        }
    }

    [Fact]
    public void Options_after_the_id_are_for_the_hosts_ps()
    {
        TheHostsPsWorks();
        Container container = NewContainer().Sleeps().CreateAndStart();
        string[] lines = container.Call("ps", container.Id, "-e", "-o", "pid,comm").Succeeds().Stdout.TrimEnd('\n').Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.Equal(["PID", "COMMAND"], lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(container.Pid.ToString(System.Globalization.CultureInfo.InvariantCulture),
            lines[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0]);
    }

    [Fact]
    public void A_stopped_container_has_a_heading_only()
    {
        TheHostsPsWorks();
        Container container = NewContainer().Runs("true").CreateAndStart().WaitFor("stopped");
        string output = container.Call("ps", container.Id).Succeeds().Stdout;
        Assert.Contains("PID", output, StringComparison.Ordinal);
        _ = Assert.Single(output.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public void Processes_of_a_sub_cgroup_count()
    {
        Container container = NewContainer()
            .RunsScript("mkdir /sys/fs/cgroup/sub; sleep 1000 & echo $! >/sys/fs/cgroup/sub/cgroup.procs; echo ready; wait");
        container.Bundle.Unmount("/sys/fs/cgroup");
        container.Bundle.Mount("/sys/fs/cgroup", "cgroup", "cgroup", "rw");
        container.CreateAndStart();
        container.WaitForOutput("ready");
        Assert.Equal(2, JsonNode.Parse(container.Call("ps", "-f", "json", container.Id).Succeeds().Stdout)!.AsArray().Count);
    }

    [Fact]
    public void An_unknown_format_is_an_error()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        Assert.NotEqual(0, container.Call("ps", "--format", "yaml", container.Id).ExitCode);
    }

    // User-Mode Linux has no boot time in /proc/stat, without which procps prints no table.
    private static void TheHostsPsWorks()
    {
        Assert.SkipUnless(new Command("ps", ["-ef"]).Run().ExitCode == 0, "ps of the host does not work here");
    }
}
