using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Xunit;

namespace Punnet.Tests.Harness;

/// <summary>One line of /proc/PID/mountinfo, proc_pid_mountinfo(5).</summary>
internal sealed record MountEntry(
    string Root, string MountPoint, string[] Options, string[] Propagation, string Type, string Source, string[] SuperOptions)
{
    /// <summary>Whether the mount itself or its file system is read-only.</summary>
    public bool IsReadOnly => Array.IndexOf(Options, "ro") >= 0 || Array.IndexOf(SuperOptions, "ro") >= 0;

    /// <summary>Asserts options of the mount itself.</summary>
    public MountEntry Has(params string[] options)
    {
        foreach (string option in options)
        {
            Assert.True(Array.IndexOf(Options, option) >= 0, $"{MountPoint} has no option {option}: {string.Join(',', Options)}");
        }

        return this;
    }

    /// <summary>Asserts that the mount itself lacks options.</summary>
    public MountEntry Lacks(params string[] options)
    {
        foreach (string option in options)
        {
            Assert.True(Array.IndexOf(Options, option) < 0, $"{MountPoint} has option {option}: {string.Join(',', Options)}");
        }

        return this;
    }

    /// <summary>Asserts options of the file system.</summary>
    public MountEntry HasSuper(params string[] options)
    {
        foreach (string option in options)
        {
            Assert.True(Array.IndexOf(SuperOptions, option) >= 0, $"{MountPoint} has no option {option}: {string.Join(',', SuperOptions)}");
        }

        return this;
    }
}

/// <summary>The mounts that a process sees.</summary>
internal static class MountInfo
{
    /// <summary>All of them, in the kernel's order.</summary>
    public static List<MountEntry> Of(int pid)
    {
        return Parse(File.ReadAllLines($"/proc/{pid}/mountinfo"));
    }

    /// <summary>The topmost mount at exactly this place.</summary>
    public static MountEntry At(int pid, string mountPoint)
    {
        MountEntry? found = Of(pid).FindLast(entry => entry.MountPoint == mountPoint);
        Assert.True(found is not null, $"process {pid} has no mount at {mountPoint}");
        return found;
    }

    /// <summary>The test's own mounts at or below a directory.</summary>
    public static List<string> Below(string directory)
    {
        List<string> found = [];
        foreach (MountEntry entry in Parse(File.ReadAllLines("/proc/self/mountinfo")))
        {
            if (entry.MountPoint == directory || entry.MountPoint.StartsWith(directory + "/", StringComparison.Ordinal))
            {
                found.Add(entry.MountPoint);
            }
        }

        return found;
    }

    /// <summary>The test's own mounts that have a text in their place, root or source: whole lines, for a comparison.</summary>
    public static List<string> Naming(string text)
    {
        return [.. Array.FindAll(File.ReadAllLines("/proc/self/mountinfo"), line => line.Contains(text, StringComparison.Ordinal))];
    }

    /// <summary>
    /// A copy of mountinfo without the mounts of other tests, of this run or another: they come, and go from other mount namespaces too.
    /// </summary>
    public static string[] WithoutOtherTests(string file, Container container)
    {
        return Array.FindAll(
            File.ReadAllLines(file),
            line => !line.Contains("/punnet-tests-", StringComparison.Ordinal) || line.Contains(container.Id, StringComparison.Ordinal));
    }

    /// <summary>Parses lines of mountinfo.</summary>
    public static List<MountEntry> Parse(string[] lines)
    {
        List<MountEntry> entries = [];
        foreach (string line in lines)
        {
            string[] words = line.Split(' ');
            int separator = Array.IndexOf(words, "-", 6);
            entries.Add(new MountEntry(
                Unescape(words[3]),
                Unescape(words[4]),
                words[5].Split(','),
                words[6..separator],
                words[separator + 1],
                Unescape(words[separator + 2]),
                words[separator + 3].Split(',')));
        }

        return entries;
    }

    private static string Unescape(string word)
    {
        StringBuilder text = new();
        for (int index = 0; index < word.Length; index++)
        {
            if (word[index] == '\\')
            {
                _ = text.Append((char)Convert.ToInt32(word.Substring(index + 1, 3), 8));
                index += 3;
            }
            else
            {
                _ = text.Append(word[index]);
            }
        }

        return text.ToString();
    }
}
