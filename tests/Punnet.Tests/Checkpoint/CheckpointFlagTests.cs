using System;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>Flags that checkpoint and restore pass on to CRIU: what is refused without one is written and restored with it.</summary>
public sealed class CheckpointFlagTests : CheckpointTest
{
    [Theory]
    [InlineData("--file-locks", "/bin/lock /lock /bin/busybox sh -c '{0}'", "file locks", "! /bin/lock /lock /bin/busybox true")]
    [InlineData("--link-remap", "echo kept >/one; ln /one /two; exec 9</one; rm /one; {0}", "", "cat /proc/1/fd/9")]
    public void What_needs_a_flag_comes_with_it(string flag, string program, string refusal, string check)
    {
        Container container = NewContainer().RunsScript(program.Replace("{0}", Counting, StringComparison.Ordinal));
        container.Bundle.Set("root.readonly", "false");
        File.Copy(Workplace.Program("lock"), container.Bundle.Rootfs + "/bin/lock");
        File.SetUnixFileMode(container.Bundle.Rootfs + "/bin/lock", (UnixFileMode)0x1ED);
        StartCounting(container);
        TryCheckpoint(container).Fails("criu failed to dump: ", refusal);
        WaitForCount(container.Bundle, Count(container.Bundle) + 3);

        Checkpoint(container, flag);
        int before = Count(container.Bundle);
        TryRestore(container, Images(container), flag == "--link-remap" ? [] : [flag]).Succeeds();
        AssertCountsOn(container, before);
        container.Exec("sh", "-c", check).Succeeds();
    }

    [Theory]
    [InlineData("--manage-cgroups-mode", "soft")]
    [InlineData("--manage-cgroups-mode", "full")]
    [InlineData("--manage-cgroups-mode", "ignore")]
    [InlineData("--empty-ns", "network")]
    [InlineData("--network-lock", "skip")]
    [InlineData("--auto-dedup")]
    [InlineData("--ext-unix-sk")]
    [InlineData("--shell-job")]
    public void A_flag_that_is_not_needed_does_no_harm(params string[] flags)
    {
        Container container = StartCounting(NewCounter());
        string cgroup = CgroupTree.DirectoryOf(container.Pid);
        Checkpoint(container, flags);
        int before = Count(container.Bundle);
        TryRestore(container, Images(container), flags).Succeeds();
        AssertCountsOn(container, before);
        Assert.Equal(cgroup, CgroupTree.DirectoryOf(container.Pid));
    }

    [Fact]
    public void An_open_connection_goes_on_only_where_it_is_asked_for()
    {
        const string Talk = "mkfifo /in; nc -l -p 1234 <>/in >/heard & sleep 0.3; (i=0; while true; do i=$((i+1)); echo $i; sleep 0.05; done)"
            + " | nc 127.0.0.1 1234 & while true; do cp /heard /count 2>/dev/null; sleep 0.05; done";
        Container container = NewContainer().RunsScript(Talk);
        container.Bundle.Set("root.readonly", "false");
        StartCounting(container);
        TryCheckpoint(container, "--network-lock", "skip").Fails("criu failed to dump: ", "onnected TCP socket");

        string[] flags = ["--tcp-established", "--network-lock", "skip"];
        Checkpoint(container, flags);
        int before = Count(container.Bundle);
        TryRestore(container, Images(container), flags).Succeeds();
        AssertCountsOn(container, before);
    }
}
