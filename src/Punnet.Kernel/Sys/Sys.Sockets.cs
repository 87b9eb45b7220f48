using System;
using Punnet.Abi;
using static Tmds.Linux.LibC;

namespace Punnet.Kernel;

public static unsafe partial class Sys
{
    private const int PathLimit = 108; // sun_path of struct sockaddr_un, unix(7)
    private const int DescriptorMessageLength = 20; // CMSG_LEN(sizeof(int))

    /// <summary>
    /// Milliseconds that connecting, and each write, may take; EAGAIN when the peer neither accepts nor reads for so long.
    /// </summary>
    private const long Patience = 10_000;

    /// <summary>socketpair(2) of AF_UNIX sockets that keep message boundaries (SOCK_SEQPACKET), close-on-exec.</summary>
    public static Errno SocketpairSeqpacket(out int here, out int there) => SocketPair(SOCK_SEQPACKET, out here, out there);

    /// <summary>socketpair(2) of AF_UNIX stream sockets, close-on-exec.</summary>
    public static Errno SocketpairStream(out int here, out int there) => SocketPair(SOCK_STREAM, out here, out there);

    private static Errno SocketPair(int type, out int here, out int there)
    {
        int* ends = stackalloc int[2] { -1, -1 };
        Errno errno = Call(SyscallNumber.Socketpair, AF_UNIX, type | SOCK_CLOEXEC, 0, (nint)ends);
        here = ends[0];
        there = ends[1];
        return errno;
    }

    /// <summary>socket(2) and connect(2) to a Unix stream socket; neither this nor a write to it waits longer than 10 seconds.</summary>
    /// <param name="path">With NUL; at most 108 bytes with it, unix(7), or ENAMETOOLONG.</param>
    /// <param name="socket">The connection, close-on-exec.</param>
    public static Errno ConnectUnixStream(ReadOnlySpan<byte> path, out int socket) =>
        NameUnix(SyscallNumber.Connect, SOCK_STREAM, path, isAbstract: false, out socket);

    /// <summary>socket(2) and connect(2) to a Unix datagram socket; no write to it waits longer than 10 seconds.</summary>
    /// <param name="path">With NUL; at most 108 bytes with it, unix(7), or ENAMETOOLONG.</param>
    /// <param name="isAbstract">Whether the first byte stands for the NUL that starts an abstract address.</param>
    /// <param name="socket">The socket, close-on-exec.</param>
    public static Errno ConnectUnixDatagram(ReadOnlySpan<byte> path, bool isAbstract, out int socket) =>
        NameUnix(SyscallNumber.Connect, SOCK_DGRAM, path, isAbstract, out socket);

    /// <summary>socket(2) and bind(2) of a Unix datagram socket.</summary>
    /// <param name="path">With NUL; at most 108 bytes with it, unix(7), or ENAMETOOLONG.</param>
    /// <param name="socket">The socket, close-on-exec.</param>
    public static Errno BindUnixDatagram(ReadOnlySpan<byte> path, out int socket) =>
        NameUnix(SyscallNumber.Bind, SOCK_DGRAM, path, isAbstract: false, out socket);

    // connect(2) and bind(2) take the same form of address.
    private static Errno NameUnix(SyscallNumber call, int type, ReadOnlySpan<byte> path, bool isAbstract, out int socket)
    {
        socket = -1;
        if (!IsText(path))
        {
            return Errno.EINVAL;
        }

        if (path.Length > PathLimit)
        {
            return Errno.ENAMETOOLONG;
        }

        byte* address = stackalloc byte[PathLimit + 2];
        *(ushort*)address = (ushort)(int)AF_UNIX;
        path.CopyTo(new Span<byte>(address + 2, PathLimit));
        int length = 2 + path.Length;
        if (isAbstract)
        {
            // Its end is given by the length alone.
            address[2] = 0;
            length--;
        }

        Errno errno = Open(SyscallNumber.Socket, out int made, AF_UNIX, type | SOCK_CLOEXEC, 0);
        if (errno != Errno.None)
        {
            return errno;
        }

        errno = call == SyscallNumber.Connect ? LimitSending(made, Patience) : Errno.None;
        errno = errno == Errno.None ? Call(call, made, (nint)address, length) : errno;
        if (errno != Errno.None)
        {
            Close(made);
            return errno;
        }

        socket = made;
        return Errno.None;
    }

