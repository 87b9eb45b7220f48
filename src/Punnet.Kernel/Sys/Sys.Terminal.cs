using System;
using Punnet.Abi;
using static Tmds.Linux.LibC;

namespace Punnet.Kernel;

/// <summary>struct winsize of ioctl_tty(2), in characters.</summary>
/// <param name="Rows">Height.</param>
/// <param name="Columns">Width.</param>
public readonly record struct TerminalSize(ushort Rows, ushort Columns);

public static unsafe partial class Sys
{
    private const int TermiosSize = 60; // The C library's struct termios, which is larger than the kernel's.

    /// <summary>ioctl_tty(2) TIOCSPTLCK 0: unlocks the other end of a pseudo-terminal.</summary>
    public static Errno UnlockPty(int master)
    {
        int zero = 0;
        return Call(SyscallNumber.Ioctl, master, TIOCSPTLCK, (nint)(&zero));
    }

    /// <summary>ioctl_tty(2) TIOCGPTN: the N of /dev/pts/N.</summary>
    public static Errno GetPtyNumber(int master, out int number)
    {
        int place = 0;
        Errno errno = Call(SyscallNumber.Ioctl, master, (nint)(uint)TIOCGPTN, (nint)(&place));
        number = place;
        return errno;
    }

    /// <summary>ioctl_tty(2) TIOCGPTPEER: the other end, without a path (CVE-2025-52565); close-on-exec.</summary>
    public static Errno OpenPtyPeer(int master, out int peer) =>
        Open(SyscallNumber.Ioctl, out peer, master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);

    /// <summary>ioctl_tty(2) TIOCSWINSZ.</summary>
    public static Errno SetWindowSize(int terminal, TerminalSize size)
    {
        ushort* place = stackalloc ushort[4] { size.Rows, size.Columns, 0, 0 };
        return Call(SyscallNumber.Ioctl, terminal, TIOCSWINSZ, (nint)place);
    }

    /// <summary>ioctl_tty(2) TIOCGWINSZ; fails with ENOTTY where there is no terminal.</summary>
    public static Errno GetWindowSize(int terminal, out TerminalSize size)
    {
        ushort* place = stackalloc ushort[4] { 0, 0, 0, 0 };
        Errno errno = Call(SyscallNumber.Ioctl, terminal, TIOCGWINSZ, (nint)place);
        size = new TerminalSize(place[0], place[1]);
        return errno;
    }

    /// <summary>ioctl_tty(2) TIOCSCTTY: makes it the controlling terminal of this new session.</summary>
    public static Errno SetControllingTerminal(int terminal) => Call(SyscallNumber.Ioctl, terminal, TIOCSCTTY, 0);

    /// <summary>ioctl_tty(2) TCGETS: the kernel writes 36 bytes, its struct termios.</summary>
    public static Errno GetTermios(int terminal, Span<byte> mode)
    {
        fixed (byte* place = mode)
        {
            return mode.Length < TermiosSize ? Errno.EINVAL : Call(SyscallNumber.Ioctl, terminal, TCGETS, (nint)place);
        }
    }

    /// <summary>ioctl_tty(2) TCSETS.</summary>
    public static Errno SetTermios(int terminal, ReadOnlySpan<byte> mode)
    {
        fixed (byte* place = mode)
        {
            return mode.Length < TermiosSize ? Errno.EINVAL : Call(SyscallNumber.Ioctl, terminal, TCSETS, (nint)place);
        }
    }
}
