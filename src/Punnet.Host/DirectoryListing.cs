using System;
using System.Collections.Generic;
using System.Text;
using Punnet.Kernel;

namespace Punnet.Host;

/// <summary>Names in a directory, by its descriptor.</summary>
public static class DirectoryListing
{
    private const byte DirectoryType = 4; // DT_DIR

    /// <summary>Names of the directories in it, "." and ".." left out; in the file system's order.</summary>
    public static List<string> Directories(int directory) => Names(directory, onlyDirectories: true);

    /// <summary>The same, sorted by their bytes.</summary>
    public static string[] SortedDirectories(int directory)
    {
        // Not List.Sort: with it every list of the program gets what sorting needs, and each start of punnet sets that up.
        string[] names = [.. Directories(directory)];
        Array.Sort(names, StringComparer.Ordinal);
        return names;
    }

    /// <summary>Every name in it, "." and ".." left out; in the file system's order.</summary>
    public static List<string> All(int directory) => Names(directory, onlyDirectories: false);

    private static List<string> Names(int directory, bool onlyDirectories)
    {
        List<string> names = [];
        Sys.Rewind(directory).OrThrow("read from the beginning");
        DirectoryEntries entries = new(directory, stackalloc byte[8192]);
        while (entries.MoveNext())
        {
            if (!onlyDirectories || entries.Type == DirectoryType)
            {
                names.Add(Encoding.UTF8.GetString(entries.Name));
            }
        }

        // A removed directory has no names.
        if (!entries.Errno.IsMissing())
        {
            entries.Errno.OrThrow("read a directory");
        }

        return names;
    }
}
