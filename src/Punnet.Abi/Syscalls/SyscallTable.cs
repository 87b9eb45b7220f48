using System;
using System.Text;

namespace Punnet.Abi;

/// <summary>
/// System call names and numbers of every architecture, from the kernel's headers (Syscalls/generate). The tables are constant data of the
/// binary: nothing is built at startup, and a lookup allocates nothing.
/// </summary>
public static partial class SyscallTable
{
    /// <summary>No such name, or no such call on that architecture.</summary>
    public const int Unknown = -1;

    /// <summary>How many numbers, counted from <see cref="SeccompArchitectureFacts.NumberBase"/>, a table can hold.</summary>
    public const int NumberCount = 1024;

    private const ushort Absent = 0xFFFF;

    // arm's private calls 0xf0001 to 0xf0006 are at the end of the table.
    private const ushort ArmPrivateEntry = 0xF000;
    private const uint ArmPrivateBase = 0xF0000;
    private const int ArmPrivateSlot = NumberCount - 16;

    /// <summary>How many names there are, over all architectures.</summary>
    public static int NameCount => NameStarts.Length - 1;

    /// <summary>Finds a name.</summary>
    /// <param name="name">Name as in asm/unistd.h without __NR_.</param>
    /// <returns>Its index, the same on every architecture, or <see cref="Unknown"/>.</returns>
    public static int IndexOf(ReadOnlySpan<char> name)
    {
        uint hash = 0;
        foreach (char letter in name)
        {
            hash = (hash * 31) + letter;
        }

        ReadOnlySpan<ushort> index = NameIndex;
        int slot = (int)((hash * 0x9E3779B1u) >> HashShift);
        while (index[slot] != Absent)
        {
            if (Ascii.Equals(NameAt(index[slot]), name))
            {
                return index[slot];
            }

            slot = (slot + 1) & (index.Length - 1);
        }

        return Unknown;
    }

    /// <summary>The name with an index, in ASCII.</summary>
    /// <param name="index">0 to <see cref="NameCount"/> - 1.</param>
    public static ReadOnlySpan<byte> NameAt(int index)
    {
        ReadOnlySpan<ushort> starts = NameStarts;
        return Names[starts[index]..starts[index + 1]];
    }

    /// <summary>
    /// The slot of a call in an architecture's table of <see cref="NumberCount"/> calls: its number without the architecture's
    /// base, except for arm's private calls.
    /// </summary>
    /// <param name="architecture">The architecture.</param>
    /// <param name="nameIndex">Index of the name, from <see cref="IndexOf"/>.</param>
    /// <returns>The slot, or <see cref="Unknown"/> where the architecture has no such call.</returns>
    public static int SlotOf(SeccompArchitecture architecture, int nameIndex) => SlotIn(TableOf(architecture), nameIndex);

    /// <summary>The same in a table that was looked up before, for many names.</summary>
    /// <param name="table">From <see cref="TableOf"/>.</param>
    /// <param name="nameIndex">Index of the name, from <see cref="IndexOf"/>.</param>
    public static int SlotIn(ReadOnlySpan<ushort> table, int nameIndex)
    {
        ushort entry = table[nameIndex];
        return entry switch
        {
            Absent => Unknown,
            >= ArmPrivateEntry => ArmPrivateSlot + (entry - ArmPrivateEntry),
            _ => entry,
        };
    }

    /// <summary>The number that the kernel sees in seccomp_data.nr.</summary>
    /// <param name="architecture">The architecture.</param>
    /// <param name="slot">A slot, from <see cref="SlotOf"/>.</param>
    public static uint NumberAt(SeccompArchitecture architecture, int slot) =>
        architecture == SeccompArchitecture.Arm && IsPrivateSlot(slot)
            ? ArmPrivateBase + (uint)(slot - ArmPrivateSlot)
            : architecture.NumberBase() + (uint)slot;

    /// <summary>Whether a slot belongs to arm's private calls, whose numbers are far above all others.</summary>
    /// <param name="slot">A slot, from <see cref="SlotOf"/>.</param>
    public static bool IsPrivateSlot(int slot) => slot >= ArmPrivateSlot;

    /// <summary>The name of a call, for messages: one pass over the table.</summary>
    /// <param name="architecture">The architecture.</param>
    /// <param name="number">seccomp_data.nr.</param>
    /// <returns>The name, or null where the architecture has no such call.</returns>
    public static string? NameOf(SeccompArchitecture architecture, uint number)
    {
        for (int index = 0; index < NameCount; index++)
        {
            int slot = SlotOf(architecture, index);
            if (slot != Unknown && NumberAt(architecture, slot) == number)
            {
                return Encoding.ASCII.GetString(NameAt(index));
            }
        }

        return null;
    }

    /// <summary>An architecture's entries, one per name, for <see cref="SlotIn"/>.</summary>
    /// <param name="architecture">The architecture.</param>
    public static ReadOnlySpan<ushort> TableOf(SeccompArchitecture architecture) => architecture switch
    {
        SeccompArchitecture.X86_64 => X86_64,
        SeccompArchitecture.X86 => X86,
        SeccompArchitecture.X32 => X32,
        SeccompArchitecture.AArch64 => AArch64,
        SeccompArchitecture.Arm => Arm,
        SeccompArchitecture.RiscV64 => RiscV64,
        SeccompArchitecture.LoongArch64 => LoongArch64,
        SeccompArchitecture.S390X => S390X,
        SeccompArchitecture.S390 => S390,
        SeccompArchitecture.Ppc64Le or SeccompArchitecture.Ppc64 => Ppc64,
        SeccompArchitecture.Ppc => Ppc,
        SeccompArchitecture.Mips or SeccompArchitecture.MipsEl => MipsO32,
        SeccompArchitecture.Mips64 or SeccompArchitecture.MipsEl64 => MipsN64,
        SeccompArchitecture.Mips64N32 or SeccompArchitecture.MipsEl64N32 => MipsN32,
        SeccompArchitecture.PaRisc => PaRisc,
        SeccompArchitecture.PaRisc64 => PaRisc64,
        SeccompArchitecture.M68K => M68K,
        SeccompArchitecture.Sh or SeccompArchitecture.ShEb => Sh,
        _ => throw new ArgumentOutOfRangeException(nameof(architecture)),
    };
}
