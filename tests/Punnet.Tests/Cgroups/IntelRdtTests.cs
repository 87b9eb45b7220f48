using System;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>
/// linux.intelRdt where the machine has no resctrl, which is every machine that these tests run on; ResctrlTests has the rest.
/// </summary>
public sealed class IntelRdtTests : ContainerTest
{
    public IntelRdtTests()
    {
        Runtime.MustBePunnet();
        Assert.SkipWhen(
            File.ReadAllText("/proc/self/mountinfo")
                .Contains(" - resctrl ", StringComparison.Ordinal), "this machine has resctrl: what is tested is its absence");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"closID":"gold"}""")]
    [InlineData("""{"schemata":["L3:0=f"],"enableMonitoring":true}""")]
    public void A_class_of_service_is_refused_with_what_is_missing_and_nothing_is_left(string written)
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Set("linux.intelRdt", written);
        Outcome outcome = container.TryCreate()
            .Fails("punnet: create: cannot choose a class of service (linux.intelRdt): no resctrl file system is mounted\n");
        string[] lines = outcome.Stderr.Split('\n');
        bool isKnown = File.ReadAllText("/proc/filesystems").Contains("\tresctrl\n", StringComparison.Ordinal);
        Assert.Equal(
            isKnown
                ? "hint: mount -t resctrl resctrl /sys/fs/resctrl" : "hint: this processor or kernel cannot divide caches and memory "
                    + "bandwidth: /proc/filesystems has no resctrl",
            lines[1]);
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("--l3-cache-schema", "L3:0=f")]
    [InlineData("--mem-bw-schema", "MB:0=50")]
    public void A_container_without_one_has_no_schemata_to_change(string flag, string line)
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        container.Call("update", flag, line, container.Id)
            .Fails($"cannot set \"{line}\": the container was made without a class of service (linux.intelRdt)");
    }
}
