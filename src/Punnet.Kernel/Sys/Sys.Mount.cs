using System;
using Punnet.Abi;
using static Tmds.Linux.LibC;

namespace Punnet.Kernel;

public static unsafe partial class Sys
{
    /// <summary>mount(2); empty spans are null pointers.</summary>
    public static Errno Mount(ReadOnlySpan<byte> source, ReadOnlySpan<byte> target, ReadOnlySpan<byte> fileSystem, MountFlags flags) =>
        Mount(source, target, fileSystem, flags, default);

    /// <summary>The same with file system options, at most a page.</summary>
    public static Errno Mount(
        ReadOnlySpan<byte> source, ReadOnlySpan<byte> target, ReadOnlySpan<byte> fileSystem, MountFlags flags, ReadOnlySpan<byte> data)
    {
        fixed (byte* from = source, to = target, type = fileSystem, text = data)
        {
            return Call(SyscallNumber.Mount, (nint)from, (nint)to, (nint)type, (nint)flags, (nint)text);
        }
    }

    /// <summary>umount2(2) with MNT_DETACH.</summary>
    public static Errno UmountDetach(ReadOnlySpan<byte> target)
    {
        fixed (byte* text = target)
        {
            return Call(SyscallNumber.Umount2, (nint)text, MNT_DETACH);
        }
    }

    /// <summary>umount2(2) with MNT_DETACH of the mount whose root a descriptor is, with all mounts on it.</summary>
    public static Errno UmountDetach(int mount)
    {
        Span<byte> buffer = stackalloc byte[DescriptorPathSize];
        return UmountDetach(DescriptorPath(mount, buffer));
    }

    /// <summary>pivot_root(2).</summary>
    public static Errno PivotRoot(ReadOnlySpan<byte> newRoot, ReadOnlySpan<byte> oldRoot)
    {
        fixed (byte* to = newRoot, from = oldRoot)
        {
            return Call(SyscallNumber.PivotRoot, (nint)to, (nint)from);
        }
    }

    /// <summary>chroot(2).</summary>
    public static Errno Chroot(ReadOnlySpan<byte> path)
    {
        fixed (byte* text = path)
        {
            return Call(SyscallNumber.Chroot, (nint)text);
        }
    }

    /// <summary>fsopen(2), close-on-exec.</summary>
    public static Errno Fsopen(ReadOnlySpan<byte> type, out int context)
    {
        if (OldMounts.IsOn)
        {
            return OldMounts.Open(type, out context);
        }

        const int CloseOnExec = 1; // FSOPEN_CLOEXEC
        fixed (byte* text = type)
        {
            return Open(SyscallNumber.Fsopen, out context, (nint)text, CloseOnExec);
        }
    }

    /// <summary>fspick(2) of the mount whose root a descriptor is, close-on-exec.</summary>
    public static Errno Fspick(int descriptor, out int context)
    {
        if (OldMounts.IsOn)
        {
            context = -1;
            return Errno.ENOSYS;
        }

        const int CloseOnExec = 1, EmptyPath = 8; // FSPICK_CLOEXEC, FSPICK_EMPTY_PATH
        fixed (byte* empty = "\0"u8)
        {
            return Open(SyscallNumber.Fspick, out context, descriptor, (nint)empty, CloseOnExec | EmptyPath);
        }
    }

    /// <summary>fsconfig(2): FSCONFIG_SET_STRING, or FSCONFIG_SET_FLAG when <paramref name="value"/> is empty.</summary>
    public static Errno Fsconfig(int context, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (OldMounts.IsOn)
        {
            return OldMounts.Configure(context, key, value);
        }

        const int SetFlag = 0, SetString = 1; // FSCONFIG_SET_FLAG, FSCONFIG_SET_STRING
        fixed (byte* name = key, text = value)
        {
            return Call(SyscallNumber.Fsconfig, context, value.IsEmpty ? SetFlag : SetString, (nint)name, (nint)text);
        }
    }

    /// <summary>fsconfig(2) FSCONFIG_SET_FD: a parameter whose value is a descriptor.</summary>
    public static Errno Fsconfig(int context, ReadOnlySpan<byte> key, int value)
    {
        const int SetFd = 5; // FSCONFIG_SET_FD
        fixed (byte* name = key)
        {
            return Call(SyscallNumber.Fsconfig, context, SetFd, (nint)name, 0, value);
        }
    }

    /// <summary>fsconfig(2) FSCONFIG_CMD_CREATE.</summary>
    public static Errno FsconfigCreate(int context)
    {
        const int Create = 6; // FSCONFIG_CMD_CREATE
        return OldMounts.IsOn ? Errno.None : Call(SyscallNumber.Fsconfig, context, Create);
    }

    /// <summary>fsconfig(2) FSCONFIG_CMD_RECONFIGURE.</summary>
    public static Errno FsconfigReconfigure(int context)
    {
        const int Reconfigure = 7; // FSCONFIG_CMD_RECONFIGURE
        return Call(SyscallNumber.Fsconfig, context, Reconfigure);
    }

