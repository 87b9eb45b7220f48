using System;
using System.Text;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Spec;

namespace Punnet.Host.State;

/// <summary>
/// One container's state directory. It is read by other runs of punnet at any moment, and its writer may be killed at any moment:
/// <list type="bullet">
/// <item><c>state.json</c>: what does not change; written before anything is made, and locked while the create goes on.</item>
/// <item><c>init</c>: a symbolic link to "PID STARTTIME" and <see cref="InitFile">more</see>, since a link appears whole or not at
/// all.</item>
/// <item><c>start</c>, <c>result</c>: fifos, there as long as the container waits for start; <c>start</c> is locked as the record
/// is.</item>
/// <item><c>root</c>: where a container without a mount namespace of its own has its root, see <see cref="HostRoot"/>.</item>
/// </list>
/// </summary>
public sealed class ContainerDirectory : IDisposable
{
    /// <summary>How the record is opened, see <see cref="TryRead"/>.</summary>
    public const OpenFlags RecordFlags = OpenFlags.ReadOnly | OpenFlags.NonBlocking | OpenFlags.NoFollow | OpenFlags.NoControllingTerminal;

    private readonly Descriptor _directory;
    private readonly string _root;
    private Descriptor? _locked;
    private Descriptor? _gate;

    private ContainerDirectory(Descriptor directory, string root, string id)
    {
        _directory = directory;
        _root = root;
        Id = id;
    }

    /// <summary>The container's id.</summary>
    public string Id { get; }

    /// <summary>Its descriptor.</summary>
    public int Number => _directory.Number;

    /// <summary>Its path.</summary>
    public string Path => _root + "/" + Id;

    /// <summary>Opens a container's directory, or null where there is none.</summary>
    /// <exception cref="SysException">Nobody knows whether there is one.</exception>
    public static ContainerDirectory? Open(int root, string rootPath, string id)
    {
        const OpenFlags Flags = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;
        Errno errno = Sys.Openat(root, CString.Of(id).WithNul, Flags, 0, out int directory);
        if (errno.IsMissing())
        {
            return null;
        }

        errno.OrThrow("open the state directory", rootPath + "/" + id);
        return new ContainerDirectory(new Descriptor(directory), rootPath, id);
    }

    /// <summary>Writes what does not change, and takes the lock that says "creating".</summary>
    /// <exception cref="SysException">It cannot be written.</exception>
    public void Write(StateRecord record)
    {
        const OpenFlags Fresh = OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive;
        Sys.Openat(Number, "state.json\0"u8, Fresh, Permissions.Mode0600, out int file).OrThrow("make", RecordPath);
        _locked = new Descriptor(file);
        Sys.Lock(file).OrThrow("lock", RecordPath);
        Sys.WriteAll(file, StateJson.WriteRecord(record)).OrThrow("write", RecordPath);
    }

    /// <summary>Writes again what does not change, where the create found that something of it cannot be had; the lock stays.</summary>
    /// <exception cref="SysException">It cannot be written.</exception>
    public void Rewrite(StateRecord record)
    {
        Sys.Ftruncate(_locked!.Number, 0).OrThrow("write", RecordPath);
        Sys.Rewind(_locked.Number);
        Sys.WriteAll(_locked.Number, StateJson.WriteRecord(record)).OrThrow("write", RecordPath);
    }

    /// <summary>The creation is over.</summary>
    public void Unlock()
    {
        _gate?.Dispose();
        _gate = null;
        _locked?.Dispose();
        _locked = null;
    }

    /// <summary>Reads what does not change; null when a create was killed before it was written whole, or it was damaged later.</summary>
    /// <param name="isBeingCreated">Whether another process is creating the container now, or has only begun to when it was killed.</param>
    /// <exception cref="SysException">Nobody knows what it says.</exception>
    public StateRecord? TryRead(out bool isBeingCreated)
    {
        Errno errno = OpenRecord(out int file);
        if (errno != Errno.None)
        {
            isBeingCreated = TryGetInit() is null;
            return null;
        }

        using Descriptor owned = new(file);
        isBeingCreated = false;
        Sys.Statx(file, out FileStatus status).OrThrow("look at", RecordPath);
        if (!status.Is(FileMode.Regular))
        {
            return null;
        }

        try
        {
            byte[] text = HostFile.Read(file, status, RecordPath);
            Sys.IsLocked(file, out bool isLocked).OrThrow("ask for the lock of", RecordPath);
            isBeingCreated = isLocked || (text.Length == 0 && TryGetInit() is null);
            return StateJson.ReadRecord(text);
        }
        catch (Exception damage) when (damage is SpecException or PunnetException)
        {
            return null;
        }
    }

