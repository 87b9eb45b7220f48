using System;
using System.Collections.Generic;
using System.IO;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>Mounts that pass between host and container where the host's are shared, as systemd makes them: mount_namespaces(7).</summary>
public sealed class PropagationTests : ContainerTest
{
    public static TheoryData<string> Propagations =>
        ["", "private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable", "runbindable"];

    [Theory]
    [MemberData(nameof(Propagations))]
    public void A_container_leaves_the_mounts_of_a_shared_host_as_they_were(string propagation)
    {
        Container container = NewContainer().Runs("true");
        Spread(container, propagation);
        OnSharedHost(container).Succeeds();
        OnSharedHost(container, "--no-pivot").Succeeds();
        container.Runs("no-such-program");
        OnSharedHost(container).Fails("no-such-program");
        OnSharedHost(container, "--no-pivot").Fails("no-such-program");
    }

    [Theory]
    [MemberData(nameof(Propagations))]
    public void Layers_leave_the_mounts_of_a_shared_host_as_they_were(string propagation)
    {
        Runtime.MustBePunnet();
        Container container = NewContainer().Runs("true");
        Spread(container, propagation);
        string[] flags = container.Layers();
        OnSharedHost(container, flags).Succeeds();
        OnSharedHost(container, ["--no-pivot", "--layer", container.Bundle.Rootfs]).Succeeds();
        container.Runs("no-such-program");
        OnSharedHost(container, flags).Fails("no-such-program");
    }

