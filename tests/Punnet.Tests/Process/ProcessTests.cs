using System;
using System.IO;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>config.json's process, read from /proc/PID.</summary>
public sealed class ProcessTests : ContainerTest
{
    [Fact]
    public void A_program_without_a_name_is_not_found()
    {
        Container container = NewContainer().Runs("");
        container.Run().Fails("exec: \"\": executable file not found in $PATH");
        container.AssertNothingLeft();
        container.Sleeps().CreateAndStart();
        container.Exec("").FailsWith(255, "exec: \"\": executable file not found in $PATH");
    }

    [Fact]
    public void Arguments_arrive_as_they_are_written()
    {
        Container container = NewContainer().Runs("sh", "-c", "sleep 1000; true", "", "a b", "é\n\"", "$HOME", "*").CreateAndStart();
        Eventually.True(() => ProcFile.CommandLine(container.Pid) is ["sh", _, _, _, _, _, _, _], "the program runs");
        Assert.Equal(["sh", "-c", "sleep 1000; true", "", "a b", "é\n\"", "$HOME", "*"], ProcFile.CommandLine(container.Pid));
    }

    [Fact]
    public void The_environment_is_the_configs_in_its_order_with_home_added()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.SetList("process.env", "PATH=/bin", "Z=last first", "A=1", "LINES=one\ntwo", "EMPTY=", "EQUALS=a=b");
        container.CreateAndStart();
        string[] environment = Environment(container);
        Assert.Equal(["PATH=/bin", "Z=last first", "A=1", "LINES=one\ntwo", "EMPTY=", "EQUALS=a=b", "HOME=/root"], environment);
    }

    [Fact]
    public void The_runtimes_own_environment_stays_outside()
    {
        Container container = NewContainer().Runs("env");
        container.Bundle.Write();
        Command command = new(Runtime.Path, ["--root", container.StateRoot, "run", "--bundle", container.Bundle.Path, container.Id])
        {
            Environment = new System.Collections.Generic.Dictionary<string, string?>(StringComparer.Ordinal) { ["SECRET_OF_THE_HOST"] = "1" },
        };
        Assert.DoesNotContain("SECRET_OF_THE_HOST", command.Run().Succeeds().Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public void A_variable_that_is_written_twice_has_its_last_value()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.SetList("process.env", "PATH=/bin", "A=1", "A=2");
        container.CreateAndStart();
        Assert.Equal(["A=2"], Array.FindAll(Environment(container), static entry => entry.StartsWith("A=", StringComparison.Ordinal)));
    }

    // setresuid(2) takes -1 for "unchanged", and unchanged is root.
    [Theory]
    [InlineData("""{"uid":4294967295,"gid":0}""", "process.user.uid: 4294967295 is not an id")]
    [InlineData("""{"uid":0,"gid":4294967295}""", "process.user.gid: 4294967295 is not an id")]
    public void The_number_that_is_not_an_id_does_not_become_root(string user, string expected)
    {
        Container container = NewContainer().Runs("id", "-u");
        container.Bundle.Set("process.user", user);
        container.TryCreate().Fails(Runtime.IsPunnet ? expected : "");
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("""{"uid":0,"gid":0}""", "HOME=/root")]
    [InlineData("""{"uid":1000,"gid":1000}""", "HOME=/home/user")]
    [InlineData("""{"uid":4242,"gid":0}""", "HOME=/")]
    public void Home_is_looked_up_by_uid(string user, string expected)
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("process.user", user);
        container.CreateAndStart();
        Assert.Contains(expected, Environment(container));
    }

    [Theory]
    [InlineData("HOME=/mine", "HOME=/mine")]
    [InlineData("HOME=", "HOME=/root")]
    public void Home_of_the_config_stays_unless_it_is_empty(string given, string expected)
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.SetList("process.env", "PATH=/bin", given);
        container.CreateAndStart();
        Assert.Equal(
            [expected], Array.FindAll(Environment(container), static entry => entry.StartsWith("HOME=", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_program_is_looked_up_in_the_containers_path()
    {
        Container container = NewContainer().Runs("hello");
        Directory.CreateDirectory(container.Bundle.Rootfs + "/opt/a");
        Directory.CreateDirectory(container.Bundle.Rootfs + "/opt/b");
        File.WriteAllText(container.Bundle.Rootfs + "/opt/a/hello", "not executable");
        container.Bundle.WriteScript("/opt/b/hello", "#!/bin/sh\necho from b\n");
        container.Bundle.SetList("process.env", "PATH=/nowhere:/opt/a:/opt/b:/bin");
        Assert.Equal("from b\n", container.RunToEnd());
    }

    [Fact]
    public void A_relative_program_with_a_slash_is_relative_to_cwd()
    {
        Container container = NewContainer().Runs("./hello");
        Directory.CreateDirectory(container.Bundle.Rootfs + "/opt");
        container.Bundle.WriteScript("/opt/hello", "#!/bin/sh\necho from opt\n");
        container.Bundle.Set("process.cwd", "\"/opt\"");
        Assert.Equal("from opt\n", container.RunToEnd());
    }

    [Fact]
    public void A_directory_or_a_loop_of_links_on_the_path_is_not_the_program()
    {
        Container container = NewContainer().Runs("hello");
        string root = container.Bundle.Rootfs;
        Directory.CreateDirectory(root + "/first/hello");
        Directory.CreateDirectory(root + "/second");
        File.CreateSymbolicLink(root + "/second/hello", "hello");
        container.Bundle.Set("process.env", """[ "PATH=/first:/second" ]""");
        container.TryCreate().Fails("executable file not found in $PATH");

        Directory.CreateDirectory(root + "/third");
        container.Bundle.WriteScript("/third/hello", "#!/bin/sh\necho from third\n");
        container.Bundle.Set("process.env", """[ "PATH=/first:/second:/third" ]""");
        Assert.Equal("from third\n", container.RunToEnd());
    }

    [Theory]
    [InlineData("nosuch", "exec: \"nosuch\": executable file not found in $PATH")]
    [InlineData("/bin/nosuch", "no such file or directory")]
    [InlineData("/etc/passwd", "permission denied")]
    [InlineData("/etc", "")]
    public void A_program_that_cannot_be_executed_fails_at_create(string program, string expected)
    {
        Container container = NewContainer().Runs(program);
        Outcome outcome = container.TryCreate().Fails();
        Assert.Contains(expected, outcome.Stderr.Replace("\\\"", "\"", StringComparison.Ordinal), StringComparison.Ordinal);
        container.AssertNothingLeft();
    }

    [Fact]
    public void What_fails_only_when_it_is_executed_is_told_by_start()
    {
        Runtime.MustBePunnet();
        Container container = NewContainer().Runs("/bin/garbage");
        container.Bundle.WriteScript("/bin/garbage", "\u007fELF garbage");
        container.Create();
        container.Call("start", container.Id).Fails("punnet: start: exec /bin/garbage: exec format error");
        container.WaitFor("stopped");
    }

    [Fact]
    public void An_interpreter_that_does_not_exist_is_told_by_start()
    {
        Runtime.MustBePunnet();
        Container container = NewContainer().Runs("/bin/script");
        container.Bundle.WriteScript("/bin/script", "#!/no/such/interpreter\n");
        Outcome create = container.TryCreate();
        Outcome outcome = create.ExitCode == 0 ? container.Call("start", container.Id) : create;
        outcome.Fails("exec /bin/script: no such file or directory");
    }

    [Fact]
    public void Cwd_is_where_the_program_starts_and_is_made_if_missing()
    {
        Container container = NewContainer().Runs("pwd");
        container.Bundle.Set("root.readonly", "false");
        container.Bundle.Set("process.cwd", "\"/new/place\"");
        Assert.Equal("/new/place\n", container.RunToEnd());
        Assert.True(Directory.Exists(container.Bundle.Rootfs + "/new/place"));
    }

    [Fact]
    public void A_cwd_that_only_the_user_may_enter_works()
    {
        Container container = NewContainer().Runs("pwd");
        Directory.CreateDirectory(container.Bundle.Rootfs + "/private", (UnixFileMode)0x1C0);
        Assert.Equal(0, Syscall.chown(container.Bundle.Rootfs + "/private", 1000, 1000));
        container.Bundle.Set("process.user", """{"uid":1000,"gid":1000}""");
        container.Bundle.Set("process.cwd", "\"/private\"");
        Assert.Equal("/private\n", container.RunToEnd());
    }

    [Theory]
    [InlineData("""{"uid":0,"gid":0}""", "0", "0", "")]
    [InlineData("""{"uid":1000,"gid":1001}""", "1000", "1001", "")]
    [InlineData("""{"uid":1000,"gid":1001,"additionalGids":[5,6,4294967294]}""", "1000", "1001", "5 6 4294967294")]
    [InlineData("""{"uid":4294967294,"gid":4294967294}""", "4294967294", "4294967294", "")]
    public void Ids_are_those_of_the_config(string user, string uid, string gid, string groups)
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("process.user", user);
        container.CreateAndStart();
        Started(container);
        Assert.Equal(string.Join('\t', uid, uid, uid, uid), ProcFile.Status(container.Pid, "Uid"));
        Assert.Equal(string.Join('\t', gid, gid, gid, gid), ProcFile.Status(container.Pid, "Gid"));
        Assert.Equal(groups, ProcFile.Status(container.Pid, "Groups"));
    }

    [Theory]
    [InlineData("""{"uid":0,"gid":0}""", "0022")]
    [InlineData("""{"uid":0,"gid":0,"umask":63}""", "0077")]
    [InlineData("""{"uid":0,"gid":0,"umask":0}""", "0000")]
    public void The_umask_is_the_configs_or_022(string user, string expected)
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("process.user", user);
        container.CreateAndStart();
        Assert.Equal(expected, ProcFile.Status(container.Pid, "Umask"));
    }

    [Theory]
    [InlineData("RLIMIT_NOFILE", "Max open files", 512, 600)]
    [InlineData("RLIMIT_CORE", "Max core file size", 0, 4096)]
    [InlineData("RLIMIT_CPU", "Max cpu time", 100, 200)]
    [InlineData("RLIMIT_FSIZE", "Max file size", 1000000, 2000000)]
    [InlineData("RLIMIT_DATA", "Max data size", 100000000, 200000000)]
    [InlineData("RLIMIT_STACK", "Max stack size", 4194304, 8388608)]
    [InlineData("RLIMIT_RSS", "Max resident set", 100000000, 200000000)]
    [InlineData("RLIMIT_NPROC", "Max processes", 1000, 2000)]
    [InlineData("RLIMIT_MEMLOCK", "Max locked memory", 4096, 8192)]
    [InlineData("RLIMIT_AS", "Max address space", 1000000000, 2000000000)]
    [InlineData("RLIMIT_LOCKS", "Max file locks", 10, 20)]
    [InlineData("RLIMIT_SIGPENDING", "Max pending signals", 100, 200)]
    [InlineData("RLIMIT_MSGQUEUE", "Max msgqueue size", 1000, 2000)]
    [InlineData("RLIMIT_RTTIME", "Max realtime timeout", 1000, 2000)]
    public void Every_kind_of_limit_can_be_set(string type, string line, int soft, int hard)
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("process.rlimits", $$"""[{"type":"{{type}}","soft":{{soft}},"hard":{{hard}}}]""");
        container.CreateAndStart();
        Assert.Equal(($"{soft}", $"{hard}"), ProcFile.Limit(container.Pid, line));
    }

    [Fact]
    public void Limits_that_are_not_given_are_the_callers()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Remove("process.rlimits");
        container.Bundle.Write();
        Command command = new(Runtime.Path, ["--root", container.StateRoot, "create", "--bundle", container.Bundle.Path, container.Id])
        {
            Before = "ulimit -S -n 777; ulimit -S -s 4096;",
            Stdout = container.Directory + "/stdout",
            Stderr = container.Directory + "/stderr",
        };
        command.Run().Succeeds();
        container.Start();
        Started(container);
        Assert.Equal("777", ProcFile.Limit(container.Pid, "Max open files").Soft);
        Assert.Equal("4194304", ProcFile.Limit(container.Pid, "Max stack size").Soft);
    }

    [Theory]
    [InlineData("true", "1")]
    [InlineData("false", "0")]
    public void No_new_privileges_is_what_was_asked_for(string value, string expected)
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("process.noNewPrivileges", value);
        container.CreateAndStart();
        Assert.Equal(expected, ProcFile.Status(container.Pid, "NoNewPrivs"));
    }

    [Theory]
    [InlineData("100")]
    [InlineData("1000")]
    public void The_oom_score_adjustment_is_written(string value)
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("process.oomScoreAdj", value);
        container.CreateAndStart();
        Assert.Equal(value + "\n", File.ReadAllText($"/proc/{container.Pid}/oom_score_adj"));
    }

    [Fact]
    public void A_negative_oom_score_adjustment_is_written()
    {
        bool allowed = (ProcFile.CapabilitySet(System.Environment.ProcessId, "CapEff") & (1ul << 24)) != 0;
        Assert.SkipUnless(allowed, "needs CAP_SYS_RESOURCE");
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("process.oomScoreAdj", "-500");
        container.CreateAndStart();
        Assert.Equal("-500\n", File.ReadAllText($"/proc/{container.Pid}/oom_score_adj"));
    }

    [Fact]
    public void Without_an_oom_score_adjustment_it_is_the_callers()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        Assert.Equal(File.ReadAllText("/proc/self/oom_score_adj"), File.ReadAllText($"/proc/{container.Pid}/oom_score_adj"));
    }

    [Fact]
    public void Hostname_and_domainname_are_set_inside_only()
    {
        Container container = NewContainer().RunsScript("cat /proc/sys/kernel/hostname /proc/sys/kernel/domainname");
        string before = File.ReadAllText("/proc/sys/kernel/hostname");
        container.Bundle.Set("hostname", "\"a-basket\"");
        container.Bundle.Set("domainname", "\"fruit.example\"");
        Assert.Equal("a-basket\nfruit.example\n", container.RunToEnd());
        Assert.Equal(before, File.ReadAllText("/proc/sys/kernel/hostname"));
    }

    [Fact]
    public void The_program_file_is_the_one_that_was_looked_up()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        Started(container);
        Assert.Equal("/bin/busybox", ProcFile.LinkTarget($"/proc/{container.Pid}/exe"));
    }

    [Fact]
    public void Descriptors_can_be_preserved_at_create()
    {
        Container container = NewContainer().RunsScript("cat <&3; cat <&4; ls /proc/self/fd | wc -l");
        File.WriteAllText(container.Directory + "/three", "third");
        File.WriteAllText(container.Directory + "/four", "fourth\n");
        container.Bundle.Write();
        Command command = new(
            Runtime.Path, ["--root", container.StateRoot, "run", "--preserve-fds", "2", "--bundle", container.Bundle.Path, container.Id])
        {
            Redirections = $"3<'{container.Directory}/three' 4<'{container.Directory}/four' 5</etc/passwd",
        };
        // 0 to 4, and the directory that ls reads.
        Assert.Equal("thirdfourth\n6\n", command.Run().Succeeds().Stdout);
    }

    [Fact]
    public void A_descriptor_to_preserve_must_be_open()
    {
        Container container = NewContainer().Runs("true");
        container.TryCreate("--preserve-fds", "50").Fails("preserved-fd");
        container.AssertNothingLeft();
    }

    private static string[] Environment(Container container)
    {
        Started(container);
        return ProcFile.Environment(container.Pid);
    }

    private static void Started(Container container)
    {
        Eventually.True(() => ProcFile.CommandLine(container.Pid) is ["sleep", "1000"], "the program runs");
    }
}
