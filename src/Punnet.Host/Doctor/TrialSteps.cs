using System;
using System.Runtime.InteropServices;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.Doctor;

/// <summary>What a trial's process does.</summary>
internal enum TrialStep
{
    /// <summary>Nothing: its clone is the trial.</summary>
    None,

    /// <summary>Whether a system call is there.</summary>
    Ask,

    /// <summary>Makes all mounts private.</summary>
    LeaveMounts,

    /// <summary>Makes a file system, changes and attaches it.</summary>
    Mount,

    /// <summary>Mounts an overlay, and removes a directory of its lower layer.</summary>
    Overlay,

    /// <summary>Makes a time namespace.</summary>
    UnshareTime,

    /// <summary>Makes a session keyring.</summary>
    JoinKeyring,

    /// <summary>Loads a system call filter.</summary>
    LoadFilter,

    /// <summary>The same with a listener.</summary>
    LoadListener,
}

/// <summary>
/// The steps. A switch and not delegates: every cached delegate would be made at the start of every command (docs/performance.md).
/// </summary>
internal static class TrialSteps
{
    /// <summary>Takes one, in the process of a trial.</summary>
    public static Errno Take(TrialStep step, SyscallNumber call) => step switch
    {
        TrialStep.Ask => Ask(call),
        TrialStep.LeaveMounts => LeaveMounts(),
        TrialStep.Mount => Mount(),
        TrialStep.Overlay => Overlay(),
        TrialStep.UnshareTime => Sys.Unshare(CloneFlags.NewTime),
        TrialStep.JoinKeyring => Sys.KeyctlJoinSessionKeyring("punnet-doctor\0"u8, out _),
        TrialStep.LoadFilter => Load(SeccompFilterFlags.None),
        TrialStep.LoadListener => Load(SeccompFilterFlags.NewListener),
        _ => Errno.None,
    };

    private static Errno Ask(SyscallNumber call)
    {
        Errno errno = Sys.Answer(call);
        return errno.IsOfFilter() ? errno : Errno.None;
    }

    // mount_namespaces(7): what is mounted from here on does not reach the host.
    private static Errno LeaveMounts() => Sys.Mount(default, "/\0"u8, default, MountFlags.Recursive | MountFlags.Private);

    private static Errno EnterEmptyDirectory()
    {
        Errno errno = LeaveMounts();
        errno = errno == Errno.None ? Sys.Mount("tmpfs\0"u8, "/tmp\0"u8, "tmpfs\0"u8, MountFlags.NoSuid) : errno;
        return errno == Errno.None ? Sys.Chdir("/tmp\0"u8) : errno;
    }

    private static Errno Mount()
    {
        Errno errno = LeaveMounts();
        int context = -1, mount = -1, target = -1;
        errno = errno == Errno.None ? Sys.Fsopen("tmpfs\0"u8, out context) : errno;
        errno = errno == Errno.None ? Sys.FsconfigCreate(context) : errno;
        errno = errno == Errno.None ? Sys.Fsmount(context, MountAttributes.NoSuid, out mount) : errno;
        MountAttributeChange change = new() { Set = MountAttributes.ReadOnly };
        errno = errno == Errno.None ? Sys.MountSetattr(mount, change, recursive: false) : errno;
        errno = errno == Errno.None
            ? Sys.Openat(Sys.WorkingDirectory, "/\0"u8, OpenFlags.Path | OpenFlags.Directory, 0, out target)
            : errno;
        return errno == Errno.None ? Sys.MoveMount(mount, target) : errno;
    }

    private static Errno Overlay()
    {
        Errno errno = EnterEmptyDirectory();
        errno = errno == Errno.None ? Sys.Mkdirat(Sys.WorkingDirectory, "lower\0"u8, Permissions.Mode0755) : errno;
        errno = errno == Errno.None ? Sys.Mkdirat(Sys.WorkingDirectory, "lower/d\0"u8, Permissions.Mode0755) : errno;
        errno = errno == Errno.None ? Sys.Mkdirat(Sys.WorkingDirectory, "upper\0"u8, Permissions.Mode0755) : errno;
        errno = errno == Errno.None ? Sys.Mkdirat(Sys.WorkingDirectory, "work\0"u8, Permissions.Mode0755) : errno;
        errno = errno == Errno.None
            ? Sys.Mount(
                "overlay\0"u8, "lower\0"u8, "overlay\0"u8, MountFlags.None, "lowerdir=lower,upperdir=upper,workdir=work,userxattr\0"u8)
            : errno;

        // A directory of the lower layer goes by a whiteout, which needs mknod(2).
        return errno == Errno.None ? Sys.Unlinkat(Sys.WorkingDirectory, "lower/d\0"u8, isDirectory: true) : errno;
    }

    private static Errno Load(SeccompFilterFlags flags)
    {
        ReadOnlySpan<BpfInstruction> allowAll = [new(BpfCode.Return, 0, 0, (uint)SeccompAction.Allow)];
        Errno errno = Sys.Prctl(ProcessControl.SetNoNewPrivileges, 1);
        ReadOnlySpan<byte> program = MemoryMarshal.AsBytes(allowAll);
        return errno == Errno.None ? Sys.SeccompSetFilter(program, (uint)flags, out _) : errno;
    }
}
