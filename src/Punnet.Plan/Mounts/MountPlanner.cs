using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>config.md#mounts: from config.json to steps.</summary>
internal static class MountPlanner
{
    private static readonly MountParameter s_readOnly = new(CString.Of("ro"), default);

    /// <summary>Plans every mount, in order.</summary>
    /// <exception cref="SpecException">A mount cannot be made as it is written.</exception>
    public static ImmutableArray<MountStep> Plan(Config config, string bundle, string root, Linux linux, NamespacePlan namespaces)
    {
        IReadOnlyList<Mount> mounts = config.Mounts;
        CString label = MountLabelPlanner.Label(linux.MountLabel);
        CString labelKey = MountLabelPlanner.Key(linux.MountLabel, config.Annotations);
        bool hasIpc = namespaces.Has(CloneFlags.NewIpc);
        ImmutableArray<MountStep>.Builder steps = ImmutableArray.CreateBuilder<MountStep>(mounts.Count);
        for (int i = 0; i < mounts.Count; i++)
        {
            steps.Add(MountLabelPlanner.Add(Plan(mounts[i], i, bundle, root, linux, namespaces.HasUser), labelKey, label, hasIpc));
        }

        return steps.MoveToImmutable();
    }

    private static MountStep Plan(Mount mount, int index, string bundle, string root, Linux linux, bool hasUser)
    {
        string place = JsonPath.At("mounts", index);
        string destination = Destination(mount, place, root);
        Draft draft = new();
        for (int i = 0; i < mount.Options.Count; i++)
        {
            draft.Add(mount.Options[i], mount.Type, JsonPath.At(place + ".options", i));
        }

        MountKind kind = Kind(mount, draft);
        CheckKind(mount, kind, draft, place);
        bool isTmpfs = IsTmpfs(mount, kind);
        bool isDev = destination == "/dev" && isTmpfs;
        return new MountStep
        {
            Index = index,
            Kind = kind,
            Destination = JsonPath.Text(destination, place + ".destination"),
            Source = Source(mount, kind, place, bundle),
            Type = kind is MountKind.FileSystem ? JsonPath.Text(mount.Type!, place + ".type") : default,
            Parameters = kind == MountKind.Bind ? [] : Parameters(mount, kind, draft, place),
            Recursive = draft.IsRecursiveBind,
            Set = isDev ? draft.Set & ~MountAttributes.ReadOnly : draft.Set,
            Clear = draft.Clear,
            Others = kind == MountKind.Bind && draft.HasAttributes ? Others(draft.Set, draft.Clear) : MountAttributes.None,
            RecursiveSet = draft.RecursiveSet,
            RecursiveClear = draft.RecursiveClear,
            IdMap = IdMapPlanner.Plan(mount, draft.IdMap, place, kind == MountKind.Bind, linux, hasUser),
            CopiesLink = draft.CopiesLink,
            SourceNoFollow = draft.SourceNoFollow,
            DestinationNoFollow = draft.DestinationNoFollow,
            Propagation = [.. draft.Propagation],
            ReadOnlyLate = isDev && (draft.Set & MountAttributes.ReadOnly) != MountAttributes.None,
            NoSymlinks = kind != MountKind.Bind && destination is "/proc" or "/sys",
            MayCoverProc = destination == "/proc" || MayCover(destination),
            CopiesUp = draft.CopyUpPlace is not null,
            KeepsMode = isTmpfs && !draft.HasMode,
        };
    }

    private static bool IsTmpfs(Mount mount, MountKind kind) => kind == MountKind.FileSystem && mount.Type == "tmpfs";

    // Options that the kind of the mount does not have.
    private static void CheckKind(Mount mount, MountKind kind, Draft draft, string place)
    {
        if (kind == MountKind.FileSystem && string.IsNullOrEmpty(mount.Type))
        {
            throw new SpecException(place + ".type", "is missing, and options hold neither \"bind\" nor \"rbind\"");
        }

        if (kind == MountKind.Bind && draft.Parameters.Count > 0)
        {
            throw new SpecException(
                draft.ParameterPlace, "\"" + draft.FirstParameter + "\" is an option of a file system, and a bind mount has none",
                MountOptions.Hint(draft.FirstParameter));
        }

        if (kind != MountKind.Bind && draft.BindPlace is not null)
        {
            throw new SpecException(draft.BindPlace, "only a bind mount has a source whose links matter");
        }

        if (draft.CopyUpPlace is not null && !IsTmpfs(mount, kind))
        {
            string found = kind == MountKind.Bind ? "this is a bind mount" : "the type is \"" + mount.Type + "\"";
            throw new SpecException(draft.CopyUpPlace, "\"tmpcopyup\" is for a tmpfs, and " + found);
        }
    }

