using System;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>
/// The controller cpuset: which CPUs and memory nodes a container may use, as the kernel's files and the process itself have it.
/// </summary>
public sealed class CpusetTests : ContainerTest
{
    private const string Last = """{"cpu":{"cpus":"1","mems":"1"}}""";

    [Fact]
    public void Cpus_and_memory_nodes_are_those_of_the_cpuset()
    {
        Container container = Two().Limits(Last).CreateAndStart();
        container.HoldsAll("cpuset.cpus=1 cpuset.cpus.effective=1 cpuset.mems=1 cpuset.mems.effective=1");
        Assert.Equal("1 1", Allowed(container.Pid));
        Assert.Equal("Cpus_allowed_list:\t1\nMems_allowed_list:\t1\n",
            container.Exec("grep", "_allowed_list", "/proc/self/status").Succeeds().Stdout);
    }

    [Fact]
    public void Without_a_cpuset_every_cpu_is_the_containers_though_punnet_was_bound_to_one()
    {
        Container container = Two();
        container.Bundle.Write();
        new Command("taskset",
            ["-c", "0", Runtime.Path, "--root", container.StateRoot, "run", "--detach", "--bundle", container.Bundle.Path,
            container.Id]).Run().Succeeds();
        Assert.Equal("0-1 0-1", Allowed(container.Pid));
    }

    [Fact]
    public void New_parents_have_an_empty_cpuset_which_does_not_limit()
    {
        Container container = Two().Limits(Last);
        container.Bundle.Set("linux.cgroupsPath", $"\"/{container.Id}-above/between/{container.Id}\"");
        container.Create();
        container.HoldsAll("cpuset.cpus.effective=1 cpuset.mems.effective=1");
        foreach (string parent in new[] { "/..", "/../.." })
        {
            Assert.Equal("\n", File.ReadAllText(container.Cgroup + parent + "/cpuset.cpus"));
            Assert.Equal("\n", File.ReadAllText(container.Cgroup + parent + "/cpuset.mems"));
            Assert.Equal("0-1\n", File.ReadAllText(container.Cgroup + parent + "/cpuset.cpus.effective"));
        }

        container.Delete("--force").Succeeds();
        Directory.Delete($"{CgroupTree.MountPoint}/{container.Id}-above/between");
        Directory.Delete($"{CgroupTree.MountPoint}/{container.Id}-above");
    }

    [Fact]
    public void An_update_moves_a_running_program_and_after_an_error_it_is_back()
    {
        Container container = Two().Limits(Last).CreateAndStart();
        container.Call("update", "--cpuset-cpus", "0", container.Id).Succeeds();
        Assert.Equal("0 1", Allowed(container.Pid));
        container.Call("update", "--cpuset-mems", "0-1", container.Id).Succeeds();
        Assert.Equal("0 0-1", Allowed(container.Pid));
        container.HoldsAll("cpuset.cpus=0 cpuset.mems=0-1");

        container.Call("update", "--cpuset-cpus", "0-1", "--cpuset-mems", "77", container.Id)
            .Fails("cannot set cpuset.mems to \"77\" (--cpuset-mems)");
        Assert.Equal("0 0-1", Allowed(container.Pid));
        container.HoldsAll("cpuset.cpus=0 cpuset.mems=0-1");
    }

    [Theory]
    [InlineData("cpus", "5000")]
    [InlineData("cpus", "0-")]
    [InlineData("mems", "1000")]
    public void A_number_that_the_machine_does_not_have_is_refused_with_its_place(string list, string value)
    {
        Container container = Two().Limits($$$"""{"cpu":{"{{{list}}}":"{{{value}}}"}}""");
        container.TryCreate().Fails($"cannot set cpuset.{list} to \"{value}\" (linux.resources.cpu.{list}) in ",
            $"hint: the cgroup above has 0-1 ({CgroupTree.MountPoint}");
        container.AssertNothingLeft();
    }

    [Fact]
    public void An_invalid_list_of_numbers_gets_a_hint()
    {
        Container container = Two().Limits("""{"unified":{"cpuset.cpus":"first"}}""");
        container.TryCreate().Fails("cannot set cpuset.cpus to \"first\" (linux.resources.unified[\"cpuset.cpus\"]) in ",
            "\nhint: a list is numbers and ranges: 0-2,5\n");
        container.AssertNothingLeft();
    }

    [Fact]
    public void The_statistics_name_the_cpus_and_the_nodes()
    {
        Container container = Two().Limits(Last).Create();
        PrintedCpuset cpuset = Printed.Event(container.Call("events", "--stats", container.Id).Succeeds().Stdout).Data!.Cpuset;
        Assert.Equal([1], cpuset.Cpus!);
        Assert.Equal([1], cpuset.Mems!);
    }

    private Container Two()
    {
        Controllers.Need("cpuset");
        Assert.SkipUnless(File.ReadAllText("/sys/devices/system/node/online") == "0-1\n", "needs two CPUs and two memory nodes");
        return NewContainer().Sleeps();
    }

    private static string Allowed(int pid)
    {
        string found = string.Empty;
        foreach (string line in File.ReadAllLines($"/proc/{pid}/status"))
        {
            int at = line.IndexOf("_allowed_list:\t", StringComparison.Ordinal);
            found += at > 0 ? " " + line[(at + 15)..] : string.Empty;
        }

        return found.TrimStart();
    }
}
