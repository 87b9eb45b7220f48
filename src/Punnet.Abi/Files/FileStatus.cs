using System.Runtime.InteropServices;

namespace Punnet.Abi;

/// <summary>File type bits of st_mode, inode(7).</summary>
public static class FileMode
{
    /// <summary>S_IFMT.</summary>
    public const uint TypeMask = 0xF000;

    /// <summary>S_IFSOCK.</summary>
    public const uint Socket = 0xC000;

    /// <summary>S_IFLNK.</summary>
    public const uint SymbolicLink = 0xA000;

    /// <summary>S_IFREG.</summary>
    public const uint Regular = 0x8000;

    /// <summary>S_IFBLK.</summary>
    public const uint BlockDevice = 0x6000;

    /// <summary>S_IFDIR.</summary>
    public const uint Directory = 0x4000;

    /// <summary>S_IFCHR.</summary>
    public const uint CharacterDevice = 0x2000;

    /// <summary>S_IFIFO.</summary>
    public const uint Fifo = 0x1000;
}

/// <summary>struct statx_timestamp of statx(2).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FileTime
{
    /// <summary>Seconds since the epoch.</summary>
    public long Seconds;

    /// <summary>Nanoseconds.</summary>
    public uint Nanoseconds;

    private readonly int _reserved;
}

/// <summary>struct statx of statx(2), 256 bytes: the same on every architecture.</summary>
[StructLayout(LayoutKind.Sequential, Size = 256)]
public struct FileStatus
{
    /// <summary>stx_mask.</summary>
    public uint Mask;

    /// <summary>stx_blksize.</summary>
    public uint BlockSize;

    /// <summary>stx_attributes.</summary>
    public ulong Attributes;

    /// <summary>stx_nlink.</summary>
    public uint Links;

    /// <summary>stx_uid.</summary>
    public uint Uid;

    /// <summary>stx_gid.</summary>
    public uint Gid;

    /// <summary>stx_mode: type and permissions, see <see cref="FileMode"/>.</summary>
    public ushort Mode;

    private readonly ushort _spare;

    /// <summary>stx_ino.</summary>
    public ulong Inode;

    /// <summary>stx_size, bytes.</summary>
    public ulong Size;

    /// <summary>stx_blocks, 512 bytes each.</summary>
    public ulong Blocks;

    /// <summary>stx_attributes_mask.</summary>
    public ulong AttributesMask;

    /// <summary>stx_atime.</summary>
    public FileTime Accessed;

    /// <summary>stx_btime.</summary>
    public FileTime Born;

    /// <summary>stx_ctime.</summary>
    public FileTime Changed;

    /// <summary>stx_mtime.</summary>
    public FileTime Modified;

    /// <summary>stx_rdev_major.</summary>
    public uint DeviceMajor;

    /// <summary>stx_rdev_minor.</summary>
    public uint DeviceMinor;

    /// <summary>stx_dev_major.</summary>
    public uint FileSystemMajor;

    /// <summary>stx_dev_minor.</summary>
    public uint FileSystemMinor;

    /// <summary>stx_mnt_id (Linux 5.8), where <see cref="Mask"/> has STATX_MNT_ID.</summary>
    public ulong MountId;

    /// <summary>Whether st_mode has this file type.</summary>
    /// <param name="type">One of <see cref="FileMode"/>.</param>
    public readonly bool Is(uint type) => (Mode & FileMode.TypeMask) == type;

    /// <summary>Whether this is the root of a mount (STATX_ATTR_MOUNT_ROOT).</summary>
    public readonly bool IsMountRoot => (Attributes & 0x2000) != 0;

    /// <summary>Whether this is the character device with these numbers, such as 1:3 for /dev/null.</summary>
    /// <param name="major">Major number.</param>
    /// <param name="minor">Minor number.</param>
    public readonly bool IsCharacterDevice(uint major, uint minor) =>
        Is(FileMode.CharacterDevice) && DeviceMajor == major && DeviceMinor == minor;
}

