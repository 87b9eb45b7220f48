namespace Punnet.Abi;

/// <summary>AUDIT_ARCH_* of linux/audit.h: how the kernel names the calling convention of a system call.</summary>
public enum AuditArchitecture : uint
{
    /// <summary>No architecture.</summary>
    None = 0,

    /// <summary>AUDIT_ARCH_I386.</summary>
    I386 = 0x4000_0003,

    /// <summary>AUDIT_ARCH_X86_64; x32 calls have it as well.</summary>
    X86_64 = 0xc000_003e,

    /// <summary>AUDIT_ARCH_ARM, little endian.</summary>
    Arm = 0x4000_0028,

    /// <summary>AUDIT_ARCH_AARCH64.</summary>
    AArch64 = 0xc000_00b7,

    /// <summary>AUDIT_ARCH_MIPS, o32 big endian.</summary>
    Mips = 0x0000_0008,

    /// <summary>AUDIT_ARCH_MIPSEL, o32 little endian.</summary>
    MipsEl = 0x4000_0008,

    /// <summary>AUDIT_ARCH_MIPS64.</summary>
    Mips64 = 0x8000_0008,

    /// <summary>AUDIT_ARCH_MIPSEL64.</summary>
    MipsEl64 = 0xc000_0008,

    /// <summary>AUDIT_ARCH_MIPS64N32.</summary>
    Mips64N32 = 0xa000_0008,

    /// <summary>AUDIT_ARCH_MIPSEL64N32.</summary>
    MipsEl64N32 = 0xe000_0008,

    /// <summary>AUDIT_ARCH_PPC.</summary>
    Ppc = 0x0000_0014,

    /// <summary>AUDIT_ARCH_PPC64.</summary>
    Ppc64 = 0x8000_0015,

    /// <summary>AUDIT_ARCH_PPC64LE.</summary>
    Ppc64Le = 0xc000_0015,

    /// <summary>AUDIT_ARCH_S390, 31 bit.</summary>
    S390 = 0x0000_0016,

    /// <summary>AUDIT_ARCH_S390X.</summary>
    S390X = 0x8000_0016,

    /// <summary>AUDIT_ARCH_PARISC.</summary>
    PaRisc = 0x0000_000f,

    /// <summary>AUDIT_ARCH_PARISC64.</summary>
    PaRisc64 = 0x8000_000f,

    /// <summary>AUDIT_ARCH_RISCV64.</summary>
    RiscV64 = 0xc000_00f3,

    /// <summary>AUDIT_ARCH_LOONGARCH64.</summary>
    LoongArch64 = 0xc000_0102,

    /// <summary>AUDIT_ARCH_M68K.</summary>
    M68K = 0x0000_0004,

    /// <summary>AUDIT_ARCH_SH, big endian.</summary>
    ShEb = 0x0000_002a,

    /// <summary>AUDIT_ARCH_SHEL, little endian.</summary>
    Sh = 0x4000_002a,
}
