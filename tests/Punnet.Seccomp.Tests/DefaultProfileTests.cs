using System;
using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Plan;
using Xunit;

namespace Punnet.Seccomp.Tests;

/// <summary>The engines' default profiles: the same answer as libseccomp for every call of every architecture, in fewer steps.</summary>
public sealed class DefaultProfileTests
{
    public static TheoryData<string> Names => ["docker", "podman", "containerd"];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_call_gets_the_answer_of_libseccomp(string name)
    {
        Assert.SkipUnless(LibSeccomp.IsPresent, LibSeccomp.Missing);
        Punnet.Spec.Seccomp profile = Profiles.Load(name).KnownTo(LibSeccomp.Knows);
        BpfInstruction[] ours = SeccompCompiler.Compile(profile, Profiles.X86).Program;
        BpfInstruction[] oracle = LibSeccomp.Compile(profile, SeccompArchitecture.X86_64, tree: true)!;
        Reference reference = new(profile, SeccompArchitecture.X86_64);
        BpfMachine machine = new();
        foreach (Call call in new Calls(1).Of(profile, SeccompArchitecture.X86_64))
        {
            uint expected = reference.Newer(call) ?? machine.Run(oracle, call);
            uint actual = machine.Run(ours, call);
            Assert.True(expected == actual, $"{call} {string.Join(',', call.Arguments)}: {actual:x}, not {expected:x}");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_call_gets_the_answer_that_the_profile_says(string name)
    {
        Punnet.Spec.Seccomp profile = Profiles.Load(name);
        SeccompPlan plan = SeccompCompiler.Compile(profile, Profiles.X86);
        Reference reference = new(profile, SeccompArchitecture.X86_64);
        BpfMachine machine = new();
        foreach (Call call in new Calls(2).Of(profile, SeccompArchitecture.X86_64))
        {
            HashSet<uint> expected = reference.Answers(call);
            uint actual = machine.Run(plan.Program, call);
            Assert.True(
                expected.Count == 1 && expected.Contains(actual),
                $"{call} {string.Join(',', call.Arguments)}: {actual:x}, not {string.Join(' ', expected)}");
        }

        Assert.Empty(plan.IgnoredNames);
        Assert.Null(BpfVerifier.Problem(plan.Program));
        Assert.Equal(0, BpfVerifier.Unreachable(plan.Program));
    }

    /// <summary>Every machine, as Docker's profile has it: its native convention, and those that its kernel takes beside it.</summary>
    public static TheoryData<SeccompArchitecture> Machines =>
    [
        SeccompArchitecture.X86_64, SeccompArchitecture.AArch64, SeccompArchitecture.RiscV64, SeccompArchitecture.LoongArch64,
            SeccompArchitecture.S390X,
        SeccompArchitecture.Ppc64Le, SeccompArchitecture.Ppc64, SeccompArchitecture.Mips64, SeccompArchitecture.MipsEl64,
        SeccompArchitecture.Mips64N32, SeccompArchitecture.MipsEl64N32, SeccompArchitecture.Mips, SeccompArchitecture.MipsEl,
            SeccompArchitecture.X86,
        SeccompArchitecture.Arm, SeccompArchitecture.S390, SeccompArchitecture.Ppc, SeccompArchitecture.PaRisc64,
            SeccompArchitecture.PaRisc,
        SeccompArchitecture.M68K, SeccompArchitecture.Sh, SeccompArchitecture.ShEb,
    ];

    [Theory]
    [MemberData(nameof(Machines))]
    public void On_every_machine_every_call_gets_the_answer_of_libseccomp_and_of_the_profile(SeccompArchitecture native)
    {
        SeccompArchitecture[] family = Family(native);
        bool isKnown = LibSeccomp.IsPresent && Array.TrueForAll(family, one => Array.IndexOf(LibSeccomp.Architectures, one) >= 0);
        Punnet.Spec.Seccomp profile = Profiles.Load("docker") with { Architectures = Array.ConvertAll(family, Profiles.Name) };
        profile = isKnown ? profile.KnownTo(name => LibSeccomp.KnowsOn(name, [.. family, SeccompArchitecture.X86_64])) : profile;
        BpfInstruction[] ours = SeccompCompiler.Compile(profile, Profiles.Facts(native)).Program;
        BpfInstruction[]? oracle = isKnown ? LibSeccomp.Compile(profile, native, tree: true) : null;
        Assert.Equal(isKnown, oracle is not null);
        Assert.Null(BpfVerifier.Problem(ours));
        Reference reference = new(profile, native);
        BpfMachine machine = new() { BigEndian = native.IsBigEndian() };
        int asked = 0;
        foreach (Call call in new Calls(3).Of(profile, native))
        {
            asked++;
            uint actual = machine.Run(ours, call);
            uint expected = oracle is null || reference.SharesComparisons(call) ? actual : reference.Newer(call)
                ?? machine.Run(oracle, call);
            HashSet<uint> answers = reference.Answers(call);
            Assert.True(
                expected == actual && answers.Count == 1 && answers.Contains(actual),
                $"{call} {string.Join(',', call.Arguments)}: {actual:x}, libseccomp {expected:x}, the profile {string.Join(' ', answers)}");
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{native}: {ours.Length} instructions, {asked} calls, libseccomp {(isKnown ? "agrees" : "does not know it")}");
        Assert.True(asked > 560);
    }

    private static SeccompArchitecture[] Family(SeccompArchitecture native) => native switch
    {
        SeccompArchitecture.X86_64 => [native, SeccompArchitecture.X86, SeccompArchitecture.X32],
        SeccompArchitecture.AArch64 => [native, SeccompArchitecture.Arm],
        SeccompArchitecture.S390X => [native, SeccompArchitecture.S390],
        SeccompArchitecture.Ppc64 => [native, SeccompArchitecture.Ppc],
        SeccompArchitecture.Mips64 => [native, SeccompArchitecture.Mips, SeccompArchitecture.Mips64N32],
        SeccompArchitecture.MipsEl64 => [native, SeccompArchitecture.MipsEl, SeccompArchitecture.MipsEl64N32],
        SeccompArchitecture.PaRisc64 => [native, SeccompArchitecture.PaRisc],
        _ => [native],
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_call_takes_fewer_steps_than_with_libseccomp(string name)
    {
        Assert.SkipUnless(LibSeccomp.IsPresent, LibSeccomp.Missing);
        Punnet.Spec.Seccomp profile = Profiles.Load(name).KnownTo(LibSeccomp.Knows);
        BpfInstruction[] ours = SeccompCompiler.Compile(profile, Profiles.X86).Program;
        BpfInstruction[] tree = LibSeccomp.Compile(profile, SeccompArchitecture.X86_64, tree: true)!;
        BpfInstruction[] linear = LibSeccomp.Compile(profile, SeccompArchitecture.X86_64, tree: false)!;
        BpfMachine machine = new();
        long[] sums = new long[3];
        int most = 0;
        int calls = 0;
        for (uint number = 0; number < 462; number++)
        {
            Call call = new(number, AuditArchitecture.X86_64, [0, 0, 0, 0, 0, 0]);
            int[] steps = new int[3];
            for (int i = 0; i < 3; i++)
            {
                machine.Run(i == 0 ? ours : i == 1 ? tree : linear, call);
                steps[i] = machine.Executed;
                sums[i] += machine.Executed;
            }

            calls++;
            most = int.Max(most, steps[0]);
            Assert.True(steps[0] <= int.Max(steps[1], steps[2]), $"call {number}: {steps[0]}, {steps[1]} in the tree, {steps[2]} in line");
        }

        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{name}: {ours.Length} instructions, on average {(double)sums[0] / calls:f1} executed, at most {most}; "
            + $"libseccomp's tree {tree.Length} and {(double)sums[1] / calls:f1}, in line {linear.Length} and "
            + $"{(double)sums[2] / calls:f1}");
        Assert.True(sums[0] < sums[1] && sums[0] < sums[2]);
    }
}
