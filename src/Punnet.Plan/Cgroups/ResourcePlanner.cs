using System;
using System.Collections.Generic;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>
/// Resource limits as config.json has them (config-linux.md#control-groups, cgroup v1 scales) to the files of cgroup v2
/// (admin-guide/cgroup-v2.rst). A value of 0 means "not given" where runc takes it so: memory, shares, quota, period, weight.
/// </summary>
public static class ResourcePlanner
{
    // cgroup-v2.rst, cpu.max: the period that holds where none was set.
    private const ulong DefaultPeriod = 100_000;

    // cgroup-v2.rst, cpu.weight: what a cgroup has without being told.
    private const ulong DefaultWeight = 100;

    /// <summary>Plans what is written.</summary>
    /// <param name="resources">linux.resources, or what an update gives; null plans nothing.</param>
    /// <param name="update">Whether the cgroup is in use and keeps what is not given; otherwise it is new.</param>
    /// <param name="memoryLimit">
    /// For an update: what memory.max holds now in bytes, -1 for max. Swap given without a limit is converted with it. Null if not known.
    /// </param>
    /// <param name="root">Place of <paramref name="resources"/> in its document; empty for a document that consists of it.</param>
    /// <exception cref="SpecException">cgroup v2 cannot have a value.</exception>
    public static ResourcePlan Plan(Resources? resources, bool update, long? memoryLimit = null, string root = "linux.resources")
    {
        ResourcePlannerDraft draft = new(root, update);
        if (resources is not null)
        {
            PlanPids(draft, resources.PidsLimit);
            ResourcePlannerMemory.Plan(draft, resources.Memory, update ? memoryLimit : null);
            ResourcePlannerBlockIo.Plan(draft, resources.BlockIo);
            PlanCpu(draft, resources.Cpu);
            PlanCpuSet(draft, resources.Cpu);
            PlanHugepages(draft, resources.HugepageLimits);
            PlanRdma(draft, resources.Rdma);
            draft.Warn(resources.Network is { ClassId: not null } or { Priorities: > 0 }, "network",
                "cgroup v2 has no network classes and priorities, ignored");
            // Last: what is asked for by the file's own name wins over what was converted.
            PlanUnified(draft, resources.Unified);
        }

        return new ResourcePlan(draft.Writes, draft.UsageChecks, draft.Warnings);
    }

    /// <summary>
    /// cpu.shares (2 to 262144) as cpu.weight (1 to 10000): the curve that runc 1.4 and crun 1.23 use, which keeps both ends and the
    /// defaults (1024 is 100). Null for 0, which is "not given".
    /// </summary>
    /// <param name="shares">Shares; what lies outside of the scale counts as its end.</param>
    private static ulong? WeightOf(ulong shares)
    {
        return shares switch
        {
            0 => null,
            <= 2 => 1,
            >= 262_144 => 10_000,
            _ => Curve(Math.Log2(shares)),
        };

        static ulong Curve(double log)
        {
            double weight = Math.Pow(10, (((log * log) + (125 * log)) / 612) - (7.0 / 34));
            // Where the curve meets a whole number (1024), the last bit of the arithmetic must not push it to the next.
            return (ulong)Math.Ceiling(weight - 1e-9);
        }
    }

    private static void PlanPids(ResourcePlannerDraft draft, long? limit)
    {
        if (limit is long given)
        {
            // runtime-spec 1.3: 0 is a limit that nothing can satisfy, and 1 is the nearest that a container can start with.
            CgroupWrite write = draft.Make("pids.max", given < 0 ? "max" : ResourcePlannerDraft.Text(Math.Max(given, 1)), "pids.limit");
            draft.Writes.Add(given < 0 ? draft.Unlimited(write) : write);
        }
    }

