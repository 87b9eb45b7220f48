using System;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>Bind mounts: the options that clear and keep attributes of the source, read-only trees, files.</summary>
public sealed class BindMountTests : ContainerTest
{
    [Theory]
    [InlineData("bind", "rw", "ro")]
    [InlineData("bind,ro", "ro", "")]
    [InlineData("rbind,ro", "ro", "")]
    [InlineData("bind,rw,nosuid,nodev,noexec", "rw,nosuid,nodev,noexec", "")]
    [InlineData("bind,noatime", "noatime", "relatime")]
    [InlineData("rbind,rro", "ro", "")]
    [InlineData("rbind,rprivate,rnosuid,rnodev,rnoexec", "nosuid,nodev,noexec", "")]
    [InlineData("rbind,rprivate", "rw", "ro")]
    public void Options_of_a_bind_become_flags_of_the_mount(string options, string present, string absent)
    {
        if (options.StartsWith("rbind,r", StringComparison.Ordinal))
        {
            Runtime.MustHaveMountCalls();
        }

        Container container = NewContainer().Sleeps();
        Directory.CreateDirectory(container.Directory + "/source");
        container.Bundle.Mount("/mnt", "bind", container.Directory + "/source", options.Split(','));
        Check(container, present, absent);
    }

    // mount --bind -o, and runc: the attributes that are named are all there are. Access times are kept as at the source unless a word says
    // how.
    [Theory]
    [InlineData("bind", "ro,nosuid,nodev,noexec,noatime,nodiratime", "relatime")]
    [InlineData("rbind,rprivate", "ro,nosuid,nodev,noexec,noatime,nodiratime", "relatime")]
    [InlineData("bind,ro", "ro,noatime,nodiratime", "nosuid,nodev,noexec")]
    [InlineData("bind,rw", "rw,noatime,nodiratime", "nosuid,nodev,noexec")]
    [InlineData("bind,nosuid", "rw,nosuid,noatime,nodiratime", "nodev,noexec")]
    [InlineData("bind,ro,nosuid,nodev", "ro,nosuid,nodev,noatime,nodiratime", "noexec")]
    [InlineData("bind,atime", "rw,noatime,nodiratime", "nosuid,nodev,noexec,relatime")]
    [InlineData("bind,norelatime", "rw,noatime,nodiratime", "relatime")]
    [InlineData("bind,nostrictatime", "rw,noatime,nodiratime", "relatime")]
    [InlineData("bind,strictatime,nostrictatime", "noatime", "relatime")]
    [InlineData("bind,relatime", "rw,relatime", "noatime,nodiratime")]
    [InlineData("bind,nodiratime", "rw,relatime,nodiratime", "noatime")]
    [InlineData("bind,strictatime", "rw", "noatime,nodiratime,relatime")]
    [InlineData("bind,rnosuid", "ro,nosuid,nodev,noexec,noatime,nodiratime", "relatime")]
    public void Once_an_attribute_of_a_bind_is_named_those_of_the_source_are_not_kept(string options, string present, string absent)
    {
        if (options.Contains(",r", StringComparison.Ordinal))
        {
            Runtime.MustHaveMountCalls();
        }

        Runtime.MustBePunnet(); // runc from 1.2 on
        Container container = NewContainer().Sleeps();
        using IDisposable source = StrictSource(container);
        container.Bundle.Mount("/mnt", "bind", container.Directory + "/source", options.Split(','));
        Check(container, present, absent);
        container.Delete("--force").Succeeds();
    }

    [Theory]
    [InlineData("rbind", "")]
    [InlineData("rbind,ro", "")]
    [InlineData("rbind,nosuid", "")]
    [InlineData("rbind,atime", "")]
    [InlineData("rbind,noatime,nodiratime", "")]
    [InlineData("rbind,rw", "\"rw\"")]
    [InlineData("rbind,suid", "\"suid\"")]
    [InlineData("rbind,ro,dev", "\"dev\"")]
    [InlineData("rbind,nosuid,exec", "\"exec\"")]
    [InlineData("rbind,relatime", "\"relatime\"")]
    [InlineData("rbind,strictatime", "\"strictatime\"")]
    [InlineData("rbind,rrw", "\"rrw\"")]
    public void In_a_user_namespace_locked_attributes_stay_and_one_that_shall_go_is_named(string options, string named)
    {
        if (options.Contains(",r", StringComparison.Ordinal))
        {
            Runtime.MustHaveMountCalls();
        }

        Runtime.MustBePunnet();
        Container container = NewContainer().Sleeps();
        container.Bundle.UserNamespace();
        using IDisposable source = StrictSource(container);
        container.Bundle.Mount("/mnt", "bind", container.Directory + "/source", options.Split(','));
        if (named.Length == 0)
        {
            Check(container, "ro,nosuid,nodev,noexec,noatime,nodiratime", "relatime");
            container.Delete("--force").Succeeds();
        }
        else
        {
            container.TryCreate().Fails("/source on /mnt (mounts[7].options): " + named
                + " would change what is locked in a user namespace: operation not permitted (EPERM)");
        }
    }

