namespace Punnet.Abi;

/// <summary>A calling convention that a seccomp profile can name (SCMP_ARCH_*); x32 is a separate one here.</summary>
public enum SeccompArchitecture : byte
{
    /// <summary>None.</summary>
    None,

    /// <summary>SCMP_ARCH_X86_64.</summary>
    X86_64,

    /// <summary>SCMP_ARCH_X86.</summary>
    X86,

    /// <summary>SCMP_ARCH_X32.</summary>
    X32,

    /// <summary>SCMP_ARCH_AARCH64.</summary>
    AArch64,

    /// <summary>SCMP_ARCH_ARM.</summary>
    Arm,

    /// <summary>SCMP_ARCH_RISCV64.</summary>
    RiscV64,

    /// <summary>SCMP_ARCH_LOONGARCH64.</summary>
    LoongArch64,

    /// <summary>SCMP_ARCH_S390X.</summary>
    S390X,

    /// <summary>SCMP_ARCH_S390.</summary>
    S390,

    /// <summary>SCMP_ARCH_PPC64LE.</summary>
    Ppc64Le,

    /// <summary>SCMP_ARCH_PPC64.</summary>
    Ppc64,

    /// <summary>SCMP_ARCH_PPC.</summary>
    Ppc,

    /// <summary>SCMP_ARCH_MIPS.</summary>
    Mips,

    /// <summary>SCMP_ARCH_MIPSEL.</summary>
    MipsEl,

    /// <summary>SCMP_ARCH_MIPS64.</summary>
    Mips64,

    /// <summary>SCMP_ARCH_MIPSEL64.</summary>
    MipsEl64,

    /// <summary>SCMP_ARCH_MIPS64N32.</summary>
    Mips64N32,

    /// <summary>SCMP_ARCH_MIPSEL64N32.</summary>
    MipsEl64N32,

    /// <summary>SCMP_ARCH_PARISC.</summary>
    PaRisc,

    /// <summary>SCMP_ARCH_PARISC64.</summary>
    PaRisc64,

    /// <summary>SCMP_ARCH_M68K.</summary>
    M68K,

    /// <summary>SCMP_ARCH_SH, little endian.</summary>
    Sh,

    /// <summary>SCMP_ARCH_SHEB, big endian.</summary>
    ShEb,
}

/// <summary>What the kernel fixes for each <see cref="SeccompArchitecture"/>.</summary>
public static class SeccompArchitectureFacts
{
    /// <summary>Added to every system call number of x32 (__X32_SYSCALL_BIT).</summary>
    public const uint X32Bit = 0x4000_0000;

    /// <summary>The value in seccomp_data.arch; x32 shares x86_64's.</summary>
    /// <param name="architecture">The architecture.</param>
    public static AuditArchitecture Audit(this SeccompArchitecture architecture) => architecture switch
    {
        SeccompArchitecture.X86_64 or SeccompArchitecture.X32 => AuditArchitecture.X86_64,
        SeccompArchitecture.X86 => AuditArchitecture.I386,
        SeccompArchitecture.AArch64 => AuditArchitecture.AArch64,
        SeccompArchitecture.Arm => AuditArchitecture.Arm,
        SeccompArchitecture.RiscV64 => AuditArchitecture.RiscV64,
        SeccompArchitecture.LoongArch64 => AuditArchitecture.LoongArch64,
        SeccompArchitecture.S390X => AuditArchitecture.S390X,
        SeccompArchitecture.S390 => AuditArchitecture.S390,
        SeccompArchitecture.Ppc64Le => AuditArchitecture.Ppc64Le,
        SeccompArchitecture.Ppc64 => AuditArchitecture.Ppc64,
        SeccompArchitecture.Ppc => AuditArchitecture.Ppc,
        SeccompArchitecture.Mips => AuditArchitecture.Mips,
        SeccompArchitecture.MipsEl => AuditArchitecture.MipsEl,
        SeccompArchitecture.Mips64 => AuditArchitecture.Mips64,
        SeccompArchitecture.MipsEl64 => AuditArchitecture.MipsEl64,
        SeccompArchitecture.Mips64N32 => AuditArchitecture.Mips64N32,
        SeccompArchitecture.MipsEl64N32 => AuditArchitecture.MipsEl64N32,
        SeccompArchitecture.PaRisc => AuditArchitecture.PaRisc,
        SeccompArchitecture.PaRisc64 => AuditArchitecture.PaRisc64,
        SeccompArchitecture.M68K => AuditArchitecture.M68K,
        SeccompArchitecture.Sh => AuditArchitecture.Sh,
        SeccompArchitecture.ShEb => AuditArchitecture.ShEb,
        _ => AuditArchitecture.None,
    };

    /// <summary>
    /// Whether arguments are compared over 64 bits. x32 and n32 have 32 bits here, as in libseccomp, although their registers
    /// have 64.
    /// </summary>
    /// <param name="architecture">The architecture.</param>
    public static bool Has64BitArguments(this SeccompArchitecture architecture) =>
        ((uint)architecture.Audit() & 0x8000_0000) != 0
        && architecture is not (SeccompArchitecture.X32 or SeccompArchitecture.Mips64N32 or SeccompArchitecture.MipsEl64N32);

    /// <summary>__AUDIT_ARCH_LE is not set.</summary>
    /// <param name="architecture">The architecture.</param>
    public static bool IsBigEndian(this SeccompArchitecture architecture) =>
        ((uint)architecture.Audit() & 0x4000_0000) == 0;

    /// <summary>What the kernel adds to the numbers of <see cref="SyscallTable"/> (asm/unistd.h).</summary>
    /// <param name="architecture">The architecture.</param>
    public static uint NumberBase(this SeccompArchitecture architecture) => architecture switch
    {
        SeccompArchitecture.X32 => X32Bit,
        SeccompArchitecture.Mips or SeccompArchitecture.MipsEl => 4000,
        SeccompArchitecture.Mips64 or SeccompArchitecture.MipsEl64 => 5000,
        SeccompArchitecture.Mips64N32 or SeccompArchitecture.MipsEl64N32 => 6000,
        _ => 0,
    };

    /// <summary>Whether socketcall(2) and ipc(2) multiplex the socket and System V calls, beside or instead of separate calls.</summary>
    /// <param name="architecture">The architecture.</param>
    public static bool HasMultiplexedCalls(this SeccompArchitecture architecture) => architecture
        is SeccompArchitecture.X86 or SeccompArchitecture.S390 or SeccompArchitecture.S390X
        or SeccompArchitecture.Ppc or SeccompArchitecture.Ppc64 or SeccompArchitecture.Ppc64Le
        or SeccompArchitecture.Mips or SeccompArchitecture.MipsEl
        or SeccompArchitecture.M68K or SeccompArchitecture.Sh or SeccompArchitecture.ShEb;
}
