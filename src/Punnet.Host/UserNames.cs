using System;
using System.Text;
using Punnet.Kernel;

namespace Punnet.Host;

/// <summary>Names of the host's users, for <c>list</c> and <c>state</c>.</summary>
public static class UserNames
{
    private static uint[] s_uids = [];
    private static string[] s_names = [];

    /// <summary>The name in the host's passwd(5), or <c>#uid</c>; the file is read once for each user.</summary>
    public static string Find(uint uid)
    {
        if (uid == 0)
        {
            return "root";
        }

        int known = Array.IndexOf(s_uids, uid);
        if (known >= 0)
        {
            return s_names[known];
        }

        Array.Resize(ref s_uids, s_uids.Length + 1);
        Array.Resize(ref s_names, s_names.Length + 1);
        s_uids[^1] = uid;
        return s_names[^1] = Search(uid);
    }

    private static string Search(uint uid)
    {
        try
        {
            foreach (string line in Encoding.UTF8.GetString(HostFile.Read("/etc/passwd")).Split('\n'))
            {
                string[] fields = line.Split(':');
                if (fields.Length > 2 && uint.TryParse(fields[2], out uint found) && found == uid)
                {
                    return fields[0];
                }
            }
        }
        catch (SysException)
        {
            // A host without the file has no names.
        }

        return "#" + uid.ToString();
    }
}
