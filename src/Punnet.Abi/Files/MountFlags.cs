using System;

namespace Punnet.Abi;

/// <summary>mount(2): MS_* of linux/mount.h.</summary>
[Flags]
public enum MountFlags : ulong
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>MS_RDONLY.</summary>
    ReadOnly = 1,

    /// <summary>MS_NOSUID.</summary>
    NoSuid = 2,

    /// <summary>MS_NODEV.</summary>
    NoDev = 4,

    /// <summary>MS_NOEXEC.</summary>
    NoExec = 8,

    /// <summary>MS_SYNCHRONOUS.</summary>
    Synchronous = 16,

    /// <summary>MS_REMOUNT.</summary>
    Remount = 32,

    /// <summary>MS_MANDLOCK.</summary>
    MandatoryLock = 64,

    /// <summary>MS_DIRSYNC.</summary>
    DirSync = 128,

    /// <summary>MS_NOSYMFOLLOW.</summary>
    NoSymlinkFollow = 256,

    /// <summary>MS_NOATIME.</summary>
    NoAtime = 1024,

    /// <summary>MS_NODIRATIME.</summary>
    NoDirAtime = 2048,

    /// <summary>MS_BIND.</summary>
    Bind = 4096,

    /// <summary>MS_MOVE.</summary>
    Move = 8192,

    /// <summary>MS_REC.</summary>
    Recursive = 16384,

    /// <summary>MS_SILENT.</summary>
    Silent = 32768,

    /// <summary>MS_UNBINDABLE.</summary>
    Unbindable = 1 << 17,

    /// <summary>MS_PRIVATE.</summary>
    Private = 1 << 18,

    /// <summary>MS_SLAVE.</summary>
    Slave = 1 << 19,

    /// <summary>MS_SHARED.</summary>
    Shared = 1 << 20,

    /// <summary>MS_RELATIME.</summary>
    Relatime = 1 << 21,

    /// <summary>MS_I_VERSION.</summary>
    InodeVersion = 1 << 23,

    /// <summary>MS_STRICTATIME.</summary>
    StrictAtime = 1 << 24,

    /// <summary>MS_LAZYTIME.</summary>
    LazyTime = 1 << 25,
}
