using System;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet;

/// <summary>What an error number means wherever it comes from: for a failure that has no hint of its own.</summary>
internal static class ErrnoCause
{
    /// <summary>The hint, or null.</summary>
    /// <param name="failure">The failure's sentence, which ends with the kernel's words.</param>
    public static string? Hint(string failure)
    {
        bool Is(Errno errno) => failure.EndsWith(errno.Words(), StringComparison.Ordinal);
        return Is(Errno.EMFILE) ? "punnet may open " + Limit("Max open files") + " files (RLIMIT_NOFILE of its caller)"
            : Is(Errno.ENFILE) ? "the host has as many open files as sysctl fs.file-max allows"
            : Is(Errno.ENOMEM) ? "the memory of the host, of punnet's cgroup (memory.max) or of its caller's limits (ulimit -v, ulimit -d) is used up"
            : OuterFilter.Hint(failure);
    }

    /// <summary>The soft limit of a row of /proc/self/limits, proc(5).</summary>
    public static string Limit(string row)
    {
        string limits = HostFile.TryReadText(Sys.WorkingDirectory, "/proc/self/limits\0"u8) ?? "";
        foreach (string line in limits.Split('\n'))
        {
            if (line.StartsWith(row, StringComparison.Ordinal))
            {
                return line[row.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
            }
        }

        return "few";
    }
}
