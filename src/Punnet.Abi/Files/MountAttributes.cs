using System;
using System.Runtime.InteropServices;

namespace Punnet.Abi;

/// <summary>MOUNT_ATTR_* of linux/mount.h, for fsmount(2) and mount_setattr(2).</summary>
[Flags]
public enum MountAttributes : ulong
{
    /// <summary>No attribute; also MOUNT_ATTR_RELATIME, which is zero.</summary>
    None = 0,

    /// <summary>MOUNT_ATTR_RDONLY.</summary>
    ReadOnly = 0x1,

    /// <summary>MOUNT_ATTR_NOSUID.</summary>
    NoSuid = 0x2,

    /// <summary>MOUNT_ATTR_NODEV.</summary>
    NoDev = 0x4,

    /// <summary>MOUNT_ATTR_NOEXEC.</summary>
    NoExec = 0x8,

    /// <summary>MOUNT_ATTR_NOATIME.</summary>
    NoAtime = 0x10,

    /// <summary>MOUNT_ATTR_STRICTATIME.</summary>
    StrictAtime = 0x20,

    /// <summary>MOUNT_ATTR__ATIME: the bits of the access time policy; must be cleared to change it.</summary>
    AtimeMask = 0x70,

    /// <summary>MOUNT_ATTR_NODIRATIME.</summary>
    NoDirAtime = 0x80,

    /// <summary>MOUNT_ATTR_IDMAP.</summary>
    IdMap = 0x00100000,

    /// <summary>MOUNT_ATTR_NOSYMFOLLOW (Linux 5.14).</summary>
    NoSymlinkFollow = 0x00200000,
}

/// <summary>struct mount_attr of mount_setattr(2), 32 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct MountAttributeChange
{
    /// <summary>attr_set.</summary>
    public MountAttributes Set;

    /// <summary>attr_clr.</summary>
    public MountAttributes Clear;

    /// <summary>propagation: one of MS_PRIVATE, MS_SLAVE, MS_SHARED, MS_UNBINDABLE, or 0.</summary>
    public MountFlags Propagation;

    /// <summary>userns_fd for <see cref="MountAttributes.IdMap"/>.</summary>
    public ulong UserNamespace;
}
