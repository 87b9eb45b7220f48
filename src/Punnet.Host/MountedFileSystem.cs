using System;
using System.Text;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host;

/// <summary>What kind of file system a path is on, for a sentence: proc_pid_mountinfo(5).</summary>
public static class MountedFileSystem
{
    /// <summary>Its type, such as ext4; where that cannot be found out, a word for it.</summary>
    public static string Name(CString path)
    {
        const string Unknown = "of an unknown kind";
        if (Sys.Statx(Sys.WorkingDirectory, path.WithNul, out FileStatus status) != Errno.None)
        {
            return Unknown;
        }

        string device = status.FileSystemMajor.ToString() + ":" + status.FileSystemMinor.ToString();
        foreach (string line in Encoding.UTF8.GetString(HostFile.Read("/proc/self/mountinfo")).Split('\n'))
        {
            // Id, parent, device, …; the type is the first word after a lone dash.
            string[] words = line.Split(' ');
            int dash = Array.IndexOf(words, "-");
            if (dash > 2 && dash + 1 < words.Length && words[2] == device)
            {
                return words[dash + 1];
            }
        }

        return Unknown;
    }
}
