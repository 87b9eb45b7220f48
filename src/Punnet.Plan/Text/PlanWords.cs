using System;
using System.Collections.Immutable;
using System.Text;
using Punnet.Abi;

namespace Punnet.Plan;

/// <summary>The native names of a plan's numbers, and texts that stay on one line.</summary>
internal static class PlanWords
{
    private static (ulong Bits, string Word)[] Attributes =>
    [
        ((ulong)MountAttributes.AtimeMask, "atime"),
        ((ulong)MountAttributes.ReadOnly, "ro"),
        ((ulong)MountAttributes.NoSuid, "nosuid"),
        ((ulong)MountAttributes.NoDev, "nodev"),
        ((ulong)MountAttributes.NoExec, "noexec"),
        ((ulong)MountAttributes.NoAtime, "noatime"),
        ((ulong)MountAttributes.StrictAtime, "strictatime"),
        ((ulong)MountAttributes.NoDirAtime, "nodiratime"),
        ((ulong)MountAttributes.NoSymlinkFollow, "nosymfollow"),
        ((ulong)MountAttributes.IdMap, "idmap"),
    ];

    private static (ulong Bits, string Word)[] Propagations =>
    [
        ((ulong)(MountFlags.Shared | MountFlags.Recursive), "rshared"),
        ((ulong)(MountFlags.Slave | MountFlags.Recursive), "rslave"),
        ((ulong)(MountFlags.Private | MountFlags.Recursive), "rprivate"),
        ((ulong)(MountFlags.Unbindable | MountFlags.Recursive), "runbindable"),
        ((ulong)MountFlags.Shared, "shared"),
        ((ulong)MountFlags.Slave, "slave"),
        ((ulong)MountFlags.Private, "private"),
        ((ulong)MountFlags.Unbindable, "unbindable"),
    ];

    private static (ulong Bits, string Word)[] Namespaces
    {
        get
        {
            (ulong Bits, string Word)[] words = new (ulong Bits, string Word)[NamespaceKinds.Count];
            for (int number = 0; number < words.Length; number++)
            {
                words[number] = ((ulong)NamespaceKinds.Flag(number), NamespaceKinds.Name(number));
            }

            return words;
        }
    }

    private static (ulong Bits, string Word)[] FilterFlags => InKernelOrder(
    [
        .. SeccompNames.FlagWords.Short("SECCOMP_FILTER_FLAG_"),
        ((ulong)SeccompFilterFlags.NewListener, "new_listener"),
        ((ulong)SeccompFilterFlags.ThreadSyncEsrch, "tsync_esrch"),
    ]);

    private static (ulong Bits, string Word)[] SchedulerFlags => InKernelOrder(SchedulerNames.Flags.Short("SCHED_FLAG_"));

    private static (ulong Bits, string Word)[] MemoryFlags => InKernelOrder(MemoryPolicyPlanner.FlagWords.Short("MPOL_F_"));

    private static (ulong Bits, string Word)[] Capabilities => CapabilityBits();

    /// <summary>Attributes as their mount options: <c>ro nosuid</c>.</summary>
    public static string Of(MountAttributes attributes) => Words((ulong)attributes, Attributes);

    /// <summary>A propagation as its mount option: <c>rslave</c>.</summary>
    public static string Of(MountFlags propagation) => Words((ulong)propagation, Propagations);

    /// <summary>Namespaces as config.json names them.</summary>
    public static string Of(CloneFlags namespaces) => Words((ulong)namespaces, Namespaces);

    /// <summary>Flags of seccomp(2), without SECCOMP_FILTER_FLAG_.</summary>
    public static string Of(SeccompFilterFlags flags) => Words((ulong)flags, FilterFlags);

    /// <summary>A policy of sched_setattr(2), without SCHED_.</summary>
    public static string Of(SchedulerPolicy policy) =>
        Short(SchedulerNames.Policies.NameOf((ulong)policy), "SCHED_") ?? Hexadecimal((ulong)policy);

    /// <summary>Flags of sched_setattr(2), without SCHED_FLAG_.</summary>
    public static string Of(SchedulerFlags flags) => Words((ulong)flags, SchedulerFlags);

    /// <summary>A priority of ioprio_set(2): its class without IOPRIO_CLASS_, and its level.</summary>
    public static string OfIoPriority(int priority)
    {
        int level = priority & ((1 << SchedulerNames.ClassShift) - 1);
        IoPriorityClass kind = (IoPriorityClass)(priority >> SchedulerNames.ClassShift);
        return (Short(SchedulerNames.IoClasses.NameOf((ulong)kind), "IOPRIO_CLASS_") ?? Hexadecimal((ulong)kind)) + " " + level.ToString();
    }

