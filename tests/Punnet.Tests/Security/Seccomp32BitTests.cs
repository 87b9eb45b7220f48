using System;
using System.Buffers.Binary;
using System.IO;
using System.Runtime.InteropServices;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>A profile counts for programs of the machine's 32-bit instruction set only where it says so.</summary>
public sealed class Seccomp32BitTests : ContainerTest
{
    private static readonly bool s_isArm = RuntimeInformation.OSArchitecture == Architecture.Arm64;

    // The status is the errno of getpid, or what is left of the pid.
    private static byte[] AsksForPid => s_isArm
        ? [
            0x14, 0x70, 0xa0, 0xe3, 0, 0, 0, 0xef, // mov r7, #SYS_getpid; svc #0
            0, 0, 0x60, 0xe2, // rsb r0, r0, #0
            1, 0x70, 0xa0, 0xe3, 0, 0, 0, 0xef, // mov r7, #SYS_exit; svc #0
        ]
        : [
            0xb8, 20, 0, 0, 0, 0xcd, 0x80, // mov eax, SYS_getpid; int 0x80
            0xf7, 0xd8, 0x89, 0xc3, // neg eax; mov ebx, eax
            0xb8, 1, 0, 0, 0, 0xcd, 0x80, // mov eax, SYS_exit; int 0x80
        ];

    private static byte[] Succeeds => s_isArm
        ? [0, 0, 0xa0, 0xe3, 1, 0x70, 0xa0, 0xe3, 0, 0, 0, 0xef] // mov r0, #0; mov r7, #SYS_exit; svc #0
        : [0x31, 0xdb, 0xb8, 1, 0, 0, 0, 0xcd, 0x80]; // xor ebx, ebx; mov eax, SYS_exit; int 0x80

    [Fact]
    public void A_rule_counts_for_them_where_the_profile_names_their_architecture()
    {
        Assert.Equal(61, NewProgram("SCMP_ARCH_" + (s_isArm ? "ARM" : "X86")).Run().ExitCode);
    }

    [Fact]
    public void Without_that_they_are_killed()
    {
        const int BadSystemCall = 31;
        Assert.Equal(128 + BadSystemCall, NewProgram("SCMP_ARCH_" + (s_isArm ? "AARCH64" : "X86_64")).Run().ExitCode);
    }

    private Container NewProgram(string architecture)
    {
        Container container = NewContainer().Runs("/program");
        string probe = Write(container.Directory + "/probe", Succeeds);
        Assert.SkipUnless(new Command("sh", ["-c", probe]).Run().ExitCode == 0, "needs a kernel that runs 32-bit programs");
        _ = Write(container.Bundle.Rootfs + "/program", AsksForPid);
        container.Bundle.Set("linux.seccomp", $$"""
            {
              "defaultAction": "SCMP_ACT_ALLOW", "architectures": ["{{architecture}}"],
              "syscalls": [{ "names": ["getpid"], "action": "SCMP_ACT_ERRNO", "errnoRet": 61 }]
            }
            """);
        return container;
    }

    // elf(5): a header of 52 bytes, one segment that is the whole file, and the code.
    private static string Write(string path, byte[] code)
    {
        const int Header = 52, Headers = Header + 32, Start = 0x10000;
        byte[] file = new byte[Headers + code.Length];
        code.CopyTo(file, Headers);
        ((byte[])[0x7f, (byte)'E', (byte)'L', (byte)'F', 1, 1, 1]).CopyTo(file, 0);
        Half(16, 2); // ET_EXEC
        Half(18, s_isArm ? 40 : 3); // EM_ARM, EM_386
        Word(20, 1);
        Word(24, Start + Headers);
        Word(28, Header);
        Word(36, s_isArm ? 0x5000000 : 0); // EF_ARM_EABI_VER5
        Half(40, Header);
        Half(42, Headers - Header);
        Half(44, 1);
        Word(Header, 1); // PT_LOAD
        Word(Header + 8, Start);
        Word(Header + 12, Start);
        Word(Header + 16, file.Length);
        Word(Header + 20, file.Length);
        Word(Header + 24, 5); // PF_R | PF_X
        Word(Header + 28, 0x10000);
        File.WriteAllBytes(path, file);
        File.SetUnixFileMode(path, (UnixFileMode)0x1ED);
        return path;

        void Half(int at, int value) => BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(at), (short)value);
        void Word(int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(at), value);
    }
}
