using System;
using Punnet.Abi;
using static Tmds.Linux.LibC;

namespace Punnet.Kernel;

// Network devices: netdevice(7), rtnetlink(7). Netlink has the messages.
public static unsafe partial class Sys
{
    /// <summary>socket(2) for rtnetlink(7), in the network namespace of this thread, close-on-exec.</summary>
    public static Errno SocketRtnetlink(out int socket)
    {
        const int Route = 0; // NETLINK_ROUTE
        return Open(SyscallNumber.Socket, out socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, Route);
    }

    /// <summary>netdevice(7) SIOCSIFFLAGS: brings the loopback device of this network namespace up.</summary>
    public static Errno RaiseLoopback()
    {
        const int RequestSize = 40, NameSize = 16; // struct ifreq: IFNAMSIZ bytes of name, then the flags
        const short Up = 1; // IFF_UP
        Errno errno = Open(SyscallNumber.Socket, out int socket, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (errno != Errno.None)
        {
            return errno;
        }

        byte* request = stackalloc byte[RequestSize];
        new Span<byte>(request, RequestSize).Clear();
        "lo"u8.CopyTo(new Span<byte>(request, NameSize));
        *(short*)(request + NameSize) = Up;
        errno = Call(SyscallNumber.Ioctl, socket, SIOCSIFFLAGS, (nint)request);
        Close(socket);
        return errno;
    }
}
