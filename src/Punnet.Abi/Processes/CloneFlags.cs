using System;

namespace Punnet.Abi;

/// <summary>clone(2), unshare(2), setns(2).</summary>
[Flags]
public enum CloneFlags : ulong
{
    /// <summary>A plain fork.</summary>
    None = 0,

    /// <summary>CLONE_NEWTIME: only unshare(2) and setns(2) allow setting offsets first.</summary>
    NewTime = 0x80,

    /// <summary>CLONE_FILES: both share one file descriptor table.</summary>
    Files = 0x400,

    /// <summary>CLONE_VFORK.</summary>
    Vfork = 0x4000,

    /// <summary>CLONE_PIDFD.</summary>
    Pidfd = 0x1000,

    /// <summary>CLONE_PARENT: the new process is a child of the caller's parent.</summary>
    Parent = 0x8000,

    /// <summary>CLONE_PARENT_SETTID: the kernel stores the child's PID for the caller.</summary>
    StoresPid = 0x100000,

    /// <summary>CLONE_NEWNS.</summary>
    NewMount = 0x20000,

    /// <summary>CLONE_NEWCGROUP.</summary>
    NewCgroup = 0x02000000,

    /// <summary>CLONE_NEWUTS.</summary>
    NewUts = 0x04000000,

    /// <summary>CLONE_NEWIPC.</summary>
    NewIpc = 0x08000000,

    /// <summary>CLONE_NEWUSER.</summary>
    NewUser = 0x10000000,

    /// <summary>CLONE_NEWPID.</summary>
    NewPid = 0x20000000,

    /// <summary>CLONE_NEWNET.</summary>
    NewNetwork = 0x40000000,

    /// <summary>CLONE_INTO_CGROUP (Linux 5.7).</summary>
    IntoCgroup = 0x200000000,
}
