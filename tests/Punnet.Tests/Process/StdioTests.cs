using System;
using System.IO;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>Without a terminal the runtime's stdio is the container's.</summary>
public sealed class StdioTests : ContainerTest
{
    [Fact]
    public void Stdin_is_the_runtimes()
    {
        Container container = NewContainer().Runs("cat");
        File.WriteAllText(container.Directory + "/input", "one\ntwo\n");
        container.Bundle.Write();
        Command command = new(Runtime.Path, ["--root", container.StateRoot, "run", "--bundle", container.Bundle.Path, container.Id])
        {
            Stdin = container.Directory + "/input",
        };
        Assert.Equal("one\ntwo\n", command.Run().Succeeds().Stdout);
    }

    [Fact]
    public void Stdout_and_stderr_are_the_very_files_of_create()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        Assert.Equal(0, Syscall.stat(container.Directory + "/stdout", out Stat stdout));
        Assert.Equal(0, Syscall.stat(container.Directory + "/stderr", out Stat stderr));
        Assert.Equal(0, Syscall.stat($"/proc/{container.Pid}/fd/1", out Stat first));
        Assert.Equal(0, Syscall.stat($"/proc/{container.Pid}/fd/2", out Stat second));
        Assert.Equal((stdout.st_dev, stdout.st_ino), (first.st_dev, first.st_ino));
        Assert.Equal((stderr.st_dev, stderr.st_ino), (second.st_dev, second.st_ino));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(101)]
    public void A_user_of_a_user_namespace_opens_its_pipes_again(int user)
    {
        string[] script = ["sh", "-c", "echo out >/dev/stdout && echo err >/dev/stderr"];
        Container container = NewContainer().Runs(script);
        container.Bundle.UserNamespace();
        container.Bundle.Set("process.user", $$"""{"uid":{{user}},"gid":{{user}}}""");
        Assert.Equal("out\nerr\n", Piped(container, "run", "--bundle", container.Bundle.Path, container.Id));

        container.Sleeps().CreateAndStart();
        Assert.Equal("out\nerr\n", Piped(container, ["exec", container.Id, .. script]));
    }

    [Fact]
    public void A_file_of_the_hosts_stays_whose_it_is_beside_a_user_namespace()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.UserNamespace();
        container.CreateAndStart();
        Assert.Equal(0, Syscall.stat(container.Directory + "/stdout", out Stat status));
        Assert.Equal(0u, status.st_uid);
    }

    private static string Piped(Container container, params string[] words)
    {
        container.Bundle.Write();
        string[] all = ["-c", "\"$@\" 2>&1 </dev/null | cat", "sh", .. container.Command(words).Words];
        return new Command("/bin/sh", all).Run().Succeeds().Stdout;
    }

    [Fact]
    public void A_pipe_ends_when_the_container_ends_because_nobody_else_holds_it()
    {
        Container container = NewContainer().RunsScript("echo from inside; sleep 1000");
        container.Bundle.Write();
        string line = $"'{Runtime.Path}' --root '{container.StateRoot}' create --bundle '{container.Bundle.Path}' {container.Id} "
            + $"</dev/null | cat";
        using RunningCommand piped = new Command("/bin/sh", ["-c", line]).Start();
        Eventually.True(() => Directory.Exists(container.StateRoot + "/" + container.Id)
            && container.Call("state", container.Id).Stdout.Contains("\"status\": \"created\"", StringComparison.Ordinal), "created");
        container.Start();
        Eventually.True(() => piped.Stdout == "from inside\n", "output through the pipe");
        Assert.False(piped.HasExited);
        container.Stop();
        piped.Wait().Succeeds();
    }

    [Fact]
    public void Dev_null_of_the_host_becomes_dev_null_of_the_container()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        Assert.Equal(0, Syscall.stat($"/proc/{container.Pid}/fd/0", out Stat stdin));
        Assert.Equal(container.StatInside("/dev/null").st_dev, stdin.st_dev);
        Assert.Equal(0x103ul, stdin.st_rdev);
    }

    [Fact]
    public void Another_user_can_open_the_pipes_that_are_its_stdio()
    {
        Container container = NewContainer().RunsScript("echo out >/dev/stdout; echo err >/dev/stderr; cat /dev/stdin");
        container.Bundle.Set("process.user", """{"uid":1000,"gid":1000}""");
        container.Bundle.Write();
        string line = $"(echo in | '{Runtime.Path}' --root '{container.StateRoot}' run --bundle '{container.Bundle.Path}' {container.Id} "
            + $"2>&1 | cat)";
        Outcome outcome = new Command("/bin/sh", ["-c", line]).Run().Succeeds();
        // A runtime may copy the two streams, so only each one's order is kept.
        string[] lines = outcome.Stdout.TrimEnd('\n').Split('\n');
        Array.Sort(lines, StringComparer.Ordinal);
        Assert.Equal(["err", "in", "out"], lines);
    }

    [Fact]
    public void A_large_output_arrives_whole()
    {
        Container container = NewContainer().RunsScript("dd if=/dev/zero bs=65536 count=64 2>/dev/null | tr '\\0' x");
        Assert.Equal(64 * 65536, container.RunToEnd().Length);
    }

    [Fact]
    public void Exec_has_its_own_stdio()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        File.WriteAllText(container.Directory + "/input", "typed\n");
        Command command = new(Runtime.Path, ["--root", container.StateRoot, "exec", container.Id, "sh", "-c", "cat; echo err >&2"])
        {
            Stdin = container.Directory + "/input",
        };
        Outcome outcome = command.Run().Succeeds();
        Assert.Equal("typed\n", outcome.Stdout);
        Assert.Equal("err\n", outcome.Stderr);
        Assert.Equal("", container.Output);
    }

    [Fact]
    public void Closed_stdio_of_the_runtime_does_not_become_something_else()
    {
        Container container = NewContainer().RunsScript("ls -l /proc/self/fd | grep -c -e state -e rootfs -e memfd -e anon_inode; true");
        container.Bundle.Write();
        string output = container.Directory + "/stdout";
        Command command = new(Runtime.Path, ["--root", container.StateRoot, "run", "--bundle", container.Bundle.Path, container.Id])
        {
            Redirections = "<&- 2>&-",
            Stdout = output,
        };
        command.Run().Succeeds();
        Assert.Equal("0\n", File.ReadAllText(output));
    }
}