    /// <summary>Where its record is.</summary>
    public string RecordPath => Path + "/state.json";

    // Whatever stands at its name, open(2) neither waits for it nor follows it; what cannot be opened because of what it is, is damage.
    private Errno OpenRecord(out int file)
    {
        Errno errno = Sys.Openat(Number, "state.json\0"u8, RecordFlags, 0, out file);
        if (errno != Errno.None && !errno.IsMissing() && errno is not (Errno.ELOOP or Errno.ENXIO))
        {
            errno.OrThrow("open", RecordPath);
        }

        return errno;
    }

    /// <summary>Says that the container is not wanted any more, and asks who creates it to end.</summary>
    /// <returns>That process; null when there is none that can be seen.</returns>
    public Descriptor? AskToEnd()
    {
        // Another name than that of a file, if somebody has made one, says it too.
        const OpenFlags Fresh = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive;
        Errno errno = Sys.Openat(Number, "removed\0"u8, Fresh, Permissions.Mode0600, out int mark);
        Sys.Close(mark);
        if (errno != Errno.EEXIST && !errno.IsMissing())
        {
            errno.OrThrow("make", Path + "/removed");
        }

        if (OpenRecord(out int file) != Errno.None)
        {
            return null;
        }

        using Descriptor record = new(file);
        Sys.FindLock(file, out _, out int holder).OrThrow("ask for the lock of", RecordPath);
        if (holder == 0)
        {
            return null;
        }

        errno = Sys.PidfdOpen(holder, out int pidfd);
        if (errno.IsMissing())
        {
            return null;
        }

        errno.OrThrow("open the process that makes", Path);

        // Asked again: it is still this one, and no other with its number.
        Descriptor process = new(pidfd);
        if (Sys.FindLock(file, out _, out int still) == Errno.None && still == holder
            && Sys.PidfdSendSignal(pidfd, holder, (int)Signal.Terminate) == Errno.None)
        {
            return process;
        }

        process.Dispose();
        return null;
    }

    /// <summary>Whether somebody has said so, or has removed the directory.</summary>
    public bool IsToBeRemoved() => Sys.StatxNoFollow(Number, "removed\0"u8, out _) == Errno.None
        || IsGone();

    /// <summary>Whether the directory is removed.</summary>
    public bool IsGone() => Sys.StatxNoFollow(Sys.WorkingDirectory, CString.Of(Path).WithNul, out _) == Errno.ENOENT;

    /// <summary>Says which process is the container's first.</summary>
    /// <param name="init">The process.</param>
    /// <param name="record">As it was written last.</param>
    /// <exception cref="SysException">It cannot be written.</exception>
    public void SetInit(ProcessIdentity init, StateRecord record) =>
        Sys.Symlinkat(CString.Of(InitFile.Text(init, record)).WithNul, Number, "init\0"u8).OrThrow("write", Path + "/init");

    /// <summary>Says that another process is the container's first, in one step.</summary>
    /// <param name="init">The process.</param>
    /// <param name="record">As it was written last.</param>
    /// <exception cref="SysException">It cannot be written.</exception>
    public void ReplaceInit(ProcessIdentity init, StateRecord record)
    {
        Sys.Symlinkat(CString.Of(InitFile.Text(init, record)).WithNul, Number, "init.new\0"u8).OrThrow("write", Path + "/init");
        Sys.Renameat(Number, "init.new\0"u8, Number, "init\0"u8).OrThrow("write", Path + "/init");
    }

