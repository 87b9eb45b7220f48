using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Init;

/// <summary>
/// What init gets beside the plan: descriptors that the host opened, and strings in the form that execve(2) takes. -1 means that there is
/// no such descriptor. All are close-on-exec.
/// </summary>
public sealed record InitContext
{
    /// <summary>The new process's end of the channel.</summary>
    public required int Channel { get; init; }

    /// <summary>From <see cref="RuntimeBinary"/>.</summary>
    public required int Image { get; init; }

    /// <summary>
    /// The mount of that file, or -1. The last close waits 0.1 ms until the kernel has freed the mount; so init closes it first.
    /// </summary>
    public required int ImageMount { get; init; }

    /// <summary>What ps shows until the program is executed.</summary>
    public required FixedBuffer Title { get; init; }

    /// <summary>How far punnet has released its own file before the clone.</summary>
    public required BinaryState OwnFile { get; init; }

    /// <summary>The host's /proc, verified: kernel parameters are written through it, never through the container's.</summary>
    public required int Proc { get; init; }

    /// <summary>Whether to mount with mount(2), since a filter around punnet refuses the newer calls.</summary>
    public bool UsesOldMounts { get; init; }

    /// <summary>
    /// Where the kernel stores the PID that the stage has cloned, see <see cref="Sys.CloneSibling"/>; null without a stage.
    /// </summary>
    public SharedFlag? Final { get; init; }

    /// <summary>
    /// The PID namespace that a stage has joined for its child, for the mount of /proc; -1 without a stage, or where init is in it itself.
    /// </summary>
    public int PidNamespace { get; init; } = -1;

    /// <summary>
    /// Whether the stage clones before it loads the filter, which would refuse clone(2) and has to be loaded with privileges, <see
    /// cref="FilterMoment.BeforeIds"/>.
    /// </summary>
    public bool ClonesEarly { get; init; }

    /// <summary>Connection that receives the terminal, or -1.</summary>
    public int ConsoleSocket { get; init; } = -1;

    /// <summary>FIFO whose first byte starts the program; -1 where <see cref="Message.Exec"/> does.</summary>
    public int StartFifo { get; init; } = -1;

    /// <summary>FIFO for a failure after start.</summary>
    public int StartResult { get; init; } = -1;

    /// <summary>The state of the hand-over of the listener; only where the filter has one.</summary>
    public SharedFlag HandOver { get; init; }

    /// <summary>Whether the listener has to be sent, because the host has no permission to take it.</summary>
    public bool SendsListener { get; init; }

    /// <summary>Socket where an exec before start asks for the namespaces, or -1.</summary>
    public int NamespaceSocket { get; init; } = -1;

    /// <summary>Room for their descriptors, with that socket: filled by init, -1 for a kind that the container does not have.</summary>
    public int[] NamespaceSocketKinds { get; init; } = [];

    /// <summary>Namespace files, one for each join of the plan.</summary>
    public required ImmutableArray<int> Joins { get; init; }

    /// <summary>Detached mounts of bind sources that init cannot reach, one for each mount of the plan; or empty.</summary>
    public ImmutableArray<int> Sources { get; init; } = [];

    /// <summary>
    /// Paths that init opens before it becomes root of the user namespace, because its caller can search directories that this root cannot:
    /// the root, then the source of each mount that punnet could not clone. Filled by init, with -1 for a path that cannot be opened.
    /// </summary>
    public int[] PreopenedPaths { get; init; } = [];

    /// <summary>
    /// Room for the detached mounts of bind sources, one for each mount of the plan, where the container runs already: they are cloned
    /// before its namespaces are joined. Filled by <see cref="MountInit"/>.
    /// </summary>
    public int[] Clones { get; init; } = [];

    /// <summary>User namespaces for idmapped mounts, one for each mount of the plan, or -1; empty without any.</summary>
    public ImmutableArray<int> IdMaps { get; init; } = [];

    /// <summary>The root, where the host has made it a mount because the container has no mount namespace; else -1.</summary>
    public int Root { get; init; } = -1;

    /// <summary>The mount at /dev that becomes read-only at the end, or -1; its path may lead to another then (CVE-2026-115521).</summary>
    public int ReadOnlyLate { get; set; } = -1;

    /// <summary>The procfs at /proc, in which paths are masked at the end, or -1; /proc may be another then (CVE-2019-19921).</summary>
    public int ProcMount { get; set; } = -1;

    /// <summary>A detached tmpfs with nodes for devices that the host does not have, named by their index in the plan; or -1.</summary>
    public int Devices { get; init; } = -1;

    /// <summary>Layers of the root; null without any.</summary>
    public LayerFds? Layers { get; init; }

    /// <summary>
    /// The container's cgroup directory on the host: the root of a cgroup mount where the cgroup namespace cannot be mounted.
    /// </summary>
    public CString CgroupPath { get; init; }

    /// <summary>The host's cgroup mount: the root of a cgroup mount without a cgroup namespace.</summary>
    public CString CgroupMount { get; init; }

    /// <summary>Whether that cgroup is the container's, not its caller's.</summary>
    public bool HasCgroup { get; init; }

    /// <summary>Whether init has to wait until systemd has moved it into its cgroup, where its cgroup namespace starts.</summary>
    public bool WaitsForCgroup { get; init; }

    /// <summary>How many descriptors from 3 on the program inherits.</summary>
    public required int Preserved { get; init; }

    /// <summary>The highest capability of the kernel.</summary>
    public required int LastCapability { get; init; }

    /// <summary>Signals to reset to their default action: one bit each, from signal 1 on.</summary>
    public required ulong IgnoredSignals { get; init; }

    /// <summary>argv.</summary>
    public required ArgumentBlock Args { get; init; }

    /// <summary>Environment, with one spare entry for HOME.</summary>
    public required ArgumentBlock Env { get; init; }

    /// <summary>Where init writes HOME; room for 4096 bytes.</summary>
    public required FixedBuffer Home { get; init; }

    /// <summary>memfd with the container's state, standard input of hooks.</summary>
    public int HookState { get; init; } = -1;

    /// <summary>File for standard output of hooks.</summary>
    public int HookOutput { get; init; } = -1;

    /// <summary>File for standard error of hooks.</summary>
    public int HookErrors { get; init; } = -1;

    /// <summary>createContainer hooks, ready to be executed.</summary>
    public ImmutableArray<PreparedHook> CreateContainer { get; init; } = [];

    /// <summary>startContainer hooks.</summary>
    public ImmutableArray<PreparedHook> StartContainer { get; init; } = [];
}

/// <summary>
/// The layers of the root as detached mounts, each of one directory. Where punnet lacks the privilege to make them they are -1, and init
/// makes them as root of its user namespace.
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
/// <param name="TimeoutSeconds">0 for no timeout.</param>
/// <param name="IgnoredSignals">Signals to reset to their default action: one bit each, from signal 1 on.</param>
public sealed record PreparedHook(CString Path, ArgumentBlock Args, ArgumentBlock Env, long TimeoutSeconds, ulong IgnoredSignals);
