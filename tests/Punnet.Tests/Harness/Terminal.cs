using System;
using System.Diagnostics;
using System.IO;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Mono.Unix.Native;
using Xunit;

namespace Punnet.Tests.Harness;

/// <summary>The master side of a pseudo-terminal, pty(7).</summary>
internal sealed partial class Terminal : IDisposable
{
    private const nuint GetNumber = 0x80045430; // TIOCGPTN
    private const nuint SetLock = 0x40045431; // TIOCSPTLCK
    private const nuint SetSize = 0x5414; // TIOCSWINSZ

    private readonly int descriptor;
    private readonly StringBuilder text = new();

    /// <summary>Takes over a master that somebody sent.</summary>
    public Terminal(int descriptor, string name)
    {
        this.descriptor = descriptor;
        Name = name;
    }

    /// <summary>Path of the slave, or what the sender called it.</summary>
    public string Name { get; }

    /// <summary>What was read so far.</summary>
    public string Text => text.ToString();

    /// <summary>A new pseudo-terminal of the host.</summary>
    public static Terminal Open()
    {
        int master = Syscall.open("/dev/ptmx", OpenFlags.O_RDWR | OpenFlags.O_NOCTTY | OpenFlags.O_CLOEXEC);
        Assert.True(master >= 0, "open /dev/ptmx");
        int number = 0;
        Assert.Equal(0, Control(master, SetLock, ref number));
        Assert.Equal(0, Control(master, GetNumber, ref number));
        return new Terminal(master, $"/dev/pts/{number}");
    }

    /// <summary>TIOCSWINSZ.</summary>
    public void Resize(ushort rows, ushort columns)
    {
        WindowSize size = new(rows, columns, 0, 0);
        Assert.Equal(0, Control(descriptor, SetSize, ref size));
    }

    /// <summary>Types.</summary>
    public void Write(string keys)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(keys);
        GCHandle pin = GCHandle.Alloc(bytes, GCHandleType.Pinned);
        Assert.Equal(bytes.Length, Syscall.write(descriptor, pin.AddrOfPinnedObject(), (ulong)bytes.Length));
        pin.Free();
    }

    /// <summary>Reads until the text has been seen.</summary>
    public string WaitFor(string expected)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (!Text.Contains(expected, StringComparison.Ordinal))
        {
            Assert.True(clock.Elapsed < Command.Patience && Pump(), $"the terminal never showed '{expected}', only '{Text}'");
        }

        return Text;
    }

    /// <summary>Reads what is there; false after the slave's last user has gone.</summary>
    public bool Pump()
    {
        Pollfd[] wait = [new Pollfd { fd = descriptor, events = PollEvents.POLLIN }];
        if (Syscall.poll(wait, 50) <= 0)
        {
            return true;
        }

        byte[] bytes = new byte[4096];
        GCHandle pin = GCHandle.Alloc(bytes, GCHandleType.Pinned);
        long count = Syscall.read(descriptor, pin.AddrOfPinnedObject(), (ulong)bytes.Length);
        pin.Free();
        if (count <= 0)
        {
            return false;
        }

        _ = text.Append(Encoding.UTF8.GetString(bytes, 0, (int)count));
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ = Syscall.close(descriptor);
    }

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(int descriptor, nuint request, ref int argument);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(int descriptor, nuint request, ref WindowSize argument);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct WindowSize(ushort Rows, ushort Columns, ushort Width, ushort Height);
}

/// <summary>The socket that --console-socket names, as an engine listens on it.</summary>
internal sealed class ConsoleSocket : IDisposable
{
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    /// <summary>Listens.</summary>
    /// <param name="path">Path of the socket.</param>
    /// <param name="waiting">How many may send before anyone receives.</param>
    public ConsoleSocket(string path, int waiting = 1)
    {
        Path = path;
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(waiting);
    }

    /// <summary>Path of the socket.</summary>
    public string Path { get; }

    /// <summary>Receives the one message that the protocol has: the terminal's name, and its master.</summary>
    public Terminal Receive()
    {
        Assert.True(listener.Poll(Command.Patience, SelectMode.SelectRead), "nobody connected to the console socket");
        using Socket connection = listener.Accept();
        byte[] bytes = new byte[4096];
        byte[] control = new byte[(int)Syscall.CMSG_SPACE(sizeof(int) * 4)];
        GCHandle pin = GCHandle.Alloc(bytes, GCHandleType.Pinned);
        Msghdr message = new()
        {
            msg_iov = [new Iovec { iov_base = pin.AddrOfPinnedObject(), iov_len = (ulong)bytes.Length }],
            msg_iovlen = 1,
            msg_control = control,
            msg_controllen = control.Length,
        };
        long count = Syscall.recvmsg((int)connection.Handle, message, MessageFlags.MSG_CMSG_CLOEXEC);
        pin.Free();
        Assert.True(count > 0, "the console socket's message is empty");
        long first = Syscall.CMSG_FIRSTHDR(message);
        Assert.True(first >= 0, "the console socket's message carries no descriptor");
        Cmsghdr header = Cmsghdr.ReadFromBuffer(message, first);
        Assert.Equal(UnixSocketControlMessage.SCM_RIGHTS, header.cmsg_type);
        Assert.Equal((long)Syscall.CMSG_LEN(sizeof(int)), header.cmsg_len);
        int descriptor = BitConverter.ToInt32(control, (int)Syscall.CMSG_DATA(message, first));
        return new Terminal(descriptor, Encoding.UTF8.GetString(bytes, 0, (int)count));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        listener.Dispose();
        File.Delete(Path);
    }
}
