using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Seccomp.Tests;

/// <summary>Debian's libseccomp as the oracle: the same profile through its own API, as runc and crun call it.</summary>
internal static partial class LibSeccomp
{
    private const int FilterAttributeOptimize = 8; // SCMP_FLTATR_CTL_OPTIMIZE
    private const int AlreadyThere = -17; // EEXIST
    private const int ResolveError = -1; // __NR_SCMP_ERROR

    internal const string Missing = "libseccomp.so.2 is not on this machine (apt-get install libseccomp2)";

    internal static bool IsPresent { get; } = NativeLibrary.TryLoad("libseccomp.so.2", out _);

    /// <summary>SCMP_ARCH_* as the library numbers them: AUDIT_ARCH_*, but x32 without the 64-bit mark.</summary>
    internal static uint Token(SeccompArchitecture architecture) => architecture == SeccompArchitecture.X32
        ? (uint)AuditArchitecture.X86_64 & 0x7fff_ffff
        : (uint)architecture.Audit();

    /// <summary>
    /// Whether the library has a call, with the kernel's number on the architectures of the engines' profiles: its tables are of an
    /// older kernel than ours.
    /// </summary>
    internal static bool Knows(string name) =>
        Agrees(name, [SeccompArchitecture.X86_64, SeccompArchitecture.X86, SeccompArchitecture.X32]);

    /// <summary>The same for every architecture that the library has.</summary>
    internal static bool KnowsEverywhere(string name) => Agrees(name, Architectures);

    /// <summary>The same for some.</summary>
    internal static bool KnowsOn(string name, SeccompArchitecture[] architectures) => Agrees(name, architectures);

    /// <summary>The architectures of this version of the library.</summary>
    internal static SeccompArchitecture[] Architectures { get; } = Array.FindAll(
        Enum.GetValues<SeccompArchitecture>(), one => one != SeccompArchitecture.None && IsPresent && Resolve(one, "read") >= 0);

