using System;
using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>config.md#mounts: what the fstab-style options mean.</summary>
public static class MountOptions
{
    private const MountAttributes None = MountAttributes.None;

    // Sorted, for the search. "rro" is "ro" for the whole tree. How access times are kept is one field of two bits: an option that sets it
    // clears it first; for a tree each word names one way.
    private static readonly (string Name, Effect Effect)[] s_options =
    [
        ("async", new(Meaning.FileSystemFlag)),
        ("atime", new(Meaning.AccessTimesAgain, MountAttributes.NoAtime)),
        ("bind", new(Meaning.Bind)),
        ("copy-symlink", new(Meaning.CopyLink)),
        ("defaults", new(Meaning.Nothing)),
        ("dest-nofollow", new(Meaning.DestinationNoFollow)),
        ("dev", new(Meaning.Attributes, None, MountAttributes.NoDev)),
        ("diratime", new(Meaning.Attributes, None, MountAttributes.NoDirAtime)),
        ("dirsync", new(Meaning.FileSystemFlag)),
        ("exec", new(Meaning.Attributes, None, MountAttributes.NoExec)),
        ("idmap", new(Meaning.IdMap)),
        ("iversion", new(Meaning.FileSystemFlag)),
        ("lazytime", new(Meaning.FileSystemFlag)),
        ("loud", new(Meaning.Nothing)),
        ("mand", new(Meaning.FileSystemFlag)),
        ("noatime", new(Meaning.Attributes, MountAttributes.NoAtime, MountAttributes.AtimeMask)),
        ("nodev", new(Meaning.Attributes, MountAttributes.NoDev, None)),
        ("nodiratime", new(Meaning.Attributes, MountAttributes.NoDirAtime, None)),
        ("noexec", new(Meaning.Attributes, MountAttributes.NoExec, None)),
        ("noiversion", new(Meaning.FileSystemFlag)),
        ("nolazytime", new(Meaning.FileSystemFlag)),
        ("nomand", new(Meaning.FileSystemFlag)),
        ("norelatime", new(Meaning.AccessTimesAgain)),
        ("nostrictatime", new(Meaning.AccessTimesAgain, MountAttributes.StrictAtime)),
        ("nosuid", new(Meaning.Attributes, MountAttributes.NoSuid, None)),
        ("nosymfollow", new(Meaning.Attributes, MountAttributes.NoSymlinkFollow, None)),
        ("private", Spread(MountFlags.Private)),
        ("rasync", new(Meaning.FileSystemFlag)),
        ("ratime", new(Meaning.RecursiveAttributes, None, MountAttributes.AtimeMask)),
        ("rbind", new(Meaning.RecursiveBind)),
        ("rdev", new(Meaning.RecursiveAttributes, None, MountAttributes.NoDev)),
        ("rdiratime", new(Meaning.RecursiveAttributes, None, MountAttributes.NoDirAtime)),
        ("rdirsync", new(Meaning.FileSystemFlag)),
        ("relatime", new(Meaning.Attributes, None, MountAttributes.AtimeMask)),
        ("remount", new(Meaning.Remount)),
        ("rexec", new(Meaning.RecursiveAttributes, None, MountAttributes.NoExec)),
        ("ridmap", new(Meaning.RecursiveIdMap)),
        ("rmand", new(Meaning.FileSystemFlag)),
        ("rnoatime", new(Meaning.RecursiveAttributes, MountAttributes.NoAtime, MountAttributes.AtimeMask)),
        ("rnodev", new(Meaning.RecursiveAttributes, MountAttributes.NoDev, None)),
        ("rnodiratime", new(Meaning.RecursiveAttributes, MountAttributes.NoDirAtime, None)),
        ("rnoexec", new(Meaning.RecursiveAttributes, MountAttributes.NoExec, None)),
        ("rnomand", new(Meaning.FileSystemFlag)),
        ("rnorelatime", new(Meaning.RecursiveAttributes, MountAttributes.StrictAtime, MountAttributes.AtimeMask)),
        ("rnostrictatime", new(Meaning.RecursiveAttributes, None, MountAttributes.AtimeMask)),
        ("rnosuid", new(Meaning.RecursiveAttributes, MountAttributes.NoSuid, None)),
        ("rnosymfollow", new(Meaning.RecursiveAttributes, MountAttributes.NoSymlinkFollow, None)),
        ("ro", new(Meaning.Attributes, MountAttributes.ReadOnly, None)),
        ("rprivate", Spread(MountFlags.Private | MountFlags.Recursive)),
        ("rrelatime", new(Meaning.RecursiveAttributes, None, MountAttributes.AtimeMask)),
        ("rro", new(Meaning.RecursiveAttributes, MountAttributes.ReadOnly, None)),
        ("rrw", new(Meaning.RecursiveAttributes, None, MountAttributes.ReadOnly)),
        ("rshared", Spread(MountFlags.Shared | MountFlags.Recursive)),
        ("rslave", Spread(MountFlags.Slave | MountFlags.Recursive)),
        ("rstrictatime", new(Meaning.RecursiveAttributes, MountAttributes.StrictAtime, MountAttributes.AtimeMask)),
        ("rsuid", new(Meaning.RecursiveAttributes, None, MountAttributes.NoSuid)),
        ("rsymfollow", new(Meaning.RecursiveAttributes, None, MountAttributes.NoSymlinkFollow)),
        ("rsync", new(Meaning.FileSystemFlag)),
        ("runbindable", Spread(MountFlags.Unbindable | MountFlags.Recursive)),
        ("rw", new(Meaning.Attributes, None, MountAttributes.ReadOnly)),
        ("shared", Spread(MountFlags.Shared)),
        ("silent", new(Meaning.Nothing)),
        ("slave", Spread(MountFlags.Slave)),
        ("src-nofollow", new(Meaning.SourceNoFollow)),
        ("strictatime", new(Meaning.Attributes, MountAttributes.StrictAtime, MountAttributes.AtimeMask)),
        ("suid", new(Meaning.Attributes, None, MountAttributes.NoSuid)),
        ("symfollow", new(Meaning.Attributes, None, MountAttributes.NoSymlinkFollow)),
        ("sync", new(Meaning.FileSystemFlag)),
        ("tmpcopyup", new(Meaning.CopyUp)),
        ("unbindable", Spread(MountFlags.Unbindable)),
    ];

