using System;
using System.Collections.Generic;
using System.Text;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.Cgroups;

/// <summary>The forms that files of a cgroup have (admin-guide/cgroup-v2.rst, "Format"). A file that is not there is empty.</summary>
public static class CgroupFile
{
    /// <summary>The whole file, without the line break at its end.</summary>
    public static string Text(CgroupDirectory cgroup, string file)
    {
        Errno errno = Sys.Openat(cgroup.Number, CString.Of(file).WithNul, OpenFlags.ReadOnly, 0, out int descriptor);
        if (errno.IsMissing())
        {
            return string.Empty;
        }

        errno.OrThrow("open", cgroup.Path + "/" + file);
        using Descriptor owned = new(descriptor);
        // A kernel without pressure stall information has the file, and answers EOPNOTSUPP.
        Span<byte> buffer = stackalloc byte[8192];
        StringBuilder text = new();
        while (Sys.Read(descriptor, buffer, out int count) == Errno.None && count > 0)
        {
            text.Append(Encoding.UTF8.GetString(buffer[..count]));
        }

        return text.ToString().TrimEnd('\n');
    }

    /// <summary>A file with one number.</summary>
    /// <param name="cgroup">The cgroup.</param>
    /// <param name="file">The file.</param>
    /// <param name="max">What the word max, or no file, stands for.</param>
    public static ulong Number(CgroupDirectory cgroup, string file, ulong max = 0) =>
        ulong.TryParse(Text(cgroup, file), out ulong number) ? number : max;

    /// <summary>A file with a name and a number in each line.</summary>
    public static Dictionary<string, ulong> Table(CgroupDirectory cgroup, string file)
    {
        Dictionary<string, ulong> table = [];
        foreach (string line in Text(cgroup, file).Split('\n'))
        {
            int blank = line.IndexOf(' ', StringComparison.Ordinal);
            if (blank > 0 && ulong.TryParse(line.AsSpan(blank + 1), out ulong number))
            {
                table[line[..blank]] = number;
            }
        }

        return table;
    }
}