    // mount(2): a remount changes how access times are kept only where a word is about that, and "nodiratime" alone is "relatime" too.
    private static MountAttributes Others(MountAttributes set, MountAttributes clear)
    {
        MountAttributes named = set | clear;
        MountAttributes others = MountAttributes.ReadOnly | MountAttributes.NoSuid | MountAttributes.NoDev
            | MountAttributes.NoExec | MountAttributes.NoSymlinkFollow;
        if ((named & MountAttributes.AtimeMask) != MountAttributes.None)
        {
            others |= MountAttributes.NoDirAtime;
        }
        else if ((set & MountAttributes.NoDirAtime) != MountAttributes.None)
        {
            others |= MountAttributes.AtimeMask;
        }

        return others & ~named;
    }

    private static ImmutableArray<MountParameter> Parameters(Mount mount, MountKind kind, Draft draft, string place)
    {
        // Without it the file system would be opened for writing, which a read-only device refuses (EACCES). What lies in memory has
        // no device, and its mount points are still to be made in it.
        bool isReadOnlyDevice = kind == MountKind.FileSystem && (draft.Set & MountAttributes.ReadOnly) != MountAttributes.None
            && mount.Source?.StartsWith('/') == true && mount.Type != "tmpfs";
        ImmutableArray<MountParameter> parameters =
            [.. isReadOnlyDevice ? [s_readOnly] : ImmutableArray<MountParameter>.Empty, .. draft.FileSystemFlags, .. draft.Parameters];
        return parameters.Length <= MountParameter.Limit
            ? parameters
            : throw new SpecException(
                place + ".options", parameters.Length.ToString() + " parameters of the file system, and punnet takes at most 1024");
    }

    private static MountKind Kind(Mount mount, Draft draft)
    {
        if (draft.IsRemount)
        {
            return MountKind.Remount;
        }

        // runc does not take the type "bind" alone for a bind mount; crun and Podman write it so, and it has no other meaning.
        if (draft.IsBind || mount.Type is "bind" or "rbind")
        {
            draft.IsRecursiveBind |= mount.Type == "rbind" && !draft.IsBind;
            return MountKind.Bind;
        }

        return mount.Type is "cgroup" or "cgroup2" ? MountKind.Cgroup : MountKind.FileSystem;
    }

    private static string Destination(Mount mount, string place, string root)
    {
        string? written = mount.Destination;
        if (string.IsNullOrEmpty(written))
        {
            throw new SpecException(place + ".destination", "is missing");
        }

        // runtime-spec 1.2: a relative destination starts at "/". A path that already leads into the root is taken as meant.
        string path = PathText.Clean("/" + written);
        if (root != "/" && (path + "/").StartsWith(root + "/", StringComparison.Ordinal))
        {
            path = path == root ? "/" : path[root.Length..];
        }

        return path != "/" ? path : throw new SpecException(place + ".destination", "\"" + written + "\" is the container's root itself");
    }

    private static CString Source(Mount mount, MountKind kind, string place, string bundle)
    {
        if (kind != MountKind.Bind)
        {
            return JsonPath.Text(string.IsNullOrEmpty(mount.Source) ? mount.Type ?? "none" : mount.Source, place + ".source");
        }

        if (string.IsNullOrEmpty(mount.Source))
        {
            throw new SpecException(place + ".source", "is missing: a bind mount needs the path of what is bound");
        }

        string path = mount.Source.StartsWith('/') ? mount.Source : bundle + "/" + mount.Source;
        return JsonPath.Text(path, place + ".source");
    }

    // The files of /proc that may be covered: those that lxcfs and its like replace.
    private static bool MayCover(string destination) => destination is
        "/proc/cpuinfo" or "/proc/diskstats" or "/proc/meminfo" or "/proc/stat" or "/proc/swaps" or "/proc/uptime" or "/proc/loadavg"
        or "/proc/slabinfo" or "/proc/sys/kernel/ns_last_pid" or "/proc/sys/crypto/fips_enabled";

    /// <summary>Options, added up.</summary>
    private sealed class Draft
    {
        public MountAttributes Set { get; private set; }

        public MountAttributes Clear { get; private set; }

        public bool HasAttributes { get; private set; }

