using System;
using System.IO;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <content>Names that lead to another cgroup, properties of systemd, and sockets without a file.</content>
public sealed partial class CveTests
{
    [Theory]
    [InlineData("/../../escape")]
    [InlineData("../escape")]
    [InlineData("/a/../../../escape")]
    [InlineData("/a/./escape/..")]
    public void Crun_1_28_A_cgroup_path_with_dots_is_refused(string path)
    {
        Runtime.MustBePunnet();
        Container container = NewContainer().Runs("true");
        AssertLeadsOut(container, path);
        container.Bundle.Set("linux.cgroupsPath", $"\"{path}\"");
        container.TryCreate().Fails("config.json: linux.cgroupsPath");
        Assert.Empty(CgroupTree.Named("escape"));
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("../escape")]
    [InlineData("/../escape")]
    [InlineData("a/../../escape")]
    [InlineData("..")]
    public void Crun_1_28_A_delegated_cgroup_with_dots_is_refused(string path)
    {
        Runtime.MustBePunnet();
        Container container = NewContainer().Runs("true");
        AssertLeadsOut(container, path);
        container.Bundle.Set("annotations", new JsonObject { ["run.oci.delegate-cgroup"] = path }.ToJsonString());
        container.TryCreate().Fails("run.oci.delegate-cgroup");
        Assert.Empty(CgroupTree.Named("escape"));
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("../escape")]
    [InlineData("a/b")]
    [InlineData("/a")]
    [InlineData("a\nb")]
    [InlineData("")]
    public void Crun_1_28_An_id_that_is_a_path_is_refused(string id)
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Write();
        Directory.CreateDirectory(container.StateRoot);
        foreach (string command in new[] { "create --bundle " + container.Bundle.Path, "delete --force", "state" })
        {
            Assert.NotEqual(0, container.Call([.. command.Split(' '), id]).ExitCode);
        }

        Assert.Empty(Directory.GetFileSystemEntries(container.StateRoot));
        Assert.Equal(["bundle", "state"], Array.ConvertAll(Directory.GetDirectories(container.Directory), Path.GetFileName)!);
    }

    // What is no name: in the text of a unit, with a second line, it would set another property.
    [Theory]
    [InlineData("Description\nExecStart", "'x'")]
    [InlineData("Description=x\nExecStart", "'x'")]
    [InlineData("Slice", "'other.slice'")]
    [InlineData("Delegate", "true")]
    [InlineData("x;ExecStart", "'x'")]
    [InlineData("", "'x'")]
    public void CVE_2024_3154_A_property_of_systemd_that_an_annotation_must_not_set_is_refused(string name, string value)
    {
        Runtime.MustBePunnet();
        Container container = NewContainer().Runs("true").Globally("--systemd-cgroup");
        container.Bundle.Set("annotations", new JsonObject { ["org.systemd.property." + name] = value }.ToJsonString());
        Outcome outcome = container.TryCreate();
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Contains("org.systemd.property.", outcome.Stderr, StringComparison.Ordinal);
        container.AssertNothingLeft();
    }

    [Fact]
    public void CVE_2020_15257_No_socket_of_punnet_is_reached_through_the_network_of_the_host()
    {
        using Socket careless = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        string name = Workplace.UniqueName();
        careless.Bind(new UnixDomainSocketEndPoint("\0" + name));
        Container container = NewContainer().Sleeps();
        container.Bundle.Namespace("network", present: false);
        using Supervisor supervisor = new(container.Directory);
        container.CreateCommand().With("NOTIFY_SOCKET", supervisor.Address).Run().Succeeds();
        string[] sockets = container.Exec("cat", "/proc/net/unix").Succeeds().Stdout.Split('\n');
        Assert.Contains(sockets, line => line.EndsWith(" @" + name, StringComparison.Ordinal));
        foreach (int pid in ProcFile.Mentioning(container.Id))
        {
            foreach (string descriptor in Directory.GetFiles($"/proc/{pid}/fd"))
            {
                string target = ProcFile.LinkTarget(descriptor);
                if (target.StartsWith("socket:[", StringComparison.Ordinal))
                {
                    Assert.DoesNotContain(sockets, line => line.Contains($" {target[8..^1]} @", StringComparison.Ordinal));
                }
            }
        }

        foreach (string descriptor in Directory.GetFiles($"/proc/{container.Pid}/fd"))
        {
            string target = ProcFile.LinkTarget(descriptor);
            Assert.DoesNotContain(sockets, line => target.Length > 9 && line.Contains($" {target[8..^1]} @", StringComparison.Ordinal));
        }
    }

    // Below a directory for it, as a path of the file system it comes out elsewhere.
    private static void AssertLeadsOut(Container container, string path)
    {
        string top = Directory.CreateDirectory(container.Directory + "/naive/a/b/own").FullName;
        Assert.Equal(0, Syscall.mkdir(top + "/a", FilePermissions.ALLPERMS));
        Assert.DoesNotContain(top + "/escape", Path.GetFullPath(top + "/" + path), StringComparison.Ordinal);
        Directory.Delete(container.Directory + "/naive", recursive: true);
    }
}
