using System;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>maskedPaths and readonlyPaths.</summary>
public sealed class MaskTests : ContainerTest
{
    [Fact]
    public void A_masked_file_is_empty()
    {
        Container container = NewContainer().RunsScript("wc -c </etc/secret; echo x >/etc/secret; cat /etc/secret");
        File.WriteAllText(container.Bundle.Rootfs + "/etc/secret", "secret");
        container.Bundle.Add("linux.maskedPaths", "\"/etc/secret\"");
        Assert.Equal("0\n", container.RunToEnd());
        Assert.Equal("secret", File.ReadAllText(container.Bundle.Rootfs + "/etc/secret"));
    }

    [Fact]
    public void A_masked_file_is_dev_null_itself()
    {
        Container container = NewContainer().Sleeps();
        File.WriteAllText(container.Bundle.Rootfs + "/etc/secret", "secret");
        container.Bundle.Add("linux.maskedPaths", "\"/etc/secret\"");
        container.CreateAndStart();
        Assert.Equal(0x103ul, container.StatInside("/etc/secret").st_rdev);
    }

    [Fact]
    public void A_masked_directory_is_empty_and_read_only()
    {
        Container container = NewContainer().Sleeps();
        Directory.CreateDirectory(container.Bundle.Rootfs + "/secrets");
        File.WriteAllText(container.Bundle.Rootfs + "/secrets/one", "secret");
        container.Bundle.Add("linux.maskedPaths", "\"/secrets\"");
        container.CreateAndStart();
        Assert.Empty(Directory.GetFileSystemEntries(container.Inside("/secrets")));
        MountEntry entry = MountInfo.At(container.Pid, "/secrets");
        Assert.Equal("tmpfs", entry.Type);
        Assert.True(entry.IsReadOnly);
    }

    [Fact]
    public void A_read_only_path_cannot_be_written()
    {
        Container container = NewContainer()
            .RunsScript("echo x >/data/file; echo status $?; echo 1 >/proc/sys/kernel/hostname; echo status $?");
        Directory.CreateDirectory(container.Bundle.Rootfs + "/data");
        container.Bundle.Set("root.readonly", "false");
        container.Bundle.Add("linux.readonlyPaths", "\"/data\"");
        container.Run();
        Assert.Equal("status 1\nstatus 1\n", container.Output);
    }

    [Fact]
    public void A_read_only_path_is_a_mount_of_itself_that_keeps_its_flags()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Mount("/data", "tmpfs", "tmpfs", "nosuid", "nodev", "noexec");
        container.Bundle.Add("linux.readonlyPaths", "\"/data\"");
        container.CreateAndStart();
        MountInfo.At(container.Pid, "/data").Has("ro", "nosuid", "nodev", "noexec");
        MountInfo.At(container.Pid, "/proc/sys").Has("ro");
    }

    [Fact]
    public void A_read_only_file_cannot_be_written()
    {
        Container container = NewContainer().RunsScript("echo x >/etc/passwd; echo status $?");
        container.Bundle.Set("root.readonly", "false");
        container.Bundle.Add("linux.readonlyPaths", "\"/etc/passwd\"");
        container.Run();
        Assert.Equal("status 1\n", container.Output);
    }

    [Fact]
    public void Paths_that_are_missing_are_skipped()
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Add("linux.maskedPaths", "\"/no/such/path\"");
        container.Bundle.Add("linux.readonlyPaths", "\"/no/such/path\"");
        container.RunToEnd();
        Assert.False(Directory.Exists(container.Bundle.Rootfs + "/no"));
    }

    [Fact]
    public void Paths_may_be_written_twice()
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Add("linux.maskedPaths", "\"/proc/kcore\"");
        container.Bundle.Add("linux.maskedPaths", "\"/sys/firmware\"");
        container.Bundle.Add("linux.readonlyPaths", "\"/proc/sys\"");
        container.RunToEnd();
    }

    [Fact]
    public void A_mask_wins_over_a_mount_of_the_config()
    {
        Container container = NewContainer().RunsScript("ls /mnt | wc -l");
        Directory.CreateDirectory(container.Directory + "/source");
        File.WriteAllText(container.Directory + "/source/file", "x");
        container.Bundle.Mount("/mnt", "bind", container.Directory + "/source", "bind");
        container.Bundle.Add("linux.maskedPaths", "\"/mnt\"");
        Assert.Equal("0\n", container.RunToEnd());
    }

    [Fact]
    public void Masks_work_in_a_user_namespace()
    {
        Container container = NewContainer()
            .RunsScript("wc -c </etc/secret; echo x 2>/dev/null >/proc/sys/kernel/hostname; echo status $?");
        File.WriteAllText(container.Bundle.Rootfs + "/etc/secret", "secret");
        container.Bundle.Add("linux.maskedPaths", "\"/etc/secret\"");
        container.Bundle.UserNamespace();
        Assert.Equal("0\nstatus 1\n", container.RunToEnd());
    }

    [Fact]
    public void Without_masks_the_files_are_visible()
    {
        Container container = NewContainer().RunsScript("[ -s /etc/secret ] && echo visible");
        File.WriteAllText(container.Bundle.Rootfs + "/etc/secret", "secret");
        Assert.Equal("visible\n", container.RunToEnd());
    }

    [Fact]
    public void Executed_processes_see_the_masks()
    {
        Container container = NewContainer().Sleeps();
        File.WriteAllText(container.Bundle.Rootfs + "/etc/secret", "secret");
        container.Bundle.Add("linux.maskedPaths", "\"/etc/secret\"");
        container.CreateAndStart();
        Assert.Equal("", container.Exec("cat", "/etc/secret").Succeeds().Stdout);
        Assert.Contains("Read-only file system", container.Exec("sh", "-c", "echo 1 >/proc/sys/kernel/hostname; true").Succeeds().Stderr,
            StringComparison.Ordinal);
    }
}
