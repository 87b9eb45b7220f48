using System;
using System.Collections.Generic;
using System.IO;
using Xunit;

namespace Punnet.Tests.Harness;

/// <summary>The cgroup v2 hierarchy of this machine, wherever it is mounted.</summary>
internal static class CgroupTree
{
    /// <summary>
    /// Mount point of cgroup2. A hybrid machine has it beside the v1 controllers; a mount below another one's cover does not count.
    /// </summary>
    public static string MountPoint { get; } = Find();

    /// <summary>Directory of the cgroup that a process is in.</summary>
    public static string DirectoryOf(int pid)
    {
        return MountPoint + ProcFile.Cgroup(pid);
    }

    /// <summary>One line's value of a flat keyed file such as cgroup.events.</summary>
    public static string Value(string directory, string file, string key)
    {
        foreach (string line in File.ReadAllLines(Path.Combine(directory, file)))
        {
            if (line.StartsWith(key + " ", StringComparison.Ordinal))
            {
                return line[(key.Length + 1)..];
            }
        }

        throw new InvalidDataException($"{directory}/{file} has no line {key}");
    }

    /// <summary>Whether the machine's root cgroup offers a controller.</summary>
    public static bool Offers(string controller)
    {
        return Array.IndexOf(File.ReadAllText(Path.Combine(MountPoint, "cgroup.controllers")).Trim().Split(' '), controller) >= 0;
    }

    /// <summary>Directories whose name contains this text, deepest first.</summary>
    public static List<string> Named(string text)
    {
        List<string> found = [];
        Collect(MountPoint, text, found);
        return found;
    }

    private static void Collect(string directory, string text, List<string> found)
    {
        try
        {
            foreach (string child in Directory.GetDirectories(directory))
            {
                Collect(child, text, found);
                if (child.Contains(text, StringComparison.Ordinal))
                {
                    found.Add(child);
                }
            }
        }
        catch (DirectoryNotFoundException)
        {
            // Another test's cgroup ended while we looked.
        }
    }

    private static string Find()
    {
        List<MountEntry> entries = MountInfo.Parse(File.ReadAllLines("/proc/self/mountinfo"));
        MountEntry? found = entries.FindLast(static entry => entry.Type == "cgroup2" && File.Exists(entry.MountPoint + "/cgroup.procs"));
        Assert.True(found is not null, "no cgroup2 is mounted");
        return found.MountPoint;
    }
}
