using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using Xunit;

namespace Punnet.Tests.Harness;

/// <summary>What the kernel says of a process: /proc/PID/*, proc(5).</summary>
internal static class ProcFile
{
    /// <summary>One line of /proc/PID/status, without its name.</summary>
    public static string Status(int pid, string name)
    {
        foreach (string line in File.ReadAllLines($"/proc/{pid}/status"))
        {
            if (line.StartsWith(name + ":", StringComparison.Ordinal))
            {
                return line[(name.Length + 1)..].Trim();
            }
        }

        throw new InvalidDataException($"/proc/{pid}/status has no line {name}");
    }

    /// <summary>One capability set of /proc/PID/status.</summary>
    public static ulong CapabilitySet(int pid, string name)
    {
        return ulong.Parse(Status(pid, name), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    /// <summary>Target of /proc/PID/ns/NAME, such as <c>uts:[4026531838]</c>.</summary>
    public static string Namespace(int pid, string name)
    {
        return LinkTarget($"/proc/{pid}/ns/{name}");
    }

    /// <summary>Target of a symbolic link as written.</summary>
    public static string LinkTarget(string path)
    {
        StringBuilder buffer = new(4096);
        int length = Mono.Unix.Native.Syscall.readlink(path, buffer);
        Assert.True(length >= 0, $"readlink {path}: {Mono.Unix.Native.Stdlib.GetLastError()}");
        return buffer.ToString(0, length);
    }

    /// <summary>The cgroup v2 path of /proc/PID/cgroup: the line that starts with 0::.</summary>
    public static string Cgroup(int pid)
    {
        foreach (string line in File.ReadAllLines($"/proc/{pid}/cgroup"))
        {
            if (line.StartsWith("0::", StringComparison.Ordinal))
            {
                return line[3..];
            }
        }

        throw new InvalidDataException($"/proc/{pid}/cgroup has no line for cgroup v2");
    }

    /// <summary>Soft and hard limit of one line of /proc/PID/limits.</summary>
    public static (string Soft, string Hard) Limit(int pid, string name)
    {
        foreach (string line in File.ReadAllLines($"/proc/{pid}/limits"))
        {
            if (line.StartsWith(name, StringComparison.Ordinal))
            {
                string[] words = line[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
                return (words[0], words[1]);
            }
        }

        throw new InvalidDataException($"/proc/{pid}/limits has no line {name}");
    }

    /// <summary>argv of a process.</summary>
    public static string[] CommandLine(int pid)
    {
        return SplitAtNul(File.ReadAllBytes($"/proc/{pid}/cmdline"));
    }

    /// <summary>The environment that a process was executed with.</summary>
    public static string[] Environment(int pid)
    {
        return SplitAtNul(File.ReadAllBytes($"/proc/{pid}/environ"));
    }

    /// <summary>Whether a process exists and is not only a zombie.</summary>
    public static bool IsAlive(int pid)
    {
        return StateOf(pid) is not (null or 'Z' or 'X');
    }

    /// <summary>The process id of the parent.</summary>
    public static int Parent(int pid)
    {
        return int.Parse(Status(pid, "PPid"), CultureInfo.InvariantCulture);
    }

    /// <summary>Ids of every process that names this text in its cgroup, its arguments or its environment.</summary>
    public static List<int> Mentioning(string text)
    {
        List<int> found = [];
        foreach (string directory in Directory.GetDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out int pid)
                && pid != System.Environment.ProcessId
                && IsAlive(pid)
                && (Mentions(directory + "/cgroup", text) || Mentions(directory + "/cmdline", text)
                || Mentions(directory + "/environ", text)))
            {
                found.Add(pid);
            }
        }

        return found;
    }

    private static char? StateOf(int pid)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[stat.LastIndexOf(')') + 2];
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static bool Mentions(string file, string text)
    {
        try
        {
            return File.ReadAllText(file).Contains(text, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string[] SplitAtNul(byte[] bytes)
    {
        string text = Encoding.UTF8.GetString(bytes);
        return text.Length == 0 ? [] : text.TrimEnd('\0').Split('\0');
    }
}
