using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;
using Punnet.Abi;
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
        Span<byte> buffer = stackalloc byte[8192];
        Sys.Rewind(directory);
        while (true)
        {
            Errno errno = Sys.Getdents64(directory, buffer, out int count);
            if (errno.IsMissing() || (errno == Errno.None && count == 0))
            {
                return names; // One that is removed has none.
            }

            errno.OrThrow("read a directory");

            // struct linux_dirent64, getdents64(2): inode 8, offset 8, length 2, type 1, name with NUL.
            for (ReadOnlySpan<byte> rest = buffer[..count]; rest.Length > 19; rest = rest[MemoryMarshal.Read<ushort>(rest[16..])..])
            {
                ReadOnlySpan<byte> name = rest[19..];
                name = name[..name.IndexOf((byte)0)];
                bool isSelf = name.SequenceEqual("."u8) || name.SequenceEqual(".."u8);
                if (!isSelf && (!onlyDirectories || rest[18] == DirectoryType))
                {
                    names.Add(Encoding.UTF8.GetString(name));
                }
            }
        }
    }
}
