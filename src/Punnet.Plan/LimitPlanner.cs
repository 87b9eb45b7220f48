using System.Collections.Generic;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>process.rlimits.</summary>
internal static class LimitPlanner
{
    /// <summary>Plans every limit.</summary>
    /// <exception cref="SpecException">A limit is unknown, named twice, or soft beyond hard.</exception>
    public static ImmutableArray<LimitStep> Plan(IReadOnlyList<Rlimit> limits, string place)
    {
        ImmutableArray<LimitStep>.Builder steps = ImmutableArray.CreateBuilder<LimitStep>(limits.Count);
        int seen = 0;
        for (int i = 0; i < limits.Count; i++)
        {
            Rlimit limit = limits[i];
            string here = Place.At(place, i);
            ResourceLimit kind = Kind(limit.Type) ?? throw new SpecException(
                here + ".type", limit.Type is null ? "is missing" : "\"" + limit.Type + "\" is not a resource limit (RLIMIT_*)");
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

    private static ResourceLimit? Kind(string? type) => type switch
    {
        "RLIMIT_CPU" => ResourceLimit.Cpu,
        "RLIMIT_FSIZE" => ResourceLimit.FileSize,
        "RLIMIT_DATA" => ResourceLimit.Data,
        "RLIMIT_STACK" => ResourceLimit.Stack,
        "RLIMIT_CORE" => ResourceLimit.Core,
        "RLIMIT_RSS" => ResourceLimit.ResidentSet,
        "RLIMIT_NPROC" => ResourceLimit.Processes,
        "RLIMIT_NOFILE" => ResourceLimit.OpenFiles,
        "RLIMIT_MEMLOCK" => ResourceLimit.LockedMemory,
        "RLIMIT_AS" => ResourceLimit.AddressSpace,
        "RLIMIT_LOCKS" => ResourceLimit.Locks,
        "RLIMIT_SIGPENDING" => ResourceLimit.PendingSignals,
        "RLIMIT_MSGQUEUE" => ResourceLimit.MessageQueue,
        "RLIMIT_NICE" => ResourceLimit.Nice,
        "RLIMIT_RTPRIO" => ResourceLimit.RealtimePriority,
        "RLIMIT_RTTIME" => ResourceLimit.RealtimeTime,
        _ => null,
    };
}
