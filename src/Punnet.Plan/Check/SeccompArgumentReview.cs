using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>Conditions on the arguments of system calls that say less than they seem to.</summary>
internal static class SeccompArgumentReview
{
    /// <summary>Reviews the conditions of a rule that decides something.</summary>
    /// <param name="document">Gets what is found.</param>
    /// <param name="rule">As written.</param>
    /// <param name="place">Its place.</param>
    /// <param name="severity">Below 0: stricter than the default action; above 0: it lets more pass.</param>
    /// <param name="multiplexed">A covered calling convention with socketcall(2) and ipc(2), or null.</param>
    public static void Of(CheckedDocument document, SeccompRule rule, string place, int severity, SeccompArchitecture? multiplexed)
    {
        Conditions(document, rule.Args, place);
        for (int i = 0; i < rule.Args.Count; i++)
        {
            foreach (string name in rule.Names)
            {
                if (IsEvaded(rule.Args[i], name, severity))
                {
                    document.Warn(
                        JsonPath.At(place + ".args", i),
                        "lets pass more than it seems: a filter compares 64 bits, and the kernel ignores the upper 32 of argument "
                        + rule.Args[i].Index.ToString() + " of \"" + name + "\"",
                        "compare the lower half: SCMP_CMP_MASKED_EQ, value 4294967295, valueTwo " + rule.Args[i].Value.ToString()
                        + (rule.Args[i].Op == "SCMP_CMP_NE" ? ", in a rule with the opposite action" : ""));
                    break;
                }
            }
        }

        foreach (string name in severity > 0 && rule.Args.Count > 0 && multiplexed is not null ? rule.Names : [])
        {
            (string carrier, uint call) = SeccompVocabulary.Multiplexed(name);
            if (call != 0)
            {
                document.Warn(
                    place + ".args", "lets pass more than it seems: programs of "
                    + SeccompNames.ArchitectureWords.NameOf((ulong)multiplexed!.Value) + " make the call \"" + name + "\" through "
                    + carrier
                    + "(2) too, whose arguments a filter cannot see");
                break;
            }
        }
    }

    private static void Conditions(CheckedDocument document, IReadOnlyList<SeccompArgument> arguments, string place)
    {
        int seen = 0;
        for (int i = 0; i < arguments.Count; i++)
        {
            SeccompArgument argument = arguments[i];
            string here = JsonPath.At(place + ".args", i);
            bool isMasked = argument.Op == "SCMP_CMP_MASKED_EQ";
            if ((seen & (1 << (int)argument.Index)) != 0)
            {
                document.Warn(
                    here, "lets pass more than it seems: two conditions on argument " + argument.Index.ToString()
                    + " are alternatives, of which one must hold");
            }

            seen |= 1 << (int)argument.Index;
            if (isMasked && argument.Value == 0)
            {
                document.Warn(here + ".value", "a mask of 0 compares nothing, so this condition always holds");
            }
            else if (isMasked && (argument.ValueTwo & ~argument.Value) != 0)
            {
                document.Warn(here + ".valueTwo", "has bits that the mask in value lacks: they are not compared");
            }
            else if (!isMasked && argument.ValueTwo != 0)
            {
                document.Warn(here + ".valueTwo", "has no effect: only SCMP_CMP_MASKED_EQ has two values");
            }
        }
    }

    // Whoever makes the call chooses the upper half, and so makes a condition fail that would refuse, or hold that would allow.
    private static bool IsEvaded(SeccompArgument argument, string name, int severity)
    {
        bool isEvadable = argument.Op switch
        {
            "SCMP_CMP_EQ" or "SCMP_CMP_LT" or "SCMP_CMP_LE" => severity < 0,
            "SCMP_CMP_NE" or "SCMP_CMP_GT" or "SCMP_CMP_GE" => severity > 0,
            "SCMP_CMP_MASKED_EQ" => severity < 0 && argument.Value > uint.MaxValue,
            _ => false,
        };
        return isEvadable && (ShortArguments(name) & (1 << (int)argument.Index)) != 0;
    }

    // Arguments that the kernel takes as int: linux/syscalls.h. Those on which profiles put conditions.
    private static int ShortArguments(string name) => name switch
    {
        "bpf" or "io_uring_setup" or "keyctl" or "personality" or "prctl" or "quotactl" => 0b1,
        "fcntl" or "ioctl" or "kill" or "seccomp" or "setns" or "tkill" or "sched_setscheduler" => 0b11,
        "socket" or "socketpair" or "setsockopt" or "getsockopt" or "setresuid" or "setresgid" or "setpriority" or "tgkill" => 0b111,
        "setuid" or "setgid" => 0b1,
        "setreuid" or "setregid" => 0b11,
        "open" => 0b110,
        "openat" => 0b1101,
        "memfd_create" or "umount2" or "futex" => 0b10,
        "madvise" => 0b100,
        "perf_event_open" => 0b1110,
        _ => 0,
    };
}
