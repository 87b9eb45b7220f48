using System;
using System.IO;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>Mounts with ids of their own: whose files they are, inside and outside.</summary>
public sealed class IdmapTests : ContainerTest
{
    private const string Mapping = """[{"containerID":0,"hostID":5000,"size":100}]""";

    [Fact]
    public void A_mapping_changes_whose_a_file_is_and_who_owns_a_new_one()
    {
        Container container = NewContainer().RunsScript("stat -c %u:%g /mnt/file && touch /mnt/new && stat -c %u:%g /mnt/new");
        container.Bundle.Set("process.user", """{"uid":5001,"gid":5002}""");
        string source = Source(container, 1, 2);
        Mount(container, source, "bind", Mapping);
        Assert.Equal("5001:5002\n5001:5002\n", container.RunToEnd());
        Assert.Equal((1U, 2U), Owner(source + "/new"));
    }

    // The host maps the ids of a user namespace's bind before there is an earlier mount: the empty directory below it was shown.
    [Fact]
    public void A_source_that_an_earlier_mount_covers_is_refused_in_a_user_namespace()
    {
        Assert.SkipUnless(Environment.OSVersion.Version >= new Version(6, 3), "a tmpfs takes ids of its own from Linux 6.3 on");
        Container container = NewContainer().Runs("true");
        Directory.CreateDirectory(container.Bundle.Rootfs + "/from");
        container.Bundle.UserNamespace();
        container.Bundle.Mount("/from", "tmpfs", "tmpfs");
        container.Bundle.Mount("/to", "bind", container.Bundle.Rootfs + "/from", "bind", "idmap");
        container.TryCreate().Fails(container.Bundle.Rootfs + "/from on /to (mounts[8].source): an earlier mount covers it");
        container.AssertNothingLeft();
        container.Bundle.Remove("mounts[7]");
        container.Run().Succeeds();
    }

    // The same where the host finds nothing at that path.
    [Fact]
    public void A_source_that_only_an_earlier_mount_has_is_refused_in_a_user_namespace()
    {
        Container container = NewContainer().Runs("true");
        Directory.CreateDirectory(container.Bundle.Rootfs + "/from");
        Directory.CreateDirectory(container.Directory + "/data/below");
        container.Bundle.UserNamespace();
        container.Bundle.Mount("/from", "bind", container.Directory + "/data", "bind");
        container.Bundle.Mount("/to", "bind", container.Bundle.Rootfs + "/from/below", "bind", "idmap");
        container.TryCreate().Fails(container.Bundle.Rootfs + "/from/below on /to (mounts[8].source): an earlier mount covers it");
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("idmap")]
    [InlineData("ridmap")]
    public void The_option_may_stand_beside_the_mappings(string option)
    {
        Container container = NewContainer().Runs("stat", "-c", "%u:%g", "/mnt/file");
        Mount(container, Source(container, 1, 2), "bind\",\"" + option, Mapping);
        Assert.Equal("5001:5002\n", container.RunToEnd());
    }

    [Theory]
    [InlineData("rbind", "idmap", "0\n")]
    [InlineData("rbind", "ridmap", "5000\n")]
    public void Only_ridmap_reaches_the_mounts_below(string bind, string option, string expected)
    {
        Container container = NewContainer().Runs("stat", "-c", "%u", "/mnt/below");
        string source = Source(container, 0, 0);
        Directory.CreateDirectory(source + "/below");
        new Command("mount", ["-t", "tmpfs", "tmpfs", source + "/below"]).Run().Succeeds();
        try
        {
            Mount(container, source, bind + "\",\"" + option, Mapping);
            Assert.Equal(expected, container.RunToEnd());
        }
        finally
        {
            new Command("umount", [source + "/below"]).Run().Succeeds();
        }
    }

    [Theory]
    [InlineData("idmap")]
    [InlineData("ridmap")]
    public void Without_mappings_of_its_own_a_mount_has_the_containers(string option)
    {
        Container container = NewContainer().RunsScript("stat -c %u:%g /mnt/file && touch /mnt/new");
        container.Bundle.UserNamespace();
        string source = Source(container, 1, 2);
        container.Bundle.Mount("/mnt", "bind", source, "bind", option);
        Assert.Equal("1:2\n", container.RunToEnd());
        Assert.Equal((0U, 0U), Owner(source + "/new"));
    }

