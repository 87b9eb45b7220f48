using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>config-linux.md#memory on cgroup v2, where swap is counted apart from memory.</summary>
internal static class ResourcePlannerMemory
{
    private const long Unlimited = -1;

    internal static void Plan(ResourcePlannerDraft draft, MemoryResources? memory, long? currentLimit)
    {
        if (memory is null)
        {
            return;
        }

        long limit = Size(draft, memory.Limit, "memory.limit");
        long reservation = Size(draft, memory.Reservation, "memory.reservation");
        long swap = Size(draft, memory.Swap, "memory.swap");
        if (memory.CheckBeforeUpdate == true)
        {
            PlanCheck(draft, "memory+swap limit", swap, "memory.swap");
            PlanCheck(draft, "memory limit", limit, "memory.limit");
        }

        // Swap first: a smaller memory limit makes the kernel reclaim at once, into the swap that is allowed by then.
        PlanSwap(draft, limit, swap, currentLimit);
        if (limit == Unlimited)
        {
            draft.Writes.Add(draft.Unlimited(draft.Make("memory.max", "max", "memory.limit")));
        }
        else
        {
            PlanSize(draft, "memory.max", limit, "memory.limit");
        }

        PlanSize(draft, "memory.low", reservation, "memory.reservation");

        draft.Warn(memory.Kernel is not (null or 0), "memory.kernel", "cgroup v2 counts kernel memory as memory, ignored");
        draft.Warn(memory.KernelTcp is not (null or 0), "memory.kernelTCP", "cgroup v2 counts TCP buffers as memory, ignored");
        draft.Warn(memory.Swappiness is not null, "memory.swappiness", "cgroup v2 has no swappiness, ignored");
        draft.Warn(memory.DisableOomKiller == true, "memory.disableOOMKiller", "the OOM killer of a cgroup v2 cannot be disabled, ignored");
        draft.Warn(memory.UseHierarchy == false, "memory.useHierarchy", "cgroup v2 is always hierarchical, ignored");
    }

    // 0 is "not given", as for runc: Go programs write it for a value that was never set.
    private static long Size(ResourcePlannerDraft draft, long? given, string property) => given switch
    {
        null => 0,
        >= Unlimited => given.Value,
        _ => throw draft.Refusal(
            property, ResourcePlannerDraft.Text(given.Value) + " is not a number of bytes: expected 0 or more, or -1 for no limit"),
    };

    private static void PlanCheck(ResourcePlannerDraft draft, string what, long limit, string property)
    {
        if (limit > 0)
        {
            draft.UsageChecks.Add(new UsageCheck(what, limit, draft.Place(property)));
        }
    }

    private static void PlanSize(ResourcePlannerDraft draft, string file, long size, string property)
    {
        if (size != 0)
        {
            draft.Write(file, size == Unlimited ? "max" : ResourcePlannerDraft.Text(size), property);
        }
    }

    // config.json's swap is memory and swap together, the scale of cgroup v1.
    private static void PlanSwap(ResourcePlannerDraft draft, long limit, long swap, long? currentLimit)
    {
        long total = limit != 0 ? limit : currentLimit ?? 0;
        string? value = (limit, swap) switch
        {
            // As on v1, where lifting the limit of memory lifts the one of both.
            (Unlimited, 0) => "max",
            (_, 0) => null,
            (_, Unlimited) => "max",
            _ when total == Unlimited => ResourcePlannerDraft.Text(swap),
            _ when total == 0 => throw draft.Refusal("memory.swap", "unable to set swap limit without memory limit"),
            _ when swap < total => throw draft.Refusal("memory.swap",
                "memory+swap limit should be >= memory limit (" + ResourcePlannerDraft.Text(swap) + " < "
                + ResourcePlannerDraft.Text(total) + ")"),
            _ => ResourcePlannerDraft.Text(swap - total),
        };
        if (value is not null)
        {
            // A kernel without swap accounting has no such file, and no swap either: for it both values are already true.
            draft.Writes.Add(draft.Make("memory.swap.max", value, swap != 0 ? "memory.swap" : "memory.limit") with
            {
                OnError = value is "max" or "0" ? CgroupError.IgnoreMissing : CgroupError.Refuse,
            });
        }
    }
}
