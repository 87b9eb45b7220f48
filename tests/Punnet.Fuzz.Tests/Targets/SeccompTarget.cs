using System.Collections.Generic;
using System.Linq;
using Punnet.Abi;
using Punnet.Plan;
using Punnet.Seccomp.Tests;
using Punnet.Spec;

namespace Punnet.Fuzz.Tests.Targets;

/// <summary>
/// A profile of the fuzzer's choice: our filter and libseccomp's are executed for every call and around every operand, and both are
/// compared with the plain reading of the profile. RandomProfileTests lists where libseccomp differs.
/// </summary>
internal static class SeccompTarget
{
    /// <summary>Chooses a profile.</summary>
    public static void Run(byte[] input)
    {
        Fault.If(!LibSeccomp.IsPresent, LibSeccomp.Missing);
        Choices choices = new(input);
        bool contradicting = choices.Next(2) == 1;
        (Punnet.Spec.Seccomp profile, SeccompArchitecture native) = new RandomProfiles(choices).Next(contradicting);
        BpfInstruction[] ours;
        try
        {
            ours = SeccompCompiler.Compile(profile, Profiles.Facts(native)).Program;
        }
        catch (SpecException refusal)
        {
            throw new Fault("refused: " + refusal.Message);
        }

        bool isTame = IsTame(profile);
        BpfInstruction[]? oracle = isTame ? LibSeccomp.Compile(profile, native, tree: true) : null;
        Fault.If(oracle is null && isTame && !contradicting, "libseccomp refuses");
        Fault.If(BpfVerifier.Problem(ours) is not null, "the kernel refuses: " + BpfVerifier.Problem(ours));
        Fault.If(BpfVerifier.Unreachable(ours) != 0, "instructions that no path reaches");
        Reference reference = new(profile, native);
        BpfMachine machine = new() { BigEndian = native.IsBigEndian() };
        foreach (Call call in new Calls(input.Length).Of(profile, native))
        {
            uint actual = machine.Run(ours, call);
            HashSet<uint> answers = reference.Answers(call);
            string asked = $"{call} {string.Join(',', call.Arguments)}: {actual:x}";
            Fault.If(!answers.Contains(actual), $"{asked}, the profile says {string.Join(' ', answers)}");
            if (oracle is not null && !reference.SharesComparisons(call))
            {
                uint expected = reference.Newer(call) ?? machine.Run(oracle, call);
                Fault.If(expected != actual, $"{asked}, libseccomp {expected:x}");
            }
        }
    }

    // The time that libseccomp takes grows exponentially with the comparisons of one call, and is minutes for a dozen of them. 2.5.4 does
    // not end at all where two rules of a call begin with the same comparison and go on with others.
    private static bool IsTame(Punnet.Spec.Seccomp profile)
    {
        const int Most = 6;

        Dictionary<string, List<SeccompRule>> calls = [];
        foreach (SeccompRule rule in profile.Syscalls)
        {
            string name = Reference.IsMultiplexed(rule.Names[0]) ? "socketcall" : rule.Names[0];
            List<SeccompRule> before = calls.TryGetValue(name, out List<SeccompRule>? known) ? known : calls[name] = [];
            if (before.Exists(other => ShareComparison(other, rule)))
            {
                return false;
            }

            before.Add(rule);
            if (before.Sum(other => other.Args.Count) > Most)
            {
                return false;
            }
        }

        return true;
    }

    private static bool ShareComparison(SeccompRule one, SeccompRule other) =>
        one.Args.Count > 1 && other.Args.Count > 1
            && one.Args.Any(left => other.Args.Any(right => (left.Index, left.Op, left.Value) == (right.Index, right.Op, right.Value)));
}
