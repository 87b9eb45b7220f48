using System;
using System.Collections.Generic;
using Punnet.Host.Cgroups;
using Punnet.Kernel;
using Punnet.Spec;

namespace Punnet.Host.State;

/// <summary>runtime.md#state, and runc's "paused".</summary>
public enum ContainerStatus
{
    /// <summary>A create is at work.</summary>
    Creating,

    /// <summary>Waits for start.</summary>
    Created,

    /// <summary>The program runs.</summary>
    Running,

    /// <summary>The program is frozen.</summary>
    Paused,

    /// <summary>The first process has ended, or was never made.</summary>
    Stopped,
}

/// <summary>A container, as its state directory and the kernel show it now.</summary>
public sealed class Container : IDisposable
{
    private readonly bool _ownsDirectory;
    private SpecException? _newer;

    private Container(ContainerDirectory directory, bool ownsDirectory, StateRecord? record, ProcessIdentity? init, ContainerStatus status)
    {
        Directory = directory;
        _ownsDirectory = ownsDirectory;
        Record = record;
        Init = init;
        Status = status;
    }

    /// <summary>Its state directory.</summary>
    public ContainerDirectory Directory { get; }

    /// <summary>The record; null for the remains of a killed create, and for a container that a newer punnet has made.</summary>
    public StateRecord? Record { get; }

    /// <summary>The first process, alive or not; null when it was never made.</summary>
    public ProcessIdentity? Init { get; }

    /// <summary>Its status.</summary>
    public ContainerStatus Status { get; }

    /// <summary>Whether it is complete: before that it is of no use to others, so "poll the state, then start" is sound.</summary>
    public bool Exists => Status != ContainerStatus.Creating;

    /// <summary>The status as users and engines read it.</summary>
    public string StatusWord => Word(Status);

    /// <summary>Whether a newer punnet has made it, whose record this one does not read.</summary>
    public bool IsNewer => _newer is not null;

    /// <summary>Finds and looks at a container.</summary>
    /// <param name="store">Where it is.</param>
    /// <param name="id">Its id.</param>
    /// <param name="evenNewer">Whether its first process is all that is asked for.</param>
    /// <exception cref="PunnetException">There is no such container, or a newer punnet has made it.</exception>
    public static Container Find(StateStore store, string id, bool evenNewer = false)
    {
        Container container = Own(store.Find(id));
        if (container.Exists && (evenNewer || !container.IsNewer))
        {
            return container;
        }

        container.Dispose();
        throw container.Exists ? container.Newer() : StateStore.Missing(id);
    }

    /// <summary>The error for what would need the record of a newer punnet.</summary>
    public PunnetException Newer() => new(
        "container " + Directory.Id + ": its record " + Directory.RecordPath + " is " + _newer!.Problem,
        "the newer punnet manages it; list, kill and delete --force work with this one");

    /// <summary>Looks at a container, and closes the directory in the end.</summary>
    public static Container Own(ContainerDirectory directory) => Look(directory, owns: true);

    /// <summary>Looks at a container whose directory the caller closes.</summary>
    public static Container Look(ContainerDirectory directory) => Look(directory, owns: false);

    /// <summary>A container whose first process has been waited for: nothing needs to be read.</summary>
    public static Container Ended(ContainerDirectory directory, StateRecord record) =>
        new(directory, ownsDirectory: false, record, init: null, ContainerStatus.Stopped);

    private static Container Look(ContainerDirectory directory, bool owns)
    {
        StateRecord? record = directory.TryRead(out bool isBeingCreated, out SpecException? newer);
        ProcessIdentity? init = directory.TryGetInit();
        ContainerStatus status = isBeingCreated ? ContainerStatus.Creating : FindStatus(directory, record, init);
        return new Container(directory, owns, record, init, status) { _newer = newer };
    }

    /// <summary>The state as <c>state</c> and <c>list</c> print it.</summary>
    public ContainerState State() => Status == ContainerStatus.Stopped ? WithEnding(Basics()) : Basics();

    private ContainerState Basics() => new()
    {
        OciVersion = Record?.OciVersion ?? SpecVersion.Newest,
        Id = Directory.Id,
        Pid = Status == ContainerStatus.Stopped ? 0 : Init?.Pid ?? 0,
        Status = StatusWord,
        Bundle = Record?.Bundle ?? "",
        Rootfs = Record?.Rootfs ?? "",
        Created = Record?.Created ?? "",
        Annotations = Record?.Annotations ?? new Dictionary<string, string>(),
        Owner = UserNames.Find(Record?.Owner ?? 0),
    };

    private ContainerState WithEnding(ContainerState state)
    {
        ContainerEnding ending = ContainerEnding.Of(Directory, Init);
        return state with { ExitCode = ending.ExitCode, OomKilled = ContainerEnding.OomKilled(this), Finished = ending.Finished };
    }

    /// <summary>
    /// Whether it was made without its own cgroup: its processes are in its caller's, which punnet does not touch.
    /// </summary>
    public bool HasNoCgroup => Record is { Cgroup: null };

    /// <summary>
    /// Whether an action failed because the container has ended since it was looked at, whatever the kernel said of the missing files.
    /// A signal that asks punnet to end stays what it is.
    /// </summary>
    public bool HasEndedBefore(Exception failure) =>
        failure is SysException or PunnetException { ExitStatus: null } && (Init is not ProcessIdentity init || init.IsExiting());

    /// <summary>The error for an action that needs a cgroup.</summary>
    /// <param name="what">As in "cannot …".</param>
    public PunnetException WithoutCgroup(string what) => new(
        "cannot " + what + " container " + Directory.Id + ": it has no cgroup of its own",
        "punnet was not allowed to make one when it made the container, or not to (--cgroup-manager disabled)");

    /// <summary>The error for an action that needs the record.</summary>
    /// <param name="what">As in "cannot …".</param>
    public PunnetException Damaged(string what) => new(
        "cannot " + what + " container " + Directory.Id + ": its record " + Directory.RecordPath + " is damaged",
        "delete --force removes what is left of it");

    /// <summary>Its cgroup, or null when that is gone.</summary>
    /// <exception cref="SysException">The kernel does not tell.</exception>
    public CgroupDirectory? TryOpenCgroup()
    {
        if (HasNoCgroup)
        {
            return null;
        }

        // Where the record was lost, the link to the first process still has it, or else the kernel, of a process that lives.
        string? path = Record?.Cgroup ?? Directory.TryGetCgroup()
            ?? (Init is ProcessIdentity init && init.IsAlive() ? CgroupMount.PathOf(init.Pid.ToString()) : null);
        return path is null or "/" ? null : CgroupDirectory.TryOpen(path);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_ownsDirectory)
        {
            Directory.Dispose();
        }
    }

    /// <summary>A status as users and engines read it.</summary>
    public static string Word(ContainerStatus status) => status switch
    {
        ContainerStatus.Creating => "creating",
        ContainerStatus.Created => "created",
        ContainerStatus.Running => "running",
        ContainerStatus.Paused => "paused",
        _ => "stopped",
    };

    private static ContainerStatus FindStatus(ContainerDirectory directory, StateRecord? record, ProcessIdentity? init)
    {
        if (init is not ProcessIdentity process || !process.IsAlive())
        {
            return ContainerStatus.Stopped;
        }

        if (record?.Cgroup is string path && CgroupDirectory.IsFrozen(path))
        {
            return ContainerStatus.Paused;
        }

        return directory.HasStartGate() ? ContainerStatus.Created : ContainerStatus.Running;
    }
}
