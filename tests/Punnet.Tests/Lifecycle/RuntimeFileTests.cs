using System;
using System.Globalization;
using System.IO;
using System.Security.Cryptography;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>The container never gets hold of the runtime: not of its file (CVE-2019-5736), not of its processes (CVE-2016-9962).</summary>
public sealed class RuntimeFileTests : ContainerTest
{
    // Waits for the program that was executed beside it, tries to write its file, holds it open, lets it end, and tries again.
    private const string Attack = """
        for i in $(seq 150); do
          for p in /proc/[0-9]*; do
            case "$(tr '\0' ' ' <$p/cmdline 2>/dev/null)" in "PROGRAM create --bundle /b "*) victim=$p; break 2;; esac
          done
          sleep 0.02
        done
        if [ -n "$victim" ] && [ -r $victim/exe ]; then
          (: >>$victim/exe) 2>/dev/null && echo "wrote while it ran"
          exec 9<$victim/exe
          echo '{}' >/b/config.json
          while [ -e $victim/exe ]; do sleep 0.02; done
          for i in 1 2 3 4 5; do (: >>/proc/self/fd/9) 2>/dev/null && echo "wrote after it ended"; sleep 0.02; done
        fi
        echo end; sleep 1000
        """;

    [Theory]
    [InlineData("/proc/self/exe")]
    [InlineData("/link")]
    [InlineData("/elf")]
    public void CVE_2019_5736_A_container_that_executes_the_runtime_gets_no_file_to_write(string program)
    {
        Assert.SkipWhen(
            Environment.GetEnvironmentVariable("PUNNET_VM") == "uml", "the attack tries for minutes on User-Mode Linux's one slow CPU");
        string before = Hash();
        Container container = Prepared().RunsScript(Attack.Replace("PROGRAM", program, StringComparison.Ordinal));
        container.Bundle.Capabilities("CAP_DAC_OVERRIDE", "CAP_SYS_PTRACE", "CAP_KILL", "CAP_FOWNER");
        Directory.CreateDirectory(container.Bundle.Rootfs + "/b");
        // Reading its config.json, the runtime waits until somebody writes.
        Assert.Equal(0, Syscall.mkfifo(container.Bundle.Rootfs + "/b/config.json", (FilePermissions)0x1B6));
        container.CreateAndStart();
        using RunningCommand running = container.Command("exec", container.Id, program, "create", "--bundle", "/b", "x").Start();
        Assert.Equal("end\n", container.WaitForOutput("end\n"));
        Assert.Equal(before, Hash());
    }

