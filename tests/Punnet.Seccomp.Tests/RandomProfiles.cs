using System;
using System.Collections.Generic;
using System.Text;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Seccomp.Tests;

/// <summary>Profiles of a random choice.</summary>
internal sealed class RandomProfiles(Random random)
{
    private static readonly string[] Actions =
    [
        "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_TRAP",
        "SCMP_ACT_TRACE", "SCMP_ACT_LOG", "SCMP_ACT_NOTIFY",
    ];

    private static readonly string[] Comparisons =
    [
        "SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ",
    ];

    /// <summary>Architectures that can stand in one profile; the first is the machine's.</summary>
    private static readonly SeccompArchitecture[][] Families =
    [
        [SeccompArchitecture.X86_64, SeccompArchitecture.X86, SeccompArchitecture.X32],
        [SeccompArchitecture.X86_64, SeccompArchitecture.X86, SeccompArchitecture.X32],
        [SeccompArchitecture.X86_64, SeccompArchitecture.X86],
        [SeccompArchitecture.X86_64, SeccompArchitecture.X32, SeccompArchitecture.AArch64, SeccompArchitecture.Arm],
        [SeccompArchitecture.AArch64, SeccompArchitecture.Arm],
        [SeccompArchitecture.RiscV64, SeccompArchitecture.Ppc64Le],
        [SeccompArchitecture.MipsEl64, SeccompArchitecture.MipsEl, SeccompArchitecture.MipsEl64N32],
        [SeccompArchitecture.S390X, SeccompArchitecture.S390],
        [SeccompArchitecture.Ppc64, SeccompArchitecture.Ppc],
        [SeccompArchitecture.Mips64, SeccompArchitecture.Mips, SeccompArchitecture.Mips64N32],
        [SeccompArchitecture.PaRisc64, SeccompArchitecture.PaRisc],
    ];

    private static readonly string[] Names = AllNames();

    private readonly Random _random = random;

    /// <summary>A profile and the machine's architecture.</summary>
    /// <param name="contradicting">
    /// Whether rules of one call may differ in their actions. In the profiles that engines ship they do not where they overlap.
    /// </param>
    internal (Punnet.Spec.Seccomp Profile, SeccompArchitecture Native) Next(bool contradicting)
    {
        SeccompArchitecture[] family = Pick(Families);
        List<string> architectures = [];
        foreach (SeccompArchitecture architecture in family)
        {
            if (_random.Next(4) > 0)
            {
                architectures.Add(Profiles.Name(architecture));
            }
        }

        Dictionary<string, (string, uint?)> actions = [];
        List<SeccompRule> rules = [];
        int count = _random.Next(3) switch { 0 => _random.Next(4), 1 => _random.Next(20), _ => _random.Next(70) };
        for (int i = 0; i < count; i++)
        {
            string name = rules.Count > 0 && _random.Next(3) == 0 ? rules[_random.Next(rules.Count)].Names[0] : Pick(Names);
            (string action, uint? errno) = Action(fallback: false);
            if (!contradicting)
            {
                // The carriers get rules from other names: they share the actions.
                string key = Carried(name) ? "carried" : name;
                actions.TryAdd(key, (action, errno));
                (action, errno) = actions[key];
            }

            rules.Add(new SeccompRule { Names = [name], Action = action, ErrnoRet = errno, Args = Arguments() });
        }

        (string fallback, uint? fallbackErrno) = Action(fallback: true);
        Punnet.Spec.Seccomp profile = new()
        {
            ListenerPath = "/run/agent.sock",
            DefaultAction = fallback,
            DefaultErrnoRet = fallbackErrno,
            Architectures = architectures,
            Syscalls = rules,
        };
        return (profile, family[0]);
    }

    internal static string Describe(Punnet.Spec.Seccomp profile)
    {
        StringBuilder text = new();
        text.Append(profile.DefaultAction).Append(' ').AppendJoin(',', profile.Architectures);
        foreach (SeccompRule rule in profile.Syscalls)
        {
            text.Append("; ").AppendJoin(',', rule.Names).Append(' ').Append(rule.Action).Append(rule.ErrnoRet);
            foreach (SeccompArgument argument in rule.Args)
            {
                text.Append($" a{argument.Index} {argument.Op} {argument.Value:x} {argument.ValueTwo:x}");
            }
        }

        return text.ToString();
    }

    private (string Action, uint? Errno) Action(bool fallback)
    {
        string action = Actions[_random.Next(Actions.Length - (fallback ? 1 : 0))];
        uint? errno = action is "SCMP_ACT_ERRNO" or "SCMP_ACT_TRACE" && _random.Next(2) == 0 ? (uint)_random.Next(60) : null;
        return (action, errno);
    }

    private List<SeccompArgument> Arguments()
    {
        List<SeccompArgument> arguments = [];
        int count = _random.Next(6) switch { 0 or 1 => 0, 2 or 3 => 1, 4 => 2, _ => 3 };
        for (int i = 0; i < count; i++)
        {
            arguments.Add(new SeccompArgument((uint)_random.Next(3), Value(), Value(), Pick(Comparisons)));
        }

        return arguments;
    }

    private ulong Value() => _random.Next(8) switch
    {
        0 => 0,
        1 => (ulong)_random.Next(4),
        2 => (ulong)_random.Next(4),
        3 => 0xffff_ffff,
        4 => ulong.MaxValue,
        5 => 0x1_0000_0000ul + (ulong)_random.Next(3),
        6 => 0x7e02_0000,
        _ => (ulong)_random.NextInt64(),
    };

    private T Pick<T>(T[] from) => from[_random.Next(from.Length)];

    private static bool Carried(string name) => name is "socketcall" or "ipc" || Reference.IsMultiplexed(name);

    private static string[] AllNames()
    {
        List<string> names = [];
        for (int i = 0; i < SyscallTable.NameCount; i++)
        {
            string name = Encoding.ASCII.GetString(SyscallTable.NameAt(i));

            // write cannot notify, and libseccomp does not find sys_debug_setcontext from another architecture.
            if (name is not "write" and not "sys_debug_setcontext" && (!LibSeccomp.IsPresent || LibSeccomp.KnowsEverywhere(name)))
            {
                names.Add(name);
            }
        }

        names.AddRange(["no_such_call", "socket", "shmget", "socketcall", "ipc", "clone"]);
        return [.. names];
    }
}
