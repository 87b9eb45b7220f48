using System;
using System.Collections.Generic;
using System.Text;
using Punnet.Host.Text;
using Punnet.Kernel;

namespace Punnet.Host.Checkpoint;

/// <summary>The log that CRIU writes: what it says in the end is why it failed.</summary>
public static class CriuLog
{
    private const int Quoted = 3; // lines

    /// <summary>Its last errors, on one line; empty where there are none.</summary>
    /// <param name="path">The log.</param>
    public static string LastErrors(string path)
    {
        string text;
        try
        {
            text = Encoding.UTF8.GetString(HostFile.Read(path));
        }
        catch (Exception failure) when (failure is SysException or PunnetException)
        {
            return "";
        }

        return Errors(text);
    }

    /// <summary>The last errors of a log's text, on one line.</summary>
    public static string Errors(string text)
    {
        List<string> errors = [];
        foreach (string line in text.Split('\n'))
        {
            // (00.148316) pie: 1: Error (criu/mount.c:1234): mnt: why
            int error = line.IndexOf("Error (", StringComparison.Ordinal);
            int end = error < 0 ? -1 : line.IndexOf("): ", error, StringComparison.Ordinal);
            if (end > 0)
            {
                errors.Add(line[(end + "): ".Length)..].Trim());
            }
        }

        StringBuilder joined = new();
        OneLine.Append(joined, string.Join("; ", errors[Math.Max(0, errors.Count - Quoted)..]), isQuoted: false);
        return joined.ToString();
    }
}
