using System;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary><c>--dry-run</c>: what would be done, and nothing of it done.</summary>
public sealed class DryRunTests : ContainerTest
{
    [Theory]
    [InlineData("create")]
    [InlineData("run")]
    public void The_plan_is_printed_and_nothing_is_made(string command)
    {
        Container container = NewContainer().RunsScript("touch /was-here");
        container.Bundle.Set("hooks", $$"""{"prestart":[{"path":"/bin/touch","args":["touch","{{container.Directory}}/hook"]}]}""");
        container.Bundle.Set("root.readonly", "false");
        container.Bundle.Set("hostname", "\"dry\"");
        container.Bundle.Set("linux.cgroupsPath", $"\"/dry-{container.Id}\"");
        container.Bundle.Write();
        string[] before = Directory.GetFileSystemEntries(container.Bundle.Rootfs, "*", SearchOption.AllDirectories);
        Outcome outcome = container.Command(command, "--dry-run", "--bundle", container.Bundle.Path, container.Id).Run().Succeeds();
        string[] lines = outcome.Stdout.Split('\n');
        Assert.Contains($"  path /dry-{container.Id} (linux.cgroupsPath)", lines);
        Assert.Contains("  hostname dry (hostname)", lines);
        Assert.Contains(lines,
            static line => line.StartsWith("  mount proc (proc) on /proc", StringComparison.Ordinal)
            && line.EndsWith("(mounts[0])", StringComparison.Ordinal));
        Assert.Contains(lines, static line => line.StartsWith("  hooks.prestart[0] /bin/touch", StringComparison.Ordinal));
        Assert.Contains("  args /bin/sh -c \"touch /was-here\" (process.args)", lines);
        Assert.Equal("", outcome.Stderr);
        Assert.Equal(before, Directory.GetFileSystemEntries(container.Bundle.Rootfs, "*", SearchOption.AllDirectories));
        Assert.False(File.Exists(container.Directory + "/hook"));
        Assert.False(Directory.Exists(container.StateRoot));
        container.AssertNothingLeft();
    }

    [Fact]
    public void What_an_exec_would_run_is_printed_and_does_not_run()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("root.readonly", "false");
        container.CreateAndStart();
        string stdout = container.Command("exec", "--dry-run", "--cwd", "/tmp", "--user", "7:8", container.Id, "touch", "/was-here").Run()
            .Succeeds().Stdout;
        Assert.StartsWith("process\n  cwd /tmp (process.cwd)\n", stdout, StringComparison.Ordinal);
        Assert.Contains("\n  user 7:8 (process.user)\n", stdout, StringComparison.Ordinal);
        Assert.Contains("\n  args touch /was-here (process.args)\n", stdout, StringComparison.Ordinal);
        Assert.False(File.Exists(container.Bundle.Rootfs + "/was-here"));
    }

    [Fact]
    public void What_could_not_be_created_is_the_same_error()
    {
        Container container = NewContainer();
        container.Bundle.Set("mounts[0].type", "\"bind\"");
        container.Bundle.Set("linux.namespaces[0].type", "\"nett\"");
        container.Bundle.Write();
        container.Command("create", "--dry-run", "--bundle", container.Bundle.Path, container.Id).Run()
            .Fails("config.json: linux.namespaces[0].type: \"nett\" is not a namespace");
    }
}