        public MountAttributes RecursiveSet { get; private set; }

        public MountAttributes RecursiveClear { get; private set; }

        public List<MountFlags> Propagation { get; } = [];

        public List<MountParameter> Parameters { get; } = [];

        public List<MountParameter> FileSystemFlags { get; } = [];

        public string ParameterPlace { get; private set; } = "";

        public string FirstParameter { get; private set; } = "";

        public string? CopyUpPlace { get; private set; }

        public bool IsBind { get; private set; }

        public bool IsRecursiveBind { get; set; }

        public bool IsRemount { get; private set; }

        public bool HasMode { get; private set; }

        public IdMapOption? IdMap { get; private set; }

        public string? BindPlace { get; private set; }

        public bool CopiesLink { get; private set; }

        public bool SourceNoFollow { get; private set; }

        public bool DestinationNoFollow { get; private set; }

        public void Add(string option, string? type, string place)
        {
            MountOptions.Effect effect = MountOptions.Find(option);
            switch (effect.Meaning)
            {
                case MountOptions.Meaning.Attributes:
                    // The last word counts: "ro,rw" is writable.
                    HasAttributes = true;
                    Set = (Set & ~effect.Clear) | effect.Set;
                    Clear = (Clear & ~effect.Set) | effect.Clear;
                    break;
                case MountOptions.Meaning.AccessTimesAgain:
                    HasAttributes = true;
                    if ((Set & MountAttributes.AtimeMask) == effect.Set)
                    {
                        Set &= ~MountAttributes.AtimeMask;
                        Clear &= ~MountAttributes.AtimeMask;
                    }

                    break;
                case MountOptions.Meaning.RecursiveAttributes:
                    RecursiveSet = (RecursiveSet & ~effect.Clear) | effect.Set;
                    RecursiveClear = (RecursiveClear & ~effect.Set) | effect.Clear;
                    break;
                case MountOptions.Meaning.Propagation:
                    Propagation.Add(effect.Propagation);
                    break;
                case MountOptions.Meaning.FileSystemFlag:
                    // crun's "rsync" and its kin: what is set on a file system holds for all of it anyway.
                    string flag = option is "rsync" or "rasync" or "rdirsync" or "rmand" or "rnomand" ? option[1..] : option;
                    FileSystemFlags.Add(new MountParameter(JsonPath.Text(flag, place), default));
                    break;
                case MountOptions.Meaning.Bind or MountOptions.Meaning.RecursiveBind:
                    IsBind = true;
                    IsRecursiveBind |= effect.Meaning == MountOptions.Meaning.RecursiveBind;
                    break;
                case MountOptions.Meaning.CopyUp:
                    CopyUpPlace = place;
                    break;
                case MountOptions.Meaning.Remount:
                    IsRemount = true;
                    break;
                case MountOptions.Meaning.IdMap or MountOptions.Meaning.RecursiveIdMap:
                    int assigned = option.IndexOf('=', StringComparison.Ordinal);
                    IdMap = new IdMapOption(
                        effect.Meaning == MountOptions.Meaning.RecursiveIdMap, assigned < 0 ? "" : option[(assigned + 1)..], place);
                    break;
                case MountOptions.Meaning.CopyLink:
                    BindPlace ??= place;
                    CopiesLink = true;
                    break;
                case MountOptions.Meaning.SourceNoFollow:
                    BindPlace ??= place;
                    SourceNoFollow = true;
                    break;
                case MountOptions.Meaning.DestinationNoFollow:
                    DestinationNoFollow = true;
                    break;
                case MountOptions.Meaning.Parameter:
                    AddParameter(option, type, place);
                    break;
            }
        }

        private void AddParameter(string option, string? type, string place)
        {
            if (option.Length == 0)
            {
                return; // Podman writes one for systemd's own mounts.
            }

            if (option[0] == '=')
            {
                throw new SpecException(place, "\"" + option + "\" has no name before the \"=\"");
            }

            if (Parameters.Count == 0)
            {
                ParameterPlace = place;
                FirstParameter = option;
            }

            int equals = option.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? option : option[..equals];
            HasMode |= key == "mode";
            if (type == "overlay" && key == "lowerdir" && equals > 0
                && OverlayPlanner.Divide(option[(equals + 1)..], place) is List<MountParameter> layers)
            {
                Parameters.AddRange(layers);
                return;
            }

            Parameters.Add(MountParameter.Of(key, equals < 0 ? null : option[(equals + 1)..], place));
        }
    }
}