    /// <summary>Every option that punnet gives a meaning to, sorted; <c>features</c> prints it.</summary>
    public static IReadOnlyList<string> Names => Vocabulary.NamesOf(s_options);

    /// <summary>The option that was probably meant, as a hint; or null.</summary>
    /// <param name="option">One without a meaning to punnet.</param>
    public static string? Hint(string option) => NearestWord.Hint(option, Vocabulary.NamesOf(s_options));

    /// <summary>What one option does.</summary>
    internal enum Meaning
    {
        /// <summary>Not ours: a parameter of the file system.</summary>
        Parameter,

        /// <summary>Sets or clears attributes of the mount.</summary>
        Attributes,

        /// <summary>The same for the whole tree.</summary>
        RecursiveAttributes,

        /// <summary>
        /// Takes back one way to keep access times, which stays in the effect's Set: "atime" undoes "noatime", and asks for nothing else.
        /// </summary>
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
        if (Vocabulary.TryFind(s_options, option, out Effect effect))
        {
            return effect;
        }

        return option switch
        {
            _ when option.StartsWith("idmap=", StringComparison.Ordinal) => new Effect(Meaning.IdMap),
            _ when option.StartsWith("ridmap=", StringComparison.Ordinal) => new Effect(Meaning.RecursiveIdMap),
            _ => new Effect(Meaning.Parameter),
        };
    }

    private static Effect Spread(MountFlags flags) => new(Meaning.Propagation, Propagation: flags);
}
