using System;
using System.Buffers.Text;
using Punnet.Abi;

namespace Punnet.Kernel;

/// <summary>
/// The mount calls of Linux 5.2 and later (open_tree, fsopen, mount_setattr, move_mount …) implemented with mount(2), for where a seccomp
/// filter around punnet refuses them. In place of detached mounts there is a stage: a tmpfs over the root of a mount namespace that has no
/// other process. Each mount is made there and then moved to its mount point. All paths are /proc/self/fd/N below a verified /proc.
/// </summary>
/// <remarks>ENOSYS is returned for what mount(2) cannot do: ID maps, attributes of a whole tree, fspick(2).</remarks>
internal static unsafe class OldMounts
{
    private const int LongestData = 4096; // One page, mount(2).

    private static int s_proc;
    private static int s_stage;
    private static bool s_hasStage;
    private static int s_slots;

    /// <summary>Whether mount(2) makes all mounts of this process from now on.</summary>
    public static bool IsOn { get; private set; }

    /// <summary>Turns it on.</summary>
    /// <param name="proc">The host's /proc, O_PATH, open as long as mounts are made.</param>
    public static void TurnOn(int proc)
    {
        s_proc = proc;
        IsOn = true;
    }

    /// <summary>Unmounts the stage from the root; the next mount makes a new one.</summary>
    public static Errno RemoveStage()
    {
        if (!s_hasStage)
        {
            return Errno.None;
        }

        Sys.Close(s_stage);
        s_hasStage = false;
        return Sys.UmountDetach(OverRoot);
    }

    // "/" is the root itself, not what is mounted over it; "/.." is the topmost mount there, path_resolution(7).
    private static ReadOnlySpan<byte> OverRoot => "/..\0"u8;

    /// <summary>open_tree(2) with OPEN_TREE_CLONE.</summary>
    public static Errno Clone(int directory, ReadOnlySpan<byte> path, bool recursive, bool followsLink, out int mount)
    {
        mount = -1;
        int source = directory;
        bool isOwned = path.Length > 1;
        if (isOwned)
        {
            OpenFlags flags = followsLink ? OpenFlags.Path : OpenFlags.Path | OpenFlags.NoFollow;
            Errno open = Sys.Openat(directory, path, flags, 0, out source);
            if (open != Errno.None)
            {
                return open;
            }
        }

        ReadOnlySpan<byte> from = PathOf(source, stackalloc byte[Sys.DescriptorPathSize]);
        Errno errno = Sys.Statx(source, out FileStatus status);
        MountFlags bind = recursive ? MountFlags.Bind | MountFlags.Recursive : MountFlags.Bind;
        errno = errno == Errno.None ? Make(status.Is(FileMode.Directory), from, default, bind, default, out mount) : errno;
        if (isOwned)
        {
            Sys.Close(source);
        }

        return errno;
    }

    /// <summary>move_mount(2).</summary>
    public static Errno Attach(int mount, int target)
    {
        ReadOnlySpan<byte> from = PathOf(mount, stackalloc byte[Sys.DescriptorPathSize]);
        ReadOnlySpan<byte> to = PathOf(target, stackalloc byte[Sys.DescriptorPathSize]);
        return Call(from, to, default, MountFlags.Move, default);
    }

    /// <summary>mount_setattr(2).</summary>
    public static Errno Change(int mount, MountAttributeChange change, bool recursive)
    {
        MountAttributes attributes = change.Set | change.Clear;
        if ((attributes & MountAttributes.IdMap) != MountAttributes.None || (recursive && attributes != MountAttributes.None))
        {
            return Errno.ENOSYS;
        }

        ReadOnlySpan<byte> path = PathOf(mount, stackalloc byte[Sys.DescriptorPathSize]);
        Errno errno = Errno.None;
        if (attributes != MountAttributes.None)
        {
            errno = Sys.FstatfsFlags(mount, out MountAttributes now);
            MountFlags flags = FlagsOf((now & ~change.Clear) | change.Set);
            errno = errno == Errno.None ? Call(default, path, default, MountFlags.Remount | MountFlags.Bind | flags, default) : errno;
        }

        return errno == Errno.None && change.Propagation != MountFlags.None
            ? Call(default, path, default, change.Propagation | (recursive ? MountFlags.Recursive : MountFlags.None), default)
            : errno;
    }

    /// <summary>fsopen(2): a memory file that holds the type and then the parameters, each with a NUL.</summary>
    public static Errno Open(ReadOnlySpan<byte> type, out int context)
    {
        Errno errno = Sys.MemfdCreate("mount\0"u8, sealable: false, out context);
        return errno == Errno.None ? Sys.WriteAll(context, type) : errno;
    }

    /// <summary>fsconfig(2) with a parameter.</summary>
    public static Errno Configure(int context, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        Errno errno = Sys.WriteAll(context, key[..^1]);
        if (errno != Errno.None || value.IsEmpty)
        {
            return errno == Errno.None ? Sys.WriteAll(context, "\0"u8) : errno;
        }

        // Only security labels can have commas, in quotes.
        bool isQuoted = value.Contains((byte)',');
        errno = value.Contains((byte)'"') ? Errno.EINVAL : Sys.WriteAll(context, isQuoted ? "=\""u8 : "="u8);
        errno = errno == Errno.None ? Sys.WriteAll(context, value[..^1]) : errno;
        return errno == Errno.None ? Sys.WriteAll(context, isQuoted ? "\"\0"u8 : "\0"u8) : errno;
    }

