using System;
using System.IO;
using System.Net.Sockets;
using System.Text;
using Mono.Unix.Native;
using Xunit;

namespace Punnet.Tests.Harness;

/// <summary>What systemd is to a service with Type=notify: a datagram socket that is read here.</summary>
internal sealed class Supervisor : IDisposable
{
    private readonly Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly string? path;

    /// <summary>Listens.</summary>
    /// <param name="directory">Where the socket is made; null for one without a file.</param>
    public Supervisor(string? directory)
    {
        path = directory is null ? null : directory + "/manager.sock";
        Address = path ?? "@" + Workplace.UniqueName();
        socket.Bind(new UnixDomainSocketEndPoint(path ?? "\0" + Address[1..]));
        socket.ReceiveTimeout = (int)Command.Patience.TotalMilliseconds;
        if (path is not null)
        {
            Assert.Equal(0, Syscall.chmod(path, (FilePermissions)0x1B6));
        }
    }

    /// <summary>NOTIFY_SOCKET.</summary>
    public string Address { get; }

    /// <summary>Waits for one message. Descriptors that come with it are closed by the kernel, which is the answer to a barrier.</summary>
    public string Receive()
    {
        byte[] buffer = new byte[8192];
        int count = socket.Receive(buffer);
        return Encoding.UTF8.GetString(buffer, 0, count);
    }

    /// <summary>Whether a message waits.</summary>
    public bool HasMessage()
    {
        return socket.Poll(TimeSpan.FromMilliseconds(200), SelectMode.SelectRead);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        socket.Dispose();
        if (path is not null)
        {
            File.Delete(path);
        }
    }
}
