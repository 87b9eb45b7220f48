using System;
using System.Text;
using Punnet.Abi;
using Xunit;

namespace Punnet.Seccomp.Tests;

public sealed class SyscallTableTests
{
    [Theory]
    [InlineData(SeccompArchitecture.X86_64, "read", 0)]
    [InlineData(SeccompArchitecture.X86_64, "execve", 59)]
    [InlineData(SeccompArchitecture.X86, "read", 3)]
    [InlineData(SeccompArchitecture.X86, "vm86old", 113)]
    [InlineData(SeccompArchitecture.X32, "execve", 0x4000_0000 + 520)]
    [InlineData(SeccompArchitecture.AArch64, "openat", 56)]
    [InlineData(SeccompArchitecture.Arm, "set_tls", 0xf0005)]
    [InlineData(SeccompArchitecture.RiscV64, "riscv_flush_icache", 259)]
    [InlineData(SeccompArchitecture.LoongArch64, "openat", 56)]
    [InlineData(SeccompArchitecture.S390X, "s390_runtime_instr", 342)]
    [InlineData(SeccompArchitecture.S390, "lchown32", 198)]
    [InlineData(SeccompArchitecture.Ppc64Le, "socket", 326)]
    [InlineData(SeccompArchitecture.MipsEl, "read", 4003)]
    [InlineData(SeccompArchitecture.Mips64, "read", 5000)]
    [InlineData(SeccompArchitecture.Mips64N32, "read", 6000)]
    [InlineData(SeccompArchitecture.M68K, "cacheflush", 123)]
    [InlineData(SeccompArchitecture.Sh, "cacheflush", 123)]
    [InlineData(SeccompArchitecture.X86_64, "cachestat", 451)]
    public void A_call_has_the_number_of_the_kernels_headers(SeccompArchitecture architecture, string name, uint number)
    {
        Assert.Equal(number, Reference.Number(architecture, name));
        Assert.Equal(name, SyscallTable.NameOf(architecture, number));
    }

    [Theory]
    [InlineData("")]
    [InlineData("rea")]
    [InlineData("reads")]
    [InlineData("Read")]
    [InlineData("r\u00e9ad")]
    public void An_unknown_call_is_not_found(string name) => Assert.Equal(SyscallTable.Unknown, SyscallTable.IndexOf(name));

    [Fact]
    public void Every_name_is_found_and_the_names_are_sorted()
    {
        string before = "";
        for (int i = 0; i < SyscallTable.NameCount; i++)
        {
            string name = Encoding.ASCII.GetString(SyscallTable.NameAt(i));
            Assert.Equal(i, SyscallTable.IndexOf(name));
            Assert.True(string.CompareOrdinal(before, name) < 0, $"{name} stands behind {before}");
            before = name;
        }
    }

    [Fact]
    public void A_number_without_a_call_has_no_name() => Assert.Null(SyscallTable.NameOf(SeccompArchitecture.X86_64, 400));

    [Fact]
    public void Calls_from_424_on_have_one_number_everywhere()
    {
        for (int i = 0; i < SyscallTable.NameCount; i++)
        {
            int native = SyscallTable.SlotOf(SeccompArchitecture.X86_64, i);
            foreach (SeccompArchitecture architecture in Enum.GetValues<SeccompArchitecture>())
            {
                int slot = native >= 424 && architecture != SeccompArchitecture.None
                    ? SyscallTable.SlotOf(architecture, i)
                    : SyscallTable.Unknown;
                Assert.True(
                    slot == SyscallTable.Unknown || slot == native,
                    $"{Encoding.ASCII.GetString(SyscallTable.NameAt(i))} is {slot} on {architecture}");
            }
        }
    }

    [Fact]
    public void Numbers_are_those_of_libseccomp_as_far_as_it_knows_them()
    {
        Assert.SkipUnless(LibSeccomp.IsPresent, LibSeccomp.Missing);
        int compared = 0;
        foreach (SeccompArchitecture architecture in LibSeccomp.Architectures)
        {
            for (int i = 0; i < SyscallTable.NameCount; i++)
            {
                string name = Encoding.ASCII.GetString(SyscallTable.NameAt(i));
                int theirs = LibSeccomp.Resolve(architecture, name);
                // libseccomp gives parisc64 a call that only its 32-bit convention has.
                if (theirs >= 0 && !(architecture == SeccompArchitecture.PaRisc64 && name == "_llseek"))
                {
                    Assert.True(theirs == Reference.Number(architecture, name), $"{name} is {theirs} on {architecture}");
                    compared++;
                }
            }
        }

        Assert.True(compared > 5000, $"only {compared} compared");
    }
}
