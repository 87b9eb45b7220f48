using System.Collections.Generic;
using System.Text;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>Rules of linux.seccomp that never decide anything, and those that let pass more than they seem to.</summary>
internal sealed class SeccompReview
{
    private const string Place = SeccompVocabulary.Root + ".syscalls";

    private readonly CheckedDocument _document;
    private readonly Seccomp _profile;
    private readonly uint[] _actions;
    private readonly uint _default;

    // The rule without conditions that decides a call, whatever the others say: the first one, as in SeccompRules.
    // By SyscallTable.IndexOf, and counted from 1.
    private readonly int[] _decisive = new int[SyscallTable.NameCount];

    // A rule that does something else than the default action.
    private readonly int[] _other = new int[SyscallTable.NameCount];

    private SeccompReview(CheckedDocument document, Seccomp profile)
    {
        _document = document;
        _profile = profile;
        _default = Action(profile.DefaultAction, profile.DefaultErrnoRet);
        _actions = new uint[profile.Syscalls.Count];
        for (int i = 0; i < _actions.Length; i++)
        {
            SeccompRule rule = profile.Syscalls[i];
            _actions[i] = Action(rule.Action, rule.ErrnoRet);
            foreach (string name in _actions[i] == _default ? [] : rule.Names)
            {
                int call = SyscallTable.IndexOf(name);
                if (call >= 0)
                {
                    _other[call] = _other[call] == 0 ? i + 1 : _other[call];
                    _decisive[call] = _decisive[call] == 0 && !HasConditions(rule) ? i + 1 : _decisive[call];
                }
            }
        }
    }

    /// <summary>Reviews a profile that was compiled.</summary>
    /// <param name="document">Gets what is found.</param>
    /// <param name="profile">As written.</param>
    /// <param name="annotations">May name an agent's socket.</param>
    /// <param name="native">This machine's calling convention.</param>
    public static void Of(
        CheckedDocument document, Seccomp profile, IReadOnlyDictionary<string, string> annotations, SeccompArchitecture native)
    {
        SeccompReview review = new(document, profile);
        SeccompArchitecture? multiplexed = review.Architectures(native);
        bool notifies = false;
        for (int i = 0; i < profile.Syscalls.Count; i++)
        {
            notifies |= (review._actions[i] & 0xFFFF_0000) == (uint)SeccompAction.Notify;
            string place = JsonPath.At(Place, i);
            review.UnknownNames(place, profile.Syscalls[i].Names);
            if (document.IsWritten(place + ".action") && review.Decides(i, place))
            {
                SeccompArgumentReview.Of(document, profile.Syscalls[i], place, review.Severity(i), multiplexed);
            }
        }

        if (!notifies && !string.IsNullOrEmpty(profile.ListenerPath))
        {
            document.Warn(SeccompVocabulary.Root + ".listenerPath", "has no effect: no rule has the action SCMP_ACT_NOTIFY");
        }
    }

    // How a rule differs from the default action, in the kernel's order of actions: below 0 it is stricter.
    private int Severity(int rule) => ((int)(_actions[rule] & 0xFFFF_0000)).CompareTo((int)(_default & 0xFFFF_0000));

    private static uint Action(string? text, uint? errno) => SeccompVocabulary.Action(text, errno, Place, "action", "errnoRet");

    // The calling convention whose calls are hidden in socketcall(2) and ipc(2), if there is one.
    private SeccompArchitecture? Architectures(SeccompArchitecture native)
    {
        SeccompArchitecture? multiplexed = native.HasMultiplexedCalls() ? native : null;
        for (int i = 0; i < _profile.Architectures.Count; i++)
        {
            string name = _profile.Architectures[i];
            SeccompArchitecture architecture = SeccompVocabulary.Architecture(name);
            if (!Runs(native, architecture))
            {
                _document.Warn(
                    JsonPath.At(SeccompVocabulary.Root + ".architectures", i),
                    "has no effect: no program of this machine makes calls of " + name);
            }
            else if (architecture.HasMultiplexedCalls())
            {
                multiplexed ??= architecture;
            }
        }

        return multiplexed;
    }

    private static bool Runs(SeccompArchitecture native, SeccompArchitecture architecture) => architecture == native || native switch
    {
        SeccompArchitecture.X86_64 => architecture is SeccompArchitecture.X86 or SeccompArchitecture.X32,
        SeccompArchitecture.AArch64 => architecture == SeccompArchitecture.Arm,
        SeccompArchitecture.S390X => architecture == SeccompArchitecture.S390,
        SeccompArchitecture.X86 or SeccompArchitecture.Arm or SeccompArchitecture.RiscV64 or SeccompArchitecture.LoongArch64
            or SeccompArchitecture.Ppc64Le => false,
        _ => true,
    };

    private void UnknownNames(string place, IReadOnlyList<string> names)
    {
        string[]? known = null;
        for (int i = 0; i < names.Count; i++)
        {
            if (SyscallTable.IndexOf(names[i]) == SyscallTable.Unknown)
            {
                known ??= AllNames();
                _document.Warn(
                    JsonPath.At(place + ".names", i), "\"" + names[i] + "\" is not a system call of any architecture, and is ignored",
                    NearestWord.Hint(names[i], known));
            }
        }
    }

    private static string[] AllNames()
    {
        string[] names = new string[SyscallTable.NameCount];
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = Encoding.ASCII.GetString(SyscallTable.NameAt(i));
        }

        return names;
    }

    // Whether a rule decides any of its calls; says so of those that it does not.
    private bool Decides(int index, string place)
    {
        SeccompRule rule = _profile.Syscalls[index];
        bool isDefault = _actions[index] == _default, hasConditions = HasConditions(rule);
        List<string> names = [];
        int decider = -1;
        foreach (string name in rule.Names)
        {
            int call = SyscallTable.IndexOf(name);
            int other = call < 0 ? -1 : isDefault ? _other[call] - 1 : _decisive[call] - 1;
            if (other >= 0 && other != index && (isDefault || hasConditions || other < index) && (decider < 0 || other == decider))
            {
                names.Add(name);
                decider = other;
            }
        }

        if (names.Count > 0)
        {
            _document.Warn(place, "has no effect on " + Shown(names) + ": " + (isDefault
                ? "an action that is the default action makes no rule, and " + JsonPath.At(Place, decider) + " decides"
                : JsonPath.At(Place, decider) + " decides, whatever the arguments are"));
        }
        else if (isDefault)
        {
            _document.Warn(place, "has no effect: its action is the default action");
        }

        return !isDefault && names.Count < rule.Names.Count;
    }

    private static string Shown(List<string> names)
    {
        const int MostShown = 3;
        string shown = "";
        for (int i = 0; i < names.Count && i < MostShown; i++)
        {
            shown += (i == 0 ? "\"" : ", \"") + names[i] + "\"";
        }

        return names.Count <= MostShown ? shown : shown + " and " + (names.Count - MostShown).ToString() + " more";
    }

    // A mask without bits compares nothing.
    private static bool HasConditions(SeccompRule rule)
    {
        foreach (SeccompArgument argument in rule.Args)
        {
            if (argument.Value != 0 || argument.Op != "SCMP_CMP_MASKED_EQ")
            {
                return true;
            }
        }

        return false;
    }
}
