using System;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using Punnet.Abi;
using Punnet.Plan;
using Punnet.Spec;
using Xunit;

namespace Punnet.Cgroup.Tests;

/// <summary>The kernel's verifier has the last word on a program.</summary>
public sealed unsafe partial class DeviceProgramKernelTests
{
    [Theory]
    [InlineData("-a *:* rwm")]
    [InlineData("+a *:* rwm")]
    [InlineData("+a *:* r")]
    [InlineData("+a *:* rwm;-b 8:0 w")]
    [InlineData("+b 8:* rw;-b *:0 rw;+c *:7 r;-c 10:7 r")]
    [InlineData("+c 4294967295:4294967295 rw")]
    public void The_kernel_takes_the_program(string rules) => Load(DeviceProgram.Compile(DeviceRules.Parse(rules.Split(';'))));

    [Fact]
    public void The_kernel_takes_two_hundred_rules()
    {
        DeviceRule[] rules = [.. Enumerable.Range(0, 200).Select(static number => new DeviceRule
        {
            Allow = number % 5 != 0,
            Type = number % 3 == 0 ? "b" : "c",
            Major = number % 11 == 0 ? null : 200 + (number % 40),
            Minor = number % 7 == 0 ? null : number,
            Access = (number % 4) switch { 0 => "r", 1 => "w", 2 => "rw", _ => "rwm" },
        })];
        Load(DeviceProgram.Compile(rules));
    }

    [Fact]
    public void The_kernel_takes_random_rules()
    {
        Random random = new(20260404);
        for (int round = 0; round < 200; round++)
        {
            Load(DeviceProgram.Compile(DeviceProgramTests.Draw(random, random.Next(0, 40), oldStyle: false)));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_kernel_takes_the_longest_program(bool sameMajor)
    {
        // One major: as many branches wait for the verifier as there are rules. One minor: as many majors as fit.
        DeviceRule[] rules = [.. Enumerable.Range(1, sameMajor ? 7900 : 1900).Select(number => new DeviceRule
        {
            Allow = true,
            Type = "c",
            Major = sameMajor ? 300 : 300 + number,
            Minor = number,
            Access = "rw",
        })];
        EbpfInstruction[] program = DeviceProgram.Compile(rules);
        Assert.InRange(program.Length, 7500, DeviceProgram.MaximumLength);
        Load(program);
    }

    private static void Load(EbpfInstruction[] program)
    {
        byte[] log = new byte[65536];
        fixed (EbpfInstruction* instructions = program)
        fixed (byte* license = "MIT\0"u8)
        fixed (byte* text = log)
        {
            ProgramLoad request = new()
            {
                Type = 15,
                Count = (uint)program.Length,
                Instructions = (ulong)instructions,
                License = (ulong)license,
                LogLevel = 4,
                LogSize = (uint)log.Length,
                LogBuffer = (ulong)text,
                ExpectedAttachType = 6,
            };
            long number = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 280 : 321;
            long descriptor = SystemCall(number, 5, &request, (ulong)sizeof(ProgramLoad));
            int errno = Marshal.GetLastSystemError();
            if (descriptor < 0 && errno == 1)
            {
                Assert.Skip("bpf(2) is not permitted here (EPERM): needs root");
            }

            Assert.True(descriptor >= 0, $"errno {errno}: " + Encoding.UTF8.GetString(log.AsSpan(0, Math.Max(0, log.AsSpan().IndexOf((byte)0)))));
            Assert.Equal(0, Close((int)descriptor));
            TestContext.Current.SendDiagnosticMessage("{0} instructions: {1}", program.Length, Encoding.UTF8.GetString(log).TrimEnd('\0'));
        }
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = false)]
    private static partial long SystemCall(long number, long command, void* request, ulong size);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    /// <summary>The BPF_PROG_LOAD part of <c>union bpf_attr</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ProgramLoad
    {
        public uint Type;
        public uint Count;
        public ulong Instructions;
        public ulong License;
        public uint LogLevel;
        public uint LogSize;
        public ulong LogBuffer;
        public uint KernelVersion;
        public uint Flags;
        public fixed byte Name[16];
        public uint InterfaceIndex;
        public uint ExpectedAttachType;
    }
}