    private static void PlanCpu(ResourcePlannerDraft draft, CpuResources? cpu)
    {
        if (cpu is null)
        {
            return;
        }

        draft.Warn(cpu.RealtimeRuntime is not (null or 0), "cpu.realtimeRuntime", "cgroup v2 has no realtime limits, ignored");
        draft.Warn(cpu.RealtimePeriod is not (null or 0), "cpu.realtimePeriod", "cgroup v2 has no realtime limits, ignored");
        if (cpu.Idle is long idle)
        {
            // Before the weight: a group that is idle takes none.
            draft.Write("cpu.idle",
                idle is 0 or 1 ? idle : throw draft.Refusal("cpu.idle", ResourcePlannerDraft.Text(idle) + " is neither 0 nor 1"),
                "cpu.idle");
        }

        if (WeightOf(cpu.Shares ?? 0) is ulong weight)
        {
            if (cpu.Idle == 1)
            {
                draft.Warn(given: true, "cpu.shares", "an idle group has no weight, ignored");
            }
            else
            {
                draft.Writes.Add(draft.Make("cpu.weight", ResourcePlannerDraft.Text(weight), "cpu.shares") with
                {
                    UnlessIdle = draft.IsUpdate && cpu.Idle is null,

                    // containerd always asks for the default of a new cgroup: without the controller nothing is lost.
                    OnError = weight == DefaultWeight ? CgroupError.IgnoreMissing : CgroupError.Refuse,
                });
            }
        }

        CgroupWrite? bandwidth = PlanBandwidth(draft, cpu);
        if (cpu.Burst is ulong burst)
        {
            // The kernel never lets the burst be more than the quota: when both shrink the burst must go first, when both grow the quota.
            draft.Writes.Add(draft.Make("cpu.max.burst", ResourcePlannerDraft.Text(burst), "cpu.burst") with
            {
                OnError = bandwidth is null ? CgroupError.Refuse : CgroupError.RetryAfterNext,
            });
        }

        if (bandwidth is not null)
        {
            draft.Writes.Add(bandwidth);
        }
    }

    private static CgroupWrite? PlanBandwidth(ResourcePlannerDraft draft, CpuResources cpu)
    {
        long quota = cpu.Quota ?? 0;
        ulong period = cpu.Period ?? 0;
        if (quota == 0 && period == 0)
        {
            return null;
        }

        string property = quota != 0 ? "cpu.quota" : "cpu.period";
        string first = quota > 0 ? ResourcePlannerDraft.Text(quota) : "max";
        if (!draft.IsUpdate)
        {
            CgroupWrite write = draft.Make(
                "cpu.max", first + " " + ResourcePlannerDraft.Text(period == 0 ? DefaultPeriod : period), property);
            return quota > 0 ? write : draft.Unlimited(write);
        }

        return (quota, period) switch
        {
            // The kernel keeps the period when only one number is written, but has no way to write the period alone.
            (_, 0) => draft.Make("cpu.max", first, property),
            (0, _) => draft.Make("cpu.max", ResourcePlannerDraft.Text(period), property) with { KeepsFirstWord = true },
            _ => draft.Make("cpu.max", first + " " + ResourcePlannerDraft.Text(period), property),
        };
    }

    private static void PlanCpuSet(ResourcePlannerDraft draft, CpuResources? cpu)
    {
        if (!string.IsNullOrEmpty(cpu?.Cpus))
        {
            draft.Write("cpuset.cpus", cpu.Cpus, "cpu.cpus");
        }

        if (!string.IsNullOrEmpty(cpu?.Mems))
        {
            draft.Write("cpuset.mems", cpu.Mems, "cpu.mems");
        }
    }

