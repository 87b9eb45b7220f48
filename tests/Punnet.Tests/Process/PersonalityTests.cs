using System;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>linux.personality and linux.memoryPolicy, as the kernel tells them.</summary>
public sealed class PersonalityTests : ContainerTest
{
    [Theory]
    [InlineData("LINUX", "00000000")]
    [InlineData("LINUX32", "00000008")]
    public void A_domain_is_the_containers(string domain, string expected)
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("linux.personality", $$"""{"domain":"{{domain}}"}""");
        container.CreateAndStart();
        Assert.Equal(expected, File.ReadAllText($"/proc/{container.Pid}/personality").Trim());
    }

    [Fact]
    public void A_domain_of_32_bits_shows_in_uname_of_the_container_and_of_an_exec()
    {
        Assert.SkipWhen(
            Environment.GetEnvironmentVariable("PUNNET_VM") == "uml", "User-Mode Linux names its machine the same for every personality");
        Container container = NewContainer().RunsScript("uname -m; sleep 1000");
        container.Bundle.Set("linux.personality", """{"domain":"LINUX32"}""");
        container.CreateAndStart();
        string machine = Runtime.IsArm64 ? "armv8l\n" : "i686\n";
        Assert.Equal(machine, container.WaitForOutput("\n"));
        Assert.Equal(machine, container.Exec("uname", "-m").Succeeds().Stdout);
    }

    [Fact]
    public void A_flag_is_warned_of_and_ignored()
    {
        Runtime.MustBePunnet();
        Container container = NewContainer().Runs("true");
        container.Bundle.Set("linux.personality", """{"domain":"LINUX","flags":["ADDR_NO_RANDOMIZE"]}""");
        container.Bundle.Write();
        Outcome outcome = container.Call("--debug", "run", "--bundle", container.Bundle.Path, container.Id).Succeeds();
        Assert.Contains("linux.personality.flags: ignoring ADDR_NO_RANDOMIZE", outcome.Stderr, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"mode":"MPOL_BIND","nodes":"0"}""", "bind:0")]
    [InlineData("""{"mode":"MPOL_BIND","nodes":"0","flags":["MPOL_F_STATIC_NODES"]}""", "bind=static:0")]
    [InlineData("""{"mode":"MPOL_INTERLEAVE","nodes":"0"}""", "interleave:0")]
    [InlineData("""{"mode":"MPOL_PREFERRED","nodes":"0"}""", "prefer:0")]
    [InlineData("""{"mode":"MPOL_LOCAL"}""", "local")]
    [InlineData("""{"mode":"MPOL_DEFAULT"}""", "default")]
    public void A_memory_policy_is_the_containers_and_that_of_an_exec(string policy, string expected)
    {
        Assert.SkipUnless(File.Exists("/proc/self/numa_maps"), "this kernel has no NUMA");
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("linux.memoryPolicy", policy);
        container.CreateAndStart();
        Assert.Contains(" " + expected + " ", File.ReadAllText($"/proc/{container.Pid}/numa_maps"), StringComparison.Ordinal);
        Assert.Contains(" " + expected + " ", container.Exec("cat", "/proc/self/numa_maps").Succeeds().Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public void A_memory_policy_that_the_kernel_refuses_is_named()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("linux.memoryPolicy", """{"mode":"MPOL_BIND","nodes":"1000"}""");
        container.TryCreate().Fails("cannot set the memory policy MPOL_BIND (linux.memoryPolicy): ");
        container.AssertNothingLeft();
    }
}
