using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
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
    public void The_kernel_takes_the_program(string rules) => LoadAndClose(DeviceProgram.Compile(DeviceRules.Parse(rules.Split(';'))));

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
        LoadAndClose(DeviceProgram.Compile(rules));
    }

    [Fact]
    public void The_kernel_takes_random_rules()
    {
        Random random = new(20260404);
        for (int round = 0; round < 200; round++)
        {
            LoadAndClose(DeviceProgram.Compile(DeviceProgramTests.Draw(random, random.Next(0, 40), oldStyle: false)));
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
        LoadAndClose(program);
    }

    [Fact]
    public void Processes_of_a_cgroup_with_the_program_open_what_the_rules_allow()
    {
        string? mount = Array.Find(["/sys/fs/cgroup", "/sys/fs/cgroup/unified"], static folder => File.Exists(folder + "/cgroup.procs"));
        if (mount is null || Environment.UserName != "root")
        {
            Assert.Skip("needs root and a cgroup2 mount");
        }

        string cgroup = $"{mount}/punnet-test-{Environment.ProcessId}";
        DirectoryInfo folder = Directory.CreateTempSubdirectory("punnet");
        Directory.CreateDirectory(cgroup);
        try
        {
            // mem may be looked at but not opened, kmsg may be read, and every container may make nodes.
            DeviceRule[] rules = DeviceRules.Parse("+a *:* rwm", "-a *:* rwm", "+c 1:11 r", "+c 7:* rw", "-c 7:9 w");
            using (FileStream directory = new(new SafeFileHandle(OpenDirectory(cgroup), ownsHandle: true), FileAccess.Read, bufferSize: 0))
            {
                Attach(Load(DeviceProgram.Compile(rules)), (int)directory.SafeFileHandle.DangerousGetHandle());
            }

            string script = $$"""
                echo $$ >{{cgroup}}/cgroup.procs
                cd {{folder.FullName}}
                try() { if (eval "$2") 2>/dev/null; then echo "$1: yes"; else echo "$1: no"; fi; }
                mknod null c 1 3; mknod kmsg c 1 11; mknod mem c 1 1; mknod one c 7 8; mknod nine c 7 9; mknod disk b 8 250
                try "null rw" ': <>null'
                try "kmsg r" ': <kmsg'
                try "kmsg w" ': >kmsg'
                try "kmsg rw" ': <>kmsg'
                try "mem r" ': <mem'
                try "mem exists" 'test -e mem'
                try "disk r" ': <disk'
                try "vcs 8 rw" 'perl -e '"'"'open(F, "+<", "one") or exit($!{EPERM} ? 1 : 0)'"'"
                try "vcs 9 r" 'perl -e '"'"'open(F, "<", "nine") or exit($!{EPERM} ? 1 : 0)'"'"
                try "vcs 9 rw" 'perl -e '"'"'open(F, "+<", "nine") or exit($!{EPERM} ? 1 : 0)'"'"
                """;
            using System.Diagnostics.Process shell = System.Diagnostics.Process.Start(new ProcessStartInfo("/bin/sh",
                ["-c", script])
            { RedirectStandardOutput = true, UseShellExecute = false })!;
            string output = shell.StandardOutput.ReadToEnd();
            shell.WaitForExit();
            Assert.Equal("null rw: yes, kmsg r: yes, kmsg w: no, kmsg rw: no, mem r: no, mem exists: yes, disk r: no, vcs 8 rw: yes, "
                + "vcs 9 r: yes, vcs 9 rw: no", output.Trim().Replace("\n", ", ", StringComparison.Ordinal));
        }
        finally
        {
            folder.Delete(recursive: true);
            Directory.Delete(cgroup);
        }
    }

    private static void LoadAndClose(EbpfInstruction[] program) => Assert.Equal(0, Close(Load(program)));

    private static void Attach(int program, int cgroup)
    {
        // BPF_PROG_ATTACH, BPF_CGROUP_DEVICE, BPF_F_ALLOW_MULTI.
        uint* request = stackalloc uint[4] { (uint)cgroup, (uint)program, 6, 2 };
        Assert.True(SystemCall(BpfNumber, 8, request, 16) == 0, $"attach: errno {Marshal.GetLastSystemError()}");
        Assert.Equal(0, Close(program));
    }

    private static nint OpenDirectory(string path)
    {
        fixed (byte* text = Encoding.UTF8.GetBytes(path + "\0"))
        {
            // O_RDONLY | O_CLOEXEC: .NET itself opens no folders.
            return Open(text, 0x80000);
        }
    }

    private static long BpfNumber => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 280 : 321;

    private static int Load(EbpfInstruction[] program)
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
            long descriptor;
            int errno;
            do
            {
                descriptor = SystemCall(BpfNumber, 5, &request, (ulong)sizeof(ProgramLoad));
                errno = Marshal.GetLastSystemError();
            }
            while (descriptor < 0 && errno == 11); // EAGAIN: one of the signals with which .NET stops its threads came meanwhile.

            if (descriptor < 0 && errno == 1)
            {
                Assert.Skip("bpf(2) is not permitted here (EPERM): needs root");
            }

            Assert.True(
                descriptor >= 0, $"errno {errno}: " + Encoding.UTF8.GetString(log.AsSpan(0, Math.Max(0, log.AsSpan().IndexOf((byte)0)))));
            TestContext.Current.SendDiagnosticMessage("{0} instructions: {1}", program.Length, Encoding.UTF8.GetString(log).TrimEnd('\0'));
            return (int)descriptor;
        }
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = false)]
    private static partial long SystemCall(long number, long command, void* request, ulong size);

    [LibraryImport("libc", EntryPoint = "open")]
    private static partial int Open(byte* path, int flags);

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