    private static void PlanHugepages(ResourcePlannerDraft draft, IReadOnlyList<HugepageLimit> limits)
    {
        HashSet<string> sizes = new(StringComparer.Ordinal);
        for (int index = 0; index < limits.Count; index++)
        {
            string property = "hugepageLimits[" + ResourcePlannerDraft.Text(index) + "]";
            string size = limits[index].PageSize ?? string.Empty;
            if (size.Length == 0)
            {
                throw draft.Refusal(property + ".pageSize", "is missing");
            }

            if (!sizes.Add(size))
            {
                throw draft.Refusal(property + ".pageSize", "\"" + size + "\" is given twice");
            }

            if (!IsPageSize(size))
            {
                throw draft.Refusal(
                    property + ".pageSize", "\"" + size + "\" is not a page size: expected a number and KB, MB or GB, such as 2MB");
            }

            string file = "hugetlb." + size;
            string limit = ResourcePlannerDraft.Text(limits[index].Limit);
            draft.Write(file + ".max", limit, property + ".limit");
            // Reservations too: a limit on faults alone is met by SIGBUS in the middle of a program.
            draft.Writes.Add(draft.Make(file + ".rsvd.max", limit, property + ".limit") with { OnError = CgroupError.IgnoreMissing });
        }
    }

    private static bool IsPageSize(string size)
    {
        if (size.Length < 3 || size[^1] != 'B' || size[^2] is not ('K' or 'M' or 'G') || size[0] == '0')
        {
            return false;
        }

        foreach (char digit in size.AsSpan(0, size.Length - 2))
        {
            if (!char.IsAsciiDigit(digit))
            {
                return false;
            }
        }

        return true;
    }

    private static void PlanRdma(ResourcePlannerDraft draft, IReadOnlyDictionary<string, RdmaLimit> devices)
    {
        foreach ((string device, RdmaLimit limit) in devices)
        {
            string property = "rdma[\"" + device + "\"]";
            if (device.Length == 0 || device.AsSpan().IndexOfAny(" \t\n\0") >= 0)
            {
                throw draft.Refusal(property, "\"" + device + "\" is not the name of an RDMA device");
            }

            string value = device;
            value += limit.HcaHandles is uint handles ? " hca_handle=" + RdmaCount(handles) : string.Empty;
            value += limit.HcaObjects is uint objects ? " hca_object=" + RdmaCount(objects) : string.Empty;
            if (value.Length == device.Length)
            {
                throw draft.Refusal(property, "neither hcaHandles nor hcaObjects is given");
            }

            draft.Write("rdma.max", value, property);
        }
    }

    // The kernel counts in 32 bits with a sign, calls the largest of those "max", and refuses what is beyond.
    private static string RdmaCount(uint count) => count < int.MaxValue ? ResourcePlannerDraft.Text(count) : "max";

    private static void PlanUnified(ResourcePlannerDraft draft, IReadOnlyDictionary<string, string> files)
    {
        foreach ((string file, string value) in files)
        {
            string property = "unified[\"" + file + "\"]";
            int dot = file.IndexOf('.', StringComparison.Ordinal);
            if (file.AsSpan().IndexOfAny("/\n\0") >= 0)
            {
                throw draft.Refusal(property, "must be a file name (no slashes)");
            }

            if (dot <= 0 || dot == file.Length - 1 || file[dot + 1] == '.')
            {
                throw draft.Refusal(property, "must be in the form CONTROLLER.PARAMETER");
            }

            if (file.StartsWith("cgroup.", StringComparison.Ordinal)
                && file is not ("cgroup.max.depth" or "cgroup.max.descendants" or "cgroup.pressure"))
            {
                throw draft.Refusal(property, "is no limit: it would move, freeze or end processes, or change what the cgroup is");
            }

            // Every cgroup has the files of the core and of pressure stall information, whatever is enabled.
            bool always = file.StartsWith("cgroup.", StringComparison.Ordinal) || file.EndsWith(".pressure", StringComparison.Ordinal);
            string controller = always ? string.Empty : file[..dot];
            int before = draft.Writes.Count;
            foreach (string line in value.Split('\n'))
            {
                // The kernel takes one line a write: io.max for two devices is two writes.
                if (line.Length > 0)
                {
                    draft.Writes.Add(new CgroupWrite(controller, file, line, draft.Place(property)));
                }
            }

            if (draft.Writes.Count == before)
            {
                // An empty text is a value for some files (cpuset.cpus), but writing no byte does not reach the kernel's file.
                draft.Writes.Add(new CgroupWrite(controller, file, "\n", draft.Place(property)));
            }
        }
    }
}
