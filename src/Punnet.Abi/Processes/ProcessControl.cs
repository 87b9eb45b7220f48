namespace Punnet.Abi;

/// <summary>prctl(2): PR_* of linux/prctl.h.</summary>
public enum ProcessControl
{
    /// <summary>PR_SET_PDEATHSIG.</summary>
    SetParentDeathSignal = 1,

    /// <summary>PR_SET_DUMPABLE.</summary>
    SetDumpable = 4,

    /// <summary>PR_SET_KEEPCAPS.</summary>
    SetKeepCapabilities = 8,

    /// <summary>PR_GET_SECCOMP: 0 without a filter, 2 with one.</summary>
    ReadSeccompMode = 21,

    /// <summary>PR_CAPBSET_READ.</summary>
    ReadBoundingCapability = 23,

    /// <summary>PR_CAPBSET_DROP.</summary>
    DropBoundingCapability = 24,

    /// <summary>PR_SET_MM.</summary>
    SetMemoryMap = 35,

    /// <summary>PR_SET_CHILD_SUBREAPER.</summary>
    SetChildSubreaper = 36,

    /// <summary>PR_SET_NO_NEW_PRIVS.</summary>
    SetNoNewPrivileges = 38,

    /// <summary>PR_GET_NO_NEW_PRIVS: 0 or 1.</summary>
    ReadNoNewPrivileges = 39,

    /// <summary>PR_CAP_AMBIENT.</summary>
    AmbientCapability = 47,
}
