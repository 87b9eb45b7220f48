using System;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>Annotations of crun that change what is done.</summary>
public sealed class AnnotationTests : ContainerTest
{
    [Theory]
    [InlineData("1", "0 42 43\n")]
    [InlineData("0", "0 7\n")]
    public void The_callers_groups_are_kept_on_demand(string value, string expected)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/setpriv"), "no setpriv");
        Container container = NewContainer().Runs("id", "-G");
        container.Bundle.Set("process.user.additionalGids", "[7]");
        container.Bundle.Set("annotations", $$"""{"run.oci.keep_original_groups":"{{value}}"}""");
        container.Bundle.Write();
        Outcome outcome = new Command(
            "/usr/bin/setpriv",
            ["--groups", "42,43", Runtime.Path, "--root", container.StateRoot, "run", "--bundle", container.Bundle.Path,
                container.Id]).Run();
        Assert.Equal(expected, outcome.Succeeds().Stdout);
    }

    [Fact]
    public void What_hooks_print_is_appended_to_the_files_that_are_named()
    {
        Container container = NewContainer().Sleeps();
        string output = container.Directory + "/hooks.out";
        string errors = container.Directory + "/hooks.err";
        File.WriteAllText(output, "before\n");
        container.Bundle.Set("annotations", $$"""{"run.oci.hooks.stdout":"{{output}}","run.oci.hooks.stderr":"{{errors}}"}""");
        foreach (string kind in new[] { "prestart", "createRuntime", "createContainer", "poststart", "poststop" })
        {
            container.Bundle.Add("hooks." + kind, $$"""{"path":"/bin/sh","args":["sh","-c","echo {{kind}}; echo {{kind}} wrong >&2"]}""");
        }

        container.CreateAndStart().Stop();
        container.Delete().Succeeds();
        Assert.Equal("before\nprestart\ncreateRuntime\ncreateContainer\npoststart\npoststop\n", File.ReadAllText(output));
        Assert.Equal(
            "prestart wrong\ncreateRuntime wrong\ncreateContainer wrong\npoststart wrong\npoststop wrong\n", File.ReadAllText(errors));
    }

    [Fact]
    public void What_is_not_redirected_is_told_when_a_hook_fails()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("annotations", $$"""{"run.oci.hooks.stdout":"{{container.Directory}}/hooks.out"}""");
        container.Bundle.Add("hooks.createRuntime", """{"path":"/bin/sh","args":["sh","-c","echo out; echo err >&2; exit 3"]}""");
        container.TryCreate().Fails("error running createRuntime hook #0: exit status 3, output: err");
        Assert.Equal("out\n", File.ReadAllText(container.Directory + "/hooks.out"));
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_file_that_cannot_be_opened_is_named()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("annotations", """{"run.oci.hooks.stderr":"/no/such/place"}""");
        container.Bundle.Add("hooks.createRuntime", """{"path":"/bin/true"}""");
        container.TryCreate()
            .Fails("cannot open /no/such/place for what hooks print (annotations[\"run.oci.hooks.stderr\"]): no such file or directory");
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_seccomp_agent_may_be_named_by_the_annotation()
    {
        Container container = SeccompAgentTests.Notify(NewContainer(), "true", "\"getppid\"");
        string agentsSocket = SeccompAgentTests.Socket(container);
        container.Bundle.Remove("linux.seccomp.listenerPath");
        container.Bundle.Set("annotations", $$"""{"run.oci.seccomp.receiver":"{{agentsSocket}}"}""");
        container.TryCreate().Fails($"cannot connect to the seccomp agent {agentsSocket} (annotations[\"run.oci.seccomp.receiver\"]): "
            + $"no such file or directory (ENOENT)");
        using RunningCommand agent = SeccompAgentTests.Agent(container, "answer");
        Assert.Equal(SeccompAgentTests.Said, container.RunToEnd());

        container.Sleeps().CreateAndStart();
        Assert.Equal(SeccompAgentTests.Said, container.Exec("calls", "mkdirat").Succeeds().Stdout);
    }

    [Fact]
    public void The_specifications_property_counts_before_the_annotation_for_a_seccomp_agent()
    {
        Container container = SeccompAgentTests.Notify(NewContainer(), "true", "\"getppid\"");
        container.Bundle.Set("annotations", """{"run.oci.seccomp.receiver":"/nonexistent"}""");
        using RunningCommand agent = SeccompAgentTests.Agent(container, "answer");
        Assert.Equal(SeccompAgentTests.Said, container.RunToEnd());
    }

    [Fact]
    public void A_handler_of_crun_is_refused_by_name()
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Set("annotations", """{"run.oci.handler":"wasm"}""");
        container.TryCreate().Fails(
            "punnet: create: config.json: annotations[\"run.oci.handler\"]: punnet has no handler \"wasm\": it runs programs of Linux.");
        container.Bundle.Set("annotations", """{"run.oci.handler":""}""");
        container.RunToEnd();
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("", true)]
    [InlineData("0", false)]
    public void An_unknown_system_call_of_a_profile_is_refused_on_demand(string value, bool isRefused)
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Set("linux.seccomp", """
            {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_ERRNO"},{"names":["rmdir","frobnicate"],"action":"SCMP_ACT_ERRNO"}]}
            """);
        container.Bundle.Set("annotations", $$"""{"run.oci.seccomp_fail_unknown_syscall":"{{value}}"}""");
        if (isRefused)
        {
            container.TryCreate().Fails(
                "config.json: linux.seccomp.syscalls[1].names[1]: \"frobnicate\" is not a system call of any architecture "
                + "(annotations[\"run.oci.seccomp_fail_unknown_syscall\"])");
            container.AssertNothingLeft();
        }
        else
        {
            container.RunToEnd();
        }
    }

    [Theory]
    [InlineData("inner")]
    [InlineData("one/two")]
    public void The_program_starts_in_a_cgroup_of_its_own_below_the_containers(string below)
    {
        Container container = NewContainer()
            .RunsScript("cat /proc/self/cgroup; mkdir /sys/fs/cgroup/mine && rmdir /sys/fs/cgroup/mine && echo made; exec sleep 1000");
        container.Bundle.Set("annotations", $$"""{"run.oci.delegate-cgroup":"{{below}}"}""");
        container.Bundle.Unmount("/sys/fs/cgroup");
        container.Bundle.Mount("/sys/fs/cgroup", "cgroup", "cgroup");
        container.CreateAndStart().WaitForOutput("made\n");

        Assert.Contains("0::/" + below + "\n", container.Output, StringComparison.Ordinal);
        string own = container.Cgroup;
        Assert.EndsWith("/" + container.Id + "/" + below, own, StringComparison.Ordinal);
        Assert.Equal(container.Pid + "\n", File.ReadAllText(own + "/cgroup.procs"));
        Assert.Equal("", File.ReadAllText(own[..^(below.Length + 1)] + "/cgroup.procs"));
        Assert.Equal("0::/\n", Last(container.Exec("cat", "/proc/self/cgroup").Succeeds().Stdout));
        Assert.Equal($"[{container.Pid}]", container.Call("ps", "--format", "json", container.Id).Succeeds().Stdout.TrimEnd('\n'));
        container.Call("pause", container.Id).Succeeds();
        Assert.Equal("paused", container.Status);
        container.Call("resume", container.Id).Succeeds();
        container.Stop().Delete().Succeeds();
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("..")]
    [InlineData("../x")]
    [InlineData("/x")]
    [InlineData("a/../b")]
    [InlineData("a//b")]
    public void A_delegated_cgroup_that_is_not_below_the_containers_is_refused(string below)
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Set("annotations", $$"""{"run.oci.delegate-cgroup":"{{below}}"}""");
        container.TryCreate()
            .Fails($"config.json: annotations[\"run.oci.delegate-cgroup\"]: \"{below}\" is not the path of a cgroup below the container's");
        container.AssertNothingLeft();
    }

    private static string Last(string text)
    {
        string[] lines = text.Split('\n');
        return Array.Find(lines, static line => line.StartsWith("0::", StringComparison.Ordinal)) + "\n";
    }
}