    /// <summary>A domain of personality(2), without PER_.</summary>
    public static string Of(ExecutionDomain domain) => domain switch
    {
        ExecutionDomain.Linux => "linux",
        ExecutionDomain.Linux32 => "linux32",
        _ => Hexadecimal((ulong)domain),
    };

    /// <summary>A mode of set_mempolicy(2) without MPOL_, and its flags without MPOL_F_.</summary>
    public static string Of(MemoryPolicyMode mode)
    {
        const MemoryPolicyMode Flags = MemoryPolicyMode.NumaBalancing | MemoryPolicyMode.RelativeNodes | MemoryPolicyMode.StaticNodes;
        MemoryPolicyMode flags = mode & Flags;
        MemoryPolicyMode kind = mode & ~Flags;
        return (Short(MemoryPolicyPlanner.ModeWords.NameOf((ulong)kind), "MPOL_") ?? Hexadecimal((ulong)kind))
            + ((ulong)flags == 0 ? "" : " " + Words((ulong)flags, MemoryFlags));
    }

    /// <summary>Capabilities without CAP_, in the kernel's order: <c>chown kill</c>.</summary>
    public static string OfCapabilities(ulong set) => Words(set, Capabilities);

    /// <summary>A text as it is, or in quotes where it would not read as one word of one line.</summary>
    public static string Quoted(string text)
    {
        bool isWord = text.Length > 0;
        foreach (char letter in text)
        {
            isWord &= letter is > ' ' and not ('"' or '\\' or '\x7f');
        }

        if (isWord)
        {
            return text;
        }

        StringBuilder quoted = new("\"");
        foreach (char letter in text)
        {
            _ = letter switch
            {
                '"' or '\\' => quoted.Append('\\').Append(letter),
                '\n' => quoted.Append("\\n"),
                '\t' => quoted.Append("\\t"),
                < ' ' or '\x7f' => quoted.Append("\\x").Append(((int)letter).ToString("x2")),
                _ => quoted.Append(letter),
            };
        }

        return quoted.Append('"').ToString();
    }

    /// <summary>A text that the kernel will read; <c>-</c> without one.</summary>
    public static string Quoted(CString text) => text.IsNull ? "-" : text.Text.SequenceEqual("-"u8) ? "\"-\"" : Quoted(text.ToString());

    /// <summary>Texts, each after a space.</summary>
    public static string Quoted(ImmutableArray<CString> texts)
    {
        StringBuilder words = new();
        foreach (CString text in texts)
        {
            words.Append(' ').Append(Quoted(text));
        }

        return words.ToString();
    }

    // What has no word is shown as a number: nothing that is planned may be invisible. Two bits come before either one of them.
    private static string Words(ulong bits, (ulong Bits, string Word)[] vocabulary)
    {
        StringBuilder words = new();
        foreach ((ulong some, string word) in vocabulary)
        {
            if ((bits & some) == some)
            {
                words.Append(words.Length == 0 ? "" : " ").Append(word);
                bits &= ~some;
            }
        }

        if (bits != 0)
        {
            words.Append(words.Length == 0 ? "" : " ").Append("0x").Append(bits.ToString("x"));
        }

        return words.Length == 0 ? "none" : words.ToString();
    }

    // A word without the prefix that all of its kind have, in small letters.
    private static string? Short(string? name, string prefix) => name?[prefix.Length..].ToLowerInvariant();

    private static (ulong Bits, string Word)[] InKernelOrder((ulong Bits, string Word)[] words)
    {
        // Not Array.Sort: its static objects would cost every start, as Vocabulary says.
        for (int i = 1; i < words.Length; i++)
        {
            for (int j = i; j > 0 && words[j].Bits < words[j - 1].Bits; j--)
            {
                (words[j], words[j - 1]) = (words[j - 1], words[j]);
            }
        }

        return words;
    }

    private static string Hexadecimal(ulong number) => "0x" + number.ToString("x");

    private static (ulong Bits, string Word)[] CapabilityBits()
    {
        (ulong Bits, string Word)[] all = new (ulong Bits, string Word)[Capability.Names.Length];
        for (int number = 0; number < all.Length; number++)
        {
            all[number] = (1UL << number, Capability.Names[number]["CAP_".Length..].ToLowerInvariant());
        }

        return all;
    }
}
