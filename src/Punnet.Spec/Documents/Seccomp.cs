using System.Collections.Generic;

namespace Punnet.Spec;

/// <summary>config-linux.md#seccomp.</summary>
public sealed record Seccomp
{
    /// <summary>SCMP_ACT_*, for every system call without a rule.</summary>
    public string? DefaultAction { get; init; }

    /// <summary>errno of the default action; null means EPERM.</summary>
    public uint? DefaultErrnoRet { get; init; }

    /// <summary>SCMP_ARCH_*; the native one always counts.</summary>
    public IReadOnlyList<string> Architectures { get; init; } = [];

    /// <summary>SECCOMP_FILTER_FLAG_*; null (absent) and empty differ.</summary>
    public IReadOnlyList<string>? Flags { get; init; }

    /// <summary>Unix socket of the notification agent.</summary>
    public string? ListenerPath { get; init; }

    /// <summary>Opaque text handed to the agent.</summary>
    public string? ListenerMetadata { get; init; }

    /// <summary>Rules, later ones add to earlier ones.</summary>
    public IReadOnlyList<SeccompRule> Syscalls { get; init; } = [];
}

/// <summary>One entry of seccomp.syscalls.</summary>
public sealed record SeccompRule
{
    /// <summary>System call names; unknown ones are ignored.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>SCMP_ACT_*.</summary>
    public string? Action { get; init; }

    /// <summary>errno of this action; null means EPERM.</summary>
    public uint? ErrnoRet { get; init; }

    /// <summary>Conditions that must all hold.</summary>
    public IReadOnlyList<SeccompArgument> Args { get; init; } = [];
}

/// <summary>One entry of seccomp.syscalls[].args.</summary>
/// <param name="Index">Argument, 0 to 5.</param>
/// <param name="Value">Operand, or mask for SCMP_CMP_MASKED_EQ.</param>
/// <param name="ValueTwo">Operand of SCMP_CMP_MASKED_EQ.</param>
/// <param name="Op">SCMP_CMP_*.</param>
public sealed record SeccompArgument(uint Index, ulong Value, ulong ValueTwo, string? Op);
