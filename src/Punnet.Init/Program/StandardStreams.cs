using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Init;

/// <summary>Descriptors 0, 1 and 2 of the program.</summary>
internal static class StandardStreams
{
    private const int Count = 3;

    /// <summary>
    /// A stream that is the host's null device becomes the container's, so that no descriptor leads to the host's /dev. Only a
    /// character device 1:3 is replaced: a pipe must stay what it is (CVE-2026-88265).
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
                    return; // A container without a null device of its own: nothing better to give.
                }
            }

            report.Check(InitStep.StandardStream, stream, Sys.Dup3(own, stream));
        }

        if (own >= Count)
        {
            Sys.Close(own);
        }
    }

    /// <summary>Makes the terminal all three.</summary>
    public static void Use(int terminal, InitReport report)
    {
        for (int stream = 0; stream < Count; stream++)
        {
            report.Check(InitStep.StandardStream, stream, Sys.Dup3(terminal, stream));
        }
    }

    /// <summary>Gives the streams to the program's user, so that it can open /dev/stdout again; the null device is everybody's.</summary>
    public static void Give(uint uid)
    {
        for (int stream = 0; stream < Count; stream++)
        {
            if (Sys.Statx(stream, out FileStatus status) == Errno.None && status.Uid != uid && !status.IsCharacterDevice(1, 3))
            {
                // What cannot be given (a read-only file, an id that is not mapped) stays as it is.
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
