using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Sockets;
using System.Text.Json;
using System.Threading;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>Whom punnet waits for may do nothing at all: every wait ends.</summary>
public sealed class WaitTests : ContainerTest
{
    [Theory]
    [InlineData("console", "cannot connect to the console socket ", "hint: its owner has accepted no connection for 10 seconds\n")]
    [InlineData("pidfd", "cannot connect to ", "hint: its owner has accepted no connection for 10 seconds\n")]
    [InlineData("agent", "cannot connect to the seccomp agent ", "hint: the agent has accepted or read nothing for 10 seconds\n")]
    public void A_socket_whose_owner_accepts_nothing_is_an_error(string kind, string words, string hint)
    {
        Container container = NewContainer().Sleeps();
        string path = container.Directory + "/silent.sock";
        using Socket silent = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        silent.Bind(new UnixDomainSocketEndPoint(path));
        silent.Listen(0);
        List<Socket> waiting = Fill(path);
        container.Bundle.Set("process.terminal", kind == "console" ? "true" : "false");
        if (kind == "agent")
        {
            container.Bundle.Set("linux.seccomp", $$"""{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"{{path}}","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_NOTIFY"}]}""");
        }

        Outcome outcome = container.TryCreate(kind == "agent" ? [] : [$"--{kind}-socket", path]);
        waiting.ForEach(static socket => socket.Dispose());
        outcome.Fails(words, path, "resource temporarily unavailable (EAGAIN)\n" + hint);
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("console", "hand the terminal to the console socket")]
    [InlineData("pidfd", "send the pidfd")]
    public void A_socket_whose_owner_has_closed_the_connection_is_an_error(string kind, string words)
    {
        Container container = NewContainer().Sleeps();
        string path = container.Directory + "/closing.sock";
        using Socket owner = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        owner.Bind(new UnixDomainSocketEndPoint(path));
        owner.Listen(1);
        container.Bundle.Set("process.terminal", kind == "console" ? "true" : "false");
        string closed = container.Directory + "/closed";
        Thread closer = new(() =>
        {
            owner.Accept().Dispose();
            File.WriteAllText(closed, "");
        });
        closer.Start();

        // The container must not be ready before the connection is closed.
        string[] waits = ["sh", "-c", $"while ! [ -e {closed} ]; do sleep 0.05; done"];
        container.Bundle.Set("hooks", $$"""{"createRuntime":[{"path":"/bin/sh","timeout":20,"args":{{JsonSerializer.Serialize(waits)}}}]}""");
        Outcome outcome = container.TryCreate($"--{kind}-socket", path);
        Assert.True(closer.Join(TimeSpan.FromSeconds(20)));
        outcome.Fails("cannot " + words, "broken pipe (EPIPE)");
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_service_manager_that_reads_nothing_does_not_hold_start_up()
    {
        Container container = NewContainer().Runs("/bin/notify", "READY=1", "SLEEP");
        string path = container.Directory + "/manager.sock";
        using Socket manager = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(path));
        File.Copy(Workplace.Program("notify"), container.Bundle.Rootfs + "/bin/notify");
        Assert.Equal(0, Syscall.chmod(container.Bundle.Rootfs + "/bin/notify", (FilePermissions)0x1ED));
        container.CreateCommand().With("NOTIFY_SOCKET", path).Run().Succeeds();
        using Socket full = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
        full.Connect(new UnixDomainSocketEndPoint(path));
        while (Takes(full))
        {
        }

        container.Command("start", container.Id).With("NOTIFY_SOCKET", path).Run().Succeeds();
        Assert.Equal("running", container.Status);
    }

    [Fact]
    public void A_stopped_create_does_not_block_other_commands()
    {
        Container container = NewContainer().Sleeps();
        string mark = container.Directory + "/hook";
        container.Bundle.Set("hooks", $$"""{"createRuntime":[{"path":"/bin/sh","args":["sh","-c","touch {{mark}}; exec sleep 1000"]}]}""");
        using RunningCommand create = container.CreateCommand().Start();
        int pid = 0;
        Eventually.True(
            () => File.Exists(mark)
            && (pid = ProcFile.Mentioning(container.Id).Find(static found => ProcFile.CommandLine(found) is [string program, ..]
            && program == Runtime.Path)) != 0,
            "the create is there");
        Assert.Equal(0, Syscall.kill(pid, Signum.SIGSTOP));
        try
        {
            container.Call("state", container.Id);
            container.Call("list").Succeeds();
            container.Kill("TERM");
            container.Delete("--force").Succeeds();
        }
        finally
        {
            _ = Syscall.kill(pid, Signum.SIGCONT);
        }

        Assert.NotEqual(0, create.Wait().ExitCode);
        container.AssertNothingLeft();
    }

    private static bool Takes(Socket full)
    {
        try
        {
            return full.Send("X=1"u8) > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    // As many connections as the kernel keeps for an owner that takes none.
    private static List<Socket> Fill(string path)
    {
        List<Socket> waiting = [];
        while (waiting.Count < 16)
        {
            Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
            waiting.Add(socket);
            try
            {
                socket.Connect(new UnixDomainSocketEndPoint(path));
            }
            catch (SocketException)
            {
                break;
            }
        }

        return waiting;
    }
}
