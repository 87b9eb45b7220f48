using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Seccomp.Tests;

/// <summary>
/// The meaning of a profile, said as plainly as possible and without BPF: what a filter must answer for a call. It knows nothing of
/// the order in which overlapping rules of one call with different actions are tried: <see cref="Answers"/> gives all that match.
/// </summary>
internal sealed class Reference
{
    private const uint X32Bit = 0x4000_0000;

    private readonly SeccompArchitecture _native;
    private readonly uint _fallback;
    private readonly List<SeccompArchitecture> _all;
    private readonly Dictionary<SeccompArchitecture, uint> _largest = [];
    private readonly Dictionary<(SeccompArchitecture, uint), List<(SeccompRule Rule, uint Selector)>> _rules = [];

    internal Reference(Punnet.Spec.Seccomp profile, SeccompArchitecture native)
    {
        _native = native;
        _fallback = ReturnValue(profile.DefaultAction!, profile.DefaultErrnoRet);
        _all = [native];
        foreach (string name in profile.Architectures)
        {
            _all.Add(Profiles.Architecture(name));
        }

        foreach (SeccompArchitecture architecture in new HashSet<SeccompArchitecture>(_all))
        {
            _largest[architecture] = Largest(profile, architecture);
            foreach (SeccompRule rule in profile.Syscalls)
            {
                if (ReturnValue(rule.Action!, rule.ErrnoRet) != _fallback)
                {
                    AddRule(architecture, rule);
                }
            }
        }
    }

    private void AddRule(SeccompArchitecture architecture, SeccompRule rule)
    {
        foreach (string name in rule.Names)
        {
            (string carrier, uint selector) = architecture.HasMultiplexedCalls() ? Multiplexed(name) : ("", 0u);
            if (selector != 0)
            {
                Note(Number(architecture, carrier), selector);
            }

            if (Number(architecture, name) is >= 0 and long number)
            {
                Note(number, 0);
            }
        }

        void Note(long number, uint selector)
        {
            if (!_rules.TryGetValue((architecture, (uint)number), out List<(SeccompRule, uint)>? list))
            {
                _rules.Add((architecture, (uint)number), list = []);
            }

            list.Add((rule, selector));
        }
    }

    internal static uint ReturnValue(string action, uint? errno) => action switch
    {
        "SCMP_ACT_KILL" or "SCMP_ACT_KILL_THREAD" => 0,
        "SCMP_ACT_TRAP" => 0x30000,
        "SCMP_ACT_ERRNO" => 0x50000 | (errno ?? 1),
        "SCMP_ACT_NOTIFY" => 0x7fc00000,
        "SCMP_ACT_TRACE" => 0x7ff00000 | (errno ?? 1),
        "SCMP_ACT_LOG" => 0x7ffc0000,
        "SCMP_ACT_ALLOW" => 0x7fff0000,
        _ => 0x80000000,
    };

    /// <summary>The rules that look at this call, for messages.</summary>
    internal string Describe(Call call)
    {
        List<SeccompRule> rules = _rules.GetValueOrDefault((ArchitectureOf(call), call.Number), []).ConvertAll(rule => rule.Rule);
        return RandomProfiles.Describe(new Punnet.Spec.Seccomp { Syscalls = rules });
    }

    /// <summary>
    /// Whether several rules for this call could share a comparison with libseccomp: a bound (LT, LE, GE, GT) or a difference (NE).
    /// </summary>
    internal bool SharesComparisons(Call call)
    {
        int alternatives = 0;
        bool shares = false;
        foreach ((SeccompRule rule, uint _) in _rules.GetValueOrDefault((ArchitectureOf(call), call.Number), []))
        {
            alternatives += Repeats(rule) ? rule.Args.Count : 1;
            foreach (SeccompArgument argument in rule.Args)
            {
                shares |= argument.Op is not ("SCMP_CMP_EQ" or "SCMP_CMP_MASKED_EQ");
            }
        }

        return shares && alternatives > 1;
    }

    /// <summary>The architecture whose rules count for a call, or None: then the thread is killed.</summary>
    private SeccompArchitecture ArchitectureOf(Call call)
    {
        SeccompArchitecture found = _all.Find(one => one.Audit() == call.Architecture);
        if (found is SeccompArchitecture.X86_64 or SeccompArchitecture.X32 && call.Number >= X32Bit && call.Number != uint.MaxValue)
        {
            return _all.Contains(SeccompArchitecture.X32) ? SeccompArchitecture.X32 : SeccompArchitecture.None;
        }

        return found == SeccompArchitecture.X32 ? SeccompArchitecture.X86_64 : found;
    }

    /// <summary>runc's answer for calls newer than the profile, or null where it leaves the call to the rules.</summary>
    internal uint? Newer(Call call)
    {
        if ((_fallback & 0xffff0000) is 0x7ff00000 or 0x7ffc0000 or 0x7fff0000)
        {
            return null;
        }

        SeccompArchitecture found = _all.Find(one => one.Audit() == call.Architecture);
        if (found is SeccompArchitecture.X86_64 or SeccompArchitecture.X32)
        {
            found = (call.Number & X32Bit) == 0 ? SeccompArchitecture.X86_64 : SeccompArchitecture.X32;
        }

        if (!_largest.TryGetValue(found, out uint largest))
        {
            return null;
        }

        bool zero = found is SeccompArchitecture.S390 or SeccompArchitecture.S390X && call.Number == 0;
        bool isPrivate = found == SeccompArchitecture.Arm && call.Number is >= 0xf0000 and <= 0xf000f;
        return largest > found.NumberBase() && (zero || call.Number > largest) && !isPrivate ? 0x50000u | NoSuchCall(_native) : null;
    }

