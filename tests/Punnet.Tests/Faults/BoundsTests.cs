using System.Diagnostics;
using System.IO;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>Nothing that an image holds makes punnet read or wait without end.</summary>
public sealed class BoundsTests : ContainerTest
{
    [Theory]
    [InlineData("endless link")]
    [InlineData("fifo")]
    [InlineData("device")]
    [InlineData("huge")]
    [InlineData("directory")]
    [InlineData("loop")]
    public void CVE_2024_9676_A_passwd_without_end_only_leaves_HOME_at_the_root(string kind)
    {
        Container container = NewContainer().RunsScript("echo $HOME; exec sleep 1000");
        Damage.Make(container.Bundle.Rootfs + "/etc/passwd", kind);
        Stopwatch watch = Stopwatch.StartNew();
        container.CreateAndStart().WaitForOutput("/\n");
        Assert.Equal("/\n", container.Exec("sh", "-c", "echo $HOME").Succeeds().Stdout);
        Assert.True(watch.Elapsed.TotalSeconds < 30, $"it took {watch.Elapsed}");
    }

    [Fact]
    public void What_is_copied_into_a_tmpfs_is_not_waited_for()
    {
        Container container = NewContainer().RunsScript("ls -l /data | cut -c1; cat /data/file");
        string data = container.Bundle.Rootfs + "/data";
        Directory.CreateDirectory(data);
        Assert.Equal(0, Syscall.mkfifo(data + "/fifo", FilePermissions.ALLPERMS));
        File.WriteAllText(data + "/file", "kept\n");
        container.Bundle.Mount("/data", "tmpfs", "tmpfs", "tmpcopyup");
        Assert.Equal("t\np\n-\nkept\n", container.RunToEnd());
    }
}
