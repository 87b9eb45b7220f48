using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Host.State;
using Punnet.Init;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Host.Namespaces;

/// <summary>
/// The namespaces of a container, for a process that joins them: as the kernel shows them, or from the container's first process itself.
/// </summary>
public sealed class ContainerNamespaces : IDisposable
{
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
        try
        {
            // It was closed and is now open: the container was started meanwhile.
            found.Kinds = Differences(pid) ?? (found.Ask(container.Directory) ? found.Kinds : Differences(pid) ?? throw Closed(container));
            return found;
        }
        catch
        {
            found.Dispose();
            throw;
        }
    }

    /// <summary>Those in which a process differs from punnet.</summary>
    /// <exception cref="PunnetException">The process is closed to this user.</exception>
    public static CloneFlags KindsOf(int pid) => Differences(pid)
        ?? throw new PunnetException("cannot look at the namespaces of the container's first process: " + Errno.EACCES.Words());

    /// <summary>Whether the container's first process is in a different user namespace from punnet.</summary>
    public static bool HasOwnUser(int pid)
    {
        // A user who may not look at a container is an ordinary one, whose containers always have a user namespace.
        using Descriptor theirs = OpenProcess(pid.ToString()), own = OpenProcess("self");
        const int User = 0;
        return Differs(theirs, own, User) ?? true;
    }

    /// <summary>The socket where the new process hands its namespaces out.</summary>
    /// <returns>Null where no exec needs it, or a filter forbids the process to answer.</returns>
    /// <exception cref="SysException">It cannot be made.</exception>
    public static Descriptor? MakeDoor(ContainerPlan plan, ContainerDirectory directory, bool waitsForStart)
    {
        bool isFiltered = plan.Process.Seccomp is not null && (!plan.Process.NoNewPrivileges || plan.Process.Seccomp.NeedsListener);
        if (!waitsForStart || !plan.Namespaces.HasUser || isFiltered || Sys.Geteuid() == 0)
        {
            return null;
        }

        Sys.BindUnixDatagram(Door(directory).WithNul, out int door).OrThrow("make the socket", directory.Path + "/namespaces");
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
        Errno errno = Sys.ConnectUnixDatagram(Door(directory).WithNul, isAbstract: false, out int socket);
        if (errno.IsShortage())
        {
            errno.OrThrow("ask the container for its namespaces");
        }

        if (errno != Errno.None)
        {
            return false;
        }

        using Descriptor door = new(socket);
        Sys.SocketpairSeqpacket(out int here, out int there).OrThrow("make a channel to the container");
        using Descriptor channel = new(here);
        using (Descriptor theirs = new(there))
        {
            if (Sys.Sendmsg(door.Number, "?"u8, there) != Errno.None)
            {
                return false;
            }
        }

        // One that is frozen says nothing.
        const long Patience = 10_000; // milliseconds
        while (PendingSignals.WaitToRead(channel.Number, Patience, "wait for the container")
            && Channel.PeekKind(channel.Number) == Message.Namespace
            && Channel.ReceiveWithFd(channel.Number, out ChannelMessage _, out int file) == Errno.None && file >= 0)
        {
            _files.Add(new Descriptor(file));
        }

        // If one is missing, the program would stay in the host's.
        return PendingSignals.WaitToRead(channel.Number, 0, "wait for the container")
            && Channel.Receive(channel.Number, out ChannelMessage end) == Errno.None && end.Kind == Message.Namespaces
            && end.Value == _files.Count
            && Look();
    }

    private bool Look()
    {
        ImmutableArray<int>.Builder files = ImmutableArray.CreateBuilder<int>(_files.Count);
        using Descriptor own = OpenProcess("self");
        foreach (Descriptor file in _files)
        {
            if (Sys.GetNamespaceType(file.Number, out CloneFlags kind) != Errno.None
                || Sys.Statx(file.Number, out FileStatus theirs) != Errno.None)
            {
                return false;
            }

            if (theirs.Inode != Inode(own, kind))
            {
                Kinds |= kind;
                files.Add(file.Number);
            }
        }

        Files = files.ToImmutable();
        return true;
    }

    private static ulong Inode(Descriptor process, CloneFlags kind)
    {
        Sys.Statx(process.Number, NamespaceKinds.File(NamespaceKinds.Number(kind)), out FileStatus found)
            .OrThrow("read punnet's own namespaces");
        return found.Inode;
    }

    // Null where the process is closed.
    private static CloneFlags? Differences(int pid)
    {
        using Descriptor theirs = OpenProcess(pid.ToString()), own = OpenProcess("self");
        CloneFlags kinds = CloneFlags.None;
        for (int i = 0; i < NamespaceKinds.Count; i++)
        {
            if (Differs(theirs, own, i) is not bool differs)
            {
                return null;
            }

            kinds |= differs ? NamespaceKinds.Flag(i) : CloneFlags.None;
        }

        return kinds;
    }

    // Of one kind; null where the process is closed.
    private static bool? Differs(Descriptor theirs, Descriptor own, int number)
    {
        // namespaces(7): the text is the kind and the number of the inode. To follow the link, the kernel would have to make that first.
        const int Longest = 64;
        Span<byte> text = stackalloc byte[Longest], ownText = stackalloc byte[Longest];
        Errno errno = Sys.Readlinkat(theirs.Number, NamespaceKinds.File(number), text, out int length);
        if (errno is Errno.EACCES or Errno.ENOENT)
        {
            return errno == Errno.EACCES ? null : false; // ENOENT: a kernel without this kind.
        }

        errno.OrThrow("look at the namespaces of the container");
        Sys.Readlinkat(own.Number, NamespaceKinds.File(number), ownText, out int ownLength).OrThrow("read punnet's own namespaces");
        return !text[..length].SequenceEqual(ownText[..ownLength]);
    }

    private static Descriptor OpenProcess(string process) => Descriptor.Open("/proc/" + process, OpenFlags.Path | OpenFlags.Directory);

    private static PunnetException Closed(Container container) => new(
        "cannot exec in container " + container.Directory.Id + " before it is started: cannot look at the namespaces of its first process: "
            + Errno.EACCES.Words(),
        "until the program runs that process is closed to ordinary users; it hands its namespaces out unless a system call filter may"
            + " forbid it that, which without process.noNewPrivileges, or with SCMP_ACT_NOTIFY, is loaded already (linux.seccomp)");
}
