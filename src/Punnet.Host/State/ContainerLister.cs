using System;
using Punnet.Abi;
using Punnet.Host.Cgroups;
using Punnet.Kernel;
using Punnet.Spec;

namespace Punnet.Host.State;

/// <summary>What <c>list</c> prints of a container, until the next one is looked at.</summary>
public ref struct ContainerSummary
{
    /// <summary>Of the record, or of the link to the first process.</summary>
    public required SummaryTexts Texts { get; init; }

    /// <summary>Of the record; empty where only the link was read.</summary>
    public required RecordSummary Record { get; init; }

    /// <summary>The first process, alive or not.</summary>
    public required int Pid { get; init; }

    /// <summary>The status.</summary>
    public required ContainerStatus Status { get; init; }
}

/// <summary>
/// Looks at one container after the other, for <c>list</c>: sees what <see cref="Container"/> sees, with half of its system calls and
/// without memory of its own for each. What is out of the ordinary is left to that one.
/// </summary>
public sealed class ContainerLister : IDisposable
{
    private const int LongestPath = 4096; // PATH_MAX
    private readonly byte[] _document = new byte[16384];
    private readonly byte[] _link = new byte[LongestPath];
    private readonly byte[] _path = new byte[LongestPath];
    private readonly Descriptor _root;
    private readonly bool _isOfThisBoot;
    private Descriptor? _cgroups;

    /// <summary>Looks in one directory of containers.</summary>
    /// <param name="root">The caller's to close.</param>
    public ContainerLister(Descriptor root)
    {
        _root = root;
        _isOfThisBoot = Sys.Fstatfs(root.Number, out long magic) == Errno.None && magic == FileSystemMagic.Tmpfs;
    }

    // What stands at the name of the start gate.
    private enum Gate
    {
        None,
        Left,
        Held,
        Unknown,
    }

    /// <summary>Whether a container is complete, see <see cref="Container.Exists"/>.</summary>
    /// <param name="id">Its id.</param>
    public bool Exists(string id)
    {
        Errno errno = Sys.Openat(_root.Number, PathOf(id, "state.json\0"u8), ContainerDirectory.RecordFlags, 0, out int file);
        if (errno != Errno.None)
        {
            return errno.IsMissing() || errno is Errno.ELOOP or Errno.ENXIO ? TryReadInit(id, out _)
                : throw new SysException(errno, "open the record of container " + id);
        }

        using Descriptor owned = new(file);
        Errno read = Sys.Read(file, _document.AsSpan(0, 1), out int count);
        if (read != Errno.EISDIR)
        {
            read.OrThrow("read the record of container", id); // A directory is a damaged record.
        }

        Sys.IsLocked(file, out bool isBeingCreated).OrThrow("ask for the lock of container", id);
        return !isBeingCreated && (count > 0 || TryReadInit(id, out _));
    }