    [Fact]
    public void A_read_only_bind_cannot_be_written_and_its_source_can()
    {
        Container container = NewContainer().RunsScript("echo x >/mnt/file; echo status $?");
        Directory.CreateDirectory(container.Directory + "/source");
        container.Bundle.Mount("/mnt", "bind", container.Directory + "/source", "bind", "ro");
        container.Run();
        Assert.Equal("status 1\n", container.Output);
        Assert.Contains("Read-only file system", container.Errors, StringComparison.Ordinal);
        File.WriteAllText(container.Directory + "/source/file", "x");
    }

    [Fact]
    public void A_bind_shows_the_hosts_files_and_takes_new_ones()
    {
        Container container = NewContainer().RunsScript("cat /mnt/from-host; echo inside >/mnt/from-container");
        Directory.CreateDirectory(container.Directory + "/source");
        File.WriteAllText(container.Directory + "/source/from-host", "outside");
        container.Bundle.Mount("/mnt", "bind", container.Directory + "/source", "bind");
        Assert.Equal("outside", container.RunToEnd());
        Assert.Equal("inside\n", File.ReadAllText(container.Directory + "/source/from-container"));
    }

    [Theory]
    [InlineData("""{"destination":"/mnt","source":"SOURCE","options":["bind"]}""")]
    [InlineData("""{"destination":"/mnt","type":"none","source":"SOURCE","options":["rbind"]}""")]
    [InlineData("""{"destination":"/mnt","type":"bind","source":"SOURCE","options":["rbind","rprivate","ro"]}""")]
    [InlineData("""{"destination":"/mnt","type":"tmpfs","source":"SOURCE","options":["bind"]}""")]
    [InlineData("""{"destination":"/mnt","type":"bind","source":"../source","options":["bind"]}""")]
    [InlineData("""{"destination":"mnt","type":"bind","source":"SOURCE","options":["bind"]}""")]
    public void A_bind_is_written_in_several_ways(string mount)
    {
        Container container = NewContainer().Runs("cat", "/mnt/file");
        Directory.CreateDirectory(container.Directory + "/source");
        File.WriteAllText(container.Directory + "/source/file", "here");
        container.Bundle.Add("mounts", mount.Replace("SOURCE", container.Directory + "/source", StringComparison.Ordinal));
        Assert.Equal("here", container.Run().Succeeds().Stdout);
    }

    [Fact]
    public void A_source_below_the_root_sees_the_mounts_made_before_it()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Mount("/a", "tmpfs", "first", "size=1m");
        container.Bundle.Mount("/a/sub", "tmpfs", "second", "size=2m");
        container.Bundle.Mount("/plain", "bind", container.Bundle.Rootfs + "/a", "bind");
        container.Bundle.Mount("/recursive", "bind", container.Bundle.Rootfs + "/a", "rbind");
        container.CreateAndStart();
        Assert.Equal("first", MountInfo.At(container.Pid, "/plain").Source);
        Assert.Equal("second", MountInfo.At(container.Pid, "/recursive/sub").Source);
        Assert.DoesNotContain(MountInfo.Of(container.Pid), entry => entry.MountPoint == "/plain/sub");
    }

    [Fact]
    public void Read_only_is_for_the_top_and_recursively_read_only_for_all()
    {
        Runtime.MustHaveMountCalls();
        Container container = NewContainer().Sleeps();
        container.Bundle.Mount("/a", "tmpfs", "first");
        container.Bundle.Mount("/a/sub", "tmpfs", "second");
        container.Bundle.Mount("/top", "bind", container.Bundle.Rootfs + "/a", "rbind", "ro");
        container.Bundle.Mount("/all", "bind", container.Bundle.Rootfs + "/a", "rbind", "rro");
        container.CreateAndStart();
        MountInfo.At(container.Pid, "/top").Has("ro");
        MountInfo.At(container.Pid, "/top/sub").Has("rw");
        MountInfo.At(container.Pid, "/all").Has("ro");
        MountInfo.At(container.Pid, "/all/sub").Has("ro");
    }

    [Fact]
    public void A_file_can_be_bound_over_a_file()
    {
        Container container = NewContainer().Runs("cat", "/etc/passwd");
        File.WriteAllText(container.Directory + "/file", "root:x:0:0:bound:/:/bin/sh\n");
        container.Bundle.Mount("/etc/passwd", "bind", container.Directory + "/file", "bind", "ro");
        Assert.Contains(":bound:", container.RunToEnd(), StringComparison.Ordinal);
        Assert.DoesNotContain(":bound:", File.ReadAllText(container.Bundle.Rootfs + "/etc/passwd"), StringComparison.Ordinal);
    }

    // A mount with every attribute, while this is not disposed.
    private static Unmounting StrictSource(Container container)
    {
        string source = container.Directory + "/source";
        Directory.CreateDirectory(source);
        new Command("mount", ["-t", "tmpfs", "-o", "ro,nosuid,nodev,noexec,noatime,nodiratime", "strict", source]).Run().Succeeds();
        return new Unmounting(source);
    }

    private sealed class Unmounting(string place) : IDisposable
    {
        public void Dispose()
        {
            new Command("umount", ["-l", place]).Run().Succeeds();
        }
    }

    private static void Check(Container container, string present, string absent)
    {
        container.CreateAndStart();
        MountEntry entry = MountInfo.At(container.Pid, "/mnt").Has(present.Split(','));
        if (absent.Length > 0)
        {
            entry.Lacks(absent.Split(','));
        }
    }
}
