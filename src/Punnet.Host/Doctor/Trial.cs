using System;
using System.Text;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.Doctor;

/// <summary>How a trial ended.</summary>
/// <param name="Status">0, an errno, or 128 + the signal that killed it.</param>
public readonly record struct TrialAnswer(int Status)
{
    /// <summary>Whether it succeeded.</summary>
    public bool IsOk => Status == 0;

    /// <summary>The errno; none after a signal.</summary>
    public Errno Errno => Status > 128 ? Errno.None : (Errno)Status;

    /// <summary>Why it failed.</summary>
    public string Words => Status > 128 ? "killed by signal " + (Status - 128).ToString() : Errno.Words();
}

/// <summary>
/// Tries something in a process of its own, with namespaces of its own: they end with it, and nothing of the host changes. The process is a
/// clone of punnet, so it only calls <see cref="Sys"/> and allocates nothing.
/// </summary>
internal static class Trial
{
    /// <summary>An ordinary user has rights only in a user namespace of its own.</summary>
    public static CloneFlags Rights => HostPolicy.HasSystemAdministration() ? CloneFlags.None : CloneFlags.NewUser;

    /// <summary>Runs a step to its end.</summary>
    /// <param name="flags">New namespaces; in a user namespace the caller becomes root first.</param>
    /// <param name="step">What to try.</param>
    /// <param name="call">What to ask, for <see cref="TrialStep.Ask"/>.</param>
    /// <param name="cgroup">The cgroup to clone into, or -1.</param>
    public static TrialAnswer Run(CloneFlags flags, TrialStep step, SyscallNumber call = default, int cgroup = -1)
    {
        bool becomesRoot = (flags & CloneFlags.NewUser) != CloneFlags.None;
        byte[] users = Encoding.ASCII.GetBytes("0 " + Sys.Geteuid().ToString() + " 1");
        byte[] groups = Encoding.ASCII.GetBytes("0 " + Sys.Getegid().ToString() + " 1");
        Sys.BlockSignals();
        Errno errno = Sys.Clone3(flags, cgroup, out int pid, out int pidfd);
        if (errno == Errno.None && pid == 0)
        {
            errno = becomesRoot ? MapSelf(users, groups) : Errno.None;
            Sys.ExitGroup((int)(errno == Errno.None ? TrialSteps.Take(step, call) : errno));
        }

        PendingSignals.AfterClone();
        if (errno != Errno.None)
        {
            return new TrialAnswer((int)errno);
        }

        using Descriptor child = new(pidfd);
        Sys.Waitid(pidfd, out int status).OrThrow("wait for a trial");
        return new TrialAnswer(status);
    }

    /// <summary>Makes a user namespace with more ids, of which only the descriptor remains.</summary>
    /// <param name="map">Writes the maps of its first process, from outside.</param>
    /// <exception cref="PunnetException">The maps are refused.</exception>
    /// <exception cref="SysException">The namespace is.</exception>
    public static Descriptor OpenUserNamespace(Action<Descriptor, int> map)
    {
        using Descriptor proc = HostProbe.OpenProc();
        Sys.Pipe2(out int readEnd, out int writeEnd).OrThrow("make a pipe");
        using Descriptor wait = new(readEnd), hold = new(writeEnd);
        Sys.BlockSignals();
        Errno errno = Sys.Clone3(CloneFlags.NewUser, cgroup: -1, out int pid, out int pidfd);
        if (errno == Errno.None && pid == 0)
        {
            // It ends with punnet at the latest.
            Sys.Close(writeEnd);
            Sys.Read(readEnd, stackalloc byte[1], out _);
            Sys.ExitGroup(0);
        }

        PendingSignals.AfterClone();
        errno.OrThrow("make a user namespace");
        using Descriptor child = new(pidfd);
        try
        {
            map(proc, pid);
            string path = pid.ToString() + "/ns/user";
            Sys.Openat(proc.Number, CString.Of(path).WithNul, OpenFlags.ReadOnly, 0, out int file).OrThrow("open the namespace", path);
            return new Descriptor(file);
        }
        finally
        {
            Sys.PidfdSendSignal(child.Number, pid, (int)Signal.Kill);
            Sys.Waitid(child.Number, out _);
        }
    }

    // user_namespaces(7): one's own id may be mapped without a privilege, once setgroups(2) is denied.
    private static Errno MapSelf(byte[] users, byte[] groups)
    {
        Errno errno = Write("/proc/self/uid_map\0"u8, users);
        if (errno == Errno.None)
        {
            Write("/proc/self/setgroups\0"u8, "deny"u8);
            errno = Write("/proc/self/gid_map\0"u8, groups);
        }

        return errno;
    }

    private static Errno Write(ReadOnlySpan<byte> path, ReadOnlySpan<byte> text)
    {
        Errno errno = Sys.Openat(Sys.WorkingDirectory, path, OpenFlags.WriteOnly, 0, out int file);
        if (errno == Errno.None)
        {
            errno = Sys.WriteAll(file, text);
            Sys.Close(file);
        }

        return errno;
    }
}
