using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>One error number has many causes: the sentence tells which one it was.</summary>
public sealed class CauseTests : ContainerTest
{
    [Fact]
    public void A_terminal_without_devpts_names_what_is_missing()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("process.terminal", "true");
        container.Bundle.Unmount("/dev/pts");
        using ConsoleSocket socket = new(container.Directory + "/tty.sock");
        container.TryCreate("--console-socket", socket.Path)
            .Fails(
                "/dev/pts/ptmx of the container (process.terminal)", "hint: a terminal needs a mount of type devpts on /dev/pts (mounts)");
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("/missing")]
    [InlineData("/etc/passwd")]
    public void A_working_directory_that_cannot_be_entered_has_the_words_that_engines_know(string cwd)
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        string why = cwd == "/missing" ? "no such file or directory" : "not a directory";
        container.ExecWith(["--cwd", cwd], "true").FailsWith(255, $"chdir to cwd (\"{cwd}\") set in config.json (process.cwd): {why}");
    }

    [Fact]
    public void An_overlay_mount_whose_directory_is_missing_does_not_blame_the_option()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Mount("/m", "overlay", "overlay", "lowerdir=/missing/a:/missing/b");
        container.TryCreate().Fails(" on /m", "(mounts[", "no such file or directory");
        Assert.DoesNotContain("does not take", container.Errors, System.StringComparison.Ordinal);
        container.AssertNothingLeft();
    }

    [Fact]
    public void Root_without_CAP_SYS_ADMIN_is_told_so()
    {
        Container container = NewContainer().Sleeps();
        Outcome outcome = new Command("/usr/bin/setpriv",
            ["--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin", .. container.CreateCommand().Words]).Run();
        outcome.Fails("operation not permitted", "hint: punnet itself lacks CAP_SYS_ADMIN");
        container.AssertNothingLeft();
    }

    [Fact]
    public void An_adjustment_for_the_OOM_killer_that_is_refused_has_its_place()
    {
        Assert.SkipWhen(System.Environment.GetEnvironmentVariable("PUNNET_VM") == "uml",
            "this kernel lets only CAP_SYS_RESOURCE leave punnet's own file");
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("process.oomScoreAdj", "-999");
        new Command("/usr/bin/setpriv", ["--bounding-set", "-sys_resource", "--inh-caps", "-sys_resource", .. container.CreateCommand().Words]).Run().Fails("cannot set the OOM score adjustment -999 (process.oomScoreAdj): permission denied");
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_missing_working_directory_is_made_on_a_read_only_root_too()
    {
        Container container = NewContainer().Runs("pwd");
        container.Bundle.Set("root.readonly", "true");
        container.Bundle.SetText("process.cwd", "/made/of/two");
        Assert.Equal("/made/of/two\n", container.RunToEnd());
        Assert.Equal(0, Syscall.stat(container.Bundle.Rootfs + "/made/of/two", out Stat made));
        Assert.Equal((FilePermissions)0x1ED, made.st_mode & FilePermissions.ALLPERMS); // octal 0755
    }
}