/// <summary>struct timespec.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct OldFileTime
{
#pragma warning disable CS0649 // The kernel writes them.
    /// <summary>tv_sec: seconds since the epoch.</summary>
    public readonly long Seconds;

    /// <summary>tv_nsec.</summary>
    public readonly ulong Nanoseconds;
#pragma warning restore CS0649
}

/// <summary>struct stat of newfstatat(2) on x86-64, 144 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 144)]
public readonly struct OldFileStatusX64
{
#pragma warning disable CS0649 // The kernel writes them.
    /// <summary>st_dev.</summary>
    public readonly ulong FileSystem;

    /// <summary>st_ino.</summary>
    public readonly ulong Inode;

    /// <summary>st_nlink.</summary>
    public readonly ulong Links;

    /// <summary>st_mode.</summary>
    public readonly uint Mode;

    /// <summary>st_uid.</summary>
    public readonly uint Uid;

    /// <summary>st_gid.</summary>
    public readonly uint Gid;

    private readonly uint _spare;

    /// <summary>st_rdev.</summary>
    public readonly ulong Device;

    /// <summary>st_size.</summary>
    public readonly ulong Size;

    /// <summary>st_blksize.</summary>
    public readonly ulong BlockSize;

    /// <summary>st_blocks.</summary>
    public readonly ulong Blocks;

    /// <summary>st_atime.</summary>
    public readonly OldFileTime Accessed;

    /// <summary>st_mtime.</summary>
    public readonly OldFileTime Modified;

    /// <summary>st_ctime.</summary>
    public readonly OldFileTime Changed;
#pragma warning restore CS0649
}

/// <summary>struct stat of newfstatat(2) on arm64, 128 bytes: that of asm-generic/stat.h.</summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
public readonly struct OldFileStatusArm64
{
#pragma warning disable CS0649 // The kernel writes them.
    /// <summary>st_dev.</summary>
    public readonly ulong FileSystem;

    /// <summary>st_ino.</summary>
    public readonly ulong Inode;

    /// <summary>st_mode.</summary>
    public readonly uint Mode;

    /// <summary>st_nlink.</summary>
    public readonly uint Links;

    /// <summary>st_uid.</summary>
    public readonly uint Uid;

    /// <summary>st_gid.</summary>
    public readonly uint Gid;

    /// <summary>st_rdev.</summary>
    public readonly ulong Device;

    private readonly ulong _spare;

    /// <summary>st_size.</summary>
    public readonly ulong Size;

    /// <summary>st_blksize.</summary>
    public readonly uint BlockSize;

    private readonly uint _spareToo;

    /// <summary>st_blocks.</summary>
    public readonly ulong Blocks;

    /// <summary>st_atime.</summary>
    public readonly OldFileTime Accessed;

    /// <summary>st_mtime.</summary>
    public readonly OldFileTime Modified;

    /// <summary>st_ctime.</summary>
    public readonly OldFileTime Changed;
#pragma warning restore CS0649
}

/// <summary>f_type of statfs(2), linux/magic.h.</summary>
public static class FileSystemMagic
{
    /// <summary>PROC_SUPER_MAGIC.</summary>
    public const long Proc = 0x9fa0;

    /// <summary>SYSFS_MAGIC.</summary>
    public const long Sysfs = 0x62656572;

    /// <summary>CGROUP2_SUPER_MAGIC.</summary>
    public const long Cgroup2 = 0x63677270;

    /// <summary>SELINUX_MAGIC.</summary>
    public const long Selinux = 0xf97cff8c;

    /// <summary>DEVPTS_SUPER_MAGIC.</summary>
    public const long Devpts = 0x1cd1;

    /// <summary>TMPFS_MAGIC.</summary>
    public const long Tmpfs = 0x01021994;

    /// <summary>PID_FS_MAGIC.</summary>
    public const long Pidfs = 0x50494446;
}
