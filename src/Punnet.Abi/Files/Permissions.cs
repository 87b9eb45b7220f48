namespace Punnet.Abi;

/// <summary>
/// Permission bits of st_mode, inode(7), each named after its octal digits. C# has no octal literals: one group of three binary digits is
/// one octal digit.
/// </summary>
public static class Permissions
{
    /// <summary>S_IRUSR: r--------.</summary>
    public const uint Mode0400 = 0b100_000_000;

    /// <summary>S_IRUSR | S_IWUSR: rw-------.</summary>
    public const uint Mode0600 = 0b110_000_000;

    /// <summary>S_IRUSR | S_IWUSR | S_IWGRP: rw--w----.</summary>
    public const uint Mode0620 = 0b110_010_000;

    /// <summary>S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH: rw-r--r--.</summary>
    public const uint Mode0644 = 0b110_100_100;

    /// <summary>S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH: rw-rw-rw-.</summary>
    public const uint Mode0666 = 0b110_110_110;

    /// <summary>S_IRWXU: rwx------.</summary>
    public const uint Mode0700 = 0b111_000_000;

    /// <summary>S_IRWXU | S_IRGRP | S_IXGRP | S_IROTH | S_IXOTH: rwxr-xr-x.</summary>
    public const uint Mode0755 = 0b111_101_101;

    /// <summary>S_IXUSR | S_IXGRP | S_IXOTH: 0111.</summary>
    public const uint AnyExecute = 0b001_001_001;

    /// <summary>S_IWUSR | S_IWGRP | S_IWOTH: 0222.</summary>
    public const uint AnyWrite = 0b010_010_010;

    /// <summary>S_IWGRP | S_IWOTH: 0022, also the usual umask(2).</summary>
    public const uint GroupOrOthersWrite = 0b000_010_010;

    /// <summary>S_IRWXU | S_IRWXG | S_IRWXO: 0777, the bits of umask(2).</summary>
    public const uint UmaskBits = 0b111_111_111;

    /// <summary>S_ISVTX: 01000.</summary>
    public const uint Sticky = 0b001_000_000_000;

    /// <summary>S_ISUID | S_ISGID | S_ISVTX | S_IRWXU | S_IRWXG | S_IRWXO: 07777.</summary>
    public const uint Mask = 0b111_111_111_111;
}
