using System;
using System.Collections.Generic;
using System.Text;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.Systemd;

/// <summary>
/// A connection to systemd, or to a bus that it is on. No thread: what comes is read while something is waited for, and each wait has
/// an end.
/// </summary>
public sealed class BusConnection : IDisposable
{
    private const int Patience = 30_000; // milliseconds, for one answer
    private const int LineLimit = 4096;

    private readonly Descriptor _socket;
    private byte[] _buffer = new byte[4096];
    private int _filled;
    private uint _serial;

    private BusConnection(Descriptor socket, BusAddress address)
    {
        _socket = socket;
        Address = address;
    }

    /// <summary>Where it leads.</summary>
    public BusAddress Address { get; }

    /// <summary>Signals that came while punnet waited for something else.</summary>
    public List<BusMessage> Signals { get; } = [];

    /// <summary>Connects and authenticates.</summary>
    /// <param name="address">Where.</param>
    /// <param name="errno">Why it does not answer.</param>
    /// <returns>Null when nothing listens there.</returns>
    /// <exception cref="PunnetException">The other end refuses punnet, or does not answer.</exception>
    public static BusConnection? TryOpen(BusAddress address, out Errno errno)
    {
        const long ConnectPatience = 10_000;
        errno = Sys.ConnectUnixStream(address.Socket, ConnectPatience, out int socket);
        if (errno == Errno.EAGAIN)
        {
            throw new PunnetException(address + " does not take a connection within 10 seconds");
        }

        if (errno != Errno.None)
        {
            return null;
        }

        BusConnection connection = new(new Descriptor(socket), address);
        try
        {
            connection.Authenticate();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Calls a method and waits for the answer.</summary>
    /// <param name="call">The method.</param>
    /// <param name="arguments">Its arguments, or null.</param>
    /// <returns>A reply or an error.</returns>
    /// <exception cref="PunnetException">None comes.</exception>
    public BusMessage Call(BusCall call, BusWriter? arguments = null)
    {
        uint serial = Send(call, arguments);
        Deadline deadline = Deadline.In(Patience);
        while (true)
        {
            BusMessage message =
                Receive(deadline) ?? throw new PunnetException(Address + " does not answer " + call.Member + " within 30 seconds");
            if (message.ReplyTo == serial && message.Type is BusMessageType.Reply or BusMessageType.Error)
            {
                return message;
            }

            Keep(message);
        }
    }

    /// <summary>Calls a method whose answer is of no interest.</summary>
    /// <returns>The call's number.</returns>
    /// <exception cref="PunnetException">The connection is gone.</exception>
    public uint Send(BusCall call, BusWriter? arguments = null)
    {
        byte[] bytes = call.ToBytes(++_serial, arguments is null ? default : arguments.Written);
        Check(Sys.WriteAll(_socket.Number, bytes));
        return _serial;
    }

    /// <summary>Waits until another signal has come.</summary>
    /// <returns>False when the time is over.</returns>
    /// <exception cref="PunnetException">The connection is gone.</exception>
    public bool WaitForSignal(Deadline deadline)
    {
        int before = Signals.Count;
        while (Signals.Count == before)
        {
            BusMessage? message = Receive(deadline);
            if (message is null)
            {
                return false;
            }

            Keep(message);
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    // "Authentication Protocol": EXTERNAL without a name leaves it to the kernel who we are, which is right in a user namespace too.
    private void Authenticate()
    {
        Check(Sys.WriteAll(_socket.Number, "\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n"u8));
        Deadline deadline = Deadline.In(Patience);
        string first = Line(deadline), second = first == "DATA" ? Line(deadline) : first;
        if (!second.StartsWith("OK ", StringComparison.Ordinal))
        {
            throw new PunnetException(Address + " refuses this user");
        }

        if (Address.HasBroker)
        {
            BusMessage hello = Call(new BusCall("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello", ""));
            if (hello.Type == BusMessageType.Error)
            {
                throw new PunnetException(Address + " refuses this user: " + hello.FirstText());
            }
        }
    }

    private string Line(Deadline deadline)
    {
        while (true)
        {
            int end = _buffer.AsSpan(0, _filled).IndexOf("\r\n"u8);
            if (end >= 0)
            {
                string line = Encoding.ASCII.GetString(_buffer.AsSpan(0, end));
                Consume(end + 2);
                return line;
            }

            if (_filled >= LineLimit || !Fill(deadline))
            {
                throw new PunnetException(Address + " does not let this user in within 30 seconds");
            }
        }
    }

    private BusMessage? Receive(Deadline deadline)
    {
        while (true)
        {
            int length = _filled < BusMessage.HeadLength ? 0 : BusMessage.LengthOf(_buffer.AsSpan(0, _filled));
            if (length < 0)
            {
                throw Nonsense();
            }

            if (length > 0 && _filled >= length)
            {
                BusMessage message = BusMessage.TryRead(_buffer.AsSpan(0, length).ToArray()) ?? throw Nonsense();
                Consume(length);
                return message;
            }

            if (!Fill(deadline))
            {
                return null;
            }
        }
    }

    private bool Fill(Deadline deadline)
    {
        if (!PendingSignals.WaitToRead(_socket.Number, deadline.Left(), "wait for the systemd bus"))
        {
            return false;
        }

        if (_filled == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        Check(Sys.Read(_socket.Number, _buffer.AsSpan(_filled), out int count));
        _filled += count > 0 ? count : throw Lost(Errno.ECONNRESET);
        return true;
    }

    private void Consume(int count)
    {
        _buffer.AsSpan(count, _filled - count).CopyTo(_buffer);
        _filled -= count;
    }

    // A flood of them must not fill the memory. A waiter asks again after a while anyway.
    private void Keep(BusMessage message)
    {
        const int Most = 1024;
        if (message.Type == BusMessageType.Signal && Signals.Count < Most)
        {
            Signals.Add(message);
        }
    }

    private void Check(Errno errno)
    {
        if (errno != Errno.None)
        {
            throw Lost(errno);
        }
    }

    private PunnetException Lost(Errno errno) => new("the connection to " + Address + " is lost: " + errno.Words());

    private PunnetException Nonsense() => new(Address + " sent something that is not a D-Bus message");
}

/// <summary>A moment on the monotonic clock.</summary>
/// <param name="Milliseconds">Of that clock.</param>
public readonly record struct Deadline(long Milliseconds)
{
    /// <summary>In so many milliseconds.</summary>
    public static Deadline In(long milliseconds) => new(Now() + milliseconds);

    /// <summary>Milliseconds until then, 0 when it is over.</summary>
    public long Left() => Math.Max(Milliseconds - Now(), 0);

    /// <summary>Whichever is earlier.</summary>
    public Deadline OrIn(long milliseconds) => new(Math.Min(Milliseconds, Now() + milliseconds));

    private static long Now()
    {
        Sys.ClockGettime(Clock.Monotonic, out long seconds, out long nanoseconds);
        return (seconds * 1000) + (nanoseconds / 1_000_000);
    }
}
