using System.Buffers;
using System.Text;
using System.Text.Json;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet;

/// <summary>
/// <c>--log</c>, <c>--log-format</c> and <c>--debug</c>. Engines read the file: at the normal level it holds nothing after a success
/// and one entry after a failure.
/// </summary>
internal sealed class Log
{
    private readonly string? _path;
    private readonly bool _isJson;

    /// <summary>Describes the log; the file is opened at the first entry.</summary>
    /// <param name="path">File to append to, or null for standard error.</param>
    /// <param name="isJson">One JSON object a line instead of <c>time=… level=… msg=…</c>.</param>
    /// <param name="isDebug">Whether debug and warning entries are written.</param>
    public Log(string? path, bool isJson, bool isDebug)
    {
        _path = path;
        _isJson = isJson;
        IsDebug = isDebug;
    }

    /// <summary>Whether debug entries are written; asked before one is put together.</summary>
    public bool IsDebug { get; }

    /// <summary>Something for whoever looks for a cause.</summary>
    public void Debug(string message)
    {
        if (IsDebug)
        {
            Write("debug", message);
        }
    }

    /// <summary>Something that the spec wants to be said, but not to stop at. Engines would take it for the failure, so only with <c>--debug</c>.</summary>
    public void Warn(string message)
    {
        if (IsDebug)
        {
            Write("warning", message);
        }
    }

    /// <summary>The one failure of this run: to the log, and to standard error for people and for engines that read that.</summary>
    /// <param name="message">The sentence, from the verb on.</param>
    /// <param name="hint">A second line for people, or null.</param>
    public void Fail(string message, string? hint)
    {
        if (_path is not null || _isJson)
        {
            Write("error", message);
        }

        if (_path is not null || !_isJson)
        {
            Output.Complain("punnet: " + message + "\n" + (hint is null ? "" : "hint: " + hint + "\n"));
        }
    }

    private void Write(string level, string message)
    {
        byte[] entry = _isJson ? Json(level, message) : Text(level, message);
        if (_path is null)
        {
            Sys.WriteAll(2, entry);
            return;
        }

        const OpenFlags Append = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Append;
        Errno errno = Sys.OpenAt(Sys.WorkingDirectory, CString.Of(_path).WithNul, Append, 0x1a4, out int file); // octal 0644
        if (errno != Errno.None)
        {
            Output.Complain("punnet: cannot open the log " + _path + ": " + errno.Words() + "\n");
            return;
        }

        using Descriptor owned = new(file);
        Sys.WriteAll(file, entry);
    }

    private static byte[] Json(string level, string message)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("level"u8, level);
            writer.WriteString("msg"u8, message);
            writer.WriteString("time"u8, Timestamp.Now());
            writer.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    // logrus's text format: what runc writes, and scripts cut apart.
    private static byte[] Text(string level, string message)
    {
        StringBuilder line = new();
        line.Append("time=\"").Append(Timestamp.Now()).Append("\" level=").Append(level).Append(" msg=\"");
        foreach (char character in message)
        {
            switch (character)
            {
                case '"' or '\\': line.Append('\\').Append(character); break;
                case '\n': line.Append("\\n"); break;
                case '\t': line.Append("\\t"); break;
                default: line.Append(character); break;
            }
        }

        return Encoding.UTF8.GetBytes(line.Append("\"\n").ToString());
    }
}
