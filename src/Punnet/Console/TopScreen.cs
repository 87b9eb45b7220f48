using System;
using System.Text;
using Punnet.Abi;
using Punnet.Host;
using Punnet.Kernel;

namespace Punnet.Console;

/// <summary>The caller's terminal as a screen that is drawn again and again, console_codes(4). It is given back as it was.</summary>
internal sealed class TopScreen : IDisposable
{
    private const string Enter = "\e[?1049h\e[?25l"; // the other screen; no cursor
    private const string Leave = "\e[?25h\e[?1049l";
    private const string Home = "\e[H", ToLineEnd = "\e[K", ToScreenEnd = "\e[J";
    private readonly byte[] _mode = new byte[60]; // room for struct termios
    private bool _isRaw;

    /// <summary>What ends each line of a drawing.</summary>
    public const string LineEnd = ToLineEnd + "\r\n";

    /// <summary>Whether keys can be read.</summary>
    public bool HasKeys => _isRaw;

    /// <summary>Whether standard output is a terminal that can be drawn on.</summary>
    public static bool CanDraw() => Environment.GetEnvironmentVariable("TERM") is string and not ("" or "dumb")
        && Sys.GetTermios(1, stackalloc byte[60]) == Errno.None;

    /// <summary>Takes the terminal.</summary>
    public void Begin()
    {
        if (Sys.GetTermios(0, _mode) == Errno.None)
        {
            byte[] raw = [.. _mode];
            TerminalMode.MakeRaw(raw);
            _isRaw = Sys.SetTermios(0, raw) == Errno.None;
        }

        Output.TryWrite(Encoding.ASCII.GetBytes(Enter));
    }

    /// <summary>Its lines and columns.</summary>
    public static (int Lines, int Columns) Size() =>
        Sys.GetWindowSize(1, out TerminalSize size) == Errno.None && size.Rows > 0 && size.Columns > 0
            ? (size.Rows, size.Columns)
            : (24, 80);

    /// <summary>Draws.</summary>
    /// <param name="text">Lines, each with <see cref="LineEnd"/>; the last one loses it, so that the screen does not roll.</param>
    public static Errno Draw(string text) => Output.TryWrite(Encoding.UTF8.GetBytes(Home + text[..^2] + ToScreenEnd));

    /// <summary>Whether a key asks to end: q, Ctrl-C, or the end of the terminal.</summary>
    public static bool IsEnd()
    {
        const byte Interrupt = 3;
        Span<byte> keys = stackalloc byte[64];
        return Sys.Read(0, keys, out int count) != Errno.None || count == 0
            || keys[..count].IndexOfAny((byte)'q', (byte)'Q', Interrupt) >= 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Output.TryWrite(Encoding.ASCII.GetBytes(Leave));
        if (_isRaw)
        {
            Sys.SetTermios(0, _mode);
        }
    }
}
