using System;
using System.IO;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>Terminals: through the console socket, and through the terminal of a foreground run.</summary>
public sealed class ConsoleTests : ContainerTest
{
    [Fact]
    public void The_console_socket_receives_the_master_of_the_containers_terminal()
    {
        Container container = NewTerminalContainer("tty; echo ready; read line; echo \"read $line\"");
        using ConsoleSocket socket = new(container.Directory + "/tty.sock");
        container.Create("--console-socket", socket.Path);
        using Terminal terminal = socket.Receive();
        Assert.StartsWith("/dev/p", terminal.Name, StringComparison.Ordinal);
        container.Start();
        terminal.WaitFor("ready");
        Assert.Contains("/dev/pts/0", terminal.Text, StringComparison.Ordinal);
        terminal.Write("hello\n");
        terminal.WaitFor("read hello");
        container.WaitFor("stopped");
        Assert.Equal("", container.Output);
    }

    [Fact]
    public void Run_detached_sends_the_terminal_too()
    {
        Container container = NewTerminalContainer("echo ready; sleep 1000");
        using ConsoleSocket socket = new(container.Directory + "/tty.sock");
        container.Run("--detach", "--console-socket", socket.Path).Succeeds();
        using Terminal terminal = socket.Receive();
        terminal.WaitFor("ready");
        container.Stop();
    }

    [Fact]
    public void The_terminal_controls_the_session_of_init()
    {
        Container container = NewTerminalContainer("echo ready; sleep 1000");
        using ConsoleSocket socket = new(container.Directory + "/tty.sock");
        container.Create("--console-socket", socket.Path);
        using Terminal terminal = socket.Receive();
        container.Start();
        terminal.WaitFor("ready");
        string[] stat = File.ReadAllText($"/proc/{container.Pid}/stat").Split(") ")[1].Split(' ');
        // tty_nr: major 136 is a Unix 98 terminal.
        Assert.Equal("34816", stat[4]);
        for (int descriptor = 0; descriptor < 3; descriptor++)
        {
            Assert.Equal("/dev/pts/0", ProcFile.LinkTarget($"/proc/{container.Pid}/fd/{descriptor}"));
        }
    }

    [Fact]
    public void Dev_console_is_the_terminal()
    {
        Container container = NewTerminalContainer("echo through console >/dev/console; echo ready; sleep 1000");
        using ConsoleSocket socket = new(container.Directory + "/tty.sock");
        container.Create("--console-socket", socket.Path);
        using Terminal terminal = socket.Receive();
        container.Start();
        terminal.WaitFor("ready");
        Assert.Contains("through console", terminal.Text, StringComparison.Ordinal);
        Assert.Equal(container.StatInside("/dev/pts/0").st_rdev, container.StatInside("/dev/console").st_rdev);
        Assert.Equal("devpts", MountInfo.At(container.Pid, "/dev/console").Type);
    }

    [Fact]
    public void Without_a_terminal_there_is_no_dev_console()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        Assert.False(File.Exists(container.Inside("/dev/console")));
    }

    [Fact]
    public void The_console_has_the_size_that_was_asked_for()
    {
        Container container = NewTerminalContainer("stty size; echo ready");
        container.Bundle.Set("process.consoleSize", """{"height":17,"width":91}""");
        using ConsoleSocket socket = new(container.Directory + "/tty.sock");
        container.Create("--console-socket", socket.Path);
        using Terminal terminal = socket.Receive();
        container.Start();
        Assert.Contains("17 91", terminal.WaitFor("ready"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_terminal_belongs_to_the_user()
    {
        Container container = NewTerminalContainer("echo ready; sleep 1000");
        container.Bundle.Set("process.user", """{"uid":1000,"gid":1000}""");
        using ConsoleSocket socket = new(container.Directory + "/tty.sock");
        container.Create("--console-socket", socket.Path);
        using Terminal terminal = socket.Receive();
        container.Start();
        terminal.WaitFor("ready");
        Stat status = container.StatInside("/dev/pts/0");
        Assert.Equal(1000u, status.st_uid);
        Assert.Equal(5u, status.st_gid);
    }

    [Fact]
    public void A_terminal_works_in_a_user_namespace()
    {
        Container container = NewTerminalContainer("echo ready; read line; echo \"read $line\" >/dev/console");
        container.Bundle.UserNamespace();
        using ConsoleSocket socket = new(container.Directory + "/tty.sock");
        container.Create("--console-socket", socket.Path);
        using Terminal terminal = socket.Receive();
        container.Start();
        terminal.WaitFor("ready");
        terminal.Write("hello\n");
        terminal.WaitFor("read hello");
    }

    [Fact]
    public void A_terminal_without_a_socket_cannot_be_created()
    {
        Container container = NewTerminalContainer("true");
        container.TryCreate().Fails("cannot allocate tty if ");
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_socket_without_a_terminal_cannot_be_created()
    {
        Container container = NewContainer().Runs("true");
        using ConsoleSocket socket = new(container.Directory + "/tty.sock");
        container.TryCreate("--console-socket", socket.Path).Fails("cannot use console socket if ");
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_socket_without_a_listener_fails_and_leaves_nothing()
    {
        Container container = NewTerminalContainer("true");
        container.TryCreate("--console-socket", container.Directory + "/nobody.sock").Fails("nobody.sock");
        container.AssertNothingLeft();
    }

    [Fact]
    public void Exec_gets_a_terminal_of_its_own()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        using ConsoleSocket socket = new(container.Directory + "/tty.sock");
        string pidFile = container.Directory + "/exec.pid";
        container.ExecWith(["--tty", "--detach", "--console-socket", socket.Path, "--pid-file", pidFile], "sh", "-c",
            "tty; echo ready; read line; echo \"read $line\"").Succeeds();
        using Terminal terminal = socket.Receive();
        terminal.WaitFor("ready");
        Assert.Contains("/dev/pts/", terminal.Text, StringComparison.Ordinal);
        terminal.Write("hello\n");
        terminal.WaitFor("read hello");
    }

    [Fact]
    public void Exec_detached_with_a_terminal_needs_a_socket()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        Outcome outcome = container.ExecWith(["--tty", "--detach"], "true");
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Contains("cannot allocate tty if ", outcome.Stderr, StringComparison.Ordinal);
    }

    private Container NewTerminalContainer(string script)
    {
        Container container = NewContainer().RunsScript(script);
        container.Bundle.Set("process.terminal", "true");
        return container;
    }
}
