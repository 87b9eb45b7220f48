using System.Collections.Immutable;
using Punnet.Abi;

namespace Punnet.Plan;

/// <summary>
/// A root stacked from layers: overlayfs.rst. The layers are only read; what the container changes goes to the upper directory.
/// </summary>
public sealed record OverlayPlan
{
    /// <summary>Most layers that the kernel stacks: OVL_MAX_STACK of fs/overlayfs/params.h.</summary>
    public const int MostLayers = 500;

    /// <summary>The layers, the lowest first.</summary>
    public required ImmutableArray<LayerStep> Layers { get; init; }

    /// <summary>The directory that takes the changes, absolute; null without one.</summary>
    public CString Upper { get; init; }

    /// <summary>Where that was asked for; empty when it is the default.</summary>
    public string UpperPlace { get; init; } = "";

    /// <summary>Size of the tmpfs that takes the changes, bytes as text; null without one.</summary>
    public CString TmpfsSize { get; init; }

    /// <summary>Whether the upper directory is in the state directory, and goes with the container.</summary>
    public bool OwnsUpper { get; init; }

    /// <summary>
    /// Whether the owners of files are mapped by the container's user namespace: the layers hold ids as the container sees them.
    /// </summary>
    public bool MapsIds { get; init; }

    /// <summary>Parameters of the file system beside its directories.</summary>
    public required ImmutableArray<MountParameter> Options { get; init; }

    /// <summary>Parameter of the file system that gives it <see cref="Label"/>, such as <c>context</c>; or null.</summary>
    public CString LabelKey { get; init; }

    /// <summary>linux.mountLabel, or null.</summary>
    public CString Label { get; init; }

    /// <summary>Whether overlayfs keeps its marks under <c>user.overlay.</c>: without rights on the host it can do no other.</summary>
    public bool UserXattr { get; init; }

    /// <summary>Whether changes go anywhere.</summary>
    public bool HasUpper => !Upper.IsNull || !TmpfsSize.IsNull;

    /// <summary>Whether there is nothing to stack: a single layer that is only read is bound.</summary>
    public bool IsBind => Layers.Length == 1 && !HasUpper;
}

/// <summary>One layer.</summary>
/// <param name="Path">Its directory on the host, absolute.</param>
/// <param name="Place">Where it was asked for.</param>
public sealed record LayerStep(CString Path, string Place);

/// <summary>What is at root.path before layers are put on it.</summary>
public enum RootContent
{
    /// <summary>Nothing: the layers are stacked on a directory in the state directory.</summary>
    Missing,

    /// <summary>An empty directory: the layers are stacked there.</summary>
    Empty,

    /// <summary>A directory with files: the lowest layer.</summary>
    Filled,
}

/// <summary>What the command line and the annotations ask of a root of layers, as written.</summary>
public sealed record LayerRequest
{
    /// <summary>Directories, the lowest first.</summary>
    public required ImmutableArray<RequestedPath> Layers { get; init; }

    /// <summary>The directory for changes, or null.</summary>
    public RequestedPath? Upper { get; init; }

    /// <summary>Bytes of the tmpfs for changes; null without.</summary>
    public long? TmpfsSize { get; init; }

    /// <summary>Where <see cref="TmpfsSize"/> was asked for.</summary>
    public string TmpfsPlace { get; init; } = "";

    /// <summary>What is at root.path.</summary>
    public RootContent Root { get; init; }

    /// <summary>The container's state directory, absolute.</summary>
    public string StateDirectory { get; init; } = "";
}

/// <summary>A path and where it was written.</summary>
/// <param name="Path">As written; relative to the bundle.</param>
/// <param name="Place">Where: an option, or a place in config.json.</param>
public sealed record RequestedPath(string Path, string Place);
