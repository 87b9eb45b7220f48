namespace Punnet.Abi;

/// <summary>getrlimit(2): RLIMIT_* of asm-generic/resource.h; the index in this list is the number.</summary>
public enum ResourceLimit
{
    /// <summary>RLIMIT_CPU, seconds.</summary>
    Cpu,

    /// <summary>RLIMIT_FSIZE, bytes.</summary>
    FileSize,

    /// <summary>RLIMIT_DATA, bytes.</summary>
    Data,

    /// <summary>RLIMIT_STACK, bytes.</summary>
    Stack,

    /// <summary>RLIMIT_CORE, bytes.</summary>
    Core,

    /// <summary>RLIMIT_RSS, bytes.</summary>
    ResidentSet,

    /// <summary>RLIMIT_NPROC.</summary>
    Processes,

    /// <summary>RLIMIT_NOFILE.</summary>
    OpenFiles,

    /// <summary>RLIMIT_MEMLOCK, bytes.</summary>
    LockedMemory,

    /// <summary>RLIMIT_AS, bytes.</summary>
    AddressSpace,

    /// <summary>RLIMIT_LOCKS.</summary>
    Locks,

    /// <summary>RLIMIT_SIGPENDING.</summary>
    PendingSignals,

    /// <summary>RLIMIT_MSGQUEUE, bytes.</summary>
    MessageQueue,

    /// <summary>RLIMIT_NICE.</summary>
    Nice,

    /// <summary>RLIMIT_RTPRIO.</summary>
    RealtimePriority,

    /// <summary>RLIMIT_RTTIME, microseconds.</summary>
    RealtimeTime,
}
