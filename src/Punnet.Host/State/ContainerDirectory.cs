using System;
using System.Text;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Spec;

namespace Punnet.Host.State;

/// <summary>
/// One container's state directory. It is read by other runs of punnet at any moment, and its writer may be killed at any moment:
/// <list type="bullet">
/// <item><c>state.json</c>: the record, which does not change; written before anything is made, and locked during the create.</item>
/// <item><c>init</c>: a symbolic link to "PID STARTTIME" and <see cref="InitFile">more</see>, since a link appears whole or not at
/// all.</item>
/// <item><c>start</c>, <c>result</c>: FIFOs that exist while the container waits for start; <c>start</c> is locked as the record
/// is.</item>
/// <item><c>end</c>: a link to "STATUS TIME" of the first process, where punnet has waited for it, see
/// <see cref="ContainerEnding"/>.</item>
/// <item><c>root</c>: the root of a container without its own mount namespace, see <see cref="HostRoot"/>.</item>
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
    private int _recordSize;

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
    /// <exception cref="SysException">The kernel does not tell.</exception>
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

    /// <summary>Writes the record, and takes the lock that means "creating".</summary>
    /// <exception cref="SysException">It cannot be written.</exception>
    public void Write(StateRecord record)
    {
        const OpenFlags Fresh = OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive;
        Sys.Openat(Number, "state.json\0"u8, Fresh, Permissions.Mode0600, out int file).OrThrow("make", RecordPath);
        _locked = new Descriptor(file);
        Sys.Lock(file).OrThrow("lock", RecordPath);
        WriteRecord(record);
    }

    /// <summary>Writes the record again, where the create cannot make something that it names. The lock stays.</summary>
    /// <exception cref="SysException">It cannot be written.</exception>
    public void Rewrite(StateRecord record)
    {
        Sys.Ftruncate(_locked!.Number, 0).OrThrow("write", RecordPath);
        Sys.Rewind(_locked.Number).OrThrow("read from the beginning");
        WriteRecord(record);
    }

    /// <summary>The creation is over; the record's mode tells it to those who do not ask for its lock.</summary>
    public void Unlock()
    {
        _gate?.Dispose();
        _gate = null;
        if (_locked is not null)
        {
            Sys.Fchmod(_locked.Number, Permissions.Mode0400);
            _locked.Dispose();
            _locked = null;
        }
    }

    /// <summary>
    /// Reads the record; null when a create was killed before it was complete, it was damaged later, or it is of a newer version.
    /// </summary>
    /// <param name="isBeingCreated">Whether another process is creating the container now, or was killed just after it began.</param>
    /// <param name="newer">What to say of a newer version; null otherwise.</param>
    /// <exception cref="SysException">It cannot be read, so its state is unknown.</exception>
    public StateRecord? TryRead(out bool isBeingCreated, out SpecException? newer)
    {
        newer = null;
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
            newer = damage is SpecException { IsNewer: true } refusal ? refusal : null;
            return null;
        }
    }

    /// <summary>Where its record is.</summary>
    public string RecordPath => Path + "/state.json";

    // open(2) neither waits for the file nor follows a link. A file of a type that cannot be opened is damage.
    private Errno OpenRecord(out int file)
    {
        Errno errno = Sys.Openat(Number, "state.json\0"u8, RecordFlags, 0, out file);
        if (errno != Errno.None && !errno.IsMissing() && errno is not (Errno.ELOOP or Errno.ENXIO))
        {
            errno.OrThrow("open", RecordPath);
        }

        return errno;
    }

    /// <summary>Marks the container for removal, and asks the process that creates it to end.</summary>
    /// <returns>That process; null when none can be seen.</returns>
    public Descriptor? AskToEnd()
    {
        // A directory or link of that name means the same.
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

        // Checked again: it is still this process, not another with its pid.
        Descriptor process = new(pidfd);
        if (Sys.FindLock(file, out _, out int still) == Errno.None && still == holder
            && Sys.PidfdSendSignal(pidfd, holder, (int)Signal.Terminate) == Errno.None)
        {
            return process;
        }

        process.Dispose();
        return null;
    }

    /// <summary>Whether it is marked so, or the directory is gone.</summary>
    public bool IsToBeRemoved() => Sys.StatxNoFollow(Number, "removed\0"u8, out _) == Errno.None
        || IsGone();

    /// <summary>Whether the directory is removed.</summary>
    public bool IsGone() => Sys.StatxNoFollow(Sys.WorkingDirectory, CString.Of(Path).WithNul, out _) == Errno.ENOENT;

    /// <summary>Records the container's first process.</summary>
    /// <param name="init">The process.</param>
    /// <param name="pidfd">A pidfd of it.</param>
    /// <param name="record">As it was written last.</param>
    /// <exception cref="SysException">It cannot be written.</exception>
    public void SetInit(ProcessIdentity init, int pidfd, StateRecord record) => WriteInit("init\0"u8, init, pidfd, record);

    /// <summary>Records another process as the container's first, atomically.</summary>
    /// <param name="init">The process.</param>
    /// <param name="pidfd">A pidfd of it.</param>
    /// <param name="record">As it was written last.</param>
    /// <exception cref="SysException">It cannot be written.</exception>
    public void ReplaceInit(ProcessIdentity init, int pidfd, StateRecord record)
    {
        WriteInit("init.new\0"u8, init, pidfd, record);
        Sys.Renameat(Number, "init.new\0"u8, Number, "init\0"u8).OrThrow("write", Path + "/init");
    }

    /// <summary>The container's first process, or null when it was never made.</summary>
    /// <exception cref="SysException">The kernel does not tell.</exception>
    public ProcessIdentity? TryGetInit()
    {
        Span<byte> buffer = stackalloc byte[64];
        Errno errno = Sys.Readlinkat(Number, "init\0"u8, buffer, out int length);
        if (errno.IsMissing() || errno == Errno.EINVAL)
        {
            return null; // EINVAL: something else than a link.
        }

        errno.OrThrow("read", Path + "/init");

        // Only its first line; the lines below, which may be cut off here, are for list.
        ReadOnlySpan<byte> text = buffer[..length];
        int end = text.IndexOf((byte)'\n');
        return ProcessIdentity.Parse(end < 0 ? text : text[..end]);
    }

    /// <summary>The container's cgroup, from a later line of the same link, or null.</summary>
    public string? TryGetCgroup()
    {
        byte[] buffer = new byte[4096];
        return Sys.Readlinkat(Number, "init\0"u8, buffer, out int length) == Errno.None
            && InitFile.TryParse(buffer.AsSpan(0, length), out InitFile link) && !link.Texts.Cgroup.IsEmpty
            ? Encoding.UTF8.GetString(link.Texts.Cgroup)
            : null;
    }

    /// <summary>Makes the two FIFOs and opens both ends of both, so neither side ever waits in open(2).</summary>
    /// <param name="start">The gate, which this keeps, and locks during the create.</param>
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
    /// <exception cref="SysException">The kernel does not tell.</exception>
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
    /// <returns>False when another process has taken it, or the container has ended.</returns>
    /// <exception cref="SysException">It cannot be taken.</exception>
    public bool TakeStartGate(out int start, out int result)
    {
        result = -1;
        const OpenFlags Gate = OpenFlags.NonBlocking | OpenFlags.NoFollow;
        Errno errno = Sys.Openat(Number, "start\0"u8, OpenFlags.WriteOnly | Gate, 0, out start);
        errno = errno != Errno.None ? errno : Sys.Openat(Number, "result\0"u8, OpenFlags.ReadOnly | Gate, 0, out result);
        errno = errno != Errno.None ? errno : Sys.Unlinkat(Number, "start\0"u8, isDirectory: false);
        if (errno.IsMissing() || errno == Errno.ENXIO)
        {
            return false; // ENXIO: it has no reader.
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

    private void WriteRecord(StateRecord record)
    {
        byte[] text = StateJson.WriteRecord(record);
        Sys.WriteAll(_locked!.Number, text).OrThrow("write", RecordPath);
        _recordSize = text.Length;
    }

    private void WriteInit(ReadOnlySpan<byte> name, ProcessIdentity init, int pidfd, StateRecord record)
    {
        CString text = CString.Of(InitFile.Text(init, PidfdInode.Of(pidfd), _recordSize, record));
        Sys.Symlinkat(text.WithNul, Number, name).OrThrow("write", Path + "/init");
    }

    private Descriptor MakeFifo(ReadOnlySpan<byte> name)
    {
        Sys.Mknodat(Number, name, FileMode.Fifo | Permissions.Mode0600, 0, 0).OrThrow("make a fifo in", Path);
        Sys.Openat(Number, name, OpenFlags.ReadWrite, 0, out int fifo).OrThrow("open a fifo in", Path);
        return new Descriptor(fifo);
    }
}