    private static uint NoSuchCall(SeccompArchitecture native) => native.ToString() switch
    {
        string name when name.StartsWith("Mips", System.StringComparison.Ordinal) => 89,
        string name when name.StartsWith("PaRisc", System.StringComparison.Ordinal) => 251,
        _ => 38,
    };

    private static uint Largest(Punnet.Spec.Seccomp profile, SeccompArchitecture architecture)
    {
        uint largest = 0;
        foreach (SeccompRule rule in profile.Syscalls)
        {
            foreach (string name in rule.Names)
            {
                (string carrier, uint selector) = architecture.HasMultiplexedCalls() ? Multiplexed(name) : ("", 0u);
                long number = long.Max(Number(architecture, name), selector == 0 ? -1 : Number(architecture, carrier));
                if (number > largest && !(architecture == SeccompArchitecture.Arm && number >= 0xf0000))
                {
                    largest = (uint)number;
                }
            }
        }

        return largest;
    }

    internal static long Number(SeccompArchitecture architecture, string name)
    {
        int index = SyscallTable.IndexOf(name);
        int slot = index < 0 ? -1 : SyscallTable.SlotOf(architecture, index);
        return slot < 0 ? -1 : SyscallTable.NumberAt(architecture, slot);
    }

    /// <summary>All answers that the rules allow for: one, unless rules of different actions overlap.</summary>
    internal HashSet<uint> Answers(Call call)
    {
        if (Newer(call) is uint newer)
        {
            return [newer];
        }

        SeccompArchitecture architecture = ArchitectureOf(call);
        if (architecture == SeccompArchitecture.None)
        {
            return [0];
        }

        if (!_rules.TryGetValue((architecture, call.Number), out List<(SeccompRule Rule, uint Selector)>? rules))
        {
            return [_fallback];
        }

        HashSet<uint> answers = [];
        bool wide = architecture.Has64BitArguments();
        foreach ((SeccompRule rule, uint selector) in rules)
        {
            uint action = ReturnValue(rule.Action!, rule.ErrnoRet);
            ulong first = wide ? call.Arguments[0] : (uint)call.Arguments[0];
            if ((selector != 0 && first != selector) || !Holds(rule, call, wide, skipFirst: selector != 0))
            {
                continue;
            }

            if (selector == 0 && Unconditional(rule, wide))
            {
                return [action];
            }

            answers.Add(action);
        }

        return answers.Count == 0 ? [_fallback] : answers;
    }

    /// <summary>No condition, or only such with an empty mask; one such is enough where each is a rule of its own.</summary>
    private static bool Unconditional(SeccompRule rule, bool wide)
    {
        bool repeated = Repeats(rule);
        bool all = true;
        bool any = false;
        foreach (SeccompArgument argument in rule.Args)
        {
            bool empty = argument.Op == "SCMP_CMP_MASKED_EQ" && (wide ? argument.Value : (uint)argument.Value) == 0;
            all &= empty;
            any |= empty;
        }

        return repeated ? any : all;
    }

    /// <summary>Whether two conditions of a rule look at one argument.</summary>
    internal static bool Repeats(SeccompRule rule)
    {
        int seen = 0;
        foreach (SeccompArgument argument in rule.Args)
        {
            if ((seen & (1 << (int)argument.Index)) != 0)
            {
                return true;
            }

            seen |= 1 << (int)argument.Index;
        }

        return false;
    }

    private static bool Holds(SeccompRule rule, Call call, bool wide, bool skipFirst)
    {
        bool repeated = Repeats(rule);
        bool all = true;
        bool any = false;
        foreach (SeccompArgument argument in rule.Args)
        {
            bool holds = (skipFirst && argument.Index == 0) || Holds(argument, call.Arguments[argument.Index], wide);
            all &= holds;
            any |= holds;
        }

        return repeated ? any : all;
    }

    private static bool Holds(SeccompArgument argument, ulong actual, bool wide)
    {
        ulong bits = wide ? ulong.MaxValue : uint.MaxValue;
        ulong value = argument.Value & bits;
        ulong given = actual & bits;
        return argument.Op switch
        {
            "SCMP_CMP_NE" => given != value,
            "SCMP_CMP_LT" => given < value,
            "SCMP_CMP_LE" => given <= value,
            "SCMP_CMP_EQ" => given == value,
            "SCMP_CMP_GE" => given >= value,
            "SCMP_CMP_GT" => given > value,
            _ => (given & value) == (argument.ValueTwo & value),
        };
    }

    internal static bool IsMultiplexed(string name) => Multiplexed(name).Selector != 0;

    private static (string Carrier, uint Selector) Multiplexed(string name)
    {
        string[] sockets =
        [
            "", "socket", "bind", "connect", "listen", "accept", "getsockname", "getpeername", "socketpair", "send", "recv", "sendto",
            "recvfrom", "shutdown", "setsockopt", "getsockopt", "sendmsg", "recvmsg", "accept4", "recvmmsg", "sendmmsg",
        ];
        string[] ipc =
        [
            "", "semop", "semget", "semctl", "semtimedop", "", "", "", "", "", "", "msgsnd", "msgrcv", "msgget", "msgctl", "", "", "",
            "", "", "", "shmat", "shmdt", "shmget", "shmctl",
        ];
        int socket = System.Array.IndexOf(sockets, name);
        return socket > 0 ? ("socketcall", (uint)socket) : ("ipc", (uint)int.Max(0, System.Array.IndexOf(ipc, name)));
    }
}
