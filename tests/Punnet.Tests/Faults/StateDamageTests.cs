using System;
using System.Diagnostics;
using System.IO;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>
/// A file of the state directory that is not what punnet has put there: no command waits for it, and other containers do not suffer.
/// </summary>
public sealed class StateDamageTests : ContainerTest
{
    [Theory]
    [InlineData("fifo")]
    [InlineData("directory")]
    [InlineData("device")]
    [InlineData("huge")]
    [InlineData("link")]
    [InlineData("endless link")]
    [InlineData("empty")]
    [InlineData("truncated")]
    public void A_damaged_record_neither_holds_a_command_up_nor_another_container(string damage)
    {
        Container healthy = NewContainer().Sleeps().CreateAndStart();
        Container broken = NewContainer(healthy.StateRoot).Sleeps().CreateAndStart();
        int pid = broken.Pid;
        string record = Path.Combine(broken.StateRoot, broken.Id, "state.json");
        Damage.Make(record, damage);

        Stopwatch watch = Stopwatch.StartNew();
        Assert.Contains("\"running\"", broken.Call("state", broken.Id).Succeeds().Stdout, StringComparison.Ordinal);
        broken.Exec("true").FailsWith(255, $"cannot exec in container {broken.Id}: its record {record} is damaged\n");
        foreach (string[] list in (string[][])[["list"], ["list", "-q"], ["list", "-f", "json"]])
        {
            string shown = broken.Call(list).Succeeds().Stdout;
            Assert.Contains(healthy.Id, shown, StringComparison.Ordinal);
            Assert.Contains(broken.Id, shown, StringComparison.Ordinal);
        }

        healthy.Exec("true").Succeeds();
        broken.Delete().Fails("not stopped");
        broken.Kill("KILL").Succeeds();
        Eventually.True(() => Syscall.kill(pid, (Signum)0) != 0, "the first process has ended");
        broken.Delete("--force").Succeeds();
        broken.AssertNothingLeft();
        Assert.True(watch.Elapsed.TotalSeconds < 30, $"it took {watch.Elapsed}");
    }

    [Theory]
    [InlineData("state.json")]
    [InlineData("init")]
    [InlineData("start")]
    [InlineData("result")]
    [InlineData("removed")]
    public void Whatever_stands_at_a_name_delete_by_force_removes_it(string name)
    {
        foreach (string damage in (string[])["fifo", "directory", "device", "huge", "link", "empty"])
        {
            Container container = NewContainer().Sleeps().Create();
            int pid = container.Pid;
            Damage.Make(Path.Combine(container.StateRoot, container.Id, name), damage);
            Assert.InRange(container.Call("state", container.Id).ExitCode, 0, 1);
            container.Call("list").Succeeds();
            container.Delete("--force").Succeeds();
            _ = Syscall.kill(pid, Signum.SIGKILL); // Of whom nothing is known any more.
            Eventually.True(() => Syscall.kill(pid, (Signum)0) != 0, "the first process has ended");
            Assert.False(Directory.Exists(Path.Combine(container.StateRoot, container.Id)), damage);
        }
    }
}
