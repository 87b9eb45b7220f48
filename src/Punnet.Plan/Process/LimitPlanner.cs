using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>process.rlimits.</summary>
internal static class LimitPlanner
{
    // In the order of ResourceLimit: asm-generic/resource.h.
    private static readonly string[] s_names =
    [
        "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_DATA", "RLIMIT_STACK", "RLIMIT_CORE", "RLIMIT_RSS", "RLIMIT_NPROC", "RLIMIT_NOFILE",
        "RLIMIT_MEMLOCK", "RLIMIT_AS", "RLIMIT_LOCKS", "RLIMIT_SIGPENDING", "RLIMIT_MSGQUEUE", "RLIMIT_NICE", "RLIMIT_RTPRIO",
        "RLIMIT_RTTIME",
    ];

    /// <summary>Plans every limit.</summary>
    /// <exception cref="SpecException">A limit is unknown, named twice, or soft beyond hard.</exception>
    public static ImmutableArray<LimitStep> Plan(IReadOnlyList<Rlimit> limits, string place)
    {
        ImmutableArray<LimitStep>.Builder steps = ImmutableArray.CreateBuilder<LimitStep>(limits.Count);
        int seen = 0;
        for (int i = 0; i < limits.Count; i++)
        {
            Rlimit limit = limits[i];
            string here = JsonPath.At(place, i);
            ResourceLimit kind = Kind(limit.Type) ?? throw new SpecException(
                here + ".type", limit.Type is null ? "is missing" : "\"" + limit.Type + "\" is not a resource limit (RLIMIT_*)",
                NearestWord.Hint(limit.Type, s_names));
            if ((seen & (1 << (int)kind)) != 0)
            {
                throw new SpecException(here + ".type", "\"" + limit.Type + "\" is given twice");
            }

            if (limit.Soft > limit.Hard)
            {
                throw new SpecException(here + ".soft", limit.Soft.ToString() + " is more than the hard limit, " + limit.Hard.ToString());
            }

            seen |= 1 << (int)kind;
            steps.Add(new LimitStep(kind, limit.Soft, limit.Hard, i));
        }

        return steps.MoveToImmutable();
    }

    /// <summary>The kernel's name of a limit.</summary>
    public static string Name(ResourceLimit kind) => s_names[(int)kind];

    private static ResourceLimit? Kind(string? type) => Array.IndexOf(s_names, type) is >= 0 and int number ? (ResourceLimit)number : null;
}
