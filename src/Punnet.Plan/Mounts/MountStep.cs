using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>How a mount is made.</summary>
public enum MountKind
{
    /// <summary>A new file system: fsopen(2), fsconfig(2), fsmount(2).</summary>
    FileSystem,

    /// <summary>A copy of a mount of the host: open_tree(2).</summary>
    Bind,

    /// <summary>New attributes for what is mounted there: mount_setattr(2).</summary>
    Remount,

    /// <summary>The container's cgroup: cgroup2 with its own cgroup namespace, else a bind mount of its directory.</summary>
    Cgroup,
}

/// <summary>One entry of mounts.</summary>
public sealed record MountStep
{
    /// <summary>Place in mounts.</summary>
    public required int Index { get; init; }

    /// <summary>How it is made.</summary>
    public required MountKind Kind { get; init; }

    /// <summary>Where, as written; absolute.</summary>
    public required CString Destination { get; init; }

    /// <summary>Host path of a bind (absolute), or the name that mountinfo shows.</summary>
    public required CString Source { get; init; }

    /// <summary>File system type; null for a bind.</summary>
    public required CString Type { get; init; }

    /// <summary>Parameters of the file system, in order.</summary>
    public required ImmutableArray<MountParameter> Parameters { get; init; }

    /// <summary>Parameter of the file system that gives it <see cref="Label"/>, such as <c>context</c>; or null.</summary>
    public CString LabelKey { get; init; }

    /// <summary>linux.mountLabel, or null.</summary>
    public CString Label { get; init; }

    /// <summary>linux.mountLabel as an attribute of the file system's root, where it takes no such parameter; or null.</summary>
    public CString RootLabel { get; init; }

    /// <summary>A bind of the whole tree, not of one mount.</summary>
    public bool Recursive { get; init; }

    /// <summary>Attributes to set.</summary>
    public MountAttributes Set { get; init; }

    /// <summary>Attributes to clear.</summary>
    public MountAttributes Clear { get; init; }

    /// <summary>
    /// Attributes of a bind's source that no option names, to clear as well: once one is named, only the named ones are kept. What
    /// is locked, mount_namespaces(7), stays.
    /// </summary>
    public MountAttributes Others { get; init; }

    /// <summary>Attributes to set on the whole tree.</summary>
    public MountAttributes RecursiveSet { get; init; }

    /// <summary>Attributes to clear on the whole tree.</summary>
    public MountAttributes RecursiveClear { get; init; }

    /// <summary>Ids of this mount alone, or null.</summary>
    public IdMapPlan? IdMap { get; init; }

    /// <summary>copy-symlink: a source that is a symbolic link is made again at the destination; anything else is bound.</summary>
    public bool CopiesLink { get; init; }

    /// <summary>src-nofollow: a symbolic link at the end of the source is bound itself.</summary>
    public bool SourceNoFollow { get; init; }

    /// <summary>dest-nofollow: a symbolic link at the end of the destination is covered itself.</summary>
    public bool DestinationNoFollow { get; init; }

    /// <summary>Propagation, one mount(2)-like flag each, in order.</summary>
    public required ImmutableArray<MountFlags> Propagation { get; init; }

    /// <summary>Becomes read-only only after devices and mount points were made in it: /dev.</summary>
    public bool ReadOnlyLate { get; init; }

    /// <summary>The destination must be no symbolic link, nor below one: /proc and /sys (CVE-2019-19921).</summary>
    public bool NoSymlinks { get; init; }

    /// <summary>May be put on a procfs: /proc itself, and the few files of it that may be covered.</summary>
    public bool MayCoverProc { get; init; }

    /// <summary>tmpcopyup: a tmpfs starts with what it covers.</summary>
    public bool CopiesUp { get; init; }

    /// <summary>A tmpfs without mode= takes the mode of the directory that it covers.</summary>
    public bool KeepsMode { get; init; }
}

/// <summary>One parameter of a file system, for fsconfig(2).</summary>
/// <param name="Key">Name.</param>
/// <param name="Value">Value; null for a flag.</param>
public readonly record struct MountParameter(CString Key, CString Value)
{
    /// <summary>Most bytes of a key or a value: fsconfig(2) takes 256 with the NUL.</summary>
    public const int LongestValue = 255;

    /// <summary>Most parameters of one mount: a failure names a mount and its parameter with one number.</summary>
    public const int Limit = 1024;

    /// <summary>A parameter from config.json.</summary>
    /// <exception cref="SpecException">Its value is too long.</exception>
    internal static MountParameter Of(string key, string? value, string place)
    {
        CString text = value is null ? default : JsonPath.Text(value, place);
        return text.Text.Length <= LongestValue
            ? new MountParameter(JsonPath.Text(key, place), text)
            : throw new SpecException(
                place, "the value of \"" + key + "\" is " + text.Text.Length.ToString() + " bytes long, and the kernel takes at most 255");
    }
}
