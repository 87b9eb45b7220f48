using System;
using System.Globalization;
using System.IO;
using System.Linq;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary><c>top</c>: lines in a pipe, a screen in a terminal, containers that come and go.</summary>
public sealed class TopTests : RootlessTest
{
    public TopTests() => Runtime.MustBePunnet();

    [Fact]
    public void The_busiest_container_is_the_first()
    {
        Container idle = NewContainer().Sleeps().CreateAndStart();
        Container busy = NewContainer(idle.StateRoot).RunsScript("while :; do :; done").CreateAndStart();
        Container made = NewContainer(idle.StateRoot).Sleeps().Create();
        Container ended = NewContainer(idle.StateRoot).Runs("true").CreateAndStart();
        ended.WaitFor("stopped");
        string[] lines = Lines(idle.Call("top", "--once", "--delay", "500ms").Succeeds().Stdout);
        Assert.Equal("ID STATUS CPU% MEM LIMIT PIDS READ/s WRITE/s PSIcpu PSImem PSIio OOM", lines[0]);
        Assert.Equal(5, lines.Length);
        Assert.StartsWith(busy.Id + " running ", lines[1], StringComparison.Ordinal);
        Assert.True(double.Parse(lines[1].Split(' ')[2], CultureInfo.InvariantCulture) > 1, lines[1]);
        Assert.Contains(lines, line => line.StartsWith(idle.Id + " running 0.0 ", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith(made.Id + " created 0.0 ", StringComparison.Ordinal));
        Assert.Contains(ended.Id + " stopped - - - - - - - - - -", lines);
    }

    [Fact]
    public void Numbers_are_those_of_the_cgroup()
    {
        Controllers.Need("memory");
        Container container = NewContainer().RunsScript("sleep 1000 & sleep 1000 & wait")
            .Limits("""{"memory":{"limit":67108864},"pids":{"limit":50}}""").CreateAndStart();
        Eventually.True(() => container.Held("pids.current") == "3", "three processes");
        string[] cells = Lines(container.Call("top", "--once", "--delay", "10ms").Succeeds().Stdout)[1].Split(' ');
        Assert.Matches(@"^\d+(\.\d[KM])?$", cells[3]);
        Assert.Equal(["64.0M", "3/50"], cells[4..6]);
        Assert.Equal("0", cells[^1]);
    }

    [Fact]
    public void A_program_that_was_killed_for_want_of_memory_is_counted()
    {
        Controllers.Need("memory");
        Container container = NewContainer().RunsScript("(tail /dev/zero; true); echo done; sleep 1000")
            .Limits("""{"memory":{"limit":33554432,"swap":33554432}}""").CreateAndStart();
        container.WaitForOutput("done");
        Assert.EndsWith(" 1", Lines(container.Call("top", "--once", "--delay", "10ms").Succeeds().Stdout)[1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_container_without_a_cgroup_has_a_line_without_numbers()
    {
        Container container = NewContainer().Globally("--cgroup-manager", "disabled").Sleeps();
        container.TryCreate().Succeeds();
        container.Start();
        Assert.Equal(
            container.Id + " running - - - - - - - - - -", Lines(container.Call("top", "--once", "--delay", "10ms").Succeeds().Stdout)[1]);
    }

    [Fact]
    public void An_ordinary_user_sees_the_containers_of_the_user()
    {
        Container container = NewRootless().Sleeps().CreateAndStart();
        Assert.StartsWith(
            container.Id + " running ", Lines(container.Call("top", "--once", "--delay", "10ms").Succeeds().Stdout)[1],
            StringComparison.Ordinal);
    }

    [Fact]
    public void Containers_come_and_go_and_a_signal_ends_it()
    {
        Container first = NewContainer().Sleeps().CreateAndStart();
        using RunningCommand top = first.Command("top", "--delay", "50ms").Start();
        Eventually.True(() => top.Stdout.Contains(first.Id, StringComparison.Ordinal), "the first");
        Container second = NewContainer(first.StateRoot).Sleeps().CreateAndStart();
        Eventually.True(() => top.Stdout.Contains(second.Id, StringComparison.Ordinal), "the second");
        first.Delete("--force").Succeeds();
        Eventually.True(() => Last(top.Stdout) is string last && last.Contains(second.Id, StringComparison.Ordinal)
            && !last.Contains(first.Id, StringComparison.Ordinal), "a table without the first");
        Assert.Equal(0, Syscall.kill(top.Pid, Signum.SIGTERM));
        Assert.Equal("", top.Wait().Returns(143).Stderr);
    }

    [Fact]
    public void With_ids_only_these_are_shown_and_their_end_is_its_end()
    {
        Container first = NewContainer().Sleeps().CreateAndStart();
        Container second = NewContainer(first.StateRoot).Sleeps().CreateAndStart();
        using RunningCommand top = first.Command("top", "--delay", "50ms", second.Id).Start();
        Eventually.True(() => top.Stdout.Contains(second.Id, StringComparison.Ordinal), "the second");
        second.Delete("--force").Succeeds();
        Assert.DoesNotContain(first.Id, top.Wait().Succeeds().Stdout, StringComparison.Ordinal);
        first.Call("top", "nosuch").Fails("container does not exist: nosuch");
    }

    [Fact]
    public void So_many_tables_as_asked_for_are_printed()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        Assert.Equal(3, container.Call("top", "-n", "3", "-d", "10ms").Succeeds().Stdout.Split("ID ").Length - 1);
        new Command("/bin/sh", ["-c", "\"$@\" | head -n 1; true", "sh", .. container.Command("top", "-d", "10ms").Words]).Run().Succeeds();
    }

    [Theory]
    [InlineData("--delay 0s", "invalid value \"0s\" for flag -delay")]
    [InlineData("--delay x", "invalid value \"x\" for flag -delay")]
    [InlineData("--count 0", "invalid value \"0\" for flag -count")]
    [InlineData("--count -1", "invalid value \"-1\" for flag -count")]
    public void Wrong_values_are_refused(string options, string complaint) => Runtime.Run(["top", .. options.Split(' ')]).Fails(complaint);

    [Fact]
    public void A_name_with_control_characters_is_no_container()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        string directory = Directory.CreateDirectory(container.StateRoot + "/a\e[31m\nb").FullName;
        string text = container.Call("top", "--once", "--delay", "10ms").Succeeds().Stdout;
        Directory.Delete(directory);
        Assert.Equal(2, Lines(text).Length);
        Assert.DoesNotContain('\e', text);
    }

    [Theory]
    [InlineData("q")]
    [InlineData("\u0003")]
    public void A_terminal_is_drawn_until_a_key_and_is_as_it_was_afterwards(string key)
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        Container second = NewContainer(container.StateRoot).Sleeps().CreateAndStart();
        Container third = NewContainer(container.StateRoot).Sleeps().CreateAndStart();
        using Terminal terminal = Terminal.Open();
        terminal.Resize(24, 120);

        // Somebody must hold the slave open, or its settings end with the last user.
        int slave = Syscall.open(terminal.Name, OpenFlags.O_RDWR | OpenFlags.O_NOCTTY | OpenFlags.O_CLOEXEC);
        string before = Settings(terminal);
        Command command = new("/usr/bin/env", ["TERM=xterm", .. container.Command("top", "--delay", "50ms").Words])
        {
            Redirections = $"<>'{terminal.Name}' >&0",
        };
        using RunningCommand running = command.Start();
        terminal.WaitFor("\e[?1049h\e[?25l\e[HID ");
        terminal.WaitFor(third.Id);
        Assert.All(
            terminal.Text.Split("\r\n").Where(static line => line.StartsWith("pt", StringComparison.Ordinal)),
            static line => Assert.InRange(line.IndexOf('\e', StringComparison.Ordinal), -1, 120));
        terminal.Resize(3, 60);
        terminal.WaitFor("… and 2 more");
        Assert.NotEqual(before, Settings(terminal));
        terminal.Write(key);
        terminal.WaitFor("\e[?25h\e[?1049l");
        running.Wait().Succeeds();
        Assert.Equal(before, Settings(terminal));
        Assert.NotEqual(second.Id, third.Id);
        Assert.Equal(0, Syscall.close(slave));
    }

    [Fact]
    public void A_terminal_that_cannot_be_drawn_on_gets_lines()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        using Terminal terminal = Terminal.Open();
        Command command = new("/usr/bin/env", ["TERM=dumb", .. container.Command("top", "--delay", "20ms").Words])
        {
            Redirections = $"<>'{terminal.Name}' >&0",
        };
        using RunningCommand running = command.Start();
        terminal.WaitFor(container.Id);
        Assert.Equal(0, Syscall.kill(running.Pid, Signum.SIGTERM));
        Eventually.True(() => !terminal.Pump() || running.HasExited, "its end");
        running.Wait().Returns(143);
        Assert.DoesNotContain('\e', terminal.Text);
    }

    private static string Settings(Terminal terminal) =>
        new Command("/usr/bin/stty", ["-g"]) { Stdin = terminal.Name }.Run().Succeeds().Stdout;

    private static string[] Lines(string text) =>
        [.. text.TrimEnd('\n').Split('\n').Select(static line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];

    // The last whole table.
    private static string? Last(string text) => text.Split("\n\n") is { Length: > 1 } tables ? tables[^2] : null;
}
