using System;
using System.Collections.Generic;
using System.Net.Sockets;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>--systemd-cgroup where there is no systemd, or something that says so and is none.</summary>
public sealed class SystemdBusTests : ContainerTest
{
    [Fact]
    public void Without_systemd_a_sentence_says_so_and_nothing_is_made()
    {
        Assert.SkipWhen(Systemd.IsHere, "needs a machine without systemd as process 1");
        Container container = NewContainer().Sleeps().Globally("--systemd-cgroup");
        container.TryCreate().Fails("--systemd-cgroup: systemd cannot be reached (systemd /run/systemd/private: ",
            "no such file or directory (ENOENT)", "hint: is systemd process 1 here?");
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("close", "the connection to bus ", "is lost: connection reset by peer (ECONNRESET)")]
    [InlineData("REJECTED EXTERNAL\r\n", "refuses this user")]
    [InlineData("DATA\r\nOK 1234\r\nnot a message at all", "sent something that is not a D-Bus message")]
    [InlineData("DATA\r\nOK 1234\r\nl\u0002\u0001\u0001\u00ff\u00ff\u00ff\u007f\u0001\u0000\u0000\u0000\u0000\u0000\u0000\u0000",
        "sent something that is not a D-Bus message")]
    [InlineData("DATA\r\nOK 1234\r\nl\u0002\u0001\u0001\u0000\u0000\u0000\u0000\u0001\u0000\u0000\u0000\u0010\u0000\u0000\u0000\u0005\u0001u\u0000\u0001\u0000\u0000\u0000\u0008\u00ffg\u0000\u00ff\u00ff\u00ff\u00ff", "sent something that is not a D-Bus message")]
    public async Task Whatever_a_bus_sends_it_ends_in_one_sentence(string says, params string[] expected)
    {
        Assert.SkipWhen(Systemd.IsHere, "needs a machine without systemd as process 1");
        Container container = NewContainer().Sleeps().Globally("--systemd-cgroup");
        string path = container.Directory + "/bus";
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        // A thread of its own: the pool's may all be in other tests.
        Task answer = Task.Factory.StartNew(
            () => Answer(listener, says), TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        container.Bundle.Write();
        Outcome outcome = new Command(
            Runtime.Path, ["--root", container.StateRoot, "--systemd-cgroup", "create", "--bundle", container.Bundle.Path, container.Id])
        {
            Environment = new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["DBUS_SYSTEM_BUS_ADDRESS"] = "tcp:host=x;unix:path="
                + path.Replace("/", "%2f", StringComparison.Ordinal)
            },
        }.Run();
        outcome.Fails(expected);
        Assert.DoesNotContain('\n', outcome.Stderr.Trim());
        await answer;
        container.AssertNothingLeft();
    }

    private static void Answer(Socket listener, string says)
    {
        using Socket peer = listener.Accept();
        byte[] said = new byte[4096];
        int count = peer.Receive(said);
        Assert.StartsWith("\0AUTH EXTERNAL\r\n", Encoding.Latin1.GetString(said, 0, count), StringComparison.Ordinal);
        if (says != "close")
        {
            peer.Send(Encoding.Latin1.GetBytes(says));
            // Until the other side gives up.
            while (peer.Receive(said) > 0)
            {
                Thread.Yield();
            }
        }
    }
}
