using System;
using System.IO;
using System.Security.Cryptography;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>The container never gets hold of the runtime: not of its file (CVE-2019-5736), not of its processes (CVE-2016-9962).</summary>
public sealed class RuntimeFileTests : ContainerTest
{
    [Theory]
    [InlineData("/proc/self/exe")]
    [InlineData("/proc/1/exe")]
    [InlineData("/proc/thread-self/exe")]
    [InlineData("/link")]
    [InlineData("/script")]
    [InlineData("/script-of-script")]
    [InlineData("/elf")]
    public void No_entry_point_runs_the_runtimes_own_file(string program)
    {
        Runtime.MustBePunnet();
        Container container = Prepared().Runs(program, "--version");
        string before = Hash();
        Outcome outcome = container.Run();
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.DoesNotContain(Version(), outcome.Stdout, StringComparison.Ordinal);
        Assert.Equal(before, Hash());
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("/proc/self/exe")]
    [InlineData("/link")]
    [InlineData("/script")]
    [InlineData("/script-of-script")]
    [InlineData("/elf")]
    public void No_executed_program_is_the_runtimes_own_file(string program)
    {
        Runtime.MustBePunnet();
        Container container = Prepared().Sleeps().CreateAndStart();
        Outcome outcome = container.Exec(program, "--version");
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.DoesNotContain(Version(), outcome.Stdout, StringComparison.Ordinal);
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

        Assert.Equal("ready\n", container.Output);

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

    private static string Version()
    {
        return Runtime.Run("--version").Succeeds().Stdout.Split('\n')[0];
    }

    private static string Hash()
    {
        using FileStream file = new(Runtime.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return Convert.ToHexString(SHA256.HashData(file));
    }
}
