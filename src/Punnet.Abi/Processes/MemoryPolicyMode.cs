using System;

namespace Punnet.Abi;

/// <summary>Modes and mode flags of set_mempolicy(2), linux/mempolicy.h; a mode and its flags are one number to the kernel.</summary>
[Flags]
public enum MemoryPolicyMode : uint
{
    /// <summary>MPOL_DEFAULT.</summary>
    Default = 0,

    /// <summary>MPOL_PREFERRED.</summary>
    Preferred = 1,

    /// <summary>MPOL_BIND.</summary>
    Bind = 2,

    /// <summary>MPOL_INTERLEAVE.</summary>
    Interleave = 3,

    /// <summary>MPOL_LOCAL.</summary>
    Local = 4,

    /// <summary>MPOL_PREFERRED_MANY (Linux 5.15).</summary>
    PreferredMany = 5,

    /// <summary>MPOL_WEIGHTED_INTERLEAVE (Linux 6.9).</summary>
    WeightedInterleave = 6,

    /// <summary>MPOL_F_NUMA_BALANCING.</summary>
    NumaBalancing = 1 << 13,

    /// <summary>MPOL_F_RELATIVE_NODES.</summary>
    RelativeNodes = 1 << 14,

    /// <summary>MPOL_F_STATIC_NODES.</summary>
    StaticNodes = 1 << 15,
}
