using System;
using Punnet.Abi;

namespace Punnet.Kernel;

// Network devices: netdevice(7), rtnetlink(7). Netlink has the messages.
public static unsafe partial class Sys
{
    /// <summary>socket(2) for rtnetlink(7), in the network namespace of this thread, close-on-exec.</summary>
    public static Errno SocketRtnetlink(out int socket) => Open(SyscallNumber.Socket, out socket, 16, 3 | 0x80000, 0); // AF_NETLINK, SOCK_RAW

    /// <summary>netdevice(7) SIOCSIFFLAGS: brings the loopback device of this network namespace up.</summary>
    public static Errno RaiseLoopback()
    {
        Errno errno = Open(SyscallNumber.Socket, out int socket, UnixFamily, 2 | 0x80000, 0); // SOCK_DGRAM | SOCK_CLOEXEC
        if (errno != Errno.None)
        {
            return errno;
        }

        byte* request = stackalloc byte[40]; // struct ifreq: 16 bytes of name, then the flags
        new Span<byte>(request, 40).Clear();
        "lo"u8.CopyTo(new Span<byte>(request, 16));
        *(short*)(request + 16) = 1; // IFF_UP
        errno = Call(SyscallNumber.Ioctl, socket, 0x8914, (nint)request);
        Close(socket);
        return errno;
    }
}