    /// <summary>Looks at a container.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="isWhole">Whether the record is read in any case; otherwise the link will do, which has what the table shows.</param>
    /// <param name="glance">What there is to see; its texts are overwritten by the next look.</param>
    /// <returns>False when it takes a <see cref="Container"/> to say what it is.</returns>
    /// <exception cref="PunnetException">It lives, and there is no cgroup2.</exception>
    /// <exception cref="SysException">It lives, and cgroup2 cannot be opened.</exception>
    public bool TryLook(string id, bool isWhole, out ContainerSummary glance)
    {
        glance = default;

        // The gate is made before the process: where there is no gate after this, the container has started, or never waits.
        int length = ReadLink(id);
        Gate gate = LookAtGate(id, out bool isBeingCreated);
        if (gate == Gate.Held)
        {
            length = ReadLink(id); // Again, so that the pid is not older than the holder of the gate.
        }

        if (gate == Gate.Unknown || isBeingCreated || !InitFile.TryParse(_link.AsSpan(0, length), out InitFile link))
        {
            return false;
        }

        SummaryTexts texts = link.Texts;
        RecordSummary record = default;
        if (isWhole || texts.Bundle.IsEmpty || (gate != Gate.Held && !IsUntouched(id, link.RecordSize)))
        {
            if (!TryReadRecord(id, out record))
            {
                return false;
            }

            texts = SummaryTexts.Of(record);
        }

        ContainerStatus status = FindStatus(texts.Cgroup, gate, link);
        if (isWhole && status == ContainerStatus.Stopped)
        {
            return false; // How it ended is for a Container to find out.
        }

        glance = new ContainerSummary { Texts = texts, Record = record, Pid = link.Init.Pid, Status = status };
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _cgroups?.Dispose();

    // As Container has it. Once the create is over, only the first process holds the gate: while it is held, the process lives.
    private ContainerStatus FindStatus(ReadOnlySpan<byte> cgroup, Gate gate, InitFile link)
    {
        if (gate != Gate.Held && !IsAlive(link))
        {
            return ContainerStatus.Stopped;
        }

        if (IsFrozen(cgroup))
        {
            return ContainerStatus.Paused;
        }

        return gate == Gate.None ? ContainerStatus.Running : ContainerStatus.Created;
    }

    // What is in memory alone does not outlive the boot that its inode numbers are of.
    private bool IsAlive(InitFile link) =>
        _isOfThisBoot && link.Inode != 0 ? PidfdInode.IsAlive(link.Init.Pid, link.Inode) : link.Init.IsAlive();

    // Whether the record is complete, and as the link was written for it.
    private bool IsUntouched(string id, int recordSize) =>
        recordSize != 0 && Sys.StatxNoFollow(_root.Number, PathOf(id, "state.json\0"u8), out FileStatus status) == Errno.None
            && status.Mode == (FileMode.Regular | Permissions.Mode0400) && status.Size == (ulong)recordSize;

    // False also where another process is creating the container now.
    private bool TryReadRecord(string id, out RecordSummary record)
    {
        record = default;
        if (Sys.Openat(_root.Number, PathOf(id, "state.json\0"u8), ContainerDirectory.RecordFlags, 0, out int file) != Errno.None)
        {
            return false;
        }

        Errno errno = Sys.Read(file, _document, out int count);
        bool isBeingCreated = Sys.IsLocked(file, out bool isLocked) != Errno.None || isLocked;
        Sys.Close(file);
        return errno == Errno.None && !isBeingCreated && RecordSummary.TryRead(_document.AsSpan(0, count), out record);
    }

    // fifo(7): with O_NONBLOCK it can be opened for writing only while it is open for reading.
    private Gate LookAtGate(string id, out bool isBeingCreated)
    {
        isBeingCreated = false;
        const OpenFlags Gated = OpenFlags.WriteOnly | OpenFlags.NonBlocking | OpenFlags.NoFollow;
        Errno errno = Sys.Openat(_root.Number, PathOf(id, "start\0"u8), Gated, 0, out int gate);
        if (errno == Errno.None)
        {
            isBeingCreated = Sys.IsLocked(gate, out bool isLocked) != Errno.None || isLocked;
            Sys.Close(gate);
        }

        return errno switch
        {
            Errno.None => Gate.Held,
            Errno.ENOENT => Gate.None,
            Errno.ENXIO => Gate.Left,
            _ => Gate.Unknown,
        };
    }

    // How long the link is; 0 without one.
    private int ReadLink(string id) =>
        Sys.Readlinkat(_root.Number, PathOf(id, "init\0"u8), _link, out int length) == Errno.None ? length : 0;

    private bool TryReadInit(string id, out InitFile link) => InitFile.TryParse(_link.AsSpan(0, ReadLink(id)), out link);

    private bool IsFrozen(ReadOnlySpan<byte> cgroup)
    {
        ReadOnlySpan<byte> events = "/cgroup.events\0"u8;
        ReadOnlySpan<byte> below = cgroup.TrimStart((byte)'/');
        if (below.Length + events.Length > LongestPath || below.IsEmpty)
        {
            return false;
        }

        _cgroups ??= Descriptor.Open(CgroupMount.Find(), OpenFlags.Path | OpenFlags.Directory);
        below.CopyTo(_path);
        events.CopyTo(_path.AsSpan(below.Length));
        return CgroupDirectory.IsFrozen(_cgroups.Number, _path);
    }

    private ReadOnlySpan<byte> PathOf(string id, ReadOnlySpan<byte> name)
    {
        for (int i = 0; i < id.Length; i++)
        {
            _path[i] = (byte)id[i]; // StateStore lets no other letters than ASCII into an id.
        }

        _path[id.Length] = (byte)'/';
        name.CopyTo(_path.AsSpan(id.Length + 1));
        return _path.AsSpan(0, id.Length + 1 + name.Length);
    }
}
