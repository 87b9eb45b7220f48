using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>The terminal of a foreground run or exec: its settings, its signals, and a reader that stops.</summary>
public sealed class TerminalRelayTests : ContainerTest
{
    [Fact]
    public void A_foreground_run_lends_its_terminal()
    {
        Container container = NewTerminalContainer("tty; echo ready; read line; echo \"read $line\"; exit 6");
        using Terminal terminal = Terminal.Open();
        using RunningCommand running = RunIn(terminal, container);
        terminal.WaitFor("ready");
        Assert.Contains("/dev/pts/0", terminal.Text, StringComparison.Ordinal);
        terminal.Write("hello\r");
        terminal.WaitFor("read hello");
        Drain(terminal, running);
        running.Wait().Returns(6);
        container.AssertNothingLeft();
    }

    [Fact]
    public void The_containers_terminal_has_the_size_of_the_runs_and_follows_it()
    {
        Container container = NewTerminalContainer("trap 'echo changed' WINCH; while :; do stty size 2>/dev/null; sleep 0.05; done");
        using Terminal terminal = Terminal.Open();
        terminal.Resize(31, 97);
        using RunningCommand running = RunIn(terminal, container);
        terminal.WaitFor("31 97");
        terminal.Resize(42, 103);
        terminal.WaitFor("42 103");
        terminal.WaitFor("changed");
        container.Kill("KILL").Succeeds();
        Drain(terminal, running);
    }

    [Fact]
    public void An_interrupt_key_reaches_the_program_and_not_the_runtime()
    {
        Container container = NewTerminalContainer("trap 'echo interrupted; exit 9' INT; echo ready; while :; do sleep 0.02; done");
        using Terminal terminal = Terminal.Open();
        using RunningCommand running = RunIn(terminal, container);
        terminal.WaitFor("ready");
        terminal.Write("\u0003");
        terminal.WaitFor("interrupted");
        Drain(terminal, running);
        running.Wait().Returns(9);
    }

    [Fact]
    public void The_runs_terminal_is_as_it_was_afterwards()
    {
        Container container = NewTerminalContainer("echo ready; read line");
        using Terminal terminal = Terminal.Open();
        // Somebody must hold the slave open, or its settings end with the last user.
        int slave = Syscall.open(terminal.Name, OpenFlags.O_RDWR | OpenFlags.O_NOCTTY | OpenFlags.O_CLOEXEC);
        string before = Settings(terminal);
        using RunningCommand running = RunIn(terminal, container);
        terminal.WaitFor("ready");
        Assert.NotEqual(before, Settings(terminal));
        terminal.Write("\r");
        Drain(terminal, running);
        running.Wait().Succeeds();
        Assert.Equal(before, Settings(terminal));
        _ = Syscall.close(slave);
    }

