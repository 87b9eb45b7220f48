using System.Text;
using Punnet.Kernel;

namespace Punnet;

/// <summary>Names of the host's users, for <c>list</c> and <c>state</c>.</summary>
internal static class UserNames
{
    /// <summary>The name in the host's passwd(5), or <c>#uid</c>.</summary>
    public static string Find(uint uid)
    {
        if (uid == 0)
        {
            return "root";
        }

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
