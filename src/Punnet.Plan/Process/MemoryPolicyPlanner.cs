using System.Collections.Generic;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>config-linux.md#memory-policy.</summary>
public static class MemoryPolicyPlanner
{
    private const string Property = "linux.memoryPolicy";
    private const int MostNodes = 1024; // CONFIG_NODES_SHIFT has no larger value than 10

    /// <summary>Modes of set_mempolicy(2).</summary>
    internal static readonly Vocabulary ModeWords = new(
    [
        ("MPOL_BIND", (ulong)MemoryPolicyMode.Bind),
        ("MPOL_DEFAULT", (ulong)MemoryPolicyMode.Default),
        ("MPOL_INTERLEAVE", (ulong)MemoryPolicyMode.Interleave),
        ("MPOL_LOCAL", (ulong)MemoryPolicyMode.Local),
        ("MPOL_PREFERRED", (ulong)MemoryPolicyMode.Preferred),
        ("MPOL_PREFERRED_MANY", (ulong)MemoryPolicyMode.PreferredMany),
        ("MPOL_WEIGHTED_INTERLEAVE", (ulong)MemoryPolicyMode.WeightedInterleave),
    ]);

    /// <summary>Flags of a mode.</summary>
    internal static readonly Vocabulary FlagWords = new(
    [
        ("MPOL_F_NUMA_BALANCING", (ulong)MemoryPolicyMode.NumaBalancing),
        ("MPOL_F_RELATIVE_NODES", (ulong)MemoryPolicyMode.RelativeNodes),
        ("MPOL_F_STATIC_NODES", (ulong)MemoryPolicyMode.StaticNodes),
    ]);

    /// <summary>Names of the modes, for <c>features</c>.</summary>
    public static IReadOnlyList<string> Modes => ModeWords.Names;

    /// <summary>Names of the flags, for <c>features</c>.</summary>
    public static IReadOnlyList<string> Flags => FlagWords.Names;

    /// <summary>Plans the policy.</summary>
    /// <exception cref="SpecException">The policy is invalid, or does not take these nodes.</exception>
    internal static MemoryPolicyStep? Plan(MemoryPolicy? written)
    {
        if (written is null)
        {
            return null;
        }

        MemoryPolicyMode mode = Mode(written.Mode);
        bool hasNodes = !string.IsNullOrEmpty(written.Nodes);
        switch (mode)
        {
            case MemoryPolicyMode.Default or MemoryPolicyMode.Local when hasNodes:
                throw new SpecException(Property + ".nodes", written.Mode + " takes no nodes");
            case MemoryPolicyMode.Bind or MemoryPolicyMode.Interleave or MemoryPolicyMode.PreferredMany
                or MemoryPolicyMode.WeightedInterleave when !hasNodes:
                throw new SpecException(Property + ".nodes", "is missing: " + written.Mode + " needs at least one node");
        }

        for (int i = 0; i < written.Flags.Count; i++)
        {
            mode |= Flag(written.Flags[i], JsonPath.At(Property + ".flags", i));
        }

        const MemoryPolicyMode Both = MemoryPolicyMode.StaticNodes | MemoryPolicyMode.RelativeNodes;
        if ((mode & Both) == Both)
        {
            throw new SpecException(Property + ".flags", "MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other");
        }

        return new MemoryPolicyStep(mode, hasNodes ? NumberList.Mask(written.Nodes!, Property + ".nodes", MostNodes) : [], written.Mode!);
    }

    private static MemoryPolicyMode Mode(string? mode) => mode switch
    {
        _ when ModeWords.TryFind(mode, out ulong found) => (MemoryPolicyMode)found,
        null or "" => throw new SpecException(Property + ".mode", "is missing"),
        _ => throw new SpecException(Property + ".mode", "\"" + mode + "\" is not a memory policy (MPOL_*)", ModeWords.Hint(mode)),
    };

    private static MemoryPolicyMode Flag(string flag, string place) => FlagWords.TryFind(flag, out ulong found)
        ? (MemoryPolicyMode)found
        : throw new SpecException(place, "\"" + flag + "\" is not a flag of a memory policy (MPOL_F_*)", FlagWords.Hint(flag));
}

/// <summary>set_mempolicy(2).</summary>
/// <param name="Mode">Mode and flags.</param>
/// <param name="Nodes">Mask with one bit for each NUMA node; empty for none.</param>
/// <param name="Name">The mode as written.</param>
public sealed record MemoryPolicyStep(MemoryPolicyMode Mode, ImmutableArray<ulong> Nodes, string Name);
