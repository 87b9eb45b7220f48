using System;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>Checkpoint and restore of a container whose cgroup systemd makes. CRIU itself begins the new unit.</summary>
public sealed class SystemdCheckpointTests : CheckpointTest
{
    [Fact]
    public void The_unit_is_made_anew()
    {
        Systemd.Need();
        Container container = NewCounter();

        // CRIU 4.2.1 cannot write the links of a network namespace on Linux 6.1, the emulated machine's: EINVAL from netlink.
        container.Bundle.Namespace("network", present: false);
        foreach (string verb in new[] { "run", "restore" })
        {
            container.Bundle.Write();
            Criu.Reach(new Command(Runtime.Path,
                ["--root", container.StateRoot, "--systemd-cgroup", verb, "--detach", "--bundle", container.Bundle.Path,
                    "--pid-file", container.PidFile, .. verb == "run" ? Array.Empty<string>() : ["--image-path", Images(container)],
                    container.Id])
            {
                Stdout = "/dev/null",
                Stderr = verb == "run" ? "/dev/null" : null,
            }).Run().Returns(0);
            Assert.Equal("active", Systemd.Show(container.Unit(), "ActiveState"));
            Assert.EndsWith("/" + container.Unit(), CgroupTree.DirectoryOf(container.Pid), StringComparison.Ordinal);
            int before = Count(container.Bundle);
            WaitForCount(container.Bundle, before + 3);
            if (verb == "run")
            {
                Checkpoint(container);
            }
        }

        AssertCountsOn(container, 3);
    }
}
