using System;
using System.Buffers.Binary;

namespace Punnet.Console;

/// <summary>termios(3): the kernel's struct, four flag words and control characters.</summary>
internal static class TerminalMode
{
    /// <summary>cfmakeraw(3), but with output processing: a line feed of the container ends a line here too.</summary>
    public static void MakeRaw(Span<byte> mode)
    {
        const uint Ignbrk = 0x1, Brkint = 0x2, Parmrk = 0x8, Istrip = 0x20, Inlcr = 0x40, Igncr = 0x80, Icrnl = 0x100, Ixon = 0x400;
        const uint Csize = 0x30, Parenb = 0x100, Cs8 = 0x30;
        const uint Isig = 0x1, Icanon = 0x2, Echo = 0x8, Echonl = 0x40, Iexten = 0x8000;
        Change(mode, 0, Ignbrk | Brkint | Parmrk | Istrip | Inlcr | Igncr | Icrnl | Ixon, 0);
        Change(mode, 8, Csize | Parenb, Cs8);
        Change(mode, 12, Echo | Echonl | Icanon | Isig | Iexten, 0);

        // struct termios of the kernel: four words, one byte of line discipline, then c_cc; VTIME is 5 and VMIN is 6.
        const int Controls = 17, Vtime = 5, Vmin = 6;
        mode[Controls + Vtime] = 0;
        mode[Controls + Vmin] = 1;
    }

    /// <summary>Without ONLCR: what a program writes arrives as it is, and a script finds no carriage returns in it.</summary>
    public static void LeaveLineEnds(Span<byte> mode) => Change(mode, 4, 0x4, 0);

    private static void Change(Span<byte> mode, int at, uint clear, uint set)
    {
        uint value = BinaryPrimitives.ReadUInt32LittleEndian(mode[at..]);
        BinaryPrimitives.WriteUInt32LittleEndian(mode[at..], (value & ~clear) | set);
    }
}
