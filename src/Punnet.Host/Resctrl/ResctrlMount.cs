using System;
using System.Text;

namespace Punnet.Host.Resctrl;

/// <summary>Where the resctrl file system is mounted (Documentation/filesystems/resctrl.rst).</summary>
public static class ResctrlMount
{
    /// <summary>The mount point.</summary>
    /// <exception cref="PunnetException">None is mounted; the hint says why.</exception>
    public static string Find() => Find(Text("/proc/self/mountinfo"), Text("/proc/filesystems"));

    /// <summary>The same from what the kernel says.</summary>
    /// <param name="mountinfo">proc_pid_mountinfo(5).</param>
    /// <param name="fileSystems">proc_filesystems(5).</param>
    /// <exception cref="PunnetException">None is mounted; the hint says why.</exception>
    public static string Find(string mountinfo, string fileSystems)
    {
        foreach (MountInfo mount in MountInfo.Parse(mountinfo))
        {
            if (mount.Type == "resctrl")
            {
                return mount.Point;
            }
        }

        throw new PunnetException(
            "cannot choose a class of service (linux.intelRdt): no resctrl file system is mounted",
            fileSystems.Contains("\tresctrl\n", StringComparison.Ordinal)
                ? "mount -t resctrl resctrl /sys/fs/resctrl"
                : "this processor or kernel cannot divide caches and memory bandwidth: /proc/filesystems has no resctrl");
    }

    private static string Text(string path) => Encoding.UTF8.GetString(HostFile.Read(path));
}