    /// <summary>
    /// socket(2), setsockopt(2) SO_SNDTIMEO and connect(2) to a Unix stream socket whose owner may no longer accept: connecting and each
    /// write fail with EAGAIN after that time, socket(7).
    /// </summary>
    /// <param name="address">A path without NUL; or NUL and an abstract name, unix(7). At most 107 bytes, or ENAMETOOLONG.</param>
    /// <param name="milliseconds">How long each may take.</param>
    /// <param name="socket">The connection, close-on-exec.</param>
    public static Errno ConnectUnixStream(ReadOnlySpan<byte> address, long milliseconds, out int socket)
    {
        socket = -1;
        if (address.Length is 0 or >= PathLimit)
        {
            return address.Length == 0 ? Errno.EINVAL : Errno.ENAMETOOLONG;
        }

        byte* name = stackalloc byte[PathLimit + 2];
        *(ushort*)name = (ushort)(int)AF_UNIX;
        address.CopyTo(new Span<byte>(name + 2, PathLimit));
        Errno errno = Open(SyscallNumber.Socket, out int made, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (errno != Errno.None)
        {
            return errno;
        }

        errno = LimitSending(made, milliseconds);
        if (errno == Errno.None)
        {
            // The length ends an abstract name; a path ends with a NUL.
            errno = Call(SyscallNumber.Connect, made, (nint)name, 2 + address.Length + (address[0] == 0 ? 0 : 1));
        }

        if (errno != Errno.None)
        {
            Close(made);
            return errno;
        }

        socket = made;
        return Errno.None;
    }

    // socket(7), SO_SNDTIMEO: connect(2) counts as sending.
    private static Errno LimitSending(int socket, long milliseconds)
    {
        long* limit = stackalloc long[2] { milliseconds / 1000, milliseconds % 1000 * 1000 };
        return Call(SyscallNumber.Setsockopt, socket, SOL_SOCKET, SO_SNDTIMEO, (nint)limit, 2 * sizeof(long));
    }

    /// <summary>sendmsg(2) of bytes, with one descriptor (SCM_RIGHTS) unless it is -1.</summary>
    public static Errno Sendmsg(int socket, ReadOnlySpan<byte> bytes, int descriptor)
    {
        fixed (byte* start = bytes)
        {
            IoVector vector = new() { Start = (nint)start, Length = bytes.Length };
            ControlMessage control = new()
            {
                Length = DescriptorMessageLength,
                Level = SOL_SOCKET,
                Type = SCM_RIGHTS,
                Descriptor = descriptor,
            };
            MessageHeader header = new() { Vectors = (nint)(&vector), VectorCount = 1 };
            if (descriptor >= 0)
            {
                header.Control = (nint)(&control);
                header.ControlLength = sizeof(ControlMessage);
            }

            Errno errno = Call(SyscallNumber.Sendmsg, out long sent, socket, (nint)(&header), MSG_NOSIGNAL);
            return errno == Errno.None && sent < bytes.Length ? Errno.EAGAIN : errno; // The timeout expired in the middle.
        }
    }

    /// <summary>recvmsg(2) of bytes and at most one descriptor.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="buffer">Where the bytes go.</param>
    /// <param name="count">How many came; 0 when the peer has closed.</param>
    /// <param name="descriptor">The received descriptor, close-on-exec, or -1.</param>
    public static Errno Recvmsg(int socket, Span<byte> buffer, out int count, out int descriptor)
    {
        fixed (byte* start = buffer)
        {
            IoVector vector = new() { Start = (nint)start, Length = buffer.Length };
            ControlMessage control = default;
            MessageHeader header = new()
            {
                Vectors = (nint)(&vector),
                VectorCount = 1,
                Control = (nint)(&control),
                ControlLength = sizeof(ControlMessage),
            };
            Errno errno;
            long result;
            do
            {
                errno = Call(SyscallNumber.Recvmsg, out result, socket, (nint)(&header), MSG_CMSG_CLOEXEC);
            }
            while (errno == Errno.EINTR);
            count = (int)result;
            bool hasDescriptor = errno == Errno.None && header.ControlLength >= DescriptorMessageLength && control.Type == SCM_RIGHTS;
            descriptor = hasDescriptor ? control.Descriptor : -1;
            return errno;
        }
    }

    /// <summary>recvfrom(2) MSG_PEEK: waits for bytes and leaves them in the queue, with their descriptors.</summary>
    public static Errno RecvPeek(int socket, Span<byte> buffer, out int count)
    {
        fixed (byte* start = buffer)
        {
            Errno errno;
            long result;
            do
            {
                errno = Call(SyscallNumber.Recvfrom, out result, socket, (nint)start, buffer.Length, MSG_PEEK, 0, 0);
            }
            while (errno == Errno.EINTR);
            count = (int)result;
            return errno;
        }
    }

    private struct IoVector
    {
        public nint Start;
        public nint Length;
    }

    // struct msghdr on 64-bit Linux: 56 bytes.
    private struct MessageHeader
    {
#pragma warning disable CS0649 // Fields that stay zero.
        public nint Name;
        public long NameLength;
        public nint Vectors;
        public nint VectorCount;
        public nint Control;
        public nint ControlLength;
        public long Flags;
#pragma warning restore CS0649
    }

    // struct cmsghdr with one int behind it, padded to 24 bytes.
    private struct ControlMessage
    {
        public long Length;
        public int Level;
        public int Type;
        public int Descriptor;
#pragma warning disable CS0169, IDE0051
        private readonly int _padding;
#pragma warning restore CS0169, IDE0051
    }
}