    [Fact]
    public void A_user_namespace_that_is_joined_gives_its_mapping()
    {
        Container owner = NewContainer().Sleeps();
        owner.Bundle.UserNamespace();
        owner.CreateAndStart();
        Container guest = NewContainer().Runs("stat", "-c", "%u:%g", "/mnt/file");
        guest.Bundle.GiveRootTo(100000);
        guest.Bundle.Namespace("user", $"/proc/{owner.Pid}/ns/user");
        guest.Bundle.Mount("/mnt", "bind", Source(guest, 1, 2), "bind", "idmap");
        Assert.Equal("1:2\n", guest.RunToEnd());
    }

    [Fact]
    public void A_mapping_may_differ_from_that_of_the_user_namespace()
    {
        Container container = NewContainer().Runs("stat", "-c", "%u:%g", "/mnt/file");
        container.Bundle.UserNamespace();
        Mount(container, Source(container, 1, 2), "bind", """[{"containerID":0,"hostID":100050,"size":100}]""");
        Assert.Equal("51:52\n", container.RunToEnd());
    }

    [Theory]
    [InlineData("idmap=uids=0-5000-10;gids=0-6000-10", "5001:6002\n")]
    [InlineData("idmap=uids=0-5000-1#1-7000-1;gids=0-6000-10", "7000:6002\n")]
    public void A_mapping_may_be_written_as_crun_has_it(string option, string expected)
    {
        Container container = NewContainer().Runs("stat", "-c", "%u:%g", "/mnt/file");
        container.Bundle.Mount("/mnt", "bind", Source(container, 1, 2), "bind", option);
        Assert.Equal(expected, container.RunToEnd());
    }

    [Fact]
    public void A_mapping_may_be_relative_to_the_user_namespace()
    {
        Container container = NewContainer().Runs("stat", "-c", "%u:%g", "/mnt/file");
        container.Bundle.UserNamespace();
        container.Bundle.Mount("/mnt", "bind", Source(container, 1, 2), "bind", "idmap=uids=@0-1000-10;gids=@0-2000-10");
        Assert.Equal("1001:2002\n", container.RunToEnd());
    }

    [Fact]
    public void Other_options_hold_for_a_mapped_mount_too()
    {
        Container container = NewContainer().Sleeps();
        Mount(container, Source(container, 0, 0), "bind\",\"ro\",\"nosuid", Mapping);
        container.CreateAndStart();
        MountInfo.At(container.Pid, "/mnt").Has("ro", "nosuid");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_file_system_that_cannot_be_mapped_is_named(bool inUserNamespace)
    {
        Container container = NewContainer().Sleeps();
        if (inUserNamespace)
        {
            container.Bundle.UserNamespace();
        }

        Mount(container, "/proc", "bind", Mapping);
        container.TryCreate().Fails("cannot mount /proc on /mnt (mounts[7]): the ids of its file system, proc, cannot be mapped: ");
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_source_that_does_not_exist_is_named_as_ever()
    {
        Container container = NewContainer().Sleeps();
        Mount(container, container.Directory + "/nowhere", "bind", Mapping);
        container.TryCreate().Fails(container.Directory + "/nowhere", "(mounts[7].source): no such file or directory");
        container.AssertNothingLeft();
    }

    [Fact]
    public void Features_says_so()
    {
        Runtime.MustBePunnet();
        string features = Runtime.Run("features").Succeeds().Stdout;
        Assert.Contains("\"idmap\"", features, StringComparison.Ordinal);
        Assert.Contains("\"ridmap\"", features, StringComparison.Ordinal);
        Assert.True(Printed.Features(features).Linux.MountExtensions!.Idmap.Enabled);
    }

    private static string Source(Container container, int uid, int gid)
    {
        Assert.SkipUnless(Environment.OSVersion.Version >= new Version(6, 3), "a tmpfs takes ids of its own from Linux 6.3 on");
        string source = container.Directory + "/source";
        Directory.CreateDirectory(source);
        File.SetUnixFileMode(source, (UnixFileMode)0x1FF);
        File.WriteAllText(source + "/file", "");
        Assert.Equal(0, Syscall.chown(source + "/file", uid, gid));
        return source;
    }

    private static void Mount(Container container, string source, string options, string mapping) => container.Bundle.Add("mounts", $$"""
        {"destination":"/mnt","type":"bind","source":"{{source}}","options":["{{options}}"],"uidMappings":{{mapping}},"gidMappings":{{mapping}}}
        """);

    private static (uint Uid, uint Gid) Owner(string path)
    {
        Assert.Equal(0, Syscall.stat(path, out Stat status));
        return (status.st_uid, status.st_gid);
    }
}
