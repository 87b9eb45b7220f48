using System.Collections.Generic;
using Punnet.Abi;

namespace Punnet.Plan;

/// <summary>
/// The words of linux.seccomp (config-linux.md#seccomp) and what they mean to the kernel; <c>features</c> prints them
/// (features-linux.md#seccomp).
/// </summary>
public static class SeccompNames
{
    /// <summary>SCMP_ACT_*; the older name of KILL_THREAD is KILL.</summary>
    internal static readonly Vocabulary ActionWords = new(
    [
        ("SCMP_ACT_ALLOW", (ulong)SeccompAction.Allow),
        ("SCMP_ACT_ERRNO", (ulong)SeccompAction.Errno),
        ("SCMP_ACT_KILL", (ulong)SeccompAction.KillThread),
        ("SCMP_ACT_KILL_PROCESS", (ulong)SeccompAction.KillProcess),
        ("SCMP_ACT_KILL_THREAD", (ulong)SeccompAction.KillThread),
        ("SCMP_ACT_LOG", (ulong)SeccompAction.Log),
        ("SCMP_ACT_NOTIFY", (ulong)SeccompAction.Notify),
        ("SCMP_ACT_TRACE", (ulong)SeccompAction.Trace),
        ("SCMP_ACT_TRAP", (ulong)SeccompAction.Trap),
    ]);

    /// <summary>SCMP_CMP_*.</summary>
    internal static readonly Vocabulary OperatorWords = new(
    [
        ("SCMP_CMP_EQ", (ulong)SeccompComparison.Equal),
        ("SCMP_CMP_GE", (ulong)SeccompComparison.GreaterOrEqual),
        ("SCMP_CMP_GT", (ulong)SeccompComparison.Greater),
        ("SCMP_CMP_LE", (ulong)SeccompComparison.LessOrEqual),
        ("SCMP_CMP_LT", (ulong)SeccompComparison.Less),
        ("SCMP_CMP_MASKED_EQ", (ulong)SeccompComparison.MaskedEqual),
        ("SCMP_CMP_NE", (ulong)SeccompComparison.NotEqual),
    ]);

    /// <summary>SCMP_ARCH_*.</summary>
    internal static readonly Vocabulary ArchitectureWords = new(
    [
        ("SCMP_ARCH_AARCH64", (ulong)SeccompArchitecture.AArch64),
        ("SCMP_ARCH_ARM", (ulong)SeccompArchitecture.Arm),
        ("SCMP_ARCH_LOONGARCH64", (ulong)SeccompArchitecture.LoongArch64),
        ("SCMP_ARCH_M68K", (ulong)SeccompArchitecture.M68K),
        ("SCMP_ARCH_MIPS", (ulong)SeccompArchitecture.Mips),
        ("SCMP_ARCH_MIPS64", (ulong)SeccompArchitecture.Mips64),
        ("SCMP_ARCH_MIPS64N32", (ulong)SeccompArchitecture.Mips64N32),
        ("SCMP_ARCH_MIPSEL", (ulong)SeccompArchitecture.MipsEl),
        ("SCMP_ARCH_MIPSEL64", (ulong)SeccompArchitecture.MipsEl64),
        ("SCMP_ARCH_MIPSEL64N32", (ulong)SeccompArchitecture.MipsEl64N32),
        ("SCMP_ARCH_PARISC", (ulong)SeccompArchitecture.PaRisc),
        ("SCMP_ARCH_PARISC64", (ulong)SeccompArchitecture.PaRisc64),
        ("SCMP_ARCH_PPC", (ulong)SeccompArchitecture.Ppc),
        ("SCMP_ARCH_PPC64", (ulong)SeccompArchitecture.Ppc64),
        ("SCMP_ARCH_PPC64LE", (ulong)SeccompArchitecture.Ppc64Le),
        ("SCMP_ARCH_RISCV64", (ulong)SeccompArchitecture.RiscV64),
        ("SCMP_ARCH_S390", (ulong)SeccompArchitecture.S390),
        ("SCMP_ARCH_S390X", (ulong)SeccompArchitecture.S390X),
        ("SCMP_ARCH_SH", (ulong)SeccompArchitecture.Sh),
        ("SCMP_ARCH_SHEB", (ulong)SeccompArchitecture.ShEb),
        ("SCMP_ARCH_X32", (ulong)SeccompArchitecture.X32),
        ("SCMP_ARCH_X86", (ulong)SeccompArchitecture.X86),
        ("SCMP_ARCH_X86_64", (ulong)SeccompArchitecture.X86_64),
    ]);

    /// <summary>SECCOMP_FILTER_FLAG_*.</summary>
    internal static readonly Vocabulary FlagWords = new(
    [
        ("SECCOMP_FILTER_FLAG_LOG", (ulong)SeccompFilterFlags.Log),
        ("SECCOMP_FILTER_FLAG_SPEC_ALLOW", (ulong)SeccompFilterFlags.SpeculationAllow),
        ("SECCOMP_FILTER_FLAG_TSYNC", (ulong)SeccompFilterFlags.ThreadSync),
        ("SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", (ulong)SeccompFilterFlags.WaitKillableReceive),
    ]);

    /// <summary>Actions.</summary>
    public static IReadOnlyList<string> Actions => ActionWords.Names;

    /// <summary>Comparisons of arguments.</summary>
    public static IReadOnlyList<string> Operators => OperatorWords.Names;

    /// <summary>Architectures.</summary>
    public static IReadOnlyList<string> Architectures => ArchitectureWords.Names;

    /// <summary>Flags.</summary>
    public static IReadOnlyList<string> Flags => FlagWords.Names;
}
