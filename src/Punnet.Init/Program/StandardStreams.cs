using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Init;

/// <summary>Descriptors 0, 1 and 2 of the program.</summary>
internal static class StandardStreams
{
    private const int Count = 3;

    /// <summary>
    /// Replaces a stream that is the host's null device by the container's: no descriptor leads to the host's /dev. Only a character device
    /// 1:3 is replaced: a pipe must stay (CVE-2026-88265).
    /// </summary>
    public static void LeaveHostNull(int root, InitReport report)
    {
        int own = -1;
        for (int stream = 0; stream < Count; stream++)
        {
            if (Sys.Statx(stream, out FileStatus status) != Errno.None || !status.IsCharacterDevice(1, 3))
            {
                continue;
            }

            if (own < 0)
            {
                own = OpenOwnNull(root);
                if (own < 0)
                {
                    return; // The container has no null device.
                }
            }

            report.Check(InitStep.StandardStream, stream, Sys.Dup3(own, stream));
        }

        if (own >= Count)
        {
            Sys.Close(own);
        }
    }

    /// <summary>Makes the terminal all three streams.</summary>
    public static void Use(int terminal, InitReport report)
    {
        for (int stream = 0; stream < Count; stream++)
        {
            report.Check(InitStep.StandardStream, stream, Sys.Dup3(terminal, stream));
        }
    }

    /// <summary>Changes the owner of the streams to the program's user, which can then open /dev/stdout; not of the null device.</summary>
    public static void Give(uint uid)
    {
        for (int stream = 0; stream < Count; stream++)
        {
            if (Sys.Statx(stream, out FileStatus status) == Errno.None && status.Uid != uid && !status.IsCharacterDevice(1, 3))
            {
                // Where that is not possible (a read-only file, an ID that is not mapped) the owner stays.
                Sys.Fchown(stream, uid, uint.MaxValue);
            }
        }
    }

    private static int OpenOwnNull(int root)
    {
        const ResolveFlags Strict = ResolveFlags.InRoot | ResolveFlags.NoSymlinks;
        if (Sys.Openat2(root, "/dev/null\0"u8, OpenFlags.ReadWrite, 0, Strict, out int own) != Errno.None)
        {
            return -1;
        }

        if (Sys.Statx(own, out FileStatus status) == Errno.None && status.IsCharacterDevice(1, 3))
        {
            return own;
        }

        Sys.Close(own);
        return -1;
    }
}
