using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Init;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet;

/// <summary>The namespaces of a container, for a process that joins them: as the kernel shows them, or from the container's first process itself.</summary>
internal sealed class ContainerNamespaces : IDisposable
{
    private static readonly (CloneFlags Kind, string File)[] s_kinds =
    [
        (CloneFlags.NewUser, "user"), (CloneFlags.NewMount, "mnt"), (CloneFlags.NewPid, "pid"), (CloneFlags.NewNetwork, "net"),
        (CloneFlags.NewIpc, "ipc"), (CloneFlags.NewUts, "uts"), (CloneFlags.NewCgroup, "cgroup"), (CloneFlags.NewTime, "time"),
    ];

    private readonly List<Descriptor> _files = [];

    /// <summary>Those in which the container differs from punnet: joining one's own user namespace is an error, setns(2).</summary>
    public CloneFlags Kinds { get; private set; }

    /// <summary>Their files, the user namespace first; empty where a pidfd of the first process does.</summary>
    public ImmutableArray<int> Files { get; private set; } = [];

    /// <summary>Finds them.</summary>
    /// <exception cref="PunnetException">The container's first process is closed to this user, and hands nothing out.</exception>
    /// <exception cref="SysException">It has ended.</exception>
    public static ContainerNamespaces Find(Container container, int pid)
    {
        ContainerNamespaces found = new();
        CloneFlags? kinds = Differences(pid);
        if (kinds is null && !found.Ask(container.Directory))
        {
            // Started meanwhile: then it is closed no more.
            kinds = Differences(pid) ?? throw new PunnetException(
                "cannot exec in container " + container.Directory.Id + " before it is started: cannot look at the namespaces of its first process: "
                    + Errno.EACCES.Words(),
                "until the program runs that process is closed to ordinary users; it hands its namespaces out unless a system call filter may"
                    + " forbid it that, which without process.noNewPrivileges, or with SCMP_ACT_NOTIFY, is loaded already (linux.seccomp)");
        }

        found.Kinds = kinds ?? found.Kinds;
        return found;
    }

    /// <summary>Whether the container's first process is in another user namespace than punnet.</summary>
    public static bool HasOwnUser(int pid)
    {
        // Who may not look at its own container is an ordinary user, who can have none without.
        return Differences(pid) is not CloneFlags kinds || (kinds & CloneFlags.NewUser) != CloneFlags.None;
    }

    /// <summary>The socket where the new process hands its namespaces out.</summary>
    /// <returns>Null where every exec can do without, or a filter forbids the process to answer.</returns>
    /// <exception cref="SysException">It cannot be made.</exception>
    public static Descriptor? MakeDoor(ContainerPlan plan, ContainerDirectory directory, bool waitsForStart)
    {
        bool isFiltered = plan.Process.Seccomp is not null && (!plan.Process.NoNewPrivileges || plan.Process.Seccomp.NeedsListener);
        if (!waitsForStart || !plan.Namespaces.HasUser || isFiltered || Sys.EffectiveUser() == 0)
        {
            return null;
        }

        Sys.BindDatagram(Door(directory).WithNul, out int door).OrThrow("make the socket", directory.Path + "/namespaces");
        return new Descriptor(door);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Descriptor file in _files)
        {
            file.Dispose();
        }
    }

    // By the descriptor: the path may be longer than the 107 bytes of an address.
    private static CString Door(ContainerDirectory directory) => CString.Of("/proc/self/fd/" + directory.Number.ToString() + "/namespaces");

    private bool Ask(ContainerDirectory directory)
    {
        if (Sys.ConnectDatagram(Door(directory).WithNul, isAbstract: false, out int socket) != Errno.None)
        {
            return false;
        }

        using Descriptor door = new(socket);
        Sys.PacketPair(out int here, out int there).OrThrow("make a channel to the container");
        using Descriptor channel = new(here);
        using (Descriptor theirs = new(there))
        {
            if (Sys.SendMessage(door.Number, "?"u8, there) != Errno.None)
            {
                return false;
            }
        }

        while (Channel.Foresee(channel.Number) == Message.Namespace && Channel.HearWith(channel.Number, out ChannelMessage _, out int file))
        {
            _files.Add(new Descriptor(file));
        }

        // One that is missing would leave the program in the host's.
        return Channel.Hear(channel.Number, out ChannelMessage end) && end.Kind == Message.Namespaces && end.First == _files.Count && Look();
    }

    private bool Look()
    {
        ImmutableArray<int>.Builder files = ImmutableArray.CreateBuilder<int>(_files.Count);
        foreach (Descriptor file in _files)
        {
            if (Sys.NamespaceKind(file.Number, out CloneFlags kind) != Errno.None || Sys.Status(file.Number, out FileStatus theirs) != Errno.None)
            {
                return false;
            }

            if (theirs.Inode != Own(kind).Inode)
            {
                Kinds |= kind;
                files.Add(file.Number);
            }
        }

        Files = files.ToImmutable();
        return true;
    }

    private static FileStatus Own(CloneFlags kind)
    {
        foreach ((CloneFlags known, string file) in s_kinds)
        {
            if (known == kind)
            {
                return Own(file);
            }
        }

        return default;
    }

    private static FileStatus Own(string file)
    {
        Sys.StatusAt(Sys.WorkingDirectory, CString.Of("/proc/self/ns/" + file).WithNul, out FileStatus own).OrThrow("look at the own namespaces");
        return own;
    }

    // Null where the process is closed.
    private static CloneFlags? Differences(int pid)
    {
        CloneFlags kinds = CloneFlags.None;
        foreach ((CloneFlags kind, string file) in s_kinds)
        {
            Errno errno = Sys.StatusAt(Sys.WorkingDirectory, CString.Of("/proc/" + pid.ToString() + "/ns/" + file).WithNul, out FileStatus theirs);
            if (errno == Errno.ENOENT)
            {
                continue; // A kernel without this kind.
            }

            if (errno == Errno.EACCES)
            {
                return null;
            }

            errno.OrThrow("look at the namespaces of process", pid.ToString());
            if (Own(file).Inode != theirs.Inode)
            {
                kinds |= kind;
            }
        }

        return kinds;
    }
}
