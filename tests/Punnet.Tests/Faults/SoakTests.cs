using System;
using System.Collections.Generic;
using System.IO;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>The short form of `make soak`, and what its races have found.</summary>
public sealed class SoakTests : ContainerTest
{
    [Theory]
    [InlineData("row")]
    [InlineData("burst")]
    [InlineData("execs")]
    [InlineData("races")]
    [InlineData("list")]
    [InlineData("user")]
    [InlineData("keys")]
    public void Many_containers_leave_nothing_and_do_not_disturb_each_other(string section)
    {
        Runtime.MustBePunnet();
        Command soak = new(Path.Combine(AppContext.BaseDirectory, "Programs", "soak"), [section])
        {
            Environment = new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["PUNNET"] = Runtime.Path,
                ["COUNT"] = "30",
                ["SECONDS_OF_RACES"] = "3",
            },
        };
        soak.Run().Succeeds();
    }

    // A process of the container whose parent is outside, a stopped `exec`, keeps its first process in do_exit.
    [Fact]
    public void An_exec_in_a_container_that_ends_meanwhile_says_so()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        using RunningCommand parent = container.Command("exec", container.Id, "sleep", "1000").Start();
        Eventually.True(() => ProcFile.Mentioning(container.Id).Count > 1, "the exec is there");
        int init = container.Pid;
        Eventually.True(() => File.ReadAllText($"/proc/{init}/cgroup").Length > 0 && CgroupProcesses(init) > 1, "its process is there");
        List<int> execs = ProcFile.Mentioning(container.Id).FindAll(pid => ProcFile.CommandLine(pid) is [_, _, _, "exec", ..]);
        Assert.All(execs, static pid => Assert.Equal(0, Syscall.kill(pid, Signum.SIGSTOP)));
        Assert.Equal(0, Syscall.kill(init, Signum.SIGKILL));
        Eventually.True(() => !Directory.Exists($"/proc/{init}/root/"), "the first process has left its root");

        container.Exec("true").FailsWith(255, "punnet: exec: cannot exec in a stopped container\n");

        Assert.All(execs, static pid => Assert.Equal(0, Syscall.kill(pid, Signum.SIGCONT)));
        parent.Wait().Returns(137);
        container.Delete("--force").Succeeds();
    }

    private static int CgroupProcesses(int pid) => File.ReadAllLines(CgroupTree.DirectoryOf(pid) + "/cgroup.procs").Length;
}
