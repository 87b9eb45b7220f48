using System;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.Errors;

/// <summary>What an error number means wherever it comes from: the hint for a failure without another one.</summary>
public static class ErrnoCause
{
    /// <summary>The hint, or null.</summary>
    /// <param name="failure">The failure's sentence, which ends with the kernel's words.</param>
    public static string? Hint(string failure)
    {
        bool Is(Errno errno) => failure.EndsWith(errno.Words(), StringComparison.Ordinal);
        return Is(Errno.EMFILE) ? "punnet may open " + Limit(ResourceLimit.OpenFiles) + " files (RLIMIT_NOFILE of its caller)"
            : Is(Errno.ENFILE) ? "the host has as many open files as sysctl fs.file-max allows"
            : Is(Errno.ENOMEM)
                ? "the memory of the host, of punnet's cgroup (memory.max) or of its caller's limits (ulimit -v, ulimit -d) is used up"
            : OuterFilter.Hint(failure);
    }

    /// <summary>
    /// The soft limit of this process, as text for a hint; without opening a file, since there may be no free descriptor.
    /// </summary>
    public static string Limit(ResourceLimit limit) =>
        Sys.GetRlimit(limit, out ulong soft, out _) == Errno.None && soft != ulong.MaxValue ? soft.ToString() : "few";
}
