using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>Images that build on earlier ones. This also runs in the emulated machine, whose kernel tracks memory.</summary>
public sealed class CheckpointChainTests : CheckpointTest
{
    // The network namespace is left out: CRIU 4.2.1 cannot write one on Linux 6.1, which tracks memory.
    [Fact]
    public void Later_images_have_only_what_has_changed_or_the_kernel_cannot_tell()
    {
        // 200 KB that never change: as large as all that may change.
        Container container = NewCounter(prelude: "kept=$(seq 100000 130000); ");
        container.Bundle.Namespace("network", present: false);
        StartCounting(container);
        Outcome outcome = TryCheckpoint(container, "--pre-dump");
        Assert.Equal("running", container.Status);
        if (outcome.ExitCode != 0)
        {
            outcome.Fails("--pre-dump: criu says that this kernel, or criu itself, does not track memory");
            return;
        }

        string second = container.Directory + "/second", last = container.Directory + "/last";
        Criu.Reach(container.Command("checkpoint", "--pre-dump", "--image-path", second, "--parent-path", "../images", container.Id)).Run()
            .Succeeds();
        Assert.Equal("running", container.Status);
        Criu.Reach(container.Command("checkpoint", "--image-path", last, "--parent-path", "../second", container.Id)).Run().Succeeds();
        Assert.True(Size(last) < Size(Images(container)), $"{Size(last)} of {Size(Images(container))} bytes");
        int before = Count(container.Bundle);
        TryRestore(container, last).Succeeds();
        AssertCountsOn(container, before);
    }

    private static long Size(string images)
    {
        long sum = 0;
        foreach (string path in Directory.GetFiles(images, "pages-*.img"))
        {
            sum += new FileInfo(path).Length;
        }

        return sum;
    }
}