    // The attack itself: a program of the host that enters the container and executes what is there, which is a link to its own file.
    [Fact]
    public void CVE_2019_5736_The_file_of_a_program_that_takes_no_care_is_written()
    {
        Container container = Prepared();
        Directory.CreateDirectory(container.Bundle.Rootfs + "/evil");
        _ = File.CreateSymbolicLink(container.Bundle.Rootfs + "/evil/sh", "/proc/self/exe");
        container.Bundle.WriteScript("/create", "read x </b/config.json\n");
        Directory.CreateDirectory(container.Bundle.Rootfs + "/b");
        Assert.Equal(0, Syscall.mkfifo(container.Bundle.Rootfs + "/b/config.json", (FilePermissions)0x1B6));
        string victim = container.Directory + "/busybox";
        File.Copy(Workplace.Busybox, victim);
        container.RunsScript(Attack.Replace("PROGRAM", "/evil/sh", StringComparison.Ordinal)
            .Replace("1 2 3 4 5", "$(seq 500)", StringComparison.Ordinal)
            .Replace("ended\";", "ended\" && break;", StringComparison.Ordinal));
        container.Bundle.Capabilities("CAP_DAC_OVERRIDE", "CAP_SYS_PTRACE", "CAP_KILL", "CAP_FOWNER");
        container.CreateAndStart();
        string pid = container.Pid.ToString(CultureInfo.InvariantCulture);
        using RunningCommand entered = new Command(
            victim, ["nsenter", "-t", pid, "-m", "-p", "/evil/sh", "create", "--bundle", "/b", "x"]).Start();
        Assert.Contains("wrote after it ended", container.WaitForOutput("end\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/proc/self/exe")]
    [InlineData("/proc/1/exe")]
    [InlineData("/proc/thread-self/exe")]
    [InlineData("/link")]
    [InlineData("/script")]
    [InlineData("/script-of-script")]
    [InlineData("/elf")]
    public void An_entry_point_that_leads_to_the_runtime_does_it_no_harm(string program)
    {
        string before = Hash();
        Container container = Prepared().Runs(program, "--version");
        // Refused, or executed from where nobody can write.
        _ = container.Run();
        Assert.Equal(before, Hash());
        container.AssertNothingLeft();
    }

    [Fact]
    public void The_running_programs_file_is_not_the_runtimes()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        Eventually.True(() => ProcFile.CommandLine(container.Pid) is ["sleep", "1000"], "the program runs");
        Assert.Equal(0, Syscall.stat(Runtime.Path, out Stat runtime));
        Assert.Equal(0, Syscall.stat($"/proc/{container.Pid}/exe", out Stat program));
        Assert.NotEqual((runtime.st_dev, runtime.st_ino), (program.st_dev, program.st_ino));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Init_that_waits_for_start_cannot_be_written_through_proc(bool userNamespace)
    {
        Container container = NewContainer().Sleeps();
        if (userNamespace)
        {
            container.Bundle.UserNamespace();
        }

        container.Bundle.Capabilities("CAP_DAC_OVERRIDE", "CAP_SYS_PTRACE", "CAP_SYS_ADMIN", "CAP_KILL");
        string before = Hash();
        container.Create();
        Outcome outcome = container.Exec("sh", "-c", "(: >>/proc/1/exe) 2>/dev/null; echo status $?");
        Assert.Equal("status 1\n", outcome.Succeeds().Stdout);
        Assert.Equal(before, Hash());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_process_that_enters_cannot_be_looked_into_from_inside(bool userNamespace)
    {
        Container container = NewContainer();
        File.Copy(Workplace.Program("watcher"), container.Bundle.Rootfs + "/bin/watcher");
        if (userNamespace)
        {
            // Here the watcher has every capability over whoever enters, so that only "not dumpable" protects.
            container.Bundle.UserNamespace();
            container.Bundle.Capabilities("CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE", "CAP_SYS_ADMIN", "CAP_KILL", "CAP_SETUID", "CAP_SETGID");
        }

        container.Runs("/bin/watcher").CreateAndStart();
        container.WaitForOutput("ready");
        for (int round = 0; round < 15; round++)
        {
            container.Exec("true").Succeeds();
        }

        // The one thing that may be seen, and on a slow machine with a user namespace is: the socket that tells punnet by its end that
        // the program runs. The kernel closes it during execve(2), a moment after the new memory belongs to the container.
        Assert.All(
            container.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..],
            line => Assert.Matches(@"^fd \d+ socket:\[\d+\]$", line));

        // The watcher is no good if it cannot see what there is to see.
        Command command = new(Runtime.Path, ["--root", container.StateRoot, "exec", "--preserve-fds", "1", container.Id, "sleep", "0.3"])
        {
            Redirections = "3</etc/hosts",
        };
        command.Run().Succeeds();
        Assert.Contains("fd 3 ", container.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_runtimes_file_is_as_it_was_after_a_container_tried_everything()
    {
        string before = Hash();
        Container container = NewContainer().RunsScript("""
            for p in /proc/[0-9]*; do (: >>$p/exe) 2>/dev/null && echo "wrote $p"; done
            for i in 1 2 3 4 5 6 7 8 9 10; do for p in /proc/[0-9]*; do [ $p = /proc/1 ] || (: >>$p/exe) 2>/dev/null && [ $p != /proc/1 ] && echo "wrote $p"; done; done
            echo end; sleep 1000
            """);
        container.CreateAndStart();
        for (int round = 0; round < 5; round++)
        {
            _ = container.Exec("true");
        }

        Assert.Equal("end\n", container.WaitForOutput("end\n"));
        Assert.Equal(before, Hash());
    }

    [Fact]
    public void Where_the_file_cannot_be_left_a_sealed_copy_does_the_command()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Add("hooks.poststop", $$"""{"path":"/bin/sh","args":["sh","-c","touch {{container.Directory}}/hook"]}""");
        container.Bundle.Write();
        string[] words = ["--root", "state", "create", "--bundle", "bundle", "--pid-file", "pid", container.Id];
        string refuse = $"{Workplace.Program("refuse")} mremap={(int)Errno.EPERM} -- {Runtime.Path}";
        new Command("/bin/sh", ["-c", $"cd {container.Directory} && exec {refuse} \"$@\"", "sh", .. words]).Run().Succeeds();
        string pid = File.ReadAllText(container.Directory + "/pid");
        Assert.Equal("/memfd:punnet (deleted)", new FileInfo($"/proc/{pid}/exe").LinkTarget);
        Assert.Equal(Environment.GetEnvironmentVariable("PUNNET_VM") == "uml" ? Runtime.Path : "punnet: init",
            ProcFile.CommandLine(int.Parse(pid, CultureInfo.InvariantCulture))[0]);
        Assert.False(File.Exists(container.Directory + "/hook"), "the container lives");
        container.Command("start", container.Id).Run().Succeeds();
        new Command("/bin/sh", ["-c", $"exec {refuse} \"$@\"", "sh", .. container.Command("exec", container.Id, "true").Words[1..]]).Run()
            .Succeeds();
    }

    [Fact]
    public void Where_nothing_tells_which_pages_were_written_the_file_is_left_all_the_same()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("PUNNET_VM") is null, "User-Mode Linux cannot be traced from inside");
        Container container = NewContainer().Sleeps();
        container.Bundle.Write();
        string trace = container.Directory + "/trace";
        string[] words = ["-f", "-o", trace, "-P", "/proc/self/pagemap", "-e", "trace=openat", "-e", "inject=openat:error=ENOENT",
            .. container.CreateCommand().Words];
        new Command("/usr/bin/strace", ["-D", .. words]) { Stdout = container.Directory + "/stdout" }.Run().Succeeds();
        Assert.Contains("(INJECTED)", File.ReadAllText(trace), StringComparison.Ordinal);
        Assert.DoesNotContain("memfd", new FileInfo($"/proc/{container.Pid}/exe").LinkTarget, StringComparison.Ordinal);
        container.Call("start", container.Id).Succeeds();
    }

    private Container Prepared()
    {
        Container container = NewContainer();
        _ = File.CreateSymbolicLink(container.Bundle.Rootfs + "/link", "/proc/self/exe");
        container.Bundle.WriteScript("/script", "#!/proc/self/exe\n");
        container.Bundle.WriteScript("/script-of-script", "#!/script\n");
        string elf = Workplace.Compile("hello", "-Wl,--dynamic-linker=/proc/self/exe");
        File.Copy(elf, container.Bundle.Rootfs + "/elf");
        return container;
    }

    private static string Hash()
    {
        using FileStream file = new(Runtime.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return Convert.ToHexString(SHA256.HashData(file));
    }
}