    [Fact]
    public void Exec_in_the_foreground_lends_its_terminal()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        using Terminal terminal = Terminal.Open();
        using RunningCommand running = In(terminal, container.Directory,
            ["--root", container.StateRoot, "exec", "-t", container.Id, "sh", "-c", "tty; echo ready; read line; exit 8"]);
        terminal.WaitFor("ready");
        Assert.Contains("/dev/pts/", terminal.Text, StringComparison.Ordinal);
        terminal.Write("\r");
        Drain(terminal, running);
        running.Wait().Returns(8);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("exec")]
    public void What_a_program_writes_to_its_terminal_ends_its_lines_as_written(string verb)
    {
        const string Script = "printf 'one\\ntwo\\n'";
        Container container = NewTerminalContainer(verb == "run" ? Script : "sleep 1000");
        string[] words = ["run", "--bundle", container.Bundle.Path, container.Id];
        if (verb == "exec")
        {
            container.Bundle.Set("process.terminal", "false");
            container.CreateAndStart();
            words = ["exec", "-t", container.Id, "sh", "-c", Script];
        }

        container.Bundle.Write();
        Assert.Equal("one\ntwo\n", container.Command(words).Run().Succeeds().Stdout);
    }

    [Fact]
    public void The_callers_terminal_still_begins_a_line_where_one_ends()
    {
        Container container = NewTerminalContainer("printf 'one\\ntwo\\n'; read line");
        using Terminal terminal = Terminal.Open();
        using RunningCommand running = RunIn(terminal, container);
        Assert.Equal("one\r\ntwo\r\n", terminal.WaitFor("two\r\n"));
        terminal.Write("\r");
        Drain(terminal, running);
        running.Wait().Succeeds();
    }

    [Fact]
    public void A_reader_who_stops_holds_up_no_signal_and_loses_nothing()
    {
        Container container = NewTerminalContainer("trap 'exit 9' TERM; seq 1 100; echo ready >/ready; (trap '' TERM; seq 101 200000) & "
            + "while :; do sleep 0.05; done");
        container.Bundle.Set("root.readonly", "false");
        using Fifo stdout = new(container.Directory + "/stdout");
        container.Bundle.Write();
        string full = new('-', 65536); // what a pipe holds
        stdout.Write(full);
        using RunningCommand running = RunInto(stdout.Path, container);
        Eventually.True(() => File.Exists(container.Bundle.Rootfs + "/ready"), "it has written to its terminal");
        Assert.Equal(0, Syscall.kill(running.Pid, Signum.SIGTERM));
        container.WaitFor("stopped");
        Assert.False(running.HasExited);
        string text = stdout.ReadUntil(() => running.HasExited);
        Assert.StartsWith(full + "1\n2\n", text, StringComparison.Ordinal);
        string[] lines = text[full.Length..].Split('\n');
        Assert.True(lines.Length > 100);
        Assert.Equal(Enumerable.Range(1, lines.Length - 1).Select(static i => i.ToString(CultureInfo.InvariantCulture)), lines[..^1]);
        running.Wait().Returns(9);
    }

    [Fact]
    public void A_signal_ends_the_wait_for_a_reader_where_the_program_has_ended()
    {
        Container container = NewTerminalContainer("echo pending; exit 3");
        using Fifo stdout = new(container.Directory + "/stdout");
        container.Bundle.Write();
        stdout.Write(new string('-', 65536)); // what a pipe holds
        using RunningCommand running = RunInto(stdout.Path, container);
        Eventually.True(() => container.Call("state", container.Id).Stdout.Contains("stopped", StringComparison.Ordinal), "it is stopped");
        Assert.False(running.HasExited);
        Assert.Equal(0, Syscall.kill(running.Pid, Signum.SIGTERM));
        running.Wait().Returns(3);
    }

    [Fact]
    public void A_signal_that_comes_together_with_the_end_is_not_lost()
    {
        Container container = NewTerminalContainer("trap 'exit 3' USR1; echo ready; echo ready >/ready; while :; do sleep 0.02; done");
        container.Bundle.Set("root.readonly", "false");
        using Fifo stdout = new(container.Directory + "/stdout");
        container.Bundle.Write();
        stdout.Write(new string('-', 65536)); // what a pipe holds
        using RunningCommand running = RunInto(stdout.Path, container);
        Eventually.True(() => File.Exists(container.Bundle.Rootfs + "/ready"), "the program runs");

        // Frozen, and not stopped: SIGCONT would be one more signal.
        string freezer = $"{CgroupTree.MountPoint}/{container.Id}-frozen";
        _ = Directory.CreateDirectory(freezer);
        try
        {
            File.WriteAllText(freezer + "/cgroup.procs", $"{running.Pid}");
            File.WriteAllText(freezer + "/cgroup.freeze", "1");
            Eventually.True(() => CgroupTree.Value(freezer, "cgroup.events", "frozen") == "1", "punnet is frozen");
            Assert.Equal(0, Syscall.kill(container.Pid, Signum.SIGUSR1));
            container.WaitFor("stopped");
            Assert.Equal(0, Syscall.kill(running.Pid, Signum.SIGTERM));
            File.WriteAllText(freezer + "/cgroup.freeze", "0");
            running.Wait().Returns(3);
        }
        finally
        {
            File.WriteAllText(freezer + "/cgroup.kill", "1");
            Eventually.True(() => CgroupTree.Value(freezer, "cgroup.events", "populated") == "0", "nobody is in the freezer");
            Directory.Delete(freezer);
        }
    }

    [Fact]
    public void Input_and_output_do_not_wait_for_each_other()
    {
        const int Length = 600_000;
        Container container = NewTerminalContainer($"stty raw -echo; echo ready; head -c {Length}");
        using Fifo stdin = new(container.Directory + "/stdin");
        using Fifo stdout = new(container.Directory + "/stdout");
        container.Bundle.Write();
        using RunningCommand running = RunInto(stdout.Path, container, stdin.Path);
        Eventually.True(() => stdout.Available > 0, "it is ready");
        string sent = string.Concat(Enumerable.Range(0, Length / 10).Select(static i => $"{i:d9}\n"));
        Thread writer = new(() => stdin.Write(sent));
        writer.Start();

        // Everybody is full now: the program cannot write, and does not read.
        Thread.Sleep(200);
        Assert.Equal("ready\n" + sent, stdout.ReadUntil(() => running.HasExited));
        running.Wait().Succeeds();
        Assert.True(writer.Join(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public void The_program_gets_a_hangup_once_its_terminal_has_no_reader()
    {
        Container container = NewTerminalContainer("trap 'exit 5' HUP; while :; do echo line; sleep 0.01; done");
        container.Bundle.Write();
        Fifo stdout = new(container.Directory + "/stdout");
        using RunningCommand running = RunInto(stdout.Path, container);
        Eventually.True(() => stdout.Available > 0, "it writes");
        stdout.Dispose();
        running.Wait().Returns(5);
    }

    private static RunningCommand RunInto(string stdout, Container container, string stdin = "/dev/null")
    {
        string[] words = ["--root", container.StateRoot, "run", "--bundle", container.Bundle.Path, container.Id];
        return new Command(Runtime.Path, words)
        {
            WorkingDirectory = container.Directory,
            Stdin = stdin,
            Redirections = $">'{stdout}'"
        }.Start();
    }

    private static RunningCommand RunIn(Terminal terminal, Container container)
    {
        container.Bundle.Write();
        return In(terminal, container.Directory, ["--root", container.StateRoot, "run", "--bundle", container.Bundle.Path, container.Id]);
    }

    // The terminal's slave becomes stdin, stdout, stderr and the controlling terminal of a new session.
    private static RunningCommand In(Terminal terminal, string directory, string[] arguments)
    {
        Command command = new("/usr/bin/setsid", ["--ctty", Runtime.Path, .. arguments])
        {
            WorkingDirectory = directory,
            Redirections = $"<>'{terminal.Name}' >&0 2>&0",
        };
        return command.Start();
    }

    private static void Drain(Terminal terminal, RunningCommand running)
    {
        while (!running.HasExited && terminal.Pump())
        {
        }
    }

    private static string Settings(Terminal terminal)
    {
        return new Command("stty", ["-g"]) { Stdin = terminal.Name }.Run().Succeeds().Stdout;
    }

    private Container NewTerminalContainer(string script)
    {
        Container container = NewContainer().RunsScript(script);
        container.Bundle.Set("process.terminal", "true");
        return container;
    }
}
