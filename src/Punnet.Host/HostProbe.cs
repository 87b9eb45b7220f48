using System;
using System.Runtime.InteropServices;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Host;

/// <summary>Looks at the host on behalf of the planner, which looks at nothing.</summary>
public static class HostProbe
{
    /// <summary>Gathers the facts.</summary>
    public static HostFacts Facts() =>
        Facts(Cgroups.CgroupMount.OwnPath());

    /// <summary>Gathers the facts for planning a single process, which needs none about cgroups.</summary>
    public static HostFacts ProcessFacts() => Facts("/");

    private static HostFacts Facts(string cgroup)
    {
        uint user = Sys.Geteuid();
        Sys.CapgetPermitted(out ulong capabilities).OrThrow("read the capabilities of punnet itself");
        return new HostFacts(user, LastCapability(), cgroup, capabilities)
        {
            EffectiveGroup = user == 0 ? 0 : Sys.Getegid(),
            SeccompFlags = SeccompFlags(),
            Architecture = Native,
        };
    }

    /// <summary>Whether punnet is in a user namespace: the first one maps every id to itself, user_namespaces(7).</summary>
    public static bool IsInUserNamespace()
    {
        string map = HostFile.TryReadText(Sys.WorkingDirectory, "/proc/self/uid_map\0"u8) ?? "";
        return map.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries) is not ["0", "0", "4294967295"];
    }

    /// <summary>
    /// The calling convention of this binary, as the kernel passes it to a filter; a constant.
    /// </summary>
    public static SeccompArchitecture Native => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => SeccompArchitecture.X86_64,
        Architecture.X86 => SeccompArchitecture.X86,
        Architecture.Arm64 => SeccompArchitecture.AArch64,
        Architecture.Arm or Architecture.Armv6 => SeccompArchitecture.Arm,
        Architecture.RiscV64 => SeccompArchitecture.RiscV64,
        Architecture.LoongArch64 => SeccompArchitecture.LoongArch64,
        Architecture.S390x => SeccompArchitecture.S390X,
        Architecture.Ppc64le => SeccompArchitecture.Ppc64Le,
        _ => throw new PunnetException("this build is for a machine whose system calls punnet does not know"),
    };

    /// <summary>Flags that seccomp(2) takes. Only the one newer than Linux 5.14 is probed.</summary>
    public static SeccompFilterFlags SeccompFlags()
    {
        const SeccompFilterFlags Always = SeccompFilterFlags.ThreadSync | SeccompFilterFlags.Log | SeccompFilterFlags.SpeculationAllow;
        const SeccompFilterFlags Young = SeccompFilterFlags.WaitKillableReceive;
        return Sys.KnowsSeccompFlags(SeccompFilterFlags.NewListener | Young) ? Always | Young : Always;
    }

    /// <summary>Highest capability of this kernel. It includes those that punnet has no name for: they are dropped.</summary>
    public static int LastCapability()
    {
        int last = Capability.Names.Length - 1;
        while (last > 0 && Sys.Prctl(ProcessControl.ReadBoundingCapability, last) != Errno.None)
        {
            last--;
        }

        while (last < 62 && Sys.Prctl(ProcessControl.ReadBoundingCapability, last + 1) == Errno.None)
        {
            last++;
        }

        return last;
    }

    /// <summary>
    /// The host's /proc as a descriptor, O_PATH: verified to be a procfs, so what is written below it reaches the kernel
    /// (CVE-2019-16884, CVE-2025-52881).
    /// </summary>
    /// <exception cref="PunnetException">/proc is something else.</exception>
    public static Descriptor OpenProc()
    {
        Descriptor proc = Descriptor.Open("/proc", OpenFlags.Path | OpenFlags.Directory);
        Sys.Fstatfs(proc.Number, out long magic).OrThrow("look at", "/proc");
        return magic == FileSystemMagic.Proc ? proc : throw new PunnetException("/proc of the host is not a procfs");
    }

    /// <summary>Opens the root of a file system of one kind, O_PATH.</summary>
    /// <param name="path">Where it is usually mounted.</param>
    /// <param name="magic">See <see cref="FileSystemMagic"/>.</param>
    /// <param name="what">As in "cannot …", before the path.</param>
    /// <returns>Null where something else is there, or nothing.</returns>
    /// <exception cref="SysException">A shortage: it says nothing of what is there.</exception>
    public static Descriptor? TryOpenFileSystem(string path, long magic, string what)
    {
        const OpenFlags Flags = OpenFlags.Path | OpenFlags.Directory;
        Errno errno = Sys.Openat(Sys.WorkingDirectory, CString.Of(path).WithNul, Flags, 0, out int number);
        Descriptor root = new(number);
        long found = 0;
        errno = errno == Errno.None ? Sys.Fstatfs(number, out found) : errno;
        if (errno == Errno.None && found == magic)
        {
            return root;
        }

        root.Dispose();
        if (errno.IsShortage())
        {
            errno.OrThrow(what, path);
        }

        return null;
    }

    /// <summary>Opens a file of a process, below a verified /proc.</summary>
    /// <param name="proc">From <see cref="OpenProc"/>.</param>
    /// <param name="pid">The process.</param>
    /// <param name="name">Such as uid_map.</param>
    /// <param name="flags">How.</param>
    /// <param name="file">The file, or -1.</param>
    public static Errno OpenOfProcess(Descriptor proc, int pid, string name, OpenFlags flags, out int file)
    {
        const ResolveFlags Strict = ResolveFlags.Beneath | ResolveFlags.NoMountCrossing | ResolveFlags.NoSymlinks;
        return Sys.Openat2(proc.Number, CString.Of(pid.ToString() + "/" + name).WithNul, flags, 0, Strict, out file);
    }

    /// <summary>Writes a file of a process.</summary>
    /// <exception cref="SysException">It cannot be written.</exception>
    public static void WriteOfProcess(Descriptor proc, int pid, string name, ReadOnlySpan<byte> value) =>
        TryWriteOfProcess(proc, pid, name, value).OrThrow("write", "/proc/" + pid.ToString() + "/" + name);

    /// <summary>The same, for a caller with its own words for a refusal.</summary>
    public static Errno TryWriteOfProcess(Descriptor proc, int pid, string name, ReadOnlySpan<byte> value)
    {
        Errno errno = OpenOfProcess(proc, pid, name, OpenFlags.WriteOnly, out int file);
        if (errno == Errno.None)
        {
            using Descriptor owned = new(file);
            errno = Sys.WriteAll(file, value);
        }

        return errno;
    }
}