    private static bool Agrees(string name, SeccompArchitecture[] architectures)
    {
        foreach (SeccompArchitecture architecture in architectures)
        {
            int number = Resolve(architecture, name);
            bool multiplexed = number < 0 && architecture.HasMultiplexedCalls() && Reference.IsMultiplexed(name);
            if (number == ResolveError || (!multiplexed && long.Max(-1, number) != Reference.Number(architecture, name)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The number on that architecture; below 0 where it has none.</summary>
    internal static int Resolve(SeccompArchitecture architecture, string name) =>
        seccomp_syscall_resolve_name_arch(Token(architecture), name);

    /// <summary>Compiles a profile; null where the library refuses a rule as contradicting another.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="native">The architecture that always counts.</param>
    /// <param name="tree">Whether to make a binary tree, as runc does for more than 8 (before: 32) rules.</param>
    internal static BpfInstruction[]? Compile(Punnet.Spec.Seccomp profile, SeccompArchitecture native, bool tree)
    {
        uint defaultAction = Reference.ReturnValue(profile.DefaultAction!, profile.DefaultErrnoRet);
        IntPtr context = seccomp_init(defaultAction);
        try
        {
            if (native != SeccompArchitecture.X86_64)
            {
                // In this order, because one filter has one byte order.
                Check(seccomp_arch_remove(context, Token(SeccompArchitecture.X86_64)), "seccomp_arch_remove");
                Check(seccomp_arch_add(context, Token(native)), "seccomp_arch_add");
            }

            foreach (string name in profile.Architectures)
            {
                int added = seccomp_arch_add(context, Token(Profiles.Architecture(name)));
                Check(added == AlreadyThere ? 0 : added, "seccomp_arch_add " + name);
            }

            if (tree)
            {
                Check(seccomp_attr_set(context, FilterAttributeOptimize, 2), "seccomp_attr_set");
            }

            foreach (SeccompRule rule in profile.Syscalls)
            {
                uint action = Reference.ReturnValue(rule.Action!, rule.ErrnoRet);
                if (action != defaultAction && !Add(context, rule, action))
                {
                    return null;
                }
            }

            return Export(context, native.IsBigEndian(), Returns(profile));
        }
        finally
        {
            seccomp_release(context);
        }
    }

    private static HashSet<uint> Returns(Punnet.Spec.Seccomp profile)
    {
        HashSet<uint> returns = [0, Reference.ReturnValue(profile.DefaultAction!, profile.DefaultErrnoRet)];
        foreach (SeccompRule rule in profile.Syscalls)
        {
            returns.Add(Reference.ReturnValue(rule.Action!, rule.ErrnoRet));
        }

        return returns;
    }

    private static bool Add(IntPtr context, SeccompRule rule, uint action)
    {
        ArgumentComparison[] comparisons = new ArgumentComparison[rule.Args.Count];
        HashSet<uint> indexes = [];
        bool repeated = false;
        for (int i = 0; i < comparisons.Length; i++)
        {
            SeccompArgument argument = rule.Args[i];
            comparisons[i] = new ArgumentComparison(argument.Index, Comparison(argument.Op!), argument.Value, argument.ValueTwo);
            repeated |= !indexes.Add(argument.Index);
        }

        foreach (string name in rule.Names)
        {
            int number = seccomp_syscall_resolve_name(name);
            if (number == ResolveError)
            {
                continue;
            }

            int result = 0;
            if (repeated)
            {
                foreach (ArgumentComparison comparison in comparisons)
                {
                    result = result != 0 ? result : seccomp_rule_add_array(context, action, number, 1, [comparison]);
                }
            }
            else
            {
                result = seccomp_rule_add_array(context, action, number, (uint)comparisons.Length, comparisons);
            }

            if (result != 0)
            {
                return false;
            }
        }

        return true;
    }

    private static uint Comparison(string text) => text switch
    {
        "SCMP_CMP_NE" => 1,
        "SCMP_CMP_LT" => 2,
        "SCMP_CMP_LE" => 3,
        "SCMP_CMP_EQ" => 4,
        "SCMP_CMP_GE" => 5,
        "SCMP_CMP_GT" => 6,
        _ => 7,
    };

    private static BpfInstruction[] Export(IntPtr context, bool bigEndian, HashSet<uint> returns)
    {
        int descriptor = memfd_create("filter", 0);
        Check(seccomp_export_bpf(context, descriptor), "seccomp_export_bpf");
        byte[] bytes = File.ReadAllBytes($"/proc/self/fd/{descriptor}");
        _ = close(descriptor);
        BpfInstruction[] program = MemoryMarshal.Cast<byte, BpfInstruction>(bytes).ToArray();
        for (int i = 0; bigEndian && i < program.Length; i++)
        {
            ushort code = BinaryPrimitives.ReverseEndianness(program[i].Code);

            // The library swaps the bytes of a return that it duplicates once more, which is nothing on a machine of that order.
            bool swappedTwice = code == BpfCode.Return && returns.Contains(program[i].K);
            uint operand = swappedTwice ? program[i].K : BinaryPrimitives.ReverseEndianness(program[i].K);
            program[i] = program[i] with { Code = code, K = operand };
        }

        return program;
    }

    private static void Check(int result, string call)
    {
        if (result < 0)
        {
            throw new InvalidOperationException($"{call}: {result}");
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct ArgumentComparison(uint Argument, uint Operator, ulong First, ulong Second);

    [LibraryImport("libseccomp.so.2")]
    private static partial IntPtr seccomp_init(uint defaultAction);

    [LibraryImport("libseccomp.so.2")]
    private static partial void seccomp_release(IntPtr context);

    [LibraryImport("libseccomp.so.2")]
    private static partial int seccomp_arch_add(IntPtr context, uint token);

    [LibraryImport("libseccomp.so.2")]
    private static partial int seccomp_arch_remove(IntPtr context, uint token);

    [LibraryImport("libseccomp.so.2")]
    private static partial int seccomp_attr_set(IntPtr context, int attribute, uint value);

    [LibraryImport("libseccomp.so.2", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int seccomp_syscall_resolve_name(string name);

    [LibraryImport("libseccomp.so.2", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int seccomp_syscall_resolve_name_arch(uint token, string name);

    [LibraryImport("libseccomp.so.2")]
    private static partial int seccomp_rule_add_array(
        IntPtr context, uint action, int number, uint count, [In] ArgumentComparison[] comparisons);

    [LibraryImport("libseccomp.so.2")]
    private static partial int seccomp_export_bpf(IntPtr context, int descriptor);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int memfd_create(string name, uint flags);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
