using System;
using System.Linq;
using Punnet.Abi;
using Punnet.Plan;
using Punnet.Spec;
using Xunit;

namespace Punnet.Seccomp.Tests;

/// <summary>What is said to decide a call is compared with what the compiled filter does, run by <see cref="BpfMachine"/>.</summary>
public sealed class ExplanationTests
{
    [Theory]
    [InlineData("docker")]
    [InlineData("podman")]
    [InlineData("containerd")]
    public void Every_call_of_an_engines_profile_is_explained_as_its_filter_decides_it(string name) =>
        Check(Profiles.Load(name), SeccompArchitecture.X86_64, 1);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void So_is_every_call_of_profiles_of_a_random_choice(bool contradicting)
    {
        int explained = 0;
        for (int seed = 0; seed < 300; seed++)
        {
            (Punnet.Spec.Seccomp profile, SeccompArchitecture native) = new RandomProfiles(new Random(seed)).Next(contradicting);
            if (!native.IsBigEndian())
            {
                explained += Check(profile, native, seed);
            }
        }

        Assert.True(explained > 10_000, $"only {explained} calls were decided by rules");
    }

    [Fact]
    public void Of_two_rules_for_one_call_the_one_without_conditions_decides()
    {
        SeccompExplanation explanation = new(
            Profiles.Of(
                "SCMP_ACT_ERRNO", Profiles.Rule("SCMP_ACT_LOG", "mkdir", new SeccompArgument(0, 1, 0, "SCMP_CMP_EQ")),
                Profiles.Rule("SCMP_ACT_ALLOW", "mkdir"), Profiles.Rule("SCMP_ACT_ERRNO", "rmdir")),
            Profiles.X86);
        SeccompNotification mkdir = new() { Number = 83, Architecture = (uint)AuditArchitecture.X86_64 };
        mkdir.Arguments[0] = 1;
        Assert.Equal(1, explanation.Cause(mkdir, "mkdir"));
        Assert.Equal([1], explanation.Causes(mkdir, "mkdir"));
        Assert.True(explanation.IsIdle(2));
        Assert.Equal(SeccompExplanation.ByDefault, explanation.Cause(mkdir with { Number = 84 }, "rmdir"));
        Assert.Equal(SeccompExplanation.ByAge, explanation.Cause(mkdir with { Number = 400 }, null));
        Assert.Equal(
            SeccompExplanation.ByArchitecture, explanation.Cause(mkdir with { Architecture = (uint)AuditArchitecture.AArch64 }, "mkdir"));
    }

    // How many calls rules have decided.
    private static int Check(Punnet.Spec.Seccomp profile, SeccompArchitecture native, int seed)
    {
        SeccompFacts facts = Profiles.Facts(native);
        SeccompExplanation explanation = new(profile, facts);
        BpfInstruction[] program = SeccompCompiler.Compile(profile, facts).Program;
        BpfMachine machine = new();
        int decided = 0;
        foreach (Call call in new Calls(seed).Of(profile, native).Where((_, index) => index % 7 == seed % 7))
        {
            SeccompNotification made = new() { Number = call.Number, Architecture = (uint)call.Architecture };
            call.Arguments.CopyTo((Span<ulong>)made.Arguments);
            SeccompArchitecture architecture = SeccompReport.ArchitectureOf(made);
            string? name = architecture == SeccompArchitecture.None ? null : SyscallTable.NameOf(architecture, call.Number);
            int cause = explanation.Cause(made, name);
            string what = $"seed {seed}: {name} {call.Number} of {architecture}: {cause}";
            Assert.True(machine.Run(program, call) == explanation.VerdictOf(cause, made), what);
            Assert.True(explanation.Causes(made, name).Contains(cause), what);
            if (cause >= 0)
            {
                decided++;
                Assert.True(explanation.RulesOf(architecture, name!).Contains(cause), what);
                Assert.True(IsMet(profile.Syscalls[cause], name!, call, architecture), what);
            }
        }

        return decided;
    }

    // socketcall(2) and ipc(2) take the place of the first argument.
    private static bool IsMet(SeccompRule rule, string name, Call call, SeccompArchitecture architecture)
    {
        bool isCarried = !rule.Names.Contains(name);
        SeccompArgument[] asked = [.. rule.Args.Where(argument => !(isCarried && argument.Index == 0))];
        bool[] met = [.. asked.Select(argument => SeccompComparisons.Holds(argument, call.Arguments[argument.Index], architecture))];
        return SeccompComparisons.AreAlternatives(rule) ? met.Length < rule.Args.Count || met.Contains(true) : !met.Contains(false);
    }
}
