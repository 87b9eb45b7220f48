using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using Xunit;

namespace Punnet.Abi.Tests;

/// <summary>A machine that punnet is built for.</summary>
/// <param name="Name">As .NET calls it.</param>
/// <param name="Triple">As compilers call it.</param>
/// <param name="Seccomp">As libseccomp calls it.</param>
public sealed record Machine(string Name, string Triple, SeccompArchitecture Seccomp)
{
    private static readonly Machine[] s_all =
    [
        new("X64", "x86_64-linux-gnu", SeccompArchitecture.X86_64), new("Arm64", "aarch64-linux-gnu", SeccompArchitecture.AArch64),
    ];

    /// <summary>Their names.</summary>
    public static IEnumerable<string> Names => s_all.Select(machine => machine.Name);

    /// <summary>The one with this name; the test is skipped where there is no compiler for it.</summary>
    public static Machine Of(string name)
    {
        Machine machine = s_all.Single(candidate => candidate.Name == name);
        Assert.SkipUnless(Path.Exists("/usr/bin/" + machine.Tool("gcc")), "no compiler for " + machine.Triple);
        return machine;
    }

    /// <summary>A tool of its compiler.</summary>
    public string Tool(string tool) =>
        Name == RuntimeInformation.OSArchitecture.ToString() ? tool : $"{Triple}-{tool}";

    /// <summary>Whether its headers are those that define this: x86's define the bit of x32.</summary>
    public bool Has(string expression) => expression != "__X32_SYSCALL_BIT" || Seccomp == SeccompArchitecture.X86_64;

    /// <summary>
    /// The value of a number there: Punnet.Abi is built for one machine, but has all of those that differ.
    /// </summary>
    internal ulong ValueOf(NativeNumber number)
    {
        string member = number.Member.Replace("SyscallNumber.", "", StringComparison.Ordinal)
            .Replace("OpenFlags.", "Flag", StringComparison.Ordinal);
        FieldInfo? own = typeof(Errno).Assembly.GetType("Punnet.Abi.Numbers" + Name, throwOnError: true)!
            .GetField(member, BindingFlags.Static | BindingFlags.NonPublic);
        return own is null ? number.Value : (ulong)(int)own.GetRawConstantValue()!;
    }
}
