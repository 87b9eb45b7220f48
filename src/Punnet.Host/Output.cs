using System;
using System.Text;
using Punnet.Abi;
using Punnet.Host.Text;
using Punnet.Kernel;

namespace Punnet.Host;

/// <summary>Standard output and error.</summary>
public static class Output
{
    /// <summary>Whether the caller has closed standard output: what has its number is only there to keep it.</summary>
    public static bool IsClosed { get; set; }

    /// <summary>Writes bytes to standard output.</summary>
    /// <exception cref="SysException">Standard output is closed.</exception>
    public static void Write(ReadOnlySpan<byte> bytes) => TryWrite(bytes).OrThrow("write to standard output");

    /// <summary>Writes bytes to standard output, if it is open.</summary>
    public static Errno TryWrite(ReadOnlySpan<byte> bytes) => IsClosed ? Errno.EBADF : Sys.WriteAll(1, bytes);

    /// <summary>Writes text to standard output.</summary>
    /// <exception cref="SysException">Standard output is closed.</exception>
    public static void Write(string text) => Write(Encoding.UTF8.GetBytes(text));

    /// <summary>Writes a line with punnet's name to standard error. A failure of that cannot be reported.</summary>
    /// <param name="sentence">The message; it stays one line whatever it contains.</param>
    /// <param name="hint">A second line for people, or null.</param>
    public static void WriteError(string sentence, string? hint = null)
    {
        StringBuilder text = new("punnet: ");
        OneLine.Append(text, sentence, isQuoted: false);
        text.Append('\n');
        if (hint is not null)
        {
            OneLine.Append(text.Append("hint: "), hint, isQuoted: false);
            text.Append('\n');
        }

        WriteErrorAsIs(text.ToString());
    }

    /// <summary>Writes text of punnet's own to standard error.</summary>
    public static void WriteErrorAsIs(string text) => Sys.WriteAll(2, Encoding.UTF8.GetBytes(text));
}
