using System;
using System.Globalization;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>process.scheduler, process.ioPriority and process.execCPUAffinity, read with chrt, ionice and /proc/PID.</summary>
public sealed class SchedulerTests : ContainerTest
{
    [Theory]
    [InlineData("""{"policy":"SCHED_FIFO","priority":7}""", "SCHED_FIFO", "7")]
    [InlineData("""{"policy":"SCHED_RR","priority":3,"flags":["SCHED_FLAG_RESET_ON_FORK"]}""", "SCHED_RR|SCHED_RESET_ON_FORK", "3")]
    [InlineData("""{"policy":"SCHED_BATCH","nice":5}""", "SCHED_BATCH", "0")]
    [InlineData("""{"policy":"SCHED_IDLE"}""", "SCHED_IDLE", "0")]
    [InlineData("""{"policy":"SCHED_OTHER","nice":-3}""", "SCHED_OTHER", "0")]
    public void A_policy_is_the_containers(string scheduler, string policy, string priority)
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("PUNNET_VM") == "uml"
            && policy is not ("SCHED_OTHER" or "SCHED_BATCH" or "SCHED_IDLE"), "User-Mode Linux refuses real-time policies in a cgroup");
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("process.scheduler", scheduler);
        container.CreateAndStart();
        string[] answer = Chrt(container.Pid);
        Assert.Equal((policy, priority), (answer[0], answer[1]));
    }

    [Fact]
    public void A_deadline_is_the_containers()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set(
            "process.scheduler", """{"policy":"SCHED_DEADLINE","runtime":1000000,"deadline":50000000,"period":100000000}""");
        container.CreateAndStart();
        Assert.Equal(["SCHED_DEADLINE", "0", "1000000/50000000/100000000"], Chrt(container.Pid));
    }

    [Fact]
    public void A_nice_value_is_the_containers()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("process.scheduler", """{"policy":"SCHED_OTHER","nice":11}""");
        container.CreateAndStart();
        Assert.Equal(11, Nice(container.Pid));
    }

    [Fact]
    public void A_user_namespace_does_not_keep_a_policy_away()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("PUNNET_VM") == "uml", "User-Mode Linux refuses real-time policies in a cgroup");
        Container container = NewContainer().Sleeps();
        container.Bundle.UserNamespace();
        container.Bundle.Set("process.scheduler", """{"policy":"SCHED_RR","priority":1}""");
        container.CreateAndStart();
        Assert.Equal("SCHED_RR", Chrt(container.Pid)[0]);
    }

    [Fact]
    public void An_exec_has_the_policy_of_its_own_process()
    {
        Container container = NewContainer().Sleeps();
        container.CreateAndStart();
        string file = container.Directory + "/process.json";
        File.WriteAllText(file, """
            {"args":["sh","-c","sleep 1000 & echo; wait"],"cwd":"/","env":["PATH=/bin"],"scheduler":{"policy":"SCHED_OTHER","nice":9},
             "ioPriority":{"class":"IOPRIO_CLASS_BE","priority":1}}
            """);
        string pidFile = container.Directory + "/exec-pid";
        container.Call("exec", "--detach", "--pid-file", pidFile, "--process", file, container.Id).Succeeds();
        int pid = int.Parse(File.ReadAllText(pidFile), CultureInfo.InvariantCulture);
        Assert.Equal(9, Nice(pid));
        Assert.Equal("best-effort: prio 1", IoNice(pid));
    }

    [Theory]
    [InlineData("""{"class":"IOPRIO_CLASS_RT","priority":2}""", "realtime: prio 2")]
    [InlineData("""{"class":"IOPRIO_CLASS_BE","priority":6}""", "best-effort: prio 6")]
    [InlineData("""{"class":"IOPRIO_CLASS_IDLE","priority":0}""", "idle")]
    public void An_io_priority_is_the_containers(string priority, string expected)
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("process.ioPriority", priority);
        container.CreateAndStart();
        Assert.Equal(expected, IoNice(container.Pid));
    }

    [Fact]
    public void A_policy_that_the_kernel_refuses_is_named()
    {
        Container container = NewContainer().Sleeps();
        // Less than the microsecond that sched_setattr(2) wants at least.
        container.Bundle.Set("process.scheduler", """{"policy":"SCHED_DEADLINE","runtime":100,"deadline":1000000,"period":1000000}""");
        container.TryCreate().Fails("cannot set the scheduler SCHED_DEADLINE (process.scheduler): ");
        container.AssertNothingLeft();
    }

    [Fact]
    public void The_callers_cpus_are_not_the_containers()
    {
        Assert.SkipUnless(Environment.ProcessorCount > 1, "one CPU");
        Container container = NewContainer().Sleeps();
        container.Bundle.Write();
        new Command("taskset",
            ["--cpu-list", "0", Runtime.Path, "--root", container.StateRoot, "run", "--detach", "--bundle", container.Bundle.Path,
            container.Id])
        {
            Stdout = "/dev/null",
            Stderr = "/dev/null",
        }.Run().Succeeds();
        Assert.Equal(Every, Cpus(container.Pid));
        string pidFile = container.Directory + "/exec-pid";
        new Command("taskset",
            ["--cpu-list", "0", Runtime.Path, "--root", container.StateRoot, "exec", "--detach", "--pid-file", pidFile, container.Id,
            "sleep", "1000"])
        {
            Stdout = "/dev/null",
            Stderr = "/dev/null",
        }.Run().Succeeds();
        Assert.Equal(Every, Cpus(int.Parse(File.ReadAllText(pidFile), CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData("""{"initial":"1"}""", "1")]
    [InlineData("""{"final":"0"}""", "0")]
    [InlineData("""{"initial":"0","final":"1"}""", "1")]
    public void An_exec_runs_on_the_cpus_that_the_config_names(string affinity, string expected)
    {
        Assert.SkipUnless(Environment.ProcessorCount > 1, "one CPU");
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("process.execCPUAffinity", affinity);
        container.CreateAndStart();
        Assert.Equal(Every, Cpus(container.Pid));
        Assert.Contains("Cpus_allowed_list:\t" + expected + "\n", container.Exec("cat", "/proc/self/status").Succeeds().Stdout,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("initial")]
    [InlineData("final")]
    public void Cpus_that_do_not_exist_are_named(string when)
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("process.execCPUAffinity." + when, "\"4000\"");
        container.CreateAndStart();
        container.Exec("true").FailsWith(255, "cannot run on the CPUs 4000 (process.execCPUAffinity." + when + "): ");
    }

    private static string Every => Cpus(Environment.ProcessId);

    private static string Cpus(int pid) => ProcFile.Status(pid, "Cpus_allowed_list");

    private static int Nice(int pid)
    {
        string stat = File.ReadAllText($"/proc/{pid}/stat");
        return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[16], CultureInfo.InvariantCulture);
    }

    private static string IoNice(int pid) =>
        new Command("ionice", ["-p", pid.ToString(CultureInfo.InvariantCulture)]).Run().Succeeds().Stdout.Trim();

    // chrt prints one line for each fact, with the value after a colon.
    private static string[] Chrt(int pid)
    {
        string[] lines = new Command("chrt", ["-p", pid.ToString(CultureInfo.InvariantCulture)]).Run().Succeeds().Stdout.Trim().Split('\n');
        return Array.ConvertAll(lines, static line => line[(line.LastIndexOf(':') + 1)..].Trim());
    }
}
