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
    /// <exception cref="SysException">Nobody takes them.</exception>
    public static void Write(ReadOnlySpan<byte> bytes) => TryWrite(bytes).OrThrow("write to standard output");

    /// <summary>Writes bytes to standard output, if somebody takes them.</summary>
    public static Errno TryWrite(ReadOnlySpan<byte> bytes) => IsClosed ? Errno.EBADF : Sys.WriteAll(1, bytes);

    /// <summary>Writes text to standard output.</summary>
    /// <exception cref="SysException">Nobody takes it.</exception>
    public static void Write(string text) => Write(Encoding.UTF8.GetBytes(text));

    /// <summary>Writes a sentence to standard error, a line with punnet's name; when that fails there is nobody to tell.</summary>
    /// <param name="sentence">The sentence; whatever is in it, it stays one line.</param>
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
