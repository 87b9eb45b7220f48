using System;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>A container without a mount namespace of its own: its mounts are the host's until it is deleted.</summary>
public sealed class HostMountsTests : ContainerTest
{
    [Fact]
    public void It_has_its_own_root_and_mounts_in_the_namespace_of_the_runtime()
    {
        Container container = NewShared()
            .RunsScript("ls -d /bin /proc/1 /etc/hostname; [ -c /dev/null ] && echo device; ls /sys/firmware | wc -l; exec sleep 1000");
        container.CreateAndStart();
        Assert.Equal("/bin\n/proc/1\ndevice\n0\n", container.WaitForOutput("0\n"));
        Assert.Equal(ProcFile.Namespace(Environment.ProcessId, "mnt"), ProcFile.Namespace(container.Pid, "mnt"));
        Assert.NotEmpty(MountInfo.Below(container.StateRoot));
        container.Stop().Delete().Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void An_exec_is_in_its_root()
    {
        Container container = NewShared().Sleeps().Create();
        File.WriteAllText(container.Bundle.Rootfs + "/here", "content");
        Assert.Equal("content", container.Exec("cat", "/here").Succeeds().Stdout);
        container.Start();
        Assert.Equal("content", container.Exec("cat", "/../here").Succeeds().Stdout);
        container.Delete("--force").Succeeds();
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void After_run_nothing_of_it_is_mounted_and_its_files_are_there(bool isKilled)
    {
        Container container = NewShared().RunsScript("mount -t tmpfs tmpfs /tmp && echo mounted" + (isKilled ? "; kill -9 $$" : ""));
        container.Bundle.Capabilities("CAP_SYS_ADMIN");
        container.Bundle.Namespace("pid", present: false);
        container.Run().Returns(isKilled ? 137 : 0);
        Assert.Equal("mounted\n", container.Output);
        container.AssertNothingLeft();
        Assert.True(File.Exists(container.Bundle.Rootfs + "/bin/busybox"));
    }

    [Theory]
    [InlineData("""{"destination":"/mnt","type":"bind","source":"/no/such/source","options":["bind"]}""", "/no/such/source")]
    [InlineData("""{"destination":"/etc/passwd/below","type":"tmpfs","source":"tmpfs"}""", "/etc/passwd/below")]
    public void A_create_that_fails_leaves_no_mount(string mount, string named)
    {
        Container container = NewShared().Runs("true");
        container.Bundle.Add("mounts", mount);
        container.TryCreate().Fails(named);
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("\"nothere\"", "no such file or directory")]
    [InlineData("\"config.json\"", "not a directory")]
    public void A_root_that_cannot_be_used_is_named(string path, string words)
    {
        Container container = NewShared().Runs("true");
        container.Bundle.Set("root.path", path);
        container.TryCreate().Fails("(root.path): " + words);
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_delete_removes_what_a_killed_create_has_mounted()
    {
        Container container = NewShared().Sleeps();
        container.Bundle.Set(
            "hooks.createRuntime", $$"""[{"path":"/bin/sh","args":["sh","-c","touch {{container.Directory}}/hook; sleep 1000"]}]""");
        using (RunningCommand create = container.CreateCommand().Start())
        {
            Eventually.True(() => File.Exists(container.Directory + "/hook"), "the hook runs");
            Assert.NotEmpty(MountInfo.Below(container.StateRoot));
        }

        foreach (int pid in ProcFile.Mentioning(container.Id))
        {
            _ = Mono.Unix.Native.Syscall.kill(pid, Mono.Unix.Native.Signum.SIGKILL);
        }

        container.Delete("--force").Succeeds();
        container.AssertNothingLeft();
        Assert.True(File.Exists(container.Bundle.Rootfs + "/bin/busybox"));
    }

    [Fact]
    public void A_bind_from_inside_of_the_root_is_of_an_earlier_mount()
    {
        Container container = NewShared().RunsScript("stat -f -c %T /from /to; touch /from/file; ls /to");
        container.Bundle.Mount("/from", "tmpfs", "tmpfs");
        container.Bundle.Mount("/to", "bind", container.Bundle.Rootfs + "/from", "bind");
        Assert.Equal("tmpfs\ntmpfs\nfile\n", container.RunToEnd());
    }

    [Fact]
    public void No_pivot_makes_no_difference()
    {
        Container container = NewShared().Runs("ls", "-d", "/bin");
        Assert.Equal("/bin\n", container.RunToEnd("--no-pivot"));
        container.AssertNothingLeft();
    }

    [Fact]
    public void Layers_need_a_mount_namespace()
    {
        Runtime.MustBePunnet();
        Container container = NewShared().Runs("true");
        container.TryCreate(container.Layers())
            .Fails("linux.namespaces: a root of layers (--layer) is stacked in a mount namespace, and there is none");
        container.AssertNothingLeft();
    }

    private Container NewShared()
    {
        Container container = NewContainer();
        container.Bundle.Namespace("mount", present: false);
        return container;
    }
}
