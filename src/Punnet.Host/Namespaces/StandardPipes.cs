using System;
using System.Text;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.Namespaces;

/// <summary>
/// Pipes that are the standard streams of a container with a user namespace. Its program opens them again as /dev/stdout and /dev/stderr,
/// and must own them for that; their creator is not a user of the container, so init cannot give them away. What is not a pipe
/// keeps its owner: a file of the host, or its terminal.
/// </summary>
public static class StandardPipes
{
    /// <summary>Gives them to a user of the container, if punnet may.</summary>
    /// <param name="proc">From <see cref="HostProbe.OpenProc"/>.</param>
    /// <param name="pid">A process in the container's user namespace.</param>
    /// <param name="uid">The user's id in the container.</param>
    public static void Give(Descriptor proc, int pid, uint uid)
    {
        if (HostProbe.OpenOfProcess(proc, pid, "uid_map", OpenFlags.ReadOnly, out int file) != Errno.None)
        {
            return;
        }

        using Descriptor map = new(file);
        if (HostId(Encoding.ASCII.GetString(HostFile.Read(file, "uid_map")), uid) is not uint owner)
        {
            return;
        }

        for (int stream = 0; stream <= 2; stream++)
        {
            if (Sys.Statx(stream, out FileStatus status) == Errno.None && status.Is(FileMode.Fifo) && status.Uid != owner)
            {
                // An ordinary user may not. The pipes then belong to that user, who is mapped in the container.
                Sys.Fchown(stream, owner, uint.MaxValue);
            }
        }
    }

    /// <summary>The host's id for one of a user namespace; null where it has none.</summary>
    /// <param name="map">Lines of uid_map or gid_map, user_namespaces(7).</param>
    /// <param name="id">The id inside.</param>
    public static uint? HostId(string map, uint id)
    {
        foreach (string line in map.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] numbers = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            uint inside = uint.Parse(numbers[0]), outside = uint.Parse(numbers[1]), count = uint.Parse(numbers[2]);
            if (id >= inside && id - inside < count)
            {
                return outside + (id - inside);
            }
        }

        return null;
    }
}
