using System;
using System.Collections.Generic;
using Punnet.Abi;

namespace Punnet.Plan;

/// <summary>config.md#mounts: what the fstab-style options mean.</summary>
public static class MountOptions
{
    /// <summary>Every option that punnet gives a meaning to, sorted; <c>features</c> prints it.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "async", "atime", "bind", "copy-symlink", "defaults", "dest-nofollow", "dev", "diratime", "dirsync", "exec", "idmap",
        "iversion", "lazytime", "loud", "mand", "noatime", "nodev", "nodiratime", "noexec", "noiversion", "nolazytime", "nomand",
        "norelatime", "nostrictatime", "nosuid", "nosymfollow", "private", "rasync", "ratime", "rbind", "rdev", "rdiratime",
        "rdirsync", "relatime", "remount", "rexec", "ridmap", "rmand", "rnoatime", "rnodev", "rnodiratime", "rnoexec", "rnomand",
        "rnorelatime", "rnostrictatime", "rnosuid", "rnosymfollow", "ro", "rprivate", "rrelatime", "rro", "rrw", "rshared",
        "rslave", "rstrictatime", "rsuid", "rsymfollow", "rsync", "runbindable", "rw", "shared", "silent", "slave", "src-nofollow",
        "strictatime", "suid", "symfollow", "sync", "tmpcopyup", "unbindable",
    ];

    /// <summary>What one option does.</summary>
    internal enum Meaning
    {
        /// <summary>Not ours: a parameter of the file system.</summary>
        Parameter,

        /// <summary>Sets or clears attributes of the mount.</summary>
        Attributes,

        /// <summary>The same for the whole tree.</summary>
        RecursiveAttributes,

        /// <summary>Takes back one way to keep access times, which stays in the effect's Set: "atime" undoes "noatime", and asks for nothing else.</summary>
        AccessTimesAgain,

        /// <summary>Changes propagation.</summary>
        Propagation,

        /// <summary>A flag of the file system (superblock), passed on to it; without meaning for a bind.</summary>
        FileSystemFlag,

        /// <summary>A bind.</summary>
        Bind,

        /// <summary>A bind of the whole tree.</summary>
        RecursiveBind,

        /// <summary>A change of what is there.</summary>
        Remount,

        /// <summary>A tmpfs that starts with what it covers.</summary>
        CopyUp,

        /// <summary>No effect.</summary>
        Nothing,

        /// <summary>Other ids than those of the file system.</summary>
        IdMap,

        /// <summary>The same for the whole tree.</summary>
        RecursiveIdMap,

        /// <summary>A source that is a symbolic link is made again, not bound (crun).</summary>
        CopyLink,

        /// <summary>A source that is a symbolic link is bound itself (crun).</summary>
        SourceNoFollow,

        /// <summary>A destination that is a symbolic link is covered itself (crun).</summary>
        DestinationNoFollow,
    }

    /// <summary>One option's meaning and what it changes.</summary>
    internal readonly record struct Effect(
        Meaning Meaning,
        MountAttributes Set = MountAttributes.None,
        MountAttributes Clear = MountAttributes.None,
        MountFlags Propagation = MountFlags.None);

    /// <summary>Looks an option up.</summary>
    internal static Effect Find(string option)
    {
        switch (option)
        {
            case "bind": return new Effect(Meaning.Bind);
            case "rbind": return new Effect(Meaning.RecursiveBind);
            case "remount": return new Effect(Meaning.Remount);
            case "private": return Spread(MountFlags.Private);
            case "rprivate": return Spread(MountFlags.Private | MountFlags.Recursive);
            case "shared": return Spread(MountFlags.Shared);
            case "rshared": return Spread(MountFlags.Shared | MountFlags.Recursive);
            case "slave": return Spread(MountFlags.Slave);
            case "rslave": return Spread(MountFlags.Slave | MountFlags.Recursive);
            case "unbindable": return Spread(MountFlags.Unbindable);
            case "runbindable": return Spread(MountFlags.Unbindable | MountFlags.Recursive);
            case "defaults" or "loud" or "silent": return new Effect(Meaning.Nothing);
            case "sync" or "async" or "dirsync" or "lazytime" or "nolazytime" or "mand" or "nomand" or "iversion" or "noiversion"
                or "rsync" or "rasync" or "rdirsync" or "rmand" or "rnomand":
                return new Effect(Meaning.FileSystemFlag);
            case "tmpcopyup": return new Effect(Meaning.CopyUp);
            case "idmap": return new Effect(Meaning.IdMap);
            case "ridmap": return new Effect(Meaning.RecursiveIdMap);
            case "atime": return new Effect(Meaning.AccessTimesAgain, MountAttributes.NoAtime);
            case "norelatime": return new Effect(Meaning.AccessTimesAgain);
            case "nostrictatime": return new Effect(Meaning.AccessTimesAgain, MountAttributes.StrictAtime);
            case "copy-symlink": return new Effect(Meaning.CopyLink);
            case "src-nofollow": return new Effect(Meaning.SourceNoFollow);
            case "dest-nofollow": return new Effect(Meaning.DestinationNoFollow);
        }

        if (Attributes(option) is (MountAttributes set, MountAttributes clear))
        {
            return new Effect(Meaning.Attributes, set, clear);
        }

        // "rro" is "ro" for the whole tree; "relatime" and "rw" have been found by then.
        if (option.StartsWith('r') && Attributes(option[1..]) is (MountAttributes treeSet, MountAttributes treeClear))
        {
            return new Effect(Meaning.RecursiveAttributes, treeSet, treeClear);
        }

        return option switch
        {
            _ when option.StartsWith("idmap=", StringComparison.Ordinal) => new Effect(Meaning.IdMap),
            _ when option.StartsWith("ridmap=", StringComparison.Ordinal) => new Effect(Meaning.RecursiveIdMap),
            _ => new Effect(Meaning.Parameter),
        };
    }

    private static Effect Spread(MountFlags flags) => new(Meaning.Propagation, Propagation: flags);

    private const MountAttributes None = MountAttributes.None;

    // How access times are kept is one field of two bits: whoever sets it clears it first. For a tree each word names one way.
    private static (MountAttributes Set, MountAttributes Clear)? Attributes(string option) => option switch
    {
        "ro" => (MountAttributes.ReadOnly, None),
        "rw" => (None, MountAttributes.ReadOnly),
        "nosuid" => (MountAttributes.NoSuid, None),
        "suid" => (None, MountAttributes.NoSuid),
        "nodev" => (MountAttributes.NoDev, None),
        "dev" => (None, MountAttributes.NoDev),
        "noexec" => (MountAttributes.NoExec, None),
        "exec" => (None, MountAttributes.NoExec),
        "nodiratime" => (MountAttributes.NoDirAtime, None),
        "diratime" => (None, MountAttributes.NoDirAtime),
        "nosymfollow" => (MountAttributes.NoSymlinkFollow, None),
        "symfollow" => (None, MountAttributes.NoSymlinkFollow),
        "noatime" => (MountAttributes.NoAtime, MountAttributes.AtimeMask),
        "strictatime" => (MountAttributes.StrictAtime, MountAttributes.AtimeMask),
        "relatime" or "atime" or "nostrictatime" => (None, MountAttributes.AtimeMask),
        "norelatime" => (MountAttributes.StrictAtime, MountAttributes.AtimeMask),
        _ => null,
    };
}
