using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Init;

/// <summary>
/// What travels beside a plan: descriptors that the host opened, and the plan's texts in the form that execve(2) takes. -1 is
/// "none". All descriptors are close-on-exec.
/// </summary>
public sealed record InitContext
{
    /// <summary>The new process's end of the channel.</summary>
    public required int Channel { get; init; }

    /// <summary>From <see cref="RuntimeBinary"/>.</summary>
    public required int Image { get; init; }

    /// <summary>
    /// The mount it is on, or -1. Whoever closes it last waits for the kernel to dissolve it, 0.1 ms: not init, which closes it first.
    /// </summary>
    public required int ImageMount { get; init; }

    /// <summary>What ps shows until the program is executed.</summary>
    public required FixedBuffer Title { get; init; }

    /// <summary>How far punnet has given its own file up before the clone.</summary>
    public required BinaryState OwnFile { get; init; }

    /// <summary>The host's /proc, verified: kernel parameters are written through it, never through the container's.</summary>
    public required int Proc { get; init; }

    /// <summary>Whether mount(2) makes the mounts, since a filter around punnet refuses the newer calls.</summary>
    public bool UsesOldMounts { get; init; }

    /// <summary>
    /// Where the kernel says which process the stage has cloned, see <see cref="Sys.CloneSibling"/>; null where there is no stage.
    /// </summary>
    public SharedFlag? Final { get; init; }

    /// <summary>The pid namespace that a stage has joined for its child, and that /proc shows; -1 where there is no stage, or init is in it itself.</summary>
    public int PidNamespace { get; init; } = -1;

    /// <summary>
    /// Whether the stage clones before the filter, which would refuse it that and has to be loaded while there are rights,
    /// <see cref="FilterMoment.BeforeIds"/>.
    /// </summary>
    public bool ClonesEarly { get; init; }

    /// <summary>Connection that gets the terminal, or -1.</summary>
    public int ConsoleSocket { get; init; } = -1;

    /// <summary>Fifo whose first byte starts the program; -1: the channel's <see cref="Message.Exec"/> does.</summary>
    public int StartFifo { get; init; } = -1;

    /// <summary>Fifo that takes a failure after the start gate.</summary>
    public int StartResult { get; init; } = -1;

    /// <summary>How far the listener is on its way to the host; only where the plan's filter has one.</summary>
    public SharedFlag HandOver { get; init; }

    /// <summary>Whether the listener has to be sent: the host may not take it.</summary>
    public bool SendsListener { get; init; }

    /// <summary>Socket at which an exec that comes before start asks for the namespaces, or -1.</summary>
    public int NamespaceSocket { get; init; } = -1;

    /// <summary>Room for their descriptors, where there is that socket: filled by init, -1 for what the container does not have.</summary>
    public int[] NamespaceSocketKinds { get; init; } = [];

    /// <summary>Namespace files, one for each join of the plan.</summary>
    public required ImmutableArray<int> Joins { get; init; }

    /// <summary>Detached mounts of bind sources, one for each mount of the plan, for where init may not reach them; or empty.</summary>
    public ImmutableArray<int> Sources { get; init; } = [];

    /// <summary>
    /// What the new process opens while it still is its caller, whom directories let pass that are closed to root of the user namespace: the
    /// root, and then the source of each mount where punnet could not clone it. Filled by init, with -1 for what cannot be opened.
    /// </summary>
    public int[] PreopenedPaths { get; init; } = [];

    /// <summary>User namespaces whose ids the mounts of the plan get, or -1; empty without any.</summary>
    public ImmutableArray<int> IdMaps { get; init; } = [];

    /// <summary>The root, where the host has made it a mount: without a mount namespace of the container's; else -1.</summary>
    public int Root { get; init; } = -1;

    /// <summary>A tmpfs, mounted nowhere, with nodes of devices that the host has none of, named by their number in the plan; or -1.</summary>
    public int Devices { get; init; } = -1;

    /// <summary>Layers of the root; null without any.</summary>
    public LayerFds? Layers { get; init; }

    /// <summary>The container's cgroup directory on the host: a cgroup mount's top where the cgroup namespace cannot be mounted.</summary>
    public CString CgroupPath { get; init; }

    /// <summary>Where the host has all cgroups: a cgroup mount's top without a cgroup namespace.</summary>
    public CString CgroupMount { get; init; }

    /// <summary>Whether that cgroup is the container's own, and not its caller's.</summary>
    public bool HasCgroup { get; init; }

    /// <summary>Whether systemd moves the new process into its cgroup, which it has to wait for: its cgroup namespace starts there.</summary>
    public bool WaitsForCgroup { get; init; }

    /// <summary>How many descriptors from 3 on the program inherits.</summary>
    public required int Preserved { get; init; }

    /// <summary>Highest capability of the kernel.</summary>
    public required int LastCapability { get; init; }

    /// <summary>Signals to give their default action: one bit each, from signal 1 on.</summary>
    public required ulong IgnoredSignals { get; init; }

    /// <summary>argv.</summary>
    public required ArgumentBlock Args { get; init; }

    /// <summary>Environment, with one spare entry for HOME.</summary>
    public required ArgumentBlock Env { get; init; }

    /// <summary>Where init puts the text of HOME; room for 4096 bytes.</summary>
    public required FixedBuffer Home { get; init; }

    /// <summary>Memory file with the container's state, standard input of hooks.</summary>
    public int HookState { get; init; } = -1;

    /// <summary>File that takes what hooks print.</summary>
    public int HookOutput { get; init; } = -1;

    /// <summary>File that takes what hooks print to standard error.</summary>
    public int HookErrors { get; init; } = -1;

    /// <summary>createContainer hooks, ready to be executed.</summary>
    public ImmutableArray<PreparedHook> CreateContainer { get; init; } = [];

    /// <summary>startContainer hooks.</summary>
    public ImmutableArray<PreparedHook> StartContainer { get; init; } = [];
}

/// <summary>
/// What the host opened of the root's layers: detached mounts, each of one directory, out of reach of any path. Where punnet has no
/// right to make them they are -1, and the new process makes them as root of its user namespace.
/// </summary>
/// <param name="Mounts">One for each layer of the plan.</param>
/// <param name="UpperParent">A mount of the directory that holds both the upper and the work directory; -1 without them.</param>
/// <param name="Upper">The upper directory in that mount.</param>
/// <param name="Work">overlayfs's work directory in that mount.</param>
/// <param name="UpperParentPath">Path of that directory; null without an upper directory.</param>
/// <param name="UpperName">Name of the upper directory in it.</param>
/// <param name="WorkName">Name of the work directory in it.</param>
public sealed record LayerFds(
    ImmutableArray<int> Mounts, int UpperParent, int Upper, int Work, CString UpperParentPath, CString UpperName, CString WorkName);

/// <summary>A hook in the form that execve(2) takes.</summary>
/// <param name="Path">The program.</param>
/// <param name="Args">argv.</param>
/// <param name="Env">Environment.</param>
/// <param name="TimeoutSeconds">0 for none.</param>
/// <param name="IgnoredSignals">Those to give their default action: one bit each, from signal 1 on.</param>
public sealed record PreparedHook(CString Path, ArgumentBlock Args, ArgumentBlock Env, long TimeoutSeconds, ulong IgnoredSignals);
