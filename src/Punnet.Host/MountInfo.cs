using System;
using System.Collections.Generic;
using System.Text;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host;

/// <summary>One mount of punnet's mount namespace, proc_pid_mountinfo(5).</summary>
/// <param name="Device">Major and minor number of the file system, such as 8:1.</param>
/// <param name="Point">The mount point; a space in it is written \040.</param>
/// <param name="Type">Type of the file system, such as ext4.</param>
public readonly record struct MountInfo(string Device, string Point, string Type)
{
    /// <summary>Reads /proc/self/mountinfo.</summary>
    /// <exception cref="SysException">It cannot be read.</exception>
    public static List<MountInfo> Read() => Parse(Encoding.UTF8.GetString(HostFile.Read("/proc/self/mountinfo")));

    /// <summary>Parses the text of such a file.</summary>
    public static List<MountInfo> Parse(string text)
    {
        List<MountInfo> mounts = [];
        foreach (string line in text.Split('\n'))
        {
            // id parent DEVICE root POINT options [optional …] - TYPE source options
            string[] fields = line.Split(' ');
            int dash = Array.IndexOf(fields, "-", Math.Min(6, fields.Length));
            if (dash > 0 && dash + 1 < fields.Length)
            {
                mounts.Add(new MountInfo(fields[2], fields[4], fields[dash + 1]));
            }
        }

        return mounts;
    }

    /// <summary>
    /// The type of the file system that a path is on, for a sentence: such as ext4, or a word for one that cannot be found out.
    /// </summary>
    public static string TypeAt(CString path)
    {
        const string Unknown = "of an unknown kind";
        if (Sys.Statx(Sys.WorkingDirectory, path.WithNul, out FileStatus status) != Errno.None)
        {
            return Unknown;
        }

        string device = status.FileSystemMajor.ToString() + ":" + status.FileSystemMinor.ToString();
        return Read().Find(mount => mount.Device == device).Type ?? Unknown;
    }
}
