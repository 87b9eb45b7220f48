using System;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>Mount options that crun has beyond the specification, and that engines use.</summary>
public sealed class MountExtensionTests : ContainerTest
{
    [Theory]
    [InlineData("/opt/link")]
    [InlineData("/made/on/the/way")]
    public void A_link_is_copied(string destination)
    {
        Container container = NewContainer().Runs("readlink", destination);
        container.Bundle.Set("root.readonly", "false");
        File.CreateSymbolicLink(container.Directory + "/source", "../to/nowhere");
        container.Bundle.Mount(destination, "bind", container.Directory + "/source", "bind", "copy-symlink");
        Assert.Equal("../to/nowhere\n", container.RunToEnd());
    }

    [Fact]
    public void A_link_that_is_there_already_is_left()
    {
        Container container = NewContainer().Runs("readlink", "/etc/localtime");
        File.CreateSymbolicLink(container.Bundle.Rootfs + "/etc/localtime", "/zone");
        File.CreateSymbolicLink(container.Directory + "/source", "/zone");
        container.Bundle.Mount("/etc/localtime", "bind", container.Directory + "/source", "bind", "copy-symlink");
        Assert.Equal("/zone\n", container.RunToEnd());
    }

    [Fact]
    public void Something_else_in_the_place_of_a_copied_link_is_not_replaced()
    {
        Container container = NewContainer().Sleeps();
        File.CreateSymbolicLink(container.Directory + "/source", "/zone");
        container.Bundle.Mount("/etc/passwd", "bind", container.Directory + "/source", "bind", "copy-symlink");
        container.TryCreate().Fails("on /etc/passwd (mounts[7]): cannot use the destination: file exists");
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_source_that_is_not_a_link_is_bound()
    {
        Container container = NewContainer().Runs("cat", "/etc/localtime");
        File.WriteAllText(container.Directory + "/source", "zone\n");
        container.Bundle.Mount("/etc/localtime", "bind", container.Directory + "/source", "bind", "copy-symlink");
        Assert.Equal("zone\n", container.RunToEnd());
    }

    [Fact]
    public void A_copied_link_stays_inside_the_root()
    {
        Container container = NewContainer().Runs("readlink", "/away/link");
        Directory.CreateDirectory(container.Directory + "/outside");
        File.CreateSymbolicLink(container.Bundle.Rootfs + "/away", container.Directory + "/outside");
        File.CreateSymbolicLink(container.Directory + "/source", "/zone");
        container.Bundle.Mount("/away/link", "bind", container.Directory + "/source", "bind", "copy-symlink");
        Assert.Equal("/zone\n", container.RunToEnd());
        Assert.Empty(Directory.EnumerateFileSystemEntries(container.Directory + "/outside"));
    }

    [Fact]
    public void A_link_can_be_bound_itself_over_a_link()
    {
        Container container = NewContainer().RunsScript("readlink /etc/there; cat /etc/target");
        File.WriteAllText(container.Bundle.Rootfs + "/etc/target", "untouched\n");
        File.CreateSymbolicLink(container.Bundle.Rootfs + "/etc/there", "target");
        File.CreateSymbolicLink(container.Directory + "/source", "/from/the/host");
        container.Bundle.Mount("/etc/there", "bind", container.Directory + "/source", "bind", "src-nofollow", "dest-nofollow");
        Assert.Equal("/from/the/host\nuntouched\n", container.RunToEnd());
    }

    [Fact]
    public void A_link_at_the_destination_can_be_covered_itself()
    {
        Container container = NewContainer().RunsScript("cat /etc/there /etc/target");
        File.WriteAllText(container.Bundle.Rootfs + "/etc/target", "untouched\n");
        File.CreateSymbolicLink(container.Bundle.Rootfs + "/etc/there", "target");
        File.WriteAllText(container.Directory + "/source", "bound\n");
        container.Bundle.Mount("/etc/there", "bind", container.Directory + "/source", "bind", "dest-nofollow");
        Assert.Equal("bound\nuntouched\n", container.RunToEnd());
    }

    [Theory]
    [InlineData("rsync")]
    [InlineData("rasync")]
    [InlineData("rdirsync")]
    [InlineData("rmand")]
    [InlineData("rnomand")]
    public void Flags_of_a_file_system_may_be_said_recursively(string option)
    {
        Container container = NewContainer().Runs("true");
        Directory.CreateDirectory(container.Directory + "/source");
        container.Bundle.Mount("/mnt", "bind", container.Directory + "/source", "rbind", option);
        container.RunToEnd();
    }

    [Fact]
    public void A_file_system_of_its_own_takes_a_flag_that_is_said_recursively()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Mount("/mnt", "tmpfs", "tmpfs", "rsync");
        container.CreateAndStart();
        Assert.Contains(
            Array.FindAll(
            File.ReadAllLines($"/proc/{container.Pid}/mountinfo"), static line => line.Contains(" /mnt ", StringComparison.Ordinal)),
            static line => line.Contains("sync", StringComparison.Ordinal));
    }
}
