using System;
using System.Runtime.InteropServices;
using System.Threading;
using Punnet.Abi;
using Punnet.Plan;
using Xunit;

namespace Punnet.Seccomp.Tests;

/// <summary>The filters under the real kernel, on a thread of their own: a filter holds for the thread that loaded it.</summary>
public sealed partial class KernelTests
{
    private const int SetNoNewPrivileges = 38; // PR_SET_NO_NEW_PRIVS
    private const long SeccompCall = 317;
    private const long SetModeFilter = 1;

    public static TheoryData<string> Names => DefaultProfileTests.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void The_kernel_takes_the_filter_and_refuses_what_it_says(string name)
    {
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "the numbers below are x86_64's");
        SeccompPlan plan = SeccompCompiler.Compile(Profiles.Load(name), Profiles.X86);
        uint fallback = name == "podman" ? 38u : 1u;
        string failures = OnThread(() =>
            Unless(Load(plan) == 0, "load")
            + Unless(syscall(110, 0, 0, 0) > 0, "getppid")
            + Unless(Errno(syscall(600, 0, 0, 0)) == 38, "a call from the future")
            + Unless(Errno(syscall(156, 0, 0, 0)) == fallback, "_sysctl")
            + Unless(syscall(135, 0xffff_ffff, 0, 0) >= 0, "personality, query")
            + Unless(Errno(syscall(135, 1, 0, 0)) == fallback, "personality, change"));
        Assert.Equal("", failures);
    }

    private static string Unless(bool held, string what) => held ? "" : what + "; ";

    /// <summary>The errno of a call that failed, 0 otherwise.</summary>
    private static uint Errno(long result) => result == -1 ? (uint)Marshal.GetLastPInvokeError() : 0;

    private static unsafe long Load(SeccompPlan plan)
    {
        fixed (BpfInstruction* program = plan.Program)
        {
            FilterProgram filter = new((ushort)plan.Program.Length, (nint)program);
            return prctl(SetNoNewPrivileges, 1, 0, 0, 0) == 0
                ? syscall(SeccompCall, SetModeFilter, (long)plan.Flags, (long)&filter)
                : -1;
        }
    }

    private static string OnThread(Func<string> body)
    {
        string result = "";
        Thread thread = new(() => result = body());
        thread.Start();
        thread.Join();
        return result;
    }

    /// <summary>struct sock_fprog.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct FilterProgram(ushort Length, nint Program);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, nuint second, nuint third, nuint fourth, nuint fifth);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long syscall(long number, long first, long second, long third);
}
