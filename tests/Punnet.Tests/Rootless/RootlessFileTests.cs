using System;
using System.IO;
using System.Security.Cryptography;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>
/// The runtime's file belongs to the user, and so to root of the container: it must not be reachable from there (CVE-2019-5736).
/// </summary>
public sealed class RootlessFileTests : RootlessTest
{
    [Theory]
    [InlineData("/proc/self/exe")]
    [InlineData("/proc/1/exe")]
    [InlineData("/link")]
    [InlineData("/script")]
    [InlineData("/elf")]
    public void An_entry_point_that_leads_to_the_runtime_does_it_no_harm(string program)
    {
        string before = Hash();
        Container container = Prepared().Runs(program, "--version");
        _ = container.Run();
        Assert.Equal(before, Hash());
        container.AssertNothingLeft();
    }

    [Fact]
    public void The_user_may_write_the_file_where_it_is()
    {
        // Otherwise these tests would show nothing: permissions are not what protects it.
        _ = NewRootless();
        Assert.Equal("writable\n",
            new OrdinaryUser().Program(["/bin/sh", "-c", $"test -w {OrdinaryUser.Binary} && echo writable"]).Run().Succeeds().Stdout);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Init_that_waits_for_start_is_another_file_and_cannot_be_looked_into(bool ownProcesses)
    {
        // With the host's pid namespace the attacker sees init of another container of the same user.
        Container container = NewRootless().Sleeps();
        if (!ownProcesses)
        {
            ShareProcesses(container);
        }

        container.Create();
        int pid = container.Pid;
        Assert.Equal(0, Syscall.stat(OrdinaryUser.Binary, out Stat runtime));
        Assert.Equal(0, Syscall.stat($"/proc/{pid}/exe", out Stat init));
        Assert.NotEqual((runtime.st_dev, runtime.st_ino), (init.st_dev, init.st_ino));
        Assert.DoesNotContain(OrdinaryUser.Binary, File.ReadAllText($"/proc/{pid}/maps"), StringComparison.Ordinal);

        // The user owns the user namespace; "not dumpable" is what keeps even that user's other containers out.
        Container attacker = ShareProcesses(NewRootless()).RunsScript(
            $"(: >>/proc/{pid}/exe) 2>/dev/null && echo wrote; ls /proc/{pid}/fd >/dev/null 2>&1 && echo looked; "
            + $"head -c 1 /proc/{pid}/mem >/dev/null 2>&1 && echo read; echo end");
        Assert.Equal("end\n", attacker.RunToEnd());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_container_that_tries_everything_gets_no_file_to_write(bool ownProcesses)
    {
        Assert.SkipWhen(
            Environment.GetEnvironmentVariable("PUNNET_VM") == "uml", "the attack tries for minutes on User-Mode Linux's one slow CPU");
        string before = Hash();
        Container container = NewRootless().RunsScript("""
            echo ready
            i=0; while [ $i -lt 40 ]; do i=$((i+1)); for p in /proc/[0-9]*; do
              case "$(readlink $p/exe 2>/dev/null)" in *busybox) continue;; esac
              (: >>$p/exe) 2>/dev/null && echo "wrote $p $(readlink $p/exe)"
            done; done
            echo end; sleep 1000
            """);
        if (!ownProcesses)
        {
            ShareProcesses(container);
        }

        container.Bundle.Capabilities("CAP_DAC_OVERRIDE", "CAP_SYS_PTRACE", "CAP_SYS_ADMIN", "CAP_KILL", "CAP_FOWNER");
        container.CreateAndStart();
        container.WaitForOutput("ready");
        for (int round = 0; round < 10; round++)
        {
            container.Exec("true").Succeeds();
        }

        Assert.Equal("ready\nend\n", container.WaitForOutput("end\n"));
        Assert.Equal(before, Hash());
    }

    [Theory]
    [InlineData("/proc/self/exe")]
    [InlineData("/link")]
    public void A_container_that_executes_the_runtime_gets_no_file_to_write(string program)
    {
        string before = Hash();
        Container container = Prepared().Sleeps();
        container.Bundle.Capabilities("CAP_DAC_OVERRIDE", "CAP_SYS_PTRACE", "CAP_KILL", "CAP_FOWNER");
        container.CreateAndStart();
        _ = container.Exec(program, "--version");
        _ = container.Exec("sh", "-c", $"exec {program} list");
        Assert.Equal(before, Hash());
    }

    [Fact]
    public void A_process_that_enters_cannot_be_looked_into_from_inside()
    {
        Container container = NewRootless();
        File.Copy(Workplace.Program("watcher"), container.Bundle.Rootfs + "/bin/watcher");
        container.Bundle.Capabilities("CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE", "CAP_SYS_ADMIN", "CAP_KILL", "CAP_SETUID", "CAP_SETGID");
        container.Runs("/bin/watcher").CreateAndStart();
        container.WaitForOutput("ready");
        for (int round = 0; round < 15; round++)
        {
            container.Exec("true").Succeeds();
        }

        // As in RuntimeFileTests: the socket whose end says that the program runs may be seen for a moment.
        Assert.All(
            container.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..],
            line => Assert.Matches(@"^fd \d+ socket:\[\d+\]$", line));
    }

    private Container Prepared()
    {
        Container container = NewRootless();
        _ = File.CreateSymbolicLink(container.Bundle.Rootfs + "/link", "/proc/self/exe");
        container.Bundle.WriteScript("/script", "#!/proc/self/exe\n");
        File.Copy(Workplace.Compile("hello", "-Wl,--dynamic-linker=/proc/self/exe"), container.Bundle.Rootfs + "/elf");
        return container;
    }

    private static Container ShareProcesses(Container container)
    {
        container.Bundle.Namespace("pid", present: false);
        container.Bundle.Unmount("/proc");
        container.Bundle.Mount("/proc", "none", "/proc", "rbind");
        container.Bundle.Remove("linux.maskedPaths");
        container.Bundle.Remove("linux.readonlyPaths");
        return container;
    }

    private static string Hash()
    {
        using FileStream file = new(OrdinaryUser.Binary, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return Convert.ToHexString(SHA256.HashData(file));
    }
}