    /// <summary>fsmount(2): a detached mount, close-on-exec.</summary>
    public static Errno Fsmount(int context, MountAttributes attributes, out int mount)
    {
        const int CloseOnExec = 1; // FSMOUNT_CLOEXEC
        return OldMounts.IsOn
            ? OldMounts.MakeFileSystem(context, attributes, out mount)
            : Open(SyscallNumber.Fsmount, out mount, context, CloseOnExec, (nint)attributes);
    }

    /// <summary>open_tree(2) with OPEN_TREE_CLONE: a detached copy of the mount at a path, close-on-exec.</summary>
    public static Errno OpenTreeClone(int directory, ReadOnlySpan<byte> path, bool recursive, out int mount) =>
        OpenTreeClone(directory, path, recursive, followsLink: true, out mount);

    /// <summary>The same, with the choice not to follow a symbolic link at the end of the path (AT_SYMLINK_NOFOLLOW).</summary>
    public static Errno OpenTreeClone(int directory, ReadOnlySpan<byte> path, bool recursive, bool followsLink, out int mount)
    {
        mount = -1;
        if (!IsText(path))
        {
            return Errno.EINVAL;
        }

        if (OldMounts.IsOn)
        {
            return OldMounts.Clone(directory, path, recursive, followsLink, out mount);
        }

        const int Clone = 1; // OPEN_TREE_CLONE
        int flags = Clone | O_CLOEXEC // OPEN_TREE_CLOEXEC
            | (recursive ? Recursive : 0) | (path.Length == 1 ? AT_EMPTY_PATH : 0) | (followsLink ? 0 : AT_SYMLINK_NOFOLLOW);
        fixed (byte* text = path)
        {
            return Open(SyscallNumber.OpenTree, out mount, directory, (nint)text, flags);
        }
    }

    /// <summary>move_mount(2) of a detached mount to a mount point, both by descriptor.</summary>
    public static Errno MoveMount(int mount, int target)
    {
        if (OldMounts.IsOn)
        {
            return OldMounts.Attach(mount, target);
        }

        const int FromEmptyPath = 0x4, ToEmptyPath = 0x40; // MOVE_MOUNT_F_EMPTY_PATH, MOVE_MOUNT_T_EMPTY_PATH
        fixed (byte* empty = "\0"u8)
        {
            return Call(SyscallNumber.MoveMount, mount, (nint)empty, target, (nint)empty, FromEmptyPath | ToEmptyPath);
        }
    }

    /// <summary>mount_setattr(2) of the mount that a descriptor is on.</summary>
    public static Errno MountSetattr(int mount, MountAttributeChange change, bool recursive)
    {
        if (OldMounts.IsOn)
        {
            return OldMounts.Change(mount, change, recursive);
        }

        fixed (byte* empty = "\0"u8)
        {
            int flags = AT_EMPTY_PATH | (recursive ? Recursive : 0);
            return Call(SyscallNumber.MountSetattr, mount, (nint)empty, flags, (nint)(&change), sizeof(MountAttributeChange));
        }
    }

    /// <summary>
    /// fstatfs(2): the attributes of the mount that a descriptor is on. The mount of a read-only file system counts as read-only.
    /// </summary>
    public static Errno FstatfsFlags(int descriptor, out MountAttributes attributes)
    {
        const int FlagsIndex = 10; // f_flags of struct statfs: 120 bytes
        const int NoSymlinkFollow = 0x2000; // ST_NOSYMFOLLOW, statfs(2)
        long* buffer = stackalloc long[15];
        Errno errno = Call(SyscallNumber.Fstatfs, descriptor, (nint)buffer);
        long flags = errno == Errno.None ? buffer[FlagsIndex] : 0;
        attributes = (MountAttributes)(ulong)flags
            & (MountAttributes.ReadOnly | MountAttributes.NoSuid | MountAttributes.NoDev | MountAttributes.NoExec);
        attributes |= (flags & ST_NOATIME) != 0 ? MountAttributes.NoAtime
            : (flags & ST_RELATIME) != 0 ? MountAttributes.None
            : MountAttributes.StrictAtime;
        attributes |= (flags & ST_NODIRATIME) != 0 ? MountAttributes.NoDirAtime : MountAttributes.None;
        attributes |= (flags & NoSymlinkFollow) != 0 ? MountAttributes.NoSymlinkFollow : MountAttributes.None;
        return errno;
    }

    /// <summary>From here on mount(2) replaces the newer mount calls, in a mount namespace that does not propagate to the host.</summary>
    /// <param name="proc">The host's /proc, verified; stays open as long as mounts are made.</param>
    public static void UseOldMounts(int proc) => OldMounts.TurnOn(proc);

    /// <summary>
    /// With <see cref="UseOldMounts"/>, before pivot_root(2) and after the last mount: unmounts their stage from the root.
    /// </summary>
    public static Errno RemoveOldMountStage() => OldMounts.RemoveStage();
}
