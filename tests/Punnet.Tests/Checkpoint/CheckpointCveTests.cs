using System;
using System.IO;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>What a root file system can do to a restore: names of mounts that CRIU reads otherwise, and places that have become links.</summary>
public sealed class CheckpointCveTests : CheckpointTest
{
    // CVE-2026-115520 of crun, CVE-2026-119101 of runc and CVE-2026-119614 of CRIU: CRIU keeps "mnt[PLACE]:NAME", and the image chooses PLACE
    // by a link. It must never be another part of the host that is mounted.
    [Theory]
    [InlineData("x]:/etc")]
    [InlineData("x]:{0}")]
    [InlineData("x,y]:{0}")]
    [InlineData("x\n]:{0}")]
    [InlineData("mnt[x]:{0}")]
    public void CVE_2026_115520_A_restore_mounts_what_config_json_says(string name)
    {
        Container container = NewCounter();
        string secret = container.Directory + "/secret", given = container.Directory + "/given";
        Directory.CreateDirectory(secret);
        Directory.CreateDirectory(given);
        File.WriteAllText(secret + "/file", "of the host");
        File.WriteAllText(given + "/file", "given");
        string place = "/" + name.Replace("{0}", secret, StringComparison.Ordinal);
        Directory.CreateDirectory(container.Bundle.Rootfs + place + "/data");
        Assert.Equal(0, Syscall.symlink(place, container.Bundle.Rootfs + "/link"));
        container.Bundle.Mount("/link/data", "bind", given, "bind");
        StartCounting(container);
        Assert.Equal("given", container.Exec("cat", "/link/data/file").Succeeds().Stdout);

        if (TryCheckpoint(container).ExitCode != 0)
        {
            Assert.Equal("running", container.Status);
            return;
        }

        if (TryRestore(container, Images(container)).ExitCode != 0)
        {
            container.AssertNothingLeft();
            return;
        }

        Assert.DoesNotContain(MountInfo.Of(container.Pid), entry => entry.Root == secret || entry.Root == "/etc");
        Assert.Equal("given", container.Exec("cat", "/link/data/file").Succeeds().Stdout);
    }

    // What was a mount point at the dump leads out of the root at the restore, to what only the host has.
    [Theory]
    [InlineData("/data", "/data")]
    [InlineData("/one/data", "/one")]
    public void CVE_2026_115520_A_place_that_has_become_a_link_leads_nowhere_outside(string destination, string link)
    {
        Container container = NewCounter();
        string outside = container.Directory + "/outside", given = container.Directory + "/given";
        Directory.CreateDirectory(outside);
        Directory.CreateDirectory(given);
        container.Bundle.Mount(destination, "bind", given, "bind");
        Checkpoint(StartCounting(container));
        Directory.Delete(container.Bundle.Rootfs + link, recursive: true);
        Assert.Equal(0, Syscall.symlink(outside, container.Bundle.Rootfs + link));

        Outcome outcome = TryRestore(container, Images(container));
        Assert.Empty(Directory.GetFileSystemEntries(outside));
        Assert.Empty(MountInfo.Naming(outside));
        if (outcome.ExitCode == 0)
        {
            MountEntry mount = Assert.Single(MountInfo.Of(container.Pid), static entry => entry.Root.EndsWith("/given", StringComparison.Ordinal));
            Assert.StartsWith(outside, mount.MountPoint, StringComparison.Ordinal);
        }
        else
        {
            container.AssertNothingLeft();
        }
    }
}
