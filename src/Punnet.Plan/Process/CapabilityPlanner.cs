using System.Collections.Generic;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>process.capabilities: names to sets.</summary>
internal static class CapabilityPlanner
{
    /// <summary>
    /// Plans the five sets. What the kernel does not know, or would refuse as a set, is left out with a warning: config.md#linux-process
    /// wants no error there.
    /// </summary>
    public static CapabilitySets Plan(
        Capabilities? written, string place, int last, ulong grantable, ImmutableArray<string>.Builder warnings)
    {
        if (written is null)
        {
            return default;
        }

        ulong bounding = Grant(written.Bounding, place + ".bounding", last, warnings);
        ulong permitted = Grant(written.Permitted, place + ".permitted", last, warnings);
        ulong inheritable = Grant(written.Inheritable, place + ".inheritable", last, warnings);
        ulong effective = Set(written.Effective, place + ".effective", last, warnings);
        ulong ambient = Set(written.Ambient, place + ".ambient", last, warnings);
        effective = Within(effective, permitted, place + ".effective", "permitted", warnings);
        ambient = Raisable(ambient, permitted & inheritable, place + ".ambient", warnings);
        return new CapabilitySets(bounding, effective, permitted, inheritable, ambient);

        ulong Grant(IReadOnlyList<string> names, string at, int highest, ImmutableArray<string>.Builder to) =>
            Within(Set(names, at, highest, to), grantable, at, "punnet's to give", to);
    }

    private static ulong Set(IReadOnlyList<string> names, string place, int last, ImmutableArray<string>.Builder warnings)
    {
        ulong set = 0;
        for (int i = 0; i < names.Count; i++)
        {
            int number = Capability.Find(names[i]);
            if (number >= 0 && number <= last)
            {
                set |= 1UL << number;
            }
            else
            {
                warnings.Add(JsonPath.At(place, i) + ": ignoring \"" + names[i] + "\", a capability that "
                    + (number < 0 ? "punnet" : "this kernel") + " does not know"
                    + (number < 0 && NearestWord.Hint(names[i], Capability.Names) is string hint ? "; " + hint : ""));
            }
        }

        return set;
    }

    // In runc's words, which its users know.
    private static ulong Raisable(ulong set, ulong limit, string place, ImmutableArray<string>.Builder warnings)
    {
        for (int number = 0; number < Capability.Names.Length; number++)
        {
            if ((set & ~limit & (1UL << number)) != 0)
            {
                warnings.Add(place + ": can't raise ambient capability " + Capability.Names[number]
                    + ": it is not permitted and inheritable");
            }
        }

        return set & limit;
    }

    // One sentence for all that are left out: of a set of forty, a sandbox may have none to give.
    private static ulong Within(ulong set, ulong limit, string place, string other, ImmutableArray<string>.Builder warnings)
    {
        string left = "";
        for (int number = 0; number < Capability.Names.Length; number++)
        {
            if ((set & ~limit & (1UL << number)) != 0)
            {
                left += (left.Length == 0 ? "\"" : ", \"") + Capability.Names[number] + "\"";
            }
        }

        if (left.Length > 0)
        {
            warnings.Add(place + ": ignoring " + left + (left.Contains(',') ? ", which are not " : ", which is not ") + other);
        }

        return set & limit;
    }
}
