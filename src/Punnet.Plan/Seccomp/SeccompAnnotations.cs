using System.Collections.Generic;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>crun's annotations that change how linux.seccomp is read.</summary>
internal static class SeccompAnnotations
{
    private const string Receiver = "run.oci.seccomp.receiver";
    private const string FailUnknown = "run.oci.seccomp_fail_unknown_syscall";

    /// <summary>Compiles a profile as they want it.</summary>
    /// <exception cref="SpecException">The profile cannot be used, or has an unknown name and must not.</exception>
    public static SeccompPlan Compile(Seccomp profile, IReadOnlyDictionary<string, string> annotations, SeccompFacts facts)
    {
        bool isAnnotated = string.IsNullOrEmpty(profile.ListenerPath) && annotations.ContainsKey(Receiver);
        SeccompPlan plan = SeccompCompiler.Compile(isAnnotated ? profile with { ListenerPath = annotations[Receiver] } : profile, facts);
        if (plan.IgnoredNames.Count > 0 && annotations.TryGetValue(FailUnknown, out string? fails) && fails != "0")
        {
            throw Unknown(profile, plan.IgnoredNames[0]);
        }

        return isAnnotated ? plan with { ListenerPlace = "annotations[\"" + Receiver + "\"]" } : plan;
    }

    private static SpecException Unknown(Seccomp profile, string name)
    {
        string place = SeccompVocabulary.Root + ".syscalls";
        for (int i = 0; i < profile.Syscalls.Count; i++)
        {
            for (int k = 0; k < profile.Syscalls[i].Names.Count; k++)
            {
                if (profile.Syscalls[i].Names[k] == name)
                {
                    place = JsonPath.At(JsonPath.At(place, i) + ".names", k);
                    return new SpecException(
                        place, "\"" + name + "\" is not a system call of any architecture (annotations[\"" + FailUnknown + "\"])");
                }
            }
        }

        return new SpecException(place, "\"" + name + "\" is not a system call of any architecture");
    }
}
