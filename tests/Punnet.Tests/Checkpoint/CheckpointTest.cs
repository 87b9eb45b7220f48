using System.Collections.Generic;
using System.Globalization;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>A test of checkpoint and restore, with containers that count.</summary>
public abstract class CheckpointTest : ContainerTest
{
    /// <summary>sh text that counts in /count, in memory that only a restore keeps.</summary>
    private protected const string Counting = "i=0; while true; do i=$((i+1)); echo $i >>/count; sleep 0.05; done";

    /// <summary>Skips everything where CRIU does not work.</summary>
    protected CheckpointTest()
    {
        Runtime.MustBePunnet();
        Assert.SkipWhen(Criu.Path is null, "needs criu: " + Criu.Fault);
    }

    /// <summary>A container that counts.</summary>
    private protected Container NewCounter(string prelude = "")
    {
        Container container = NewContainer().RunsScript(prelude + Counting);
        container.Bundle.Set("root.readonly", "false");
        return container;
    }

    /// <summary>Runs it detached, with the null device as its streams, and waits until it counts.</summary>
    private protected static Container StartCounting(Container container)
    {
        Run(container);
        WaitForCount(container.Bundle, 3);
        return container;
    }

    /// <summary>run, detached.</summary>
    private protected static void Run(Container container, params IReadOnlyList<string> flags)
    {
        Outcome outcome = Detached(container, "run", flags).Run();
        Assert.True(outcome.ExitCode == 0, outcome.What);
    }

    /// <summary>run or restore, detached, with the null device as streams: a file of the host cannot be found by CRIU.</summary>
    private protected static Command Detached(Container container, string verb, params IReadOnlyList<string> flags)
    {
        container.Bundle.Write();
        return Criu.Reach(new Command(Runtime.Path,
            ["--root", container.StateRoot, verb, "--detach", "--bundle", container.Bundle.Path, "--pid-file", container.PidFile,
                .. flags, container.Id])
        {
            Stdout = "/dev/null",
            Stderr = verb == "run" ? "/dev/null" : null,
            Watched = container.Id,
        });
    }

    /// <summary>Where the images of a container are.</summary>
    private protected static string Images(Container container) => container.Directory + "/images";

    /// <summary>checkpoint, successful or not.</summary>
    private protected static Outcome TryCheckpoint(Container container, params IReadOnlyList<string> flags) =>
        Criu.Reach(container.Command(["checkpoint", "--image-path", Images(container), .. flags, container.Id])).Run();

    /// <summary>checkpoint, after which the container is gone.</summary>
    private protected static Container Checkpoint(Container container, params IReadOnlyList<string> flags)
    {
        TryCheckpoint(container, flags).Succeeds();
        container.AssertNothingLeft();
        return container;
    }

    /// <summary>restore, successful or not.</summary>
    private protected static Outcome TryRestore(Container container, string images, params IReadOnlyList<string> flags) =>
        Detached(container, "restore", ["--image-path", images, .. flags]).Run();

    /// <summary>restore of a container from its own images.</summary>
    private protected static Container Restore(Container container, params IReadOnlyList<string> flags)
    {
        TryRestore(container, Images(container), flags).Succeeds();
        return container;
    }

    /// <summary>The last number that was counted; 0 before.</summary>
    private protected static int Count(Bundle bundle)
    {
        string[] lines = File.Exists(bundle.Rootfs + "/count") ? File.ReadAllLines(bundle.Rootfs + "/count") : [];
        return lines.Length == 0 ? 0 : int.Parse(lines[^1], CultureInfo.InvariantCulture);
    }

    /// <summary>Waits until a number is counted.</summary>
    private protected static void WaitForCount(Bundle bundle, int number)
    {
        Eventually.True(() => Count(bundle) >= number, $"it counts to {number}");
    }

    /// <summary>Asserts that a restored container counts on, without a number twice.</summary>
    private protected static void AssertCountsOn(Container container, int before)
    {
        WaitForCount(container.Bundle, before + 3);
        string[] lines = File.ReadAllLines(container.Bundle.Rootfs + "/count");
        for (int index = 0; index < lines.Length; index++)
        {
            Assert.Equal((index + 1).ToString(CultureInfo.InvariantCulture), lines[index]);
        }
    }
}
