using System;
using System.Runtime.InteropServices;

namespace Punnet.Abi;

/// <summary>open(2): O_* of asm/fcntl.h.</summary>
[Flags]
public enum OpenFlags : ulong
{
    /// <summary>O_RDONLY.</summary>
    ReadOnly = 0,

    /// <summary>O_WRONLY.</summary>
    WriteOnly = 1,

    /// <summary>O_RDWR.</summary>
    ReadWrite = 2,

    /// <summary>O_CREAT.</summary>
    Create = 0x40,

    /// <summary>O_EXCL.</summary>
    Exclusive = 0x80,

    /// <summary>O_NOCTTY.</summary>
    NoControllingTerminal = 0x100,

    /// <summary>O_TRUNC.</summary>
    Truncate = 0x200,

    /// <summary>O_APPEND.</summary>
    Append = 0x400,

    /// <summary>O_NONBLOCK.</summary>
    NonBlocking = 0x800,

    /// <summary>O_DIRECTORY.</summary>
    Directory = Numbers.FlagDirectory,

    /// <summary>O_NOFOLLOW.</summary>
    NoFollow = Numbers.FlagNoFollow,

    /// <summary>O_CLOEXEC.</summary>
    CloseOnExec = 0x80000,

    /// <summary>O_SYNC.</summary>
    Synchronous = 0x101000,

    /// <summary>O_PATH.</summary>
    Path = 0x200000,
}

/// <summary>openat2(2): RESOLVE_* of linux/openat2.h.</summary>
[Flags]
public enum ResolveFlags : ulong
{
    /// <summary>As openat(2).</summary>
    None = 0,

    /// <summary>RESOLVE_NO_XDEV.</summary>
    NoMountCrossing = 0x01,

    /// <summary>RESOLVE_NO_MAGICLINKS.</summary>
    NoMagicLinks = 0x02,

    /// <summary>RESOLVE_NO_SYMLINKS.</summary>
    NoSymlinks = 0x04,

    /// <summary>RESOLVE_BENEATH.</summary>
    Beneath = 0x08,

    /// <summary>RESOLVE_IN_ROOT.</summary>
    InRoot = 0x10,
}

/// <summary>struct open_how of openat2(2), 24 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct OpenHow
{
    /// <summary>flags.</summary>
    public OpenFlags Flags;

    /// <summary>mode, only with O_CREAT.</summary>
    public ulong Mode;

    /// <summary>resolve.</summary>
    public ResolveFlags Resolve;
}
