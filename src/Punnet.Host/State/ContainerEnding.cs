using System;
using Punnet.Abi;
using Punnet.Host.Cgroups;
using Punnet.Host.Text;
using Punnet.Kernel;

namespace Punnet.Host.State;

/// <summary>
/// What is known of the end of a container's first process. Only its parent is told how it ended, and that is punnet for a foreground
/// <c>run</c> alone; otherwise it is an engine's monitor, or process 1.
/// </summary>
/// <param name="ExitCode">0 to 255 as exited, 128 + signal when killed.</param>
/// <param name="Finished">RFC 3339 with nanoseconds, UTC.</param>
public readonly record struct ContainerEnding(int? ExitCode, string? Finished)
{
    /// <summary>Keeps an exit status and the time, in a link: it appears whole or not at all. A failure leaves them unknown.</summary>
    public static void Keep(ContainerDirectory directory, int status) =>
        Sys.Symlinkat(CString.Of(status.ToString() + " " + Timestamp.Now()).WithNul, directory.Number, "end\0"u8);

    /// <summary>What was kept, or what the kernel has of a process that nobody has waited for yet.</summary>
    /// <param name="directory">The container's.</param>
    /// <param name="init">Its first process, which has ended; null without one.</param>
    public static ContainerEnding Of(ContainerDirectory directory, ProcessIdentity? init)
    {
        Span<byte> link = stackalloc byte[64];
        if (Sys.Readlinkat(directory.Number, "end\0"u8, link, out int length) == Errno.None
            && System.Text.Encoding.UTF8.GetString(link[..length]).Split(' ') is [string code, string time]
            && int.TryParse(code, out int status))
        {
            return new ContainerEnding(status, time);
        }

        return new ContainerEnding(init?.TryReadExitStatus(), null);
    }

    /// <summary>
    /// Whether the kernel has killed a process of the container because memory was used up: cgroup-v2.rst, memory.events. Null where it
    /// does not count them, or the cgroup is gone.
    /// </summary>
    public static bool? OomKilled(Container container)
    {
        try
        {
            using CgroupDirectory? cgroup = container.TryOpenCgroup();
            return cgroup is not null && CgroupFile.Table(cgroup, "memory.events").TryGetValue("oom_kill", out ulong kills)
                ? kills > 0
                : null;
        }
        catch (Exception unknown) when (unknown is SysException or PunnetException { ExitStatus: null })
        {
            return null; // A host without cgroup2, say: the state is known all the same.
        }
    }
}
