using System;
using System.IO;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>
/// What went wrong in this field before, each attack under its number; those that are races are <see cref="CveRaceTests"/>. First the
/// attack is shown to work: a shell does the step as a runtime does that trusts what the image holds. docs/security.md has the list.
/// </summary>
public sealed partial class CveTests : ContainerTest
{
    // A directory of the host beside the bundle, with one file.
    private static string Outside(Container container)
    {
        string outside = Directory.CreateDirectory(container.Directory + "/outside").FullName;
        File.WriteAllText(outside + "/secret", "secret");
        return outside;
    }

    private static void AssertUntouched(Container container)
    {
        Assert.Equal([container.Directory + "/outside/secret"], Directory.GetFileSystemEntries(container.Directory + "/outside"));
        Assert.Equal("secret", File.ReadAllText(container.Directory + "/outside/secret"));
        Assert.Equal(0, Syscall.stat(container.Directory + "/outside/secret", out Stat status));
        Assert.Equal((0u, 0u), (status.st_uid, status.st_gid));
    }

    // What a runtime does that trusts the image: sh text with the bundle's busybox, in mounts of its own. $R is the root, $O the directory
    // outside. Says what it wrote.
    private static string Naively(Container container, string script)
    {
        string[] words = ["--mount", "--propagation", "private", container.Bundle.Rootfs + "/bin/sh", "-c", "PATH=$R/bin; " + script];
        return new Command("unshare", words).With("R", container.Bundle.Rootfs).With("O", container.Directory + "/outside").Run().Stdout;
    }

    // The same, for a step that must have made something outside, which is removed again.
    private static void NaivelyOutside(Container container, string script)
    {
        _ = Naively(container, script);
        string outside = container.Directory + "/outside";
        Assert.True(Directory.GetFileSystemEntries(outside).Length > 1 || File.ReadAllText(outside + "/secret") != "secret", "no attack");
        Directory.Delete(outside, recursive: true);
        _ = Outside(container);
    }

    private static void LeaveDevToTheImage(Container container)
    {
        foreach (string place in new[] { "/dev/pts", "/dev/shm", "/dev/mqueue", "/dev" })
        {
            container.Bundle.Unmount(place);
        }

        container.Bundle.Set("root.readonly", "false");
    }

    // A /dev of the attacker's making, a volume.
    private static string MountDev(Container container)
    {
        LeaveDevToTheImage(container);
        string directory = Directory.CreateDirectory(container.Directory + "/dev").FullName;
        container.Bundle.Mount("/dev", "bind", directory, "bind");
        return directory;
    }

    private static void Link(Container container, string place, string target)
    {
        string path = container.Bundle.Rootfs + place;
        if (Directory.Exists(path))
        {
            Directory.Delete(path);
        }

        File.Delete(path);
        _ = File.CreateSymbolicLink(path, target.Replace("OUTSIDE", container.Directory + "/outside", StringComparison.Ordinal));
    }
}