    [Theory]
    [MemberData(nameof(Propagations))]
    public void A_user_namespace_leaves_the_mounts_of_a_shared_host_as_they_were(string propagation)
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.UserNamespace();
        Spread(container, propagation);
        Directory.CreateDirectory(container.Directory + "/source");
        container.Bundle.Mount("/mnt", "bind", container.Directory + "/source", "bind", "rshared");
        OnSharedHost(container).Succeeds();
    }

    [Theory]
    [MemberData(nameof(Propagations))]
    public void The_hosts_own_root_can_be_the_containers(string propagation)
    {
        Container container = NewContainer().Runs("true");
        Spread(container, propagation);
        container.Bundle.Set("root", """{"path":"/","readonly":true}""");
        OnSharedHost(container).Succeeds();
        OnSharedHost(container, "--no-pivot").Succeeds();
    }

    [Theory]
    [MemberData(nameof(Propagations))]
    public void A_root_behind_a_link_leaves_the_mounts_of_a_shared_host_as_they_were(string propagation)
    {
        Runtime.MustBePunnet();
        Container container = NewContainer().Runs("true");
        Spread(container, propagation);
        _ = File.CreateSymbolicLink(container.Bundle.Path + "/link", "rootfs");
        container.Bundle.Set("root.path", "\"link\"");
        OnSharedHost(container).Succeeds();
    }

    [Theory]
    [MemberData(nameof(Propagations))]
    public void Without_a_mount_namespace_the_mounts_of_a_shared_host_are_afterwards_as_they_were(string propagation)
    {
        Container container = NewContainer().RunsScript("mount -t tmpfs tmpfs /tmp");
        container.Bundle.Namespace("mount", present: false);
        container.Bundle.Capabilities("CAP_SYS_ADMIN");
        Directory.CreateDirectory(container.Directory + "/source/below");
        container.Bundle.Mount("/mnt", "bind", container.Directory + "/source", "rbind", "rshared");
        container.Bundle.Mount("/mnt/below", "tmpfs", "tmpfs");
        Spread(container, propagation);
        OnSharedHost(container).Succeeds();
        container.Runs("no-such-program");
        OnSharedHost(container).Fails("no-such-program");
        container.Bundle.Mount("/other", "bind", "/no/such/source", "bind");
        OnSharedHost(container).Fails("/no/such/source");
    }

    // docker -v A:B:rshared: mounts below A are seen below B at any time, and the other way round.
    [Theory]
    [InlineData("", true, false)]
    [InlineData("rslave", true, false)]
    [InlineData("slave", true, true)]
    [InlineData("private", true, true)]
    [InlineData("rprivate", false, false)]
    [InlineData("shared", true, true)]
    [InlineData("rshared", true, true)]
    public void A_shared_bind_passes_mounts_on_as_far_as_the_propagation_of_the_root_lets_it(string propagation, bool comesIn, bool goesOut)
    {
        using SharedDirectory host = new();
        Container container = NewContainer()
            .RunsScript("until [ -e /go ]; do sleep 0.05; done; mount -t tmpfs inside /mnt/inside && echo mounted; sleep 1000");
        container.Bundle.Set("root.readonly", "false");
        container.Bundle.Capabilities("CAP_SYS_ADMIN");
        Directory.CreateDirectory(host.Path + "/inside");
        Directory.CreateDirectory(host.Path + "/outside");
        container.Bundle.Mount("/mnt", "bind", host.Path, "rbind", "rshared");
        Spread(container, propagation);
        container.CreateAndStart();

        new Command("mount", ["-t", "tmpfs", "outside", host.Path + "/outside"]).Run().Succeeds();
        File.WriteAllText(container.Bundle.Rootfs + "/go", "");
        container.WaitForOutput("mounted");
        Assert.Equal(comesIn, MountInfo.Of(container.Pid).Exists(entry => entry.MountPoint == "/mnt/outside"));
        Assert.Equal(goesOut, MountInfo.Below(host.Path).Contains(host.Path + "/inside"));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("private", "")]
    [InlineData("rprivate", "")]
    [InlineData("slave", "")]
    [InlineData("rslave", "")]
    [InlineData("shared", "shared:")]
    [InlineData("rshared", "shared:")]
    [InlineData("unbindable", "unbindable")]
    public void What_the_host_mounts_below_the_root_later_stays_outside(string propagation, string expected)
    {
        using SharedDirectory host = new();
        Container container = NewContainer().Sleeps();
        new Command("cp", ["-a", container.Bundle.Rootfs + "/.", host.Path]).Run().Succeeds();
        Directory.CreateDirectory(host.Path + "/late");
        container.Bundle.SetText("root.path", host.Path);
        Spread(container, propagation);
        container.CreateAndStart();
        new Command("mount", ["-t", "tmpfs", "late", host.Path + "/late"]).Run().Succeeds();
        Assert.DoesNotContain(MountInfo.Of(container.Pid), entry => entry.MountPoint == "/late");
        string[] fields = MountInfo.At(container.Pid, "/").Propagation;
        Assert.True(expected.Length == 0 ? fields.Length == 0 : fields.Length == 1
            && fields[0].StartsWith(expected, StringComparison.Ordinal), string.Join(' ', fields));
        container.Delete("--force").Succeeds();
    }

    [Fact]
    public void An_id_mapped_bind_of_a_user_namespace_does_not_pass_mounts_to_the_host()
    {
        Assert.SkipUnless(Environment.OSVersion.Version >= new Version(6, 3), "a tmpfs takes ids of its own from Linux 6.3 on");
        using SharedDirectory host = new();
        Directory.CreateDirectory(host.Path + "/inside");
        Container container = NewContainer().RunsScript("mount -t tmpfs inside /mnt/inside && echo mounted; sleep 1000");
        container.Bundle.UserNamespace();
        container.Bundle.Capabilities("CAP_SYS_ADMIN");
        container.Bundle.Mount("/mnt", "bind", host.Path, "bind", "idmap");
        container.CreateAndStart();
        container.WaitForOutput("mounted");
        Assert.DoesNotContain(host.Path + "/inside", MountInfo.Below(host.Path));
        container.Delete("--force").Succeeds();
    }

    private static void Spread(Container container, string propagation)
    {
        if (propagation.Length > 0)
        {
            container.Bundle.SetText("linux.rootfsPropagation", propagation);
        }
    }

    // run in a mount namespace of its own that is as systemd makes a host's, whose table must be the same afterwards.
    private static Outcome OnSharedHost(Container container, params string[] flags)
    {
        const string Script = "mount --make-rshared / && cat /proc/self/mountinfo >\"$0.before\" && { \"$@\"; status=$?; "
            + "cat /proc/self/mountinfo >\"$0.after\"; exit $status; }";
        string table = container.Directory + "/mountinfo";
        Outcome outcome = new Command("unshare", ["--mount", "sh", "-c", Script, table, .. container.RunCommand(flags).Words]).Run();
        Assert.Equal(
            MountInfo.WithoutOtherTests(table + ".before", container), MountInfo.WithoutOtherTests(table + ".after", container));
        return outcome;
    }

    /// <summary>A tmpfs of the test's that is shared; gone with all that was mounted on it when this is disposed.</summary>
    private sealed class SharedDirectory : IDisposable
    {
        public SharedDirectory()
        {
            Path = System.IO.Path.Combine(Workplace.Top, Workplace.UniqueName() + "-shared");
            Directory.CreateDirectory(Path);
            new Command("mount", ["-t", "tmpfs", "-o", "mode=755", "shared", Path]).Run().Succeeds();
            new Command("mount", ["--make-shared", Path]).Run().Succeeds();
        }

        public string Path { get; }

        public void Dispose()
        {
            List<string> mounts = MountInfo.Below(Path);
            mounts.Reverse();
            foreach (string mount in mounts)
            {
                new Command("umount", ["-l", mount]).Run().Succeeds();
            }

            Assert.Equal(0, Syscall.rmdir(Path));
        }
    }
}
