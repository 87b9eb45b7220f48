using System;
using System.Globalization;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary><c>exec</c>: another process in a container.</summary>
public sealed class ExecTests : ContainerTest
{
    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 1", 1)]
    [InlineData("exit 42", 42)]
    [InlineData("exit 255", 255)]
    [InlineData("kill -9 $$", 137)]
    [InlineData("kill -15 $$", 143)]
    public void The_status_is_the_programs(string script, int status)
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        container.Exec("sh", "-c", script).Returns(status);
        Assert.Equal("running", container.Status);
    }

    [Fact]
    public void Everything_after_the_id_is_the_programs()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        Assert.Equal("--tty -u 5 -- --help\n", container.Exec("echo", "--tty", "-u", "5", "--", "--help").Succeeds().Stdout);
    }

    [Theory]
    [InlineData("cgroup")]
    [InlineData("ipc")]
    [InlineData("mnt")]
    [InlineData("net")]
    [InlineData("pid")]
    [InlineData("uts")]
    [InlineData("user")]
    public void The_process_is_in_the_containers_namespaces(string type)
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        string expected = ProcFile.Namespace(container.Pid, type);
        Assert.Equal(expected + "\n", container.Exec("readlink", "/proc/self/ns/" + type).Succeeds().Stdout);
    }

    [Fact]
    public void The_process_is_in_the_containers_cgroup()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        int pid = ExecDetached(container, "sleep", "1000");
        Assert.Equal(ProcFile.Cgroup(container.Pid), ProcFile.Cgroup(pid));
        container.Stop();
        Eventually.True(() => !ProcFile.IsAlive(pid), "the executed process died with the container");
    }

    [Fact]
    public void Detach_writes_the_host_pid_and_returns()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        int pid = ExecDetached(container, "sleep", "999");
        Eventually.True(() => ProcFile.CommandLine(pid) is ["sleep", "999"], "the program runs");
        Assert.Equal(2, ProcFile.Status(pid, "NSpid").Split('\t').Length);
    }

    [Fact]
    public void The_process_leads_its_own_session_and_process_group()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        int pid = ExecDetached(container, "sleep", "1000");
        string[] stat = File.ReadAllText($"/proc/{pid}/stat").Split(") ")[1].Split(' ');
        Assert.Equal(pid.ToString(CultureInfo.InvariantCulture), stat[2]);
        Assert.Equal(pid.ToString(CultureInfo.InvariantCulture), stat[3]);
    }

    [Fact]
    public void User_capabilities_and_environment_are_those_of_config_json()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("process.user", """{"uid":1000,"gid":1001,"additionalGids":[7,8]}""");
        container.Bundle.Add("process.env", "\"FROM=config\"");
        container.CreateAndStart();
        string[] lines = container.Exec("sh", "-c",
            "id -u; id -g; id -G; echo $FROM; grep CapBnd /proc/self/status; "
            + "grep NoNewPrivs /proc/self/status").Succeeds().Stdout.Split('\n');
        Assert.Equal(["1000", "1001", "1001 7 8", "config", "CapBnd:\t0000000020000420", "NoNewPrivs:\t1"], lines[..6]);
    }

    [Theory]
    [InlineData("1000", "1000 0")]
    [InlineData("1000:1001", "1000 1001")]
    [InlineData("0", "0 0")]
    public void User_is_a_number_and_perhaps_a_group(string user, string expected)
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        Assert.Equal(expected + "\n", container.ExecWith(["--user", user], "sh", "-c", "echo $(id -u) $(id -g)").Succeeds().Stdout);
        Assert.Equal(expected + "\n", container.ExecWith(["-u", user], "sh", "-c", "echo $(id -u) $(id -g)").Succeeds().Stdout);
    }

    [Fact]
    public void Additional_groups_can_be_given()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        Assert.Equal("0 20 30\n", container.ExecWith(["--additional-gids", "20", "--additional-gids", "30"], "id", "-G").Succeeds().Stdout);
    }

    [Fact]
    public void Environment_variables_are_added_and_the_last_one_wins()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Add("process.env", "\"ONE=config\"");
        container.CreateAndStart();
        string output = container.ExecWith(["-e", "ONE=first", "-e", "ONE=1,2", "-e", "TWO=a=b"], "sh", "-c",
            "echo $ONE; echo $TWO; env | grep -c ^ONE=").Succeeds().Stdout;
        Assert.Equal("1,2\na=b\n1\n", output);
    }

    [Fact]
    public void Cwd_can_be_given()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        Assert.Equal("/etc\n", container.ExecWith(["--cwd", "/etc"], "pwd").Succeeds().Stdout);
    }

    [Fact]
    public void A_capability_can_be_added()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        string output = container.ExecWith(["--cap", "CAP_SYS_ADMIN"], "grep", "Cap", "/proc/self/status").Succeeds().Stdout;
        foreach (string set in new[] { "CapPrm", "CapEff", "CapBnd" })
        {
            Assert.Contains(set + ":\t0000000020200420", output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void No_new_privileges_can_be_asked_for()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("process.noNewPrivileges", "false");
        container.CreateAndStart();
        Assert.Equal("NoNewPrivs:\t0\n", container.Exec("grep", "NoNewPrivs", "/proc/self/status").Succeeds().Stdout);
        Assert.Equal(
            "NoNewPrivs:\t1\n", container.ExecWith(["--no-new-privs"], "grep", "NoNewPrivs", "/proc/self/status").Succeeds().Stdout);
    }

    [Fact]
    public void A_process_file_says_everything()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        string file = container.Directory + "/process.json";
        File.WriteAllText(file, """
            { "terminal": false, "user": { "uid": 5, "gid": 6, "additionalGids": [ 7 ], "umask": 63 },
              "args": [ "sh", "-c", "id -u; id -g; id -G; umask; pwd; echo $A; grep CapEff /proc/self/status; grep NoNewPrivs /proc/self/status; grep 'open files' /proc/self/limits" ],
              "env": [ "PATH=/bin", "A=b" ], "cwd": "/var", "noNewPrivileges": false,
              "rlimits": [ { "type": "RLIMIT_NOFILE", "soft": 100, "hard": 200 } ] }
            """);
        string[] lines = container.Call("exec", "--process", file, container.Id).Succeeds().Stdout.Split('\n');
        Assert.Equal(["5", "6", "6 7", "0077", "/var", "b", "CapEff:\t0000000000000000", "NoNewPrivs:\t0"], lines[..8]);
        Assert.Matches(@"^Max open files +100 +200 ", lines[8]);
    }

    [Fact]
    public void A_process_file_that_is_wrong_is_refused()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        string file = container.Directory + "/process.json";
        File.WriteAllText(file, """{ "args": [], "cwd": "/" }""");
        Assert.NotEqual(0, container.Call("exec", "-p", file, container.Id).ExitCode);
        File.WriteAllText(file, """{ "args": """);
        Assert.NotEqual(0, container.Call("exec", "-p", file, container.Id).ExitCode);
        Assert.NotEqual(0, container.Call("exec", "-p", file + ".missing", container.Id).ExitCode);
    }

    [Fact]
    public void A_created_container_can_be_entered()
    {
        Container container = NewContainer().Sleeps().Create();
        Assert.Equal("inside\n", container.Exec("echo", "inside").Succeeds().Stdout);
        Assert.Equal("created", container.Status);
    }

    [Fact]
    public void A_stopped_container_cannot_be_entered()
    {
        Container container = NewContainer().Runs("true").CreateAndStart().WaitFor("stopped");
        Outcome outcome = container.Exec("true");
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Contains("cannot exec in a stopped container", outcome.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_that_does_not_exist_returns_255()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        container.Exec("no-such-program").FailsWith(255, "executable file not found in $PATH");
        container.Exec("/no/such/program").FailsWith(255, "no such file or directory");
        Assert.Equal("running", container.Status);
    }

    [Fact]
    public void A_program_that_may_not_be_executed_returns_255()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        container.Exec("/etc/passwd").FailsWith(255, "permission denied");
    }

    [Fact]
    public void A_command_is_required()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        Assert.NotEqual(0, container.Call("exec", container.Id).ExitCode);
    }

    [Fact]
    public void Descriptors_can_be_preserved()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        File.WriteAllText(container.Directory + "/three", "third");
        File.WriteAllText(container.Directory + "/four", "fourth");
        Command command = new(
            Runtime.Path, ["--root", container.StateRoot, "exec", "--preserve-fds", "2", container.Id, "sh", "-c", "cat <&3; cat <&4"])
        {
            Redirections = $"3<'{container.Directory}/three' 4<'{container.Directory}/four'",
        };
        Assert.Equal("thirdfourth", command.Run().Succeeds().Stdout);
    }

    [Fact]
    public void Umask_of_the_config_holds_for_exec()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("process.user", """{"uid":0,"gid":0,"umask":7}""");
        container.CreateAndStart();
        Assert.Equal("0007\n", container.Exec("sh", "-c", "umask").Succeeds().Stdout);
    }

    [Fact]
    public void A_user_namespace_is_entered_as_its_root()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.UserNamespace();
        container.CreateAndStart();
        Assert.Equal("0 0\n", container.Exec("sh", "-c", "echo $(id -u) $(id -g)").Succeeds().Stdout);
        int pid = ExecDetached(container, "sleep", "1000");
        Assert.Equal("100000\t100000\t100000\t100000", ProcFile.Status(pid, "Uid"));
    }

    [Fact]
    public void Many_at_once_all_end()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        RunningCommand[] running = new RunningCommand[6];
        for (int index = 0; index < running.Length; index++)
        {
            running[index] = container.Command("exec", container.Id, "sh", "-c", $"echo {index}").Start();
        }

        for (int index = 0; index < running.Length; index++)
        {
            Assert.Equal($"{index}\n", running[index].Wait().Succeeds().Stdout);
            running[index].Dispose();
        }
    }

    [Fact]
    public void A_limit_on_processes_leaves_room_for_it()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("process.user", """{"uid":4242,"gid":4242}""");
        container.Bundle.Set(
            "process.rlimits", """[{"type":"RLIMIT_NPROC","soft":2,"hard":2},{"type":"RLIMIT_NOFILE","soft":20,"hard":20}]""");
        container.CreateAndStart();
        Assert.Matches("^Max processes +2 +2 ", container.Exec("grep", "Max processes", "/proc/self/limits").Succeeds().Stdout);
    }

    [Theory]
    [InlineData("clone")]
    [InlineData("setsid")]
    public void A_filter_that_is_loaded_early_may_refuse_what_punnet_calls_last(string call)
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("process.noNewPrivileges", "false");
        container.Bundle.Set(
            "linux.seccomp",
            $$"""{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64"],"syscalls":[{"names":["{{call}}"],"action":"SCMP_ACT_ERRNO"}]}""");
        container.CreateAndStart();
        Assert.Equal("Seccomp:\t2\n", container.Exec("grep", "Seccomp:", "/proc/self/status").Succeeds().Stdout);
    }

    [Fact]
    public void Nothing_of_it_stays_in_the_state_directory()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        string[] before = Directory.GetFileSystemEntries(container.StateRoot + "/" + container.Id);
        container.Exec("true").Succeeds();
        Assert.Equal(before.Length, Directory.GetFileSystemEntries(container.StateRoot + "/" + container.Id).Length);
    }

    private static int ExecDetached(Container container, params string[] arguments)
    {
        string pidFile = Path.Combine(container.Directory, "exec.pid");
        Command command = new(
            Runtime.Path, ["--root", container.StateRoot, "exec", "--detach", "--pid-file", pidFile, container.Id, .. arguments])
        {
            Stdout = container.Directory + "/exec.out",
            Stderr = container.Directory + "/exec.err",
        };
        command.Run().Succeeds();
        return int.Parse(File.ReadAllText(pidFile), CultureInfo.InvariantCulture);
    }
}
