using System;
using System.Text;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.Cgroups;

/// <summary>Where cgroup2 is mounted, and where in it punnet itself is.</summary>
public static class CgroupMount
{
    private static string? s_found;

    /// <summary>The mount point: /sys/fs/cgroup, or wherever a hybrid host has it.</summary>
    /// <exception cref="PunnetException">It does not exist.</exception>
    public static string Find() => s_found ??= Search();

    private static string Search()
    {
        foreach (string path in (ReadOnlySpan<string>)["/sys/fs/cgroup", "/sys/fs/cgroup/unified"])
        {
            if (IsCgroup2(path))
            {
                return path;
            }
        }

        foreach (MountInfo mount in MountInfo.Read())
        {
            if (mount.Type == "cgroup2")
            {
                return mount.Point;
            }
        }

        throw new PunnetException("no cgroup2 file system is mounted: punnet needs cgroup v2");
    }

    /// <summary>punnet's own cgroup below the mount, such as <c>/</c> or <c>/user.slice/x</c>.</summary>
    /// <exception cref="PunnetException">The kernel names no cgroup.</exception>
    public static string OwnPath() => PathOf("self");

    /// <summary>Directory of punnet's own cgroup.</summary>
    /// <exception cref="PunnetException">No cgroup2 is mounted, or the kernel names no cgroup.</exception>
    public static string OwnDirectory() => Find() + OwnPath();

    /// <summary>The cgroup of a process below the mount.</summary>
    /// <param name="process">A pid, or "self".</param>
    /// <exception cref="PunnetException">The kernel names no cgroup.</exception>
    public static string PathOf(string process)
    {
        // cgroups(7): hierarchy:controllers:path, and cgroup v2 is hierarchy 0.
        foreach (string line in Encoding.UTF8.GetString(HostFile.Read("/proc/" + process + "/cgroup")).Split('\n'))
        {
            if (line.StartsWith("0::/", StringComparison.Ordinal))
            {
                return line["0::".Length..];
            }
        }

        throw new PunnetException("/proc/" + process + "/cgroup names no cgroup v2: punnet needs it");
    }

    // After a shortage mountinfo must not be searched: it may name a container's own mount first.
    private static bool IsCgroup2(string path)
    {
        using Descriptor? root = HostProbe.TryOpenFileSystem(path, FileSystemMagic.Cgroup2, "look for cgroup2 at");
        return root is not null;
    }
}
