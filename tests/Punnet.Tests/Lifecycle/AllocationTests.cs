using System;
using System.Collections.Generic;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>
/// The new process allocates nothing between its clone and the start gate: no contract covers a collector in a forked process.
/// Each row makes it take another way through Punnet.Init.
/// </summary>
public sealed class AllocationTests : ContainerTest
{
    private const string Promise = "the new process allocated 0 bytes";

    [Fact]
    public void A_run_allocates_nothing()
    {
        Container container = Prepared().Runs("true");

        AssertPromised(container, "run");
    }

    [Fact]
    public void A_create_allocates_nothing()
    {
        Container container = Prepared().Sleeps();

        AssertPromised(container, "create");
        Assert.Equal("created", container.Status);
    }

    [Fact]
    public void A_container_with_a_user_namespace_allocates_nothing()
    {
        Container container = Prepared().Runs("true");
        container.Bundle.UserNamespace();

        AssertPromised(container, "run");
    }

    [Fact]
    public void A_container_that_joins_namespaces_allocates_nothing()
    {
        Container owner = Prepared().Sleeps();
        owner.Bundle.UserNamespace();
        owner.CreateAndStart();
        Eventually.True(() => ProcFile.CommandLine(owner.Pid) is ["sleep", "1000"], "the program runs");
        Container guest = Prepared().Runs("true");
        guest.Bundle.UserNamespace();
        foreach ((string type, string file) in new[] { ("user", "user"), ("network", "net"), ("ipc", "ipc"), ("uts", "uts"),
            ("pid", "pid") })
        {
            guest.Bundle.Namespace(type, $"/proc/{owner.Pid}/ns/{file}");
        }

        guest.Bundle.Remove("hostname");
        AssertPromised(guest, "run");
    }

    [Theory]
    [InlineData("mounts", """[{"destination":"/proc","type":"proc"},{"destination":"/etc","type":"tmpfs","options":["tmpcopyup","size=1m"]},{"destination":"/mnt/a","type":"rbind","source":"/etc","options":["ro","rnosuid","rslave"]},{"destination":"/mnt/a","options":["remount","noexec"]}]""")]
    [InlineData("process.user", """{"uid":1000,"gid":1000,"additionalGids":[5,6],"umask":63}""")]
    [InlineData("process.env", """["PATH=/nowhere:/bin"]""")]
    [InlineData("process.rlimits", """[{"type":"RLIMIT_CORE","soft":0,"hard":0}]""")]
    [InlineData("process.cwd", "\"/made/on/the/way\"")]
    [InlineData("linux.sysctl", """{"net.ipv4.ip_forward":"1","kernel.domainname":"example.org"}""")]
    [InlineData("linux.devices", """[{"path":"/dev/a/b","type":"c","major":1,"minor":3,"uid":5},{"path":"/dev/fifo","type":"p"}]""")]
    [InlineData("linux.rootfsPropagation", "\"shared\"")]
    [InlineData("annotations", """{"org.punnet.rootfs.upper-tmpfs":"1M"}""")]
    [InlineData("linux.seccomp", """{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdirat"],"action":"SCMP_ACT_ERRNO"}]}""")]
    [InlineData("hooks", """{"createRuntime":[{"path":"/bin/true"}],"createContainer":[{"path":"/bin/true","timeout":5}],"startContainer":[{"path":"/bin/true"}]}""")]
    public void Whatever_is_asked_for_the_new_process_allocates_nothing(string place, string json)
    {
        Container container = Prepared().Runs("true");
        container.Bundle.Set("root.readonly", "false");
        container.Bundle.Set(place, json);

        AssertPromised(container, "run");
    }

    private Container Prepared()
    {
        Runtime.MustBePunnet();
        return NewContainer();
    }

    // Run with files and not pipes: a created container keeps them open.
    private static void AssertPromised(Container container, string verb)
    {
        container.Bundle.Write();
        string log = container.Directory + "/log";
        IReadOnlyList<string> arguments =
            ["--root", container.StateRoot, "--debug", "--log", log, verb, "--bundle", container.Bundle.Path, container.Id];
        new Command(Runtime.Path, arguments) { Stdout = container.Directory + "/stdout", Stderr = container.Directory + "/stderr" }.Run()
            .Succeeds();

        Assert.Contains(File.ReadAllLines(log), line => line.Contains(Promise, StringComparison.Ordinal));
    }
}
