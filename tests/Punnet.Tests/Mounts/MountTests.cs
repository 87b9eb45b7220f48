using System;
using System.IO;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>Types and options of mounts, read from the container's mountinfo.</summary>
public sealed class MountTests : ContainerTest
{
    [Theory]
    [InlineData("/proc", "proc", "rw", "")]
    [InlineData("/dev", "tmpfs", "rw,nosuid", "mode=755,size=65536k")]
    [InlineData("/dev/pts", "devpts", "rw,nosuid,noexec", "gid=5,mode=620,ptmxmode=666")]
    [InlineData("/dev/shm", "tmpfs", "rw,nosuid,nodev,noexec", "size=65536k")]
    [InlineData("/dev/mqueue", "mqueue", "rw,nosuid,nodev,noexec", "")]
    [InlineData("/sys", "sysfs", "ro,nosuid,nodev,noexec", "")]
    [InlineData("/sys/fs/cgroup", "cgroup2", "ro,nosuid,nodev,noexec,relatime", "")]
    public void The_default_mounts_are_made_with_their_options(string destination, string type, string options, string super)
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        MountEntry entry = MountInfo.At(container.Pid, destination);
        Assert.Equal(type, entry.Type);
        entry.Has(options.Split(','));
        if (super.Length > 0)
        {
            entry.HasSuper(super.Split(','));
        }
    }

    [Theory]
    [InlineData("ro", "ro", "")]
    [InlineData("rw", "rw", "")]
    [InlineData("nosuid,nodev,noexec", "rw,nosuid,nodev,noexec", "")]
    [InlineData("nosuid,suid,nodev,dev,noexec,exec", "rw", "nosuid,nodev,noexec")]
    [InlineData("ro,rw", "rw", "ro")]
    [InlineData("noatime", "noatime", "relatime")]
    [InlineData("relatime", "relatime", "noatime")]
    [InlineData("strictatime", "rw", "noatime,relatime")]
    [InlineData("nodiratime", "nodiratime", "")]
    [InlineData("nosymfollow", "nosymfollow", "")]
    [InlineData("defaults", "rw", "ro,nosuid,nodev,noexec")]
    public void Options_of_a_tmpfs_become_flags_of_the_mount(string options, string present, string absent)
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Mount("/mnt", "tmpfs", "tmpfs", options.Split(','));
        Check(container, present, absent);
    }

    [Theory]
    [InlineData("size=1m", "size=1024k")]
    [InlineData("nr_inodes=100", "nr_inodes=100")]
    [InlineData("uid=7,gid=8", "uid=7,gid=8")]
    [InlineData("mode=0700,size=65536k", "mode=700,size=65536k")]
    public void Unknown_words_are_data_for_the_file_system(string options, string expected)
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Mount("/mnt", "tmpfs", "tmpfs", options.Split(','));
        container.CreateAndStart();
        MountInfo.At(container.Pid, "/mnt").HasSuper(expected.Split(','));
    }

    [Theory]
    [InlineData("mode=0700", 0x1C0)]
    [InlineData("mode=1777", 0x3FF)]
    [InlineData("mode=750", 0x1E8)]
    public void A_tmpfs_has_the_mode_that_was_asked_for(string option, int mode)
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Mount("/mnt", "tmpfs", "tmpfs", option);
        container.CreateAndStart();
        Assert.Equal(mode, (int)(container.StatInside("/mnt").st_mode & (FilePermissions)0xFFF));
    }

    [Fact]
    public void An_empty_option_is_ignored()
    {
        Container container = NewContainer().Runs("grep", " /mnt ", "/proc/self/mounts");
        Directory.CreateDirectory(container.Bundle.Rootfs + "/mnt");
        container.Bundle.Mount("/mnt", "tmpfs", "tmpfs", "rw", "rprivate", "nosuid", "", "size=1m", "");
        Assert.Contains("nosuid,relatime,size=1024k", container.RunToEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_tmpfs_without_mode_keeps_that_of_the_directory()
    {
        Container container = NewContainer().Sleeps();
        Directory.CreateDirectory(container.Bundle.Rootfs + "/mnt", (UnixFileMode)0x1E0);
        container.Bundle.Mount("/mnt", "tmpfs", "tmpfs", "nosuid");
        container.CreateAndStart();
        Assert.Equal(0x1E0, (int)(container.StatInside("/mnt").st_mode & (FilePermissions)0xFFF));
    }

    [Theory]
    [InlineData("shared", "shared:")]
    [InlineData("rshared", "shared:")]
    [InlineData("unbindable", "unbindable")]
    [InlineData("private", "")]
    [InlineData("rprivate", "")]
    [InlineData("slave", "")]
    public void Propagation_is_set_after_the_mount(string option, string expected)
    {
        Container container = NewContainer().Sleeps();
        Directory.CreateDirectory(container.Directory + "/source");
        container.Bundle.Mount("/mnt", "bind", container.Directory + "/source", "bind", option);
        container.CreateAndStart();
        // Where the host's mounts are shared, this one gets what is mounted there later, whatever else it is.
        string[] propagation = Array.FindAll(
            MountInfo.At(container.Pid, "/mnt").Propagation, field => !field.StartsWith("master:", StringComparison.Ordinal));
        if (expected.Length == 0)
        {
            Assert.Empty(propagation);
        }
        else
        {
            Assert.StartsWith(expected, Assert.Single(propagation), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Missing_destinations_are_made()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Mount("/one/two/three", "tmpfs", "tmpfs");
        File.WriteAllText(container.Directory + "/file", "content");
        container.Bundle.Mount("/four/five/file", "bind", container.Directory + "/file", "bind");
        container.CreateAndStart();
        Assert.Equal("tmpfs", MountInfo.At(container.Pid, "/one/two/three").Type);
        Assert.Equal("content", File.ReadAllText(container.Inside("/four/five/file")));
        Assert.Equal(0x1ED, (int)File.GetUnixFileMode(container.Bundle.Rootfs + "/one/two"));
        Assert.Equal(0, new FileInfo(container.Bundle.Rootfs + "/four/five/file").Length);
    }

    [Fact]
    public void Mounts_are_made_in_the_order_that_is_written()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Mount("/mnt", "tmpfs", "below");
        container.Bundle.Mount("/mnt", "tmpfs", "above");
        container.Bundle.Mount("/mnt/on-top", "tmpfs", "top");
        container.CreateAndStart();
        Assert.Equal("above", MountInfo.At(container.Pid, "/mnt").Source);
        Assert.True(Directory.Exists(container.Inside("/mnt/on-top")));
    }

    [Fact]
    public void A_remount_changes_an_earlier_mount()
    {
        Container container = NewContainer().Sleeps();
        Directory.CreateDirectory(container.Directory + "/source");
        container.Bundle.Mount("/mnt", "bind", container.Directory + "/source", "bind");
        container.Bundle.Mount("/mnt", "none", "/mnt", "remount", "bind", "ro", "nosuid");
        Check(container, "ro,nosuid", "");
    }

    [Fact]
    public void Tmpcopyup_copies_what_the_tmpfs_covers()
    {
        Container container = NewContainer()
            .RunsScript("cat /data/file /data/dir/nested; readlink /data/link; stat -c %a /data/file; echo new >/data/new; echo written");
        Directory.CreateDirectory(container.Bundle.Rootfs + "/data/dir");
        File.WriteAllText(container.Bundle.Rootfs + "/data/file", "one ");
        File.SetUnixFileMode(container.Bundle.Rootfs + "/data/file", (UnixFileMode)0x1A0);
        File.WriteAllText(container.Bundle.Rootfs + "/data/dir/nested", "two\n");
        _ = File.CreateSymbolicLink(container.Bundle.Rootfs + "/data/link", "file");
        container.Bundle.Mount("/data", "tmpfs", "tmpfs", "tmpcopyup");
        Assert.Equal("one two\nfile\n640\nwritten\n", container.RunToEnd());
        Assert.False(File.Exists(container.Bundle.Rootfs + "/data/new"));
        container.AssertNothingLeft();
    }

    [Fact]
    public void The_cgroup_mount_shows_the_containers_own_cgroup_as_its_top()
    {
        Container container = NewContainer().RunsScript("cat /proc/self/cgroup | grep ^0::; cat /sys/fs/cgroup/cgroup.procs | head -1; "
            + "echo x >/sys/fs/cgroup/cgroup.procs");
        container.Run();
        Assert.Equal("0::/\n1\n", container.Output);
        Assert.Contains("Read-only file system", container.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_container_has_its_own_terminals_and_message_queues()
    {
        Container container = NewContainer().Runs("ls", "/dev/pts");
        Assert.Equal("ptmx\n", container.RunToEnd());
    }

    [Theory]
    [InlineData("""{"destination":"/mnt","type":"nosuchfs","source":"x"}""", "/mnt")]
    [InlineData("""{"destination":"/mnt","type":"bind","source":"/no/such/source","options":["bind"]}""", "/no/such/source")]
    [InlineData("""{"destination":"/mnt","type":"tmpfs","source":"tmpfs","options":["mode=nonsense"]}""", "/mnt")]
    [InlineData("""{"destination":"/","type":"tmpfs","source":"tmpfs"}""", "mount")]
    [InlineData("""{"destination":"/etc/passwd/below","type":"tmpfs","source":"tmpfs"}""", "/etc/passwd/below")]
    [InlineData("""{"destination":"/proc/sys","type":"tmpfs","source":"tmpfs"}""", "/proc/sys")]
    [InlineData("""{"destination":"/mnt","type":"bind","source":"/etc","options":["bind","size=5"]}""", "size")]
    public void A_mount_that_is_impossible_is_an_error_that_names_it(string mount, string named)
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Add("mounts", mount);
        Outcome outcome = container.TryCreate().Fails(named);
        if (Runtime.IsPunnet)
        {
            Assert.Contains("mounts[7]", outcome.Stderr, StringComparison.Ordinal);
        }

        container.AssertNothingLeft();
    }

    // Docker adds its own hint to these words.
    [Theory]
    [InlineData("file", "/etc")]
    [InlineData("directory", "/etc/passwd")]
    public void A_file_on_a_directory_or_the_other_way_round_is_told_as_not_a_directory(string source, string destination)
    {
        Container container = NewContainer().Runs("true");
        Directory.CreateDirectory(container.Directory + "/directory");
        File.WriteAllText(container.Directory + "/file", "");
        container.Bundle.Mount(destination, "bind", container.Directory + "/" + source, "bind");
        container.TryCreate().Fails("on " + destination + " (mounts[7]): ", ": not a directory (ENOTDIR)");
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("/proc/uptime")]
    [InlineData("/proc/cpuinfo")]
    [InlineData("/proc/meminfo")]
    public void A_few_files_of_proc_may_be_covered(string file)
    {
        Container container = NewContainer().Runs("cat", file);
        File.WriteAllText(container.Directory + "/fake", "fake");
        container.Bundle.Mount(file, "bind", container.Directory + "/fake", "bind", "ro");
        Assert.Equal("fake", container.RunToEnd());
    }

    [Fact]
    public void A_mount_with_id_mappings_is_mapped_or_refused_but_never_ignored()
    {
        Container container = NewContainer().Runs("stat", "-c", "%u", "/mnt");
        Directory.CreateDirectory(container.Directory + "/source");
        container.Bundle.Add("mounts", $$"""
            {"destination":"/mnt","type":"bind","source":"{{container.Directory}}/source","options":["bind"],
             "uidMappings":[{"containerID":0,"hostID":5000,"size":10}],"gidMappings":[{"containerID":0,"hostID":5000,"size":10}]}
            """);
        Outcome outcome = container.Run();
        if (outcome.ExitCode == 0)
        {
            Assert.Equal("5000\n", container.Output);
        }
        else
        {
            Assert.Matches(@"/mnt|mounts\[7\]", outcome.Stderr);
        }
    }

    // fsconfig(2) takes at most 255 bytes a value, and engines' layers have long names.
    [Fact]
    public void An_overlay_may_have_more_lower_layers_than_fit_into_one_parameter()
    {
        Assert.SkipUnless(Environment.OSVersion.Version >= new Version(6, 5), "lowerdir+ needs Linux 6.5");
        Container container = NewContainer().Runs("ls", "/mnt");
        string layers = "";
        for (int layer = 0; layer < 4; layer++)
        {
            string directory = container.Directory + "/" + new string('l', 80)
                + layer.ToString(System.Globalization.CultureInfo.InvariantCulture);
            Directory.CreateDirectory(directory);
            File.WriteAllText($"{directory}/file{layer}", "");
            layers += (layer == 0 ? "" : ":") + directory;
        }

        container.Bundle.Mount("/mnt", "overlay", "overlay", "lowerdir=" + layers);
        Assert.Equal("file0\nfile1\nfile2\nfile3\n", container.RunToEnd());
    }

    // Opened for writing, a read-only device says EACCES: "ro" must reach the file system, not only the mount.
    [Fact]
    public void A_file_system_on_a_read_only_device_can_be_mounted()
    {
        Container container = NewContainer().Sleeps();
        string image = container.Directory + "/image";
        new Command("truncate", ["--size=8M", image]).Run().Succeeds();
        new Command("mkfs.ext4", ["-q", image]).Run().Succeeds();
        Outcome loop = new Command("losetup", ["--read-only", "--find", "--show", image]).Run();
        Assert.SkipUnless(loop.ExitCode == 0, "needs a loop device");
        string device = loop.Stdout.TrimEnd('\n');
        try
        {
            container.Bundle.Mount("/mnt", "ext4", device, "ro", "nosuid");
            container.Bundle.Add("linux.resources.devices", """{"allow":true,"type":"b","access":"r"}""");
            container.CreateAndStart();
            MountInfo.At(container.Pid, "/mnt").Has("ro", "nosuid").HasSuper("ro");
            container.Delete("--force").Succeeds();
        }
        finally
        {
            new Command("losetup", ["--detach", device]).Run().Succeeds();
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
