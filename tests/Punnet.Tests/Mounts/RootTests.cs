using System;
using System.Collections.Generic;
using System.IO;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>The container's root file system.</summary>
public sealed class RootTests : ContainerTest
{
    [Fact]
    public void A_read_only_root_cannot_be_written()
    {
        Container container = NewContainer().RunsScript("echo x >/file; echo status $?");
        container.Run();
        Assert.Equal("status 1\n", container.Output);
        Assert.Contains("Read-only file system", container.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_read_only_root_is_so_for_the_kernel()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        MountInfo.At(container.Pid, "/").Has("ro");
    }

    [Fact]
    public void A_read_only_root_has_no_other_flag_of_its_mount()
    {
        MountEntry root = RootOn("nosuid,nodev,noexec,noatime", NewContainer());
        root.Has("ro", "noatime");
        root.Lacks("nosuid", "nodev", "noexec");
    }

    [Fact]
    public void A_read_only_root_keeps_what_is_locked_in_a_user_namespace()
    {
        Container container = NewContainer();
        container.Bundle.UserNamespace();
        RootOn("nosuid,nodev", container).Has("ro", "nosuid", "nodev");
    }

    private static MountEntry RootOn(string flags, Container container)
    {
        container.Runs("cat", "/proc/self/mountinfo");
        const string Script = "mount --bind $2 $2 && mount -o remount,bind,$1 $2 && shift 2 && exec \"$@\"";
        string[] words = ["--mount", "sh", "-c", Script, "sh", flags, container.Bundle.Rootfs, .. container.RunCommand().Words];
        return MountInfo.Parse(new Command("unshare", words).Run().Succeeds().Stdout.Split('\n', StringSplitOptions.RemoveEmptyEntries))[0];
    }

    [Theory]
    [InlineData("""{"path":"rootfs"}""")]
    [InlineData("""{"path":"rootfs","readonly":false}""")]
    public void Another_root_is_the_hosts_directory(string root)
    {
        Container container = NewContainer().RunsScript("echo x >/file");
        container.Bundle.Set("root", root);
        container.RunToEnd();
        Assert.Equal("x\n", File.ReadAllText(container.Bundle.Rootfs + "/file"));
    }

    [Fact]
    public void The_path_may_be_absolute()
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Set("root", $$"""{"path":"{{container.Bundle.Rootfs}}"}""");
        container.RunToEnd();
    }

    [Fact]
    public void The_bundle_itself_may_be_the_root()
    {
        Container container = NewContainer().Runs("/busybox", "echo", "here");
        container.Bundle.Set("root", """{"path":"."}""");
        Assert.Equal(0, Syscall.link(Workplace.Busybox, container.Bundle.Path + "/busybox"));
        Assert.Equal("here\n", container.RunToEnd());
    }

    [Fact]
    public void A_root_that_does_not_exist_is_an_error_that_names_it()
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Set("root.path", "\"nothere\"");
        container.TryCreate().Fails("nothere");
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_root_that_is_a_file_is_an_error()
    {
        Container container = NewContainer().Runs("true");
        File.WriteAllText(container.Bundle.Path + "/file", "");
        container.Bundle.Set("root.path", "\"file\"");
        container.TryCreate().Fails();
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_root_that_is_a_symbolic_link_is_followed()
    {
        // The bundle is the host's, and storage often lies behind a link; runc refuses it, crun follows it.
        Runtime.MustBePunnet();
        Container container = NewContainer().Runs("true");
        _ = File.CreateSymbolicLink(container.Bundle.Path + "/link", "rootfs");
        container.Bundle.Set("root.path", "\"link\"");
        container.Run().Succeeds();
    }

    [Fact]
    public void The_old_root_is_gone()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        List<string> expected = ["/", "/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys", "/sys/fs/cgroup"];
        foreach (MountEntry entry in MountInfo.Of(container.Pid))
        {
            Assert.True(expected.Contains(entry.MountPoint) || entry.MountPoint.StartsWith("/proc/", StringComparison.Ordinal)
                || entry.MountPoint == "/sys/firmware",
                "unexpected mount at " + entry.MountPoint);
        }

        Assert.EndsWith(container.Bundle.Rootfs[(container.Bundle.Rootfs.LastIndexOf(container.Id, StringComparison.Ordinal) - 1)..],
            MountInfo.At(container.Pid, "/").Root, StringComparison.Ordinal);
    }

    [Fact]
    public void Dot_dot_of_the_root_is_the_root()
    {
        Container container = NewContainer()
            .RunsScript("cd /..; ls -d etc; [ -e /../../../../../../../../../../../../proc/1 ] && ls /../../..");
        Assert.StartsWith("etc\nbin\ndev\n", container.RunToEnd(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("private", "")]
    [InlineData("rprivate", "")]
    [InlineData("shared", "shared:")]
    [InlineData("rshared", "shared:")]
    [InlineData("unbindable", "unbindable")]
    [InlineData("slave", "")]
    public void Propagation_of_the_root_is_what_was_asked_for(string propagation, string expected)
    {
        if (propagation.EndsWith("shared", StringComparison.Ordinal))
        {
            Runtime.MustHaveMountCalls();
        }

        Container container = NewContainer().Sleeps();
        container.Bundle.Set("linux.rootfsPropagation", $"\"{propagation}\"");
        container.CreateAndStart();
        string[] fields = MountInfo.At(container.Pid, "/").Propagation;
        if (expected.Length == 0)
        {
            Assert.DoesNotContain(fields, field => field.StartsWith("shared:", StringComparison.Ordinal) || field == "unbindable");
        }
        else
        {
            Assert.Contains(fields, field => field.StartsWith(expected, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Mounts_made_inside_do_not_reach_the_host()
    {
        Container container = NewContainer().RunsScript("mount -t tmpfs tmpfs /tmp && echo mounted && sleep 1000");
        container.Bundle.Capabilities("CAP_SYS_ADMIN");
        container.CreateAndStart();
        container.WaitForOutput("mounted");
        Assert.Empty(MountInfo.Below(container.Directory));
        Assert.Equal("tmpfs", MountInfo.At(container.Pid, "/tmp").Type);
    }

    [Fact]
    public void Without_pivot_the_container_sees_the_same_root()
    {
        Container container = NewContainer().RunsScript("ls /; ls -d /../etc");
        Assert.StartsWith("bin\ndev\netc\n", container.RunToEnd("--no-pivot"), StringComparison.Ordinal);
        container.AssertNothingLeft();
    }
}
