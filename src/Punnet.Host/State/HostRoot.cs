using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.State;

/// <summary>
/// The root of a container without its own mount namespace. Its mounts are the host's, and must go with it, even after a kill: all of
/// them lie below one private place in the state directory, and nothing that is mounted there is passed on to other mount
/// namespaces but one bare mount, which the kernel takes away there as well.
/// </summary>
public static class HostRoot
{
    /// <summary>Its name in the state directory.</summary>
    public const string Name = "root";

    /// <summary>Mounts the root, for a container without a mount namespace.</summary>
    /// <param name="path">The root's path.</param>
    /// <param name="directory">Where to.</param>
    /// <param name="root">The mount; may be invalid after an error.</param>
    /// <exception cref="SysException">The place for it cannot be made.</exception>
    public static Errno Make(CString path, ContainerDirectory directory, out Descriptor root)
    {
        const OpenFlags Place = OpenFlags.Path | OpenFlags.Directory;
        Sys.Mkdirat(directory.Number, "root\0"u8, Permissions.Mode0700).OrThrow("make", directory.Path + "/root");
        Sys.Openat(directory.Number, "root\0"u8, Place | OpenFlags.NoFollow, 0, out int place).OrThrow("open", directory.Path + "/root");
        using Descriptor over = new(place);
        Errno errno = Sys.OpenTreeClone(Sys.WorkingDirectory, path.WithNul, recursive: true, out int number);
        root = new Descriptor(number);
        if (errno == Errno.None)
        {
            errno = Sys.Statx(number, out FileStatus status);
            errno = errno == Errno.None && !status.Is(FileMode.Directory) ? Errno.ENOTDIR : errno;
        }

        errno = errno == Errno.None ? Spread(number, MountFlags.Slave, recursive: true) : errno;
        errno = errno == Errno.None ? Spread(number, MountFlags.Private, recursive: false) : errno;
        return errno == Errno.None ? Attach(number, over.Number) : errno;
    }

    /// <summary>Unmounts the root, and everything that was mounted in it.</summary>
    /// <exception cref="SysException">It cannot be taken away.</exception>
    public static void Detach(ContainerDirectory directory)
    {
        const OpenFlags Top = OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow;
        while (true)
        {
            Errno errno = Sys.Openat(directory.Number, "root\0"u8, Top, 0, out int number);
            if (errno.IsMissing())
            {
                return;
            }

            errno.OrThrow("open", directory.Path + "/root");
            using Descriptor top = new(number);
            Sys.Statx(number, out FileStatus status).OrThrow("look at", directory.Path + "/root");
            if (!status.IsMountRoot)
            {
                return;
            }

            Sys.UmountDetach(number).OrThrow("unmount", directory.Path + "/root");
        }
    }

    // First a bind mount of the place itself, which a shared mount may propagate. Once it is private, mounts on it do not propagate.
    private static Errno Attach(int root, int place)
    {
        Errno errno = Sys.OpenTreeClone(place, "\0"u8, recursive: false, out int number);
        using Descriptor bare = new(number);
        errno = errno == Errno.None ? Sys.MoveMount(number, place) : errno;
        errno = errno == Errno.None ? Spread(number, MountFlags.Private, recursive: false) : errno;
        return errno == Errno.None ? Sys.MoveMount(root, number) : errno;
    }

    private static Errno Spread(int mount, MountFlags propagation, bool recursive) =>
        Sys.MountSetattr(mount, new MountAttributeChange { Propagation = propagation }, recursive);
}
