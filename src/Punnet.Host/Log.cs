using System.Buffers;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;
using Punnet.Abi;
using Punnet.Host.Text;
using Punnet.Kernel;

namespace Punnet.Host;

/// <summary>
/// <c>--log</c>, <c>--log-format</c> and <c>--debug</c>. Engines read the file after a failure, and some want a single entry there: so
/// without <c>--debug</c> warnings are kept back until the command has done its work, and a failure is all that the file tells of.
/// </summary>
public sealed class Log
{
    private readonly string? _path;
    private readonly bool _isJson;
    private List<byte[]>? _warnings;

    /// <summary>Describes the log; nothing is opened yet.</summary>
    /// <param name="path">File to append to, or null for standard error.</param>
    /// <param name="isJson">One JSON object a line instead of <c>time=… level=… msg=…</c>.</param>
    /// <param name="isDebug">Whether debug entries are written.</param>
    public Log(string? path, bool isJson, bool isDebug)
    {
        _path = path;
        _isJson = isJson;
        IsDebug = isDebug;
    }

    /// <summary>Whether debug entries are written; asked before one is put together.</summary>
    public bool IsDebug { get; }

    /// <summary>Writes an entry that helps to find a cause.</summary>
    public void Debug(string message)
    {
        if (IsDebug)
        {
            Write("debug", message);
        }
    }

    /// <summary>
    /// A warning: a request that is not fulfilled, or a failure that does not stop the command but that the spec requires to be reported.
    /// </summary>
    public void Warn(string message)
    {
        if (IsDebug || _path is null)
        {
            Write("warning", message);
            return;
        }

        (_warnings ??= []).Add(Entry("warning", message));
    }

    /// <summary>Makes sure that the file can be written, before anything is done.</summary>
    /// <exception cref="SysException">It cannot.</exception>
    public void CheckFile()
    {
        if (_path is not null)
        {
            Errno errno = HostFile.OpenForAppend(_path, out int file);
            Sys.Close(file);
            errno.OrThrow("open the log", _path);
        }
    }

    /// <summary>Writes the warnings, once the command has done its work.</summary>
    public void TellWarnings()
    {
        foreach (byte[] entry in _warnings ?? [])
        {
            Write(entry);
        }
    }

    /// <summary>Writes the failure of this run to the log, and to standard error for people and for engines that read that.</summary>
    /// <param name="message">The message, from the command's name on.</param>
    /// <param name="hint">A second line for people, or null.</param>
    public void Fail(string message, string? hint)
    {
        if (_path is not null || _isJson)
        {
            Write("error", message);
        }

        if (_path is not null || !_isJson)
        {
            Output.WriteError(message, hint);
        }
    }

    private void Write(string level, string message) => Write(Entry(level, message));

    private byte[] Entry(string level, string message) => _isJson ? Json(level, message) : Text(level, message);

    private void Write(byte[] entry)
    {
        if (_path is null)
        {
            Sys.WriteAll(2, entry);
            return;
        }

        Errno errno = HostFile.OpenForAppend(_path, out int file);
        if (errno != Errno.None)
        {
            Output.WriteError("cannot open the log " + _path + ": " + errno.Words());
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

    // logrus's text format, which runc writes and scripts parse.
    private static byte[] Text(string level, string message)
    {
        StringBuilder line = new();
        line.Append("time=\"").Append(Timestamp.Now()).Append("\" level=").Append(level).Append(" msg=\"");
        OneLine.Append(line, message, isQuoted: true);
        return Encoding.UTF8.GetBytes(line.Append("\"\n").ToString());
    }
}