    /// <summary>fsmount(2).</summary>
    public static Errno MakeFileSystem(int context, MountAttributes attributes, out int mount)
    {
        mount = -1;
        Span<byte> text = stackalloc byte[LongestData];
        Sys.Rewind(context);
        Errno errno = Sys.Read(context, text, out int length);
        if (errno != Errno.None || length == LongestData)
        {
            return errno == Errno.None ? Errno.E2BIG : errno;
        }

        Span<byte> rest = text[..length];
        Span<byte> type = TakeText(ref rest);
        Span<byte> source = rest[..0];
        Span<byte> data = stackalloc byte[LongestData];
        int used = 0;
        while (!rest.IsEmpty)
        {
            Span<byte> parameter = TakeText(ref rest);
            if (parameter.StartsWith("source="u8))
            {
                source = parameter["source=".Length..];
                continue;
            }

            parameter.CopyTo(data[used..]);
            used += parameter.Length;
            data[used - 1] = (byte)',';
        }

        data[used == 0 ? 0 : used - 1] = 0;

        // mount(2) would make the file system itself read-only, not only this mount.
        MountAttributes late = attributes & MountAttributes.ReadOnly;
        errno = Make(isDirectory: true, source, type, FlagsOf(attributes & ~late), data, out mount);
        return errno == Errno.None && late != MountAttributes.None
            ? Change(mount, new MountAttributeChange { Set = late }, recursive: false)
            : errno;
    }

    // Mounts in a new slot on the stage.
    private static Errno Make(
        bool isDirectory, ReadOnlySpan<byte> source, ReadOnlySpan<byte> type, MountFlags flags, ReadOnlySpan<byte> data, out int mount)
    {
        mount = -1;
        Errno errno = MakeStage();
        if (errno != Errno.None)
        {
            return errno;
        }

        Span<byte> name = stackalloc byte[16];
        Utf8Formatter.TryFormat(s_slots++, name, out int digits);
        name[digits] = 0;
        name = name[..(digits + 1)];
        errno = isDirectory
            ? Sys.Mkdirat(s_stage, name, Permissions.Mode0700)
            : Sys.Mknodat(s_stage, name, FileMode.Regular | Permissions.Mode0600, 0, 0);
        int slot = -1;
        errno = errno == Errno.None ? Sys.Openat(s_stage, name, OpenFlags.Path | OpenFlags.NoFollow, 0, out slot) : errno;
        if (errno != Errno.None)
        {
            return errno;
        }

        ReadOnlySpan<byte> target = PathOf(slot, stackalloc byte[Sys.DescriptorPathSize]);
        errno = Call(source, target, type, flags, data);
        Sys.Close(slot);
        return errno == Errno.None ? Sys.Openat(s_stage, name, OpenFlags.Path | OpenFlags.NoFollow, 0, out mount) : errno;
    }

    private static Errno MakeStage()
    {
        if (s_hasStage)
        {
            return Errno.None;
        }

        const MountFlags Harmless = MountFlags.NoSuid | MountFlags.NoDev | MountFlags.NoExec;
        Errno errno = Sys.Mount("tmpfs\0"u8, OverRoot, "tmpfs\0"u8, Harmless, "mode=0700\0"u8);

        // A mount can be moved away from it only if it is not shared; and a recursive bind must not copy it.
        errno = errno == Errno.None ? Sys.Mount(default, OverRoot, default, MountFlags.Unbindable) : errno;
        errno = errno == Errno.None
            ? Sys.Openat(Sys.WorkingDirectory, OverRoot, OpenFlags.Path | OpenFlags.Directory, 0, out s_stage)
            : errno;
        s_hasStage = errno == Errno.None;
        return errno;
    }

    // mount(2) with /proc as the working directory.
    private static Errno Call(
        ReadOnlySpan<byte> source, ReadOnlySpan<byte> target, ReadOnlySpan<byte> type, MountFlags flags, ReadOnlySpan<byte> data)
    {
        Errno errno = Sys.Openat(Sys.WorkingDirectory, ".\0"u8, OpenFlags.Path | OpenFlags.Directory, 0, out int back);
        errno = errno == Errno.None ? Sys.Chdir(s_proc) : errno;
        errno = errno == Errno.None ? Sys.Mount(source, target, type, flags, data) : errno;
        Errno returned = Sys.Chdir(back);
        Sys.Close(back);
        return errno == Errno.None ? returned : errno;
    }

    // Relative to /proc.
    private static ReadOnlySpan<byte> PathOf(int descriptor, Span<byte> buffer) =>
        Sys.DescriptorPath(descriptor, buffer)["/proc/".Length..];

    private static Span<byte> TakeText(ref Span<byte> rest)
    {
        int end = rest.IndexOf((byte)0) + 1;
        Span<byte> text = rest[..end];
        rest = rest[end..];
        return text;
    }

    private static MountFlags FlagsOf(MountAttributes attributes)
    {
        // The four lowest attributes are the four lowest flags.
        MountFlags flags = (MountFlags)(ulong)attributes & (MountFlags.ReadOnly | MountFlags.NoSuid | MountFlags.NoDev | MountFlags.NoExec);
        flags |= (attributes & MountAttributes.NoAtime) != MountAttributes.None ? MountFlags.NoAtime : MountFlags.None;
        flags |= (attributes & MountAttributes.StrictAtime) != MountAttributes.None ? MountFlags.StrictAtime : MountFlags.None;
        flags |= (attributes & MountAttributes.AtimeMask) == MountAttributes.None ? MountFlags.Relatime : MountFlags.None;
        flags |= (attributes & MountAttributes.NoDirAtime) != MountAttributes.None ? MountFlags.NoDirAtime : MountFlags.None;
        flags |= (attributes & MountAttributes.NoSymlinkFollow) != MountAttributes.None ? MountFlags.NoSymlinkFollow : MountFlags.None;
        return flags;
    }
}
