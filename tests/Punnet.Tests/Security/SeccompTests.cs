using System;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>
/// linux.seccomp: that the filter is there for everything of the container that should have it, and what it does to calls.
/// </summary>
public sealed class SeccompTests : ContainerTest
{

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public void Dockers_profile_is_one_filter_of_the_program(string noNewPrivileges)
    {
        Container container = WithDockersProfile(noNewPrivileges).Runs("grep", "^Seccomp", "/proc/self/status");
        Assert.Equal("Seccomp:\t2\nSeccomp_filters:\t1\n", container.RunToEnd());
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public void Dockers_profile_is_one_filter_of_an_executed_program(string noNewPrivileges)
    {
        Container container = WithDockersProfile(noNewPrivileges).Sleeps().CreateAndStart();
        string filters = container.Exec("grep", "^Seccomp", "/proc/1/status", "/proc/self/status").Succeeds().Stdout;
        Assert.Equal(
            "/proc/1/status:Seccomp:\t2\n/proc/1/status:Seccomp_filters:\t1\n/proc/self/status:Seccomp:\t2\n"
            + "/proc/self/status:Seccomp_filters:\t1\n",
            filters);
    }

    [Theory]
    [InlineData("true", 1)]
    [InlineData("true", 38)]
    [InlineData("false", 1)]
    [InlineData("false", 38)]
    public void A_profile_older_than_a_call_does_not_keep_the_program_from_running(string noNewPrivileges, int errno)
    {
        string rule = $$"""{ "names": [ "statx", "faccessat2", "close_range" ], "action": "SCMP_ACT_ERRNO", "errnoRet": {{errno}} }""";
        Container container = Allowing(rule).Runs("echo", "found");
        container.Bundle.Set("process.noNewPrivileges", noNewPrivileges);
        Assert.Equal("found\n", container.RunToEnd());

        Container listing = Allowing(rule).Runs("ls", "/proc/self/fd");
        listing.Bundle.Set("process.noNewPrivileges", noNewPrivileges);
        Assert.Equal("0\n1\n2\n3\n", listing.RunToEnd()); // 3 is the directory that ls reads

        Container missing = Allowing(rule).Runs("no-such-program");
        missing.Bundle.Set("process.noNewPrivileges", noNewPrivileges);
        missing.Run().Fails("executable file not found in $PATH");
    }

    [Fact]
    public void A_profile_may_forbid_to_ask_for_the_working_directory()
    {
        Container container = Allowing("""{ "names": [ "getcwd" ], "action": "SCMP_ACT_ERRNO" }""").Runs("echo", "ran");
        container.Bundle.Set("process.noNewPrivileges", "false");
        Assert.Equal("ran\n", container.RunToEnd());
    }

    [Fact]
    public void Without_a_profile_there_is_no_filter()
    {
        Assert.Equal("Seccomp:\t0\nSeccomp_filters:\t0\n", NewContainer().Runs("grep", "^Seccomp", "/proc/self/status").RunToEnd());
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public void Dockers_profile_refuses_mount_and_lets_newer_calls_seem_missing(string noNewPrivileges)
    {
        Container container = Calls(WithDockersProfile(noNewPrivileges), "mount", "999");
        Assert.Equal("mount -1\n999 -38\n", container.RunToEnd());
    }

    [Theory]
    [InlineData("""{ "names": [ "mkdirat" ], "action": "SCMP_ACT_ERRNO" }""", "mkdirat -1\n")]
    [InlineData("""{ "names": [ "mkdirat" ], "action": "SCMP_ACT_ERRNO", "errnoRet": 22 }""", "mkdirat -22\n")]
    [InlineData("""{ "names": [ "mkdirat" ], "action": "SCMP_ACT_ERRNO", "errnoRet": 0 }""", "mkdirat 0\n")]
    [InlineData("""{ "names": [ "mkdirat", "no_such_call" ], "action": "SCMP_ACT_ERRNO", "errnoRet": 3 }""", "mkdirat -3\n")]
    [InlineData("""{ "names": [ "mkdirat" ], "action": "SCMP_ACT_ERRNO", "args": [ { "index": 1, "value": 1, "op": "SCMP_CMP_EQ" } ] }""",
        "mkdirat -14\n")]
    [InlineData("""{ "names": [ "mkdirat" ], "action": "SCMP_ACT_ERRNO", "args": [ { "index": 1, "value": 0, "op": "SCMP_CMP_EQ" } ] }""",
        "mkdirat -1\n")]
    [InlineData("""{ "names": [ "mkdirat" ], "action": "SCMP_ACT_LOG" }""", "mkdirat -14\n")]
    [InlineData("""{ "names": [ "mkdirat" ], "action": "SCMP_ACT_TRACE" }""", "mkdirat -38\n")]
    public void A_rule_decides_what_a_call_returns(string rule, string expected)
    {
        Assert.Equal(expected, Calls(Allowing(rule), "mkdirat").RunToEnd());
    }

    [Theory]
    [InlineData("SCMP_ACT_KILL")]
    [InlineData("SCMP_ACT_KILL_THREAD")]
    [InlineData("SCMP_ACT_KILL_PROCESS")]
    [InlineData("SCMP_ACT_TRAP")]
    public void An_action_that_kills_ends_the_program_by_SIGSYS(string action)
    {
        Container container = Calls(Allowing($$"""{ "names": [ "mkdirat" ], "action": "{{action}}" }"""), "getpid", "mkdirat", "getpid");
        Outcome outcome = container.Run().Returns(159);
        Assert.Equal("getpid 1\n", outcome.Stdout);
    }

    [Fact]
    public void A_filter_is_loaded_before_the_user_changes_only_without_no_new_privs()
    {
        const string Rule = """{ "names": [ "setresuid" ], "action": "SCMP_ACT_ERRNO" }""";
        Container late = Allowing(Rule).Runs("true");
        late.RunToEnd();
        Container early = Allowing(Rule).Runs("true");
        early.Bundle.Set("process.noNewPrivileges", "false");
        early.Run().Fails("process.user.uid", "EPERM");
        early.AssertNothingLeft();
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public void A_startContainer_hook_runs_under_the_filter_and_earlier_hooks_do_not(string noNewPrivileges)
    {
        Container container = WithDockersProfile(noNewPrivileges).Runs("true");
        container.Bundle.Add(
            "mounts", $$"""{ "destination": "/out", "type": "bind", "source": "{{container.Directory}}", "options": [ "bind" ] }""");
        Directory.CreateDirectory(container.Bundle.Rootfs + "/out");
        container.Bundle.Add("hooks.createContainer",
            $$"""{ "path": "/bin/sh", "args": [ "sh", "-c", "grep Seccomp: /proc/self/status >{{container.Directory}}/early" ] }""");
        container.Bundle.Add(
            "hooks.startContainer", """{ "path": "/bin/sh", "args": [ "sh", "-c", "grep Seccomp: /proc/self/status >/out/late" ] }""");
        container.RunToEnd();
        Assert.Equal("Seccomp:\t0\n", File.ReadAllText(container.Directory + "/early"));
        Assert.Equal("Seccomp:\t2\n", File.ReadAllText(container.Directory + "/late"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_profile_that_refuses_everything_ends_the_process(bool noNewPrivileges)
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Set("process.noNewPrivileges", noNewPrivileges ? "true" : "false");
        container.Bundle.Set("linux.seccomp", """{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[]}""");
        Assert.NotEqual(0, container.Run().ExitCode);
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_flag_of_a_kernel_older_than_this_is_taken()
    {
        Container container = Allowing("""{ "names": [ "mkdirat" ], "action": "SCMP_ACT_ERRNO" }""").Runs("true");
        container.Bundle.Set(
            "linux.seccomp.flags", """[ "SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW" ]""");
        container.RunToEnd();
    }

    private Container WithDockersProfile(string noNewPrivileges)
    {
        Container container = NewContainer();
        container.Bundle.Set("linux.seccomp", File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Profiles", "docker.json")));
        container.Bundle.Set("process.noNewPrivileges", noNewPrivileges);
        return container;
    }

    private Container Allowing(string rule)
    {
        Container container = NewContainer();
        container.Bundle.Set("linux.seccomp", $$"""{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [ {{rule}} ] }""");
        return container;
    }

    private static Container Calls(Container container, params string[] calls)
    {
        File.Copy(Workplace.Program("calls"), container.Bundle.Rootfs + "/bin/calls");
        return container.Runs(["calls", .. calls]);
    }
}