    /// <summary>The container's first process, or null when it was never made.</summary>
    /// <exception cref="SysException">Nobody knows.</exception>
    public ProcessIdentity? TryGetInit()
    {
        Span<byte> buffer = stackalloc byte[64];
        Errno errno = Sys.Readlinkat(Number, "init\0"u8, buffer, out int length);
        if (errno.IsMissing() || errno == Errno.EINVAL)
        {
            return null; // EINVAL: something else than a link.
        }

        errno.OrThrow("read", Path + "/init");

        // Its first line; what may stand below, and be cut off here, is for list.
        ReadOnlySpan<byte> text = buffer[..length];
        int end = text.IndexOf((byte)'\n');
        return ProcessIdentity.Parse(end < 0 ? text : text[..end]);
    }

    /// <summary>The container's cgroup, as the same link says it below; or null.</summary>
    public string? TryGetCgroup()
    {
        byte[] buffer = new byte[4096];
        return Sys.Readlinkat(Number, "init\0"u8, buffer, out int length) == Errno.None
            && InitFile.TryParse(buffer.AsSpan(0, length), out InitFile link) && !link.Excerpt.Cgroup.IsEmpty
            ? Encoding.UTF8.GetString(link.Excerpt.Cgroup)
            : null;
    }

    /// <summary>Makes the two fifos and opens both ends of both: neither side ever waits in open(2).</summary>
    /// <param name="start">The gate, which this keeps and locks while the create goes on.</param>
    /// <returns>Where the result goes.</returns>
    /// <exception cref="SysException">They cannot be made.</exception>
    public Descriptor MakeStartGate(out int start)
    {
        _gate = MakeFifo("start\0"u8);
        start = _gate.Number;
        Sys.Lock(start).OrThrow("lock", Path + "/start");
        return MakeFifo("result\0"u8);
    }

    /// <summary>Whether the container waits for start.</summary>
    /// <exception cref="SysException">Nobody knows.</exception>
    public bool HasStartGate()
    {
        Errno errno = Sys.StatxNoFollow(Number, "start\0"u8, out _);
        if (!errno.IsMissing())
        {
            errno.OrThrow("look at", Path + "/start");
        }

        return errno == Errno.None;
    }

    /// <summary>
    /// Takes the start gate: of several that start, one wins.
    /// </summary>
    /// <returns>False when somebody else has it, or the container has ended.</returns>
    /// <exception cref="SysException">It cannot be taken, by anybody.</exception>
    public bool TakeStartGate(out int start, out int result)
    {
        result = -1;
        const OpenFlags Gate = OpenFlags.NonBlocking | OpenFlags.NoFollow;
        Errno errno = Sys.Openat(Number, "start\0"u8, OpenFlags.WriteOnly | Gate, 0, out start);
        errno = errno != Errno.None ? errno : Sys.Openat(Number, "result\0"u8, OpenFlags.ReadOnly | Gate, 0, out result);
        errno = errno != Errno.None ? errno : Sys.Unlinkat(Number, "start\0"u8, isDirectory: false);
        if (errno.IsMissing() || errno == Errno.ENXIO)
        {
            return false; // ENXIO: nobody reads.
        }

        errno.OrThrow("take the start gate of", Path);
        Sys.Unlinkat(Number, "result\0"u8, isDirectory: false);
        return true;
    }

    /// <summary>Removes the directory.</summary>
    /// <exception cref="SysException">It cannot be removed.</exception>
    public void Remove()
    {
        foreach (string name in DirectoryListing.All(Number))
        {
            if (name == HostRoot.Name)
            {
                HostRoot.Detach(this);
            }

            if (Sys.Unlinkat(Number, CString.Of(name).WithNul, isDirectory: false) == Errno.EISDIR)
            {
                TreeRemoval.Remove(Number, CString.Of(name), Path + "/" + name);
            }
        }

        Errno errno = Sys.Unlinkat(Sys.WorkingDirectory, CString.Of(Path).WithNul, isDirectory: true);
        if (errno != Errno.ENOENT)
        {
            errno.OrThrow("remove the state directory", Path);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Unlock();
        _directory.Dispose();
    }

    private Descriptor MakeFifo(ReadOnlySpan<byte> name)
    {
        Sys.Mknodat(Number, name, FileMode.Fifo | Permissions.Mode0600, 0, 0).OrThrow("make a fifo in", Path);
        Sys.Openat(Number, name, OpenFlags.ReadWrite, 0, out int fifo).OrThrow("open a fifo in", Path);
        return new Descriptor(fifo);
    }
}
