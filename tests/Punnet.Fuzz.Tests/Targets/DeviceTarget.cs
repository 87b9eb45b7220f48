using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Cgroup.Tests;
using Punnet.Plan;
using Punnet.Spec;

namespace Punnet.Fuzz.Tests.Targets;

/// <summary>
/// Device rules of the fuzzer's choice: the program answers every request around their numbers as the naive reading does.
/// </summary>
internal static class DeviceTarget
{
    private static readonly string[] s_accesses = ["r", "w", "m", "rw", "rm", "wm", "rwm", "mwr", "rr"];
    private static readonly string?[] s_types = ["c", "b", "a", null, ""];
    private static readonly long?[] s_numbers = [null, -1, 0, 1, 2, 3, 5, 8, 10, 136, 200, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

    /// <summary>Chooses rules.</summary>
    public static void Run(byte[] input)
    {
        const int Most = 12;

        Choices choices = new(input);
        List<DeviceRule> rules = [];
        SortedSet<uint> majors = [1, 10, 136], minors = [3, 200];
        while (!choices.AtEnd && rules.Count < Most)
        {
            DeviceRule rule = new()
            {
                Allow = choices.Next(2) == 1,
                Type = choices.Pick(s_types),
                Major = choices.Pick(s_numbers),
                Minor = choices.Pick(s_numbers),
                Access = choices.Pick(s_accesses),
            };
            rules.Add(rule with { Type = string.IsNullOrEmpty(rule.Type) ? null : rule.Type });
            Around(majors, rule.Major);
            Around(minors, rule.Minor);
        }

        EbpfInstruction[] program = DeviceProgram.Compile(rules);
        foreach ((int from, int to) in EbpfInterpreter.Jumps(program))
        {
            Fault.If(to <= from || to >= program.Length, "a jump from " + from + " to " + to);
        }

        foreach (uint major in majors)
        {
            foreach (uint minor in minors)
            {
                Compare(rules, program, major, minor);
            }
        }
    }

    private static void Compare(List<DeviceRule> rules, EbpfInstruction[] program, uint major, uint minor)
    {
        foreach (char type in "bc")
        {
            for (int access = 0; access < 8; access++)
            {
                string request = ((access & 2) != 0 ? "r" : "") + ((access & 4) != 0 ? "w" : "") + ((access & 1) != 0 ? "m" : "");
                bool expected = DeviceReference.Passes(rules, type, major, minor, request);
                bool actual = EbpfInterpreter.Passes(program, type == 'b' ? 1 : 2, access, major, minor);
                Fault.If(expected != actual, $"{DeviceRules.Text(rules)}: {type} {major}:{minor} \"{request}\" should be {expected}");
            }
        }
    }

    private static void Around(SortedSet<uint> numbers, long? number)
    {
        if (number is >= 0)
        {
            numbers.UnionWith([(uint)number, unchecked((uint)number + 1)]);
        }
    }
}
