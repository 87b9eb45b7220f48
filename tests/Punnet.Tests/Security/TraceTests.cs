using System;
using System.Globalization;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>
/// What a program with CAP_SYS_PTRACE gets from the processes of punnet that come into its pid namespace: nothing of the host.
/// </summary>
public sealed class TraceTests : ContainerTest
{
    // The capability that "not dumpable" does not keep out.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void CVE_2016_9962_Nothing_of_the_host_is_seen_of_an_executed_process_by_who_may_trace_it(bool userNamespace)
    {
        Assert.SkipUnless(Environment.ProcessorCount > 1, "the attacker would have the only processor");
        Container container = Thief(userNamespace);
        for (int round = 0; round < 200; round++)
        {
            container.Exec("true").Succeeds();
        }

        // It is no good if it cannot see what there is to see.
        container.Exec("sleep", "0.3").Succeeds();
        Assert.Equal(["ready 80004", "traced one"], container.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));

        // The attack: one who enters with a descriptor of the host.
        string pid = container.Pid.ToString(CultureInfo.InvariantCulture);
        string[] namespaces = userNamespace ? ["--user", "--mount", "--pid"] : ["--mount", "--pid"];
        Command careless = new("nsenter", ["--target", pid, .. namespaces, "sleep", "0.3"])
        {
            Redirections = "9</etc",
        };
        careless.Run().Succeeds();
        Assert.Contains("fd 9 ", container.Output, StringComparison.Ordinal);
    }

    // The same for a container that joins the pid namespace of another, as in a pod.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Nothing_of_the_host_is_seen_of_a_container_that_joins_a_pid_namespace(bool userNamespace)
    {
        Assert.SkipUnless(Environment.OSVersion.Version >= new Version(6, 18), "needs a /proc that can be told its pid namespace");
        Container first = Thief(userNamespace);
        Container second = NewContainer();
        second.Bundle.Capabilities("CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH");
        second.Bundle.SetText("root.path", first.Bundle.Rootfs);
        second.Bundle.Namespace("pid", $"/proc/{first.Pid}/ns/pid");
        if (userNamespace)
        {
            second.Bundle.Namespace("user", $"/proc/{first.Pid}/ns/user");
        }

        for (int round = 0; round < 50; round++)
        {
            second.Runs("true").RunToEnd();
            second.Sleeps().Create();
            Assert.Equal(second.Pid, int.Parse(File.ReadAllText(second.PidFile), CultureInfo.InvariantCulture));
            second.Delete("--force").Succeeds();
        }

        // Their roots are two mounts of one directory.
        second.Runs("sleep", "0.3").RunToEnd();
        Assert.Equal(["ready 80004", "traced one"], first.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));

        // What it sees in /proc is the pid namespace that it joins.
        Assert.Contains("thief", second.RunsScript("cat /proc/1/cmdline").RunToEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public void Who_speaks_in_the_name_of_an_executed_process_gets_the_host_to_do_nothing()
    {
        Assert.SkipUnless(Environment.ProcessorCount > 1, "the attacker would have the only processor");
        Container container = NewContainer();
        File.Copy(Workplace.Program("forger"), container.Bundle.Rootfs + "/bin/forger");
        container.Bundle.Capabilities("CAP_SYS_PTRACE");
        container.Runs("/bin/forger").CreateAndStart();
        container.WaitForOutput("ready");
        for (int round = 0; round < 100; round++)
        {
            // It works, or fails in words.
            Outcome outcome = container.Exec("true");
            Assert.True(outcome.ExitCode is 0 or 255 or 1, $"status {outcome.ExitCode}: {outcome.Stderr}");
            Assert.Equal("running", container.Status);
        }

        Assert.Contains("forged", container.Output, StringComparison.Ordinal);
    }

    // A container that reads what it can of every process that it sees.
    private Container Thief(bool userNamespace)
    {
        Container container = NewContainer();
        File.Copy(Workplace.Program("thief"), container.Bundle.Rootfs + "/bin/thief");
        if (userNamespace)
        {
            container.Bundle.UserNamespace();
        }

        container.Bundle.Capabilities("CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH");
        container.Runs("/bin/thief").CreateAndStart();
        container.WaitForOutput("ready");
        return container;
    }
}
