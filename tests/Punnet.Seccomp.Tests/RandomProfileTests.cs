using System;
using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Plan;
using Xunit;

namespace Punnet.Seccomp.Tests;

/// <summary>
/// Random profiles against the plain reading of the profile (<see cref="Reference"/>) and against libseccomp.
/// <para>
/// The differences to libseccomp 2.5.4 as runc uses it, all of them:
/// 1. Where two rules of one call share a comparison (bounds of one argument whose upper halves are equal; NE beside EQ of the same
/// value), libseccomp sometimes loses one of them or applies it where it does not hold. punnet answers what the profile
/// says: the tests ask <see cref="Reference"/> then. libseccomp's filter "in line" also forgets to load the number where
/// the first rule is for a call that the architecture lacks; the tests take its tree, as runc does.
/// 2. Of two rules of one call with different actions, where one's conditions begin the other's, libseccomp refuses the profile or
/// takes the wider rule, depending on which came first; punnet takes the wider rule. Of two with the same conditions
/// libseccomp refuses the second; punnet takes the first.
/// 3. ENOSYS for newer calls: runc leaves it out for the native architecture when the profile does not name it, and does not
/// count socket and System V calls, or their carriers, as known on architectures with socketcall(2); on arm it counts the private calls
/// (0xf0001 and up), so that no other is ever newer. punnet does not. 4. The tables: punnet's are of Linux 7.2.
/// </para>
/// </summary>
public sealed class RandomProfileTests
{
    private const int ProfilesOfOneTest = 500;

    public static TheoryData<int, bool> Blocks
    {
        get
        {
            TheoryData<int, bool> blocks = [];
            for (int block = 0; block < 4; block++)
            {
                blocks.Add(block, false);
                blocks.Add(block, true);
            }

            return blocks;
        }
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void Every_call_gets_the_answer_of_the_profile_and_of_libseccomp(int block, bool contradicting)
    {
        Assert.SkipUnless(LibSeccomp.IsPresent, LibSeccomp.Missing);
        long asked = 0;
        long different = 0;
        int refused = 0;
        for (int seed = block * ProfilesOfOneTest; seed < (block + 1) * ProfilesOfOneTest; seed++)
        {
            (Punnet.Spec.Seccomp profile, SeccompArchitecture native) = new RandomProfiles(new Random(seed)).Next(contradicting);
            BpfInstruction[] ours = SeccompCompiler.Compile(profile, Profiles.Facts(native)).Program;
            BpfInstruction[]? oracle = LibSeccomp.Compile(profile, native, tree: true);
            Assert.True(oracle is not null || contradicting, $"seed {seed}: libseccomp refuses");
            Assert.True(oracle is not null || refused < ProfilesOfOneTest / 5);
            refused += oracle is null ? 1 : 0;
            Assert.Null(BpfVerifier.Problem(ours));
            Assert.Equal(0, BpfVerifier.Unreachable(ours));

            Reference reference = new(profile, native);
            BpfMachine machine = new() { BigEndian = native.IsBigEndian() };
            foreach (Call call in new Calls(seed).Of(profile, native))
            {
                asked++;
                uint actual = machine.Run(ours, call);
                uint expected = oracle is null ? actual : reference.Newer(call) ?? machine.Run(oracle, call);
                bool same = expected == actual;
                if (!same && reference.SharesComparisons(call))
                {
                    different++;
                    same = true;
                }

                HashSet<uint> answers = reference.Answers(call);
                if (!same || !answers.Contains(actual) || (!contradicting && answers.Count != 1))
                {
                    Assert.Fail(
                        $"seed {seed} on {native}, {call} {string.Join(',', call.Arguments)}: {actual:x}, libseccomp {expected:x}, "
                        + $"the profile says {string.Join(' ', answers)}: {reference.Describe(call)}");
                }
            }
        }

        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{asked} calls, {different} of them where libseccomp mixes up two rules, {refused} profiles refused by it");
        Assert.True(different * 500 < asked, $"{different} of {asked} calls differ");
    }
}
