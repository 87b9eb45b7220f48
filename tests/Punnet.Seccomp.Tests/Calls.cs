using System;
using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Seccomp.Tests;

/// <summary>Which calls to ask two filters about: every number, and for those with conditions the values around each operand.</summary>
internal sealed class Calls
{
    private static readonly uint[] Corners =
    [
        0x3fff_ffff, 0x4000_0000, 0x7fff_ffff, 0x8000_0000, 0x8000_0001, 0xbfff_ffff, 0xc000_0000, 0xc000_0001, 0xffff_fffe, 0xffff_ffff,
    ];

    private const int Most = 80;

    private readonly Random _random;
    private readonly ulong[][] _plain;

    internal Calls(int seed)
    {
        _random = new Random(seed);
        _plain = [[0, 0, 0, 0, 0, 0], [1, 2, 3, 4, 5, 6]];
    }

    internal IEnumerable<Call> Of(Punnet.Spec.Seccomp profile, SeccompArchitecture native)
    {
        HashSet<AuditArchitecture> conventions = [native.Audit(), AuditArchitecture.None, AuditArchitecture.RiscV64];
        HashSet<SeccompArchitecture> architectures = [native, SeccompArchitecture.X32];
        foreach (string name in profile.Architectures)
        {
            conventions.Add(Profiles.Architecture(name).Audit());
            architectures.Add(Profiles.Architecture(name));
        }

        Dictionary<(AuditArchitecture, uint), List<SeccompArgument>> conditional = Conditional(profile, architectures);
        foreach (AuditArchitecture convention in conventions)
        {
            foreach (uint number in Numbers(convention, architectures))
            {
                if (conditional.TryGetValue((convention, number), out List<SeccompArgument>? arguments))
                {
                    foreach (ulong[] values in Values(arguments))
                    {
                        yield return new Call(number, convention, values);
                    }
                }
                else
                {
                    yield return new Call(number, convention, _plain[number & 1]);
                }
            }
        }
    }

    private static IEnumerable<uint> Numbers(AuditArchitecture convention, HashSet<SeccompArchitecture> architectures)
    {
        const uint Behind = 560;
        for (uint number = 0; number < Behind; number++)
        {
            yield return number;
        }

        foreach (SeccompArchitecture architecture in architectures)
        {
            uint start = architecture.NumberBase();
            if (start != 0 && architecture.Audit() == convention)
            {
                for (uint number = start - 5; number < start + Behind; number++)
                {
                    yield return number;
                }
            }
        }

        if (convention == AuditArchitecture.Arm)
        {
            for (uint number = 0xeffff; number < 0xf0012; number++)
            {
                yield return number;
            }
        }

        foreach (uint number in Corners)
        {
            yield return number;
        }
    }

    private static Dictionary<(AuditArchitecture, uint), List<SeccompArgument>> Conditional(
        Punnet.Spec.Seccomp profile, HashSet<SeccompArchitecture> architectures)
    {
        Dictionary<(AuditArchitecture, uint), List<SeccompArgument>> found = [];
        foreach (SeccompRule rule in profile.Syscalls)
        {
            foreach (SeccompArchitecture architecture in architectures)
            {
                if (architecture.HasMultiplexedCalls())
                {
                    Note((architecture.Audit(), (uint)Reference.Number(architecture, "socketcall")), rule.Args);
                    Note((architecture.Audit(), (uint)Reference.Number(architecture, "ipc")), rule.Args);
                }

                foreach (string name in rule.Args.Count > 0 ? rule.Names : [])
                {
                    Note((architecture.Audit(), (uint)Reference.Number(architecture, name)), rule.Args);
                }
            }
        }

        return found;

        void Note((AuditArchitecture, uint) call, IReadOnlyList<SeccompArgument> arguments)
        {
            if (!found.TryGetValue(call, out List<SeccompArgument>? all))
            {
                found.Add(call, all = []);
            }

            all.AddRange(arguments);
        }
    }

    /// <summary>Values around the operands, mixed over the six arguments.</summary>
    private IEnumerable<ulong[]> Values(List<SeccompArgument> arguments)
    {
        List<ulong>[] candidates = new List<ulong>[6];
        for (int i = 0; i < 6; i++)
        {
            candidates[i] = [0, 1, 16, ulong.MaxValue, 0x1_0000_0000];
        }

        foreach (SeccompArgument argument in arguments)
        {
            foreach (ulong value in (ulong[])[argument.Value, argument.ValueTwo])
            {
                candidates[argument.Index].AddRange(
                    [value, value + 1, value - 1, ~value, value ^ 0x1_0000_0000, value + 0x1_0000_0000, value - 0x1_0000_0000, value << 32,
                        value >> 32]);
            }
        }

        // All values around each operand while they are few, else a sample.
        int all = 0;
        foreach (SeccompArgument argument in arguments)
        {
            all += candidates[argument.Index].Count;
        }

        foreach (SeccompArgument argument in arguments)
        {
            foreach (ulong value in candidates[argument.Index])
            {
                if (_random.Next(all) < Most)
                {
                    ulong[] values = Mixed(candidates);
                    values[argument.Index] = value;
                    yield return values;
                }
            }
        }

        for (int i = 0; i < 40; i++)
        {
            ulong[] values = Mixed(candidates);
            if (i < 32)
            {
                values[0] = (ulong)i; // the calls of socketcall(2) and ipc(2)
            }

            yield return values;
        }
    }

    private ulong[] Mixed(List<ulong>[] candidates)
    {
        ulong[] values = new ulong[6];
        for (int i = 0; i < 6; i++)
        {
            values[i] = candidates[i][_random.Next(candidates[i].Count)];
        }

        return values;
    }
}
