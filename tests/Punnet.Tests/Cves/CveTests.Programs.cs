using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <content>Programs of the image that the host executes, and commands that punnet does not have.</content>
public sealed partial class CveTests
{
    // What runtimes and engines call by name.
    private static readonly string[] helpers =
    [
        "newuidmap", "newgidmap", "criu", "ps", "ip", "iptables", "nft", "systemctl", "systemd-run", "passt", "pasta", "slirp4netns",
        "unpigz", "gzip", "xz", "zstd", "tar", "modprobe", "kmod", "apparmor_parser", "restorecon", "ldconfig", "nsenter", "unshare",
        "mount", "fusermount3", "fuse-overlayfs", "crun", "runc", "punnet", "git", "dbus-daemon", "lsmod", "udevadm",
    ];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void CVE_2026_84042_No_command_executes_a_program_of_the_image(bool userNamespace)
    {
        Container container = Trapped();
        if (userNamespace)
        {
            container.Bundle.UserNamespace();
        }

        container.Sleeps().CreateAndStart();
        foreach (string command in new[] { "ps", "ps --format json", "state", "events --stats", "pause", "resume", "kill" })
        {
            _ = container.Call([.. command.Split(' '), container.Id]);
        }

        container.Delete("--force").Succeeds();
        Assert.False(File.Exists(container.Bundle.Rootfs + "/trapped"));
        // The traps are none if they cannot be fallen into.
        _ = Naively(container, "chroot $R /usr/bin/newuidmap");
        Assert.True(File.Exists(container.Bundle.Rootfs + "/trapped"));
    }

    [Fact]
    public void CVE_2026_41567_No_commit_executes_a_program_of_the_image()
    {
        Runtime.MustHaveMountCalls();
        Container container = Trapped();
        container.CreateOn(container.Bundle.Rootfs);
        foreach (string helper in new[] { "gzip", "tar" })
        {
            File.Copy($"{container.Bundle.Rootfs}/usr/bin/{helper}", $"{container.Upper()}/{helper}");
        }

        container.Call("commit", "--tar", container.Directory + "/layer.tar.gz", "--gzip", container.Id).Succeeds();
        container.Call("commit", container.Id, container.Directory + "/layer").Succeeds();
        container.Call("diff", container.Id).Succeeds();
        Assert.False(File.Exists(container.Bundle.Rootfs + "/trapped"));
        Assert.False(File.Exists(container.Upper() + "/trapped"));
        _ = Naively(container, "chroot $R /usr/bin/gzip");
        Assert.True(File.Exists(container.Bundle.Rootfs + "/trapped"));
    }

    // Every helper is in the image, in every place of PATH, and leaves a file when it is executed there.
    private Container Trapped()
    {
        Container container = NewContainer();
        container.Bundle.Set("root.readonly", "false");
        container.Bundle.SetList("process.env", "PATH=/usr/sbin:/usr/bin:/sbin:/bin");
        foreach (string directory in new[] { "/usr/bin", "/usr/sbin", "/usr/local/bin", "/sbin" })
        {
            Directory.CreateDirectory(container.Bundle.Rootfs + directory);
            foreach (string helper in helpers)
            {
                container.Bundle.WriteScript($"{directory}/{helper}", "#!/bin/sh\n: >/trapped\n");
            }
        }

        return container;
    }
}
