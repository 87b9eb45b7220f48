using System.Collections.Generic;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>
/// config-linux.md#block-io on cgroup v2. Weights have two owners: the bfq scheduler (io.bfq.weight, same scale) and the io cost model
/// (io.weight, 1 to 10000); the file that exists tells which one the kernel has.
/// </summary>
internal static class ResourcePlannerBlockIo
{
    private const uint LeastWeight = 10;
    private const uint MostWeight = 1000;

    internal static void Plan(ResourcePlannerDraft draft, BlockIoResources? io)
    {
        if (io is null)
        {
            return;
        }

        draft.Warn(io.LeafWeight is not (null or 0), "blockIO.leafWeight", "cgroup v2 has no leaf weights, ignored");
        if (io.Weight is not (null or 0))
        {
            PlanWeight(draft, string.Empty, io.Weight.Value, "blockIO.weight");
        }

        for (int index = 0; index < io.WeightDevice.Count; index++)
        {
            PlanDeviceWeight(draft, io.WeightDevice[index], "blockIO.weightDevice[" + ResourcePlannerDraft.Text(index) + "]");
        }

        PlanThrottles(draft, io.ThrottleReadBpsDevice, "rbps", "blockIO.throttleReadBpsDevice");
        PlanThrottles(draft, io.ThrottleWriteBpsDevice, "wbps", "blockIO.throttleWriteBpsDevice");
        PlanThrottles(draft, io.ThrottleReadIopsDevice, "riops", "blockIO.throttleReadIOPSDevice");
        PlanThrottles(draft, io.ThrottleWriteIopsDevice, "wiops", "blockIO.throttleWriteIOPSDevice");
    }

    private static void PlanDeviceWeight(ResourcePlannerDraft draft, WeightDevice device, string property)
    {
        draft.Warn(device.LeafWeight is not (null or 0), property + ".leafWeight", "cgroup v2 has no leaf weights, ignored");
        string number = Number(draft, device.Major, device.Minor, property);
        switch (device.Weight)
        {
            case null:
                break;
            case 0:
                // Back to the weight that the cgroup has for all devices; both files have this word for it.
                draft.Writes.Add(draft.Make("io.bfq.weight", number + " default", property + ".weight") with
                {
                    Fallback = draft.Make("io.weight", number + " default", property + ".weight"),
                });
                break;
            default:
                PlanWeight(draft, number + " ", device.Weight.Value, property + ".weight");
                break;
        }
    }

    private static void PlanWeight(ResourcePlannerDraft draft, string device, uint weight, string property)
    {
        if (weight is < LeastWeight or > MostWeight)
        {
            throw draft.Refusal(property, ResourcePlannerDraft.Text(weight) + " is not a weight: expected 10 to 1000");
        }

        ulong converted = 1 + ((weight - LeastWeight) * 9999UL / (MostWeight - LeastWeight));
        draft.Writes.Add(draft.Make("io.bfq.weight", device + ResourcePlannerDraft.Text(weight), property) with
        {
            Fallback = draft.Make("io.weight", device + ResourcePlannerDraft.Text(converted), property),
        });
    }

    private static void PlanThrottles(ResourcePlannerDraft draft, IReadOnlyList<ThrottleDevice> throttles, string key, string list)
    {
        for (int index = 0; index < throttles.Count; index++)
        {
            string property = list + "[" + ResourcePlannerDraft.Text(index) + "]";
            ThrottleDevice throttle = throttles[index];
            string rate = throttle.Rate == 0 ? "max" : ResourcePlannerDraft.Text(throttle.Rate);
            draft.Write("io.max", Number(draft, throttle.Major, throttle.Minor, property) + " " + key + "=" + rate, property);
        }
    }

    private static string Number(ResourcePlannerDraft draft, long major, long minor, string property) =>
        major >= 0 && minor >= 0
            ? ResourcePlannerDraft.Text(major) + ":" + ResourcePlannerDraft.Text(minor)
            : throw draft.Refusal(property, ResourcePlannerDraft.Text(major) + ":" + ResourcePlannerDraft.Text(minor) + " is not a device");
}
