using System;
using System.Runtime.InteropServices;

namespace Punnet.Abi;

/// <summary>poll(2): POLL* of asm-generic/poll.h.</summary>
[Flags]
public enum PollEvents : short
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>POLLIN.</summary>
    In = 1,

    /// <summary>POLLPRI: a cgroup file has changed.</summary>
    Priority = 2,

    /// <summary>POLLOUT.</summary>
    Out = 4,

    /// <summary>POLLERR.</summary>
    Error = 8,

    /// <summary>POLLHUP.</summary>
    HangUp = 16,

    /// <summary>POLLNVAL: the descriptor is not open.</summary>
    NotOpen = 32,
}

/// <summary>struct pollfd of poll(2).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct PollDescriptor
{
    /// <summary>fd; a negative one is ignored.</summary>
    public int Descriptor;

    /// <summary>events.</summary>
    public PollEvents Wanted;

    /// <summary>revents.</summary>
    public PollEvents Found;
}
