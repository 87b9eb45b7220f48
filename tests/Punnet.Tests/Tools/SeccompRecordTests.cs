using System;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary><c>run --seccomp-record</c>: a profile comes of what a program has called, and the program runs under it.</summary>
public sealed class SeccompRecordTests : RootlessTest
{
    public SeccompRecordTests() => Runtime.MustBePunnet();

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public void A_program_runs_under_the_profile_of_its_run_and_can_call_no_more(string noNewPrivileges)
    {
        Container container = Calls(NewContainer(), noNewPrivileges, "mkdirat", "unlinkat", "getpid");
        string file = container.Directory + "/profile.json";
        string printed = container.RunToEnd("--seccomp-record", file);
        Assert.Equal("mkdirat -14\nunlinkat -14\ngetpid 1\n", printed);
        JsonNode profile = JsonNode.Parse(File.ReadAllText(file))!;
        Assert.Equal("SCMP_ACT_ERRNO", (string?)profile["defaultAction"]);
        Assert.Equal(
            Runtime.IsArm64 ? """["SCMP_ARCH_AARCH64"]""" : """["SCMP_ARCH_X86_64"]""",
            profile["architectures"]!.ToJsonString());
        string[] names = Names(file);
        Assert.Equal(names.Order(StringComparer.Ordinal).Distinct(StringComparer.Ordinal), names);
        Assert.Empty("execve, mkdirat, unlinkat, getpid, write".Split(", ").Except(names, StringComparer.Ordinal));
        Assert.DoesNotContain("mount", names);
        Assert.DoesNotContain("getppid", names);
        Assert.Equal(noNewPrivileges == "false", names.Contains("setresuid"));

        Container second = Calls(NewContainer(), noNewPrivileges, "mkdirat", "unlinkat", "getpid", "getppid", "mount");
        second.Bundle.Set("linux.seccomp", profile.ToJsonString());
        Assert.Equal(printed + "getppid -1\nmount -1\n", second.RunToEnd());
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public void A_container_is_created_started_and_joined_under_it(string noNewPrivileges)
    {
        Container container = NewContainer().RunsScript("echo up; sleep 0; cat /proc/self/stat >/dev/null; sh -c 'exit 3' | true");
        container.Bundle.Set("process.noNewPrivileges", noNewPrivileges);
        container.Bundle.Set("process.user", """{ "uid": 1000, "gid": 1000, "additionalGids": [ 5 ] }""");
        string file = container.Directory + "/profile.json";
        container.RunToEnd("--seccomp-record", file);

        Container second = NewContainer().RunsScript("echo up; sleep 1000");
        second.Bundle.Set("process.noNewPrivileges", noNewPrivileges);
        second.Bundle.Set("process.user", """{ "uid": 1000, "gid": 1000, "additionalGids": [ 5 ] }""");
        second.Bundle.Set("linux.seccomp", File.ReadAllText(file));
        second.CreateAndStart();
        second.WaitForOutput("up\n");
        Assert.Equal("in\n", second.Exec("sh", "-c", "echo in; sh -c 'exit 3' | true").Succeeds().Stdout);
        second.Exec("mount", "-t", "tmpfs", "none", "/tmp").Returns(1);
    }

    [Fact]
    public void What_the_profile_of_the_config_refuses_stays_refused_and_is_not_recorded()
    {
        Container container = Calls(NewContainer(), "true", "mkdirat", "unlinkat", "getpriority");
        container.Bundle.Set("linux.seccomp", """
            { "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
                { "names": [ "mkdirat" ], "action": "SCMP_ACT_ERRNO", "errnoRet": 13 },
                { "names": [ "getpriority" ], "action": "SCMP_ACT_TRACE" },
                { "names": [ "unlinkat" ], "action": "SCMP_ACT_LOG" } ] }
            """);
        string file = container.Directory + "/profile.json", log = container.Directory + "/log";
        Assert.Equal("mkdirat -13\nunlinkat -14\ngetpriority -38\n", container.RunToEnd("--seccomp-record", file, "--seccomp-log", log));
        Assert.Contains("unlinkat", Names(file));
        Assert.DoesNotContain("mkdirat", Names(file));
        Assert.DoesNotContain("getpriority", Names(file));
        Assert.Contains("1 x mkdirat = EACCES, linux.seccomp.syscalls[0]", File.ReadAllText(log), StringComparison.Ordinal);
        Assert.DoesNotContain("unlinkat", File.ReadAllText(log), StringComparison.Ordinal);
    }

    [Fact]
    public void An_ordinary_user_records_too()
    {
        Container container = NewRootless();
        string file = container.Directory + "/profile.json";
        container.RunsScript("sh -c 'echo in' | cat; kill -0 $$");
        Assert.Equal("in\n", container.RunToEnd("--seccomp-record", file));
        Assert.Empty("execve, kill, wait4".Split(", ").Except(Names(file), StringComparer.Ordinal));
        container.Bundle.Set("linux.seccomp", File.ReadAllText(file));
        Assert.Equal("in\n", container.RunToEnd());
    }

    [Fact]
    public void A_program_that_is_killed_has_been_recorded()
    {
        Container container = NewContainer().RunsScript("echo up; sleep 1000");
        string file = container.Directory + "/profile.json";
        File.WriteAllText(file, "before");
        using RunningCommand run = container.RunCommand("--seccomp-record", file).Start();
        Eventually.True(() => run.Stdout == "up\n", "the program");
        Assert.Equal("before", File.ReadAllText(file));
        container.Kill("KILL").Succeeds();
        Assert.Equal(137, run.Wait().ExitCode);
        Assert.Contains("write", Names(file));
    }

    [Fact]
    public void A_call_without_a_name_is_told_of()
    {
        Container container = Calls(NewContainer(), "true", "999");
        string file = container.Directory + "/profile.json";
        Outcome outcome = container.Run("--seccomp-record", file).Succeeds();
        Assert.Equal("999 -38\n", outcome.Stdout);
        Assert.Contains("call 999 of the program has no name", outcome.Stderr, StringComparison.Ordinal);
        Assert.NotEmpty(Names(file));
    }

    [Fact]
    public void A_container_that_cannot_be_made_leaves_the_file_as_it_was()
    {
        Container container = NewContainer().Runs("/nosuch");
        string file = container.Directory + "/profile.json";
        File.WriteAllText(file, "before");
        container.Run("--seccomp-record", file).Fails("/nosuch");
        Assert.Equal("before", File.ReadAllText(file));
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("--seccomp-record /dev/null --detach", "--seccomp-record cannot be used with --detach")]
    [InlineData("--seccomp-record /dev/null --dry-run", "--seccomp-record cannot be used with --dry-run")]
    [InlineData("--seccomp-record /no/such/directory/profile", "/no/such/directory/profile")]
    public void Wrong_options_are_refused(string options, string complaint)
    {
        Container container = NewContainer().Runs("true");
        container.Run(options.Split(' ')).Fails(complaint);
        container.AssertNothingLeft();
    }

    [Fact]
    public void An_agent_and_a_record_exclude_each_other()
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Set("linux.seccomp", """
            { "defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/nosuch",
              "syscalls": [ { "names": [ "mkdirat" ], "action": "SCMP_ACT_NOTIFY" } ] }
            """);
        container.Run("--seccomp-record", "/dev/null").Fails("--seccomp-record cannot be used where SCMP_ACT_NOTIFY");
    }

    private static Container Calls(Container container, string noNewPrivileges, params string[] calls)
    {
        container.Bundle.Set("process.noNewPrivileges", noNewPrivileges);
        File.Copy(Workplace.Program("calls"), container.Bundle.Rootfs + "/bin/calls");
        return container.Runs(["calls", .. calls]);
    }

    private static string[] Names(string file) =>
        [.. JsonNode.Parse(File.ReadAllText(file))!["syscalls"]![0]!["names"]!.AsArray().Select(static name => (string)name!)];
}
