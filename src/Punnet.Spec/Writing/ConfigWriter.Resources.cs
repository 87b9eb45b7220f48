namespace Punnet.Spec;

/// <content>config-linux.md#control-groups.</content>
public static partial class ConfigWriter
{
    private static void ResourcesMembers(JsonWriter writer, Resources resources)
    {
        writer.OptionalList<DeviceRule>("devices"u8, resources.Devices, new(DeviceRuleMembers));
        writer.Object<MemoryResources>("memory"u8, resources.Memory, new(MemoryMembers));
        writer.Object<CpuResources>("cpu"u8, resources.Cpu, new(CpuMembers));
        if (resources.PidsLimit is long pidsLimit)
        {
            writer.StartObject("pids"u8);
            writer.Integer("limit"u8, pidsLimit);
            writer.EndObject();
        }

        writer.Object<BlockIoResources>("blockIO"u8, resources.BlockIo, new(BlockIoMembers));
        writer.List<HugepageLimit>("hugepageLimits"u8, resources.HugepageLimits, new(HugepageLimitMembers));
        writer.Object<NetworkResources>("network"u8, resources.Network, new(NetworkMembers));
        writer.Map("rdma"u8, resources.Rdma, new(RdmaLimitMembers));
        writer.StringMap("unified"u8, resources.Unified);
    }

    private static void DeviceRuleMembers(JsonWriter writer, DeviceRule rule)
    {
        writer.Boolean("allow"u8, rule.Allow);
        writer.Text("type"u8, rule.Type);
        writer.Number("major"u8, rule.Major);
        writer.Number("minor"u8, rule.Minor);
        writer.Text("access"u8, rule.Access);
    }

    private static void MemoryMembers(JsonWriter writer, MemoryResources memory)
    {
        writer.Number("limit"u8, memory.Limit);
        writer.Number("reservation"u8, memory.Reservation);
        writer.Number("swap"u8, memory.Swap);
        writer.Number("kernel"u8, memory.Kernel);
        writer.Number("kernelTCP"u8, memory.KernelTcp);
        writer.Number("swappiness"u8, memory.Swappiness);
        writer.Flag("disableOOMKiller"u8, memory.DisableOomKiller);
        writer.Flag("useHierarchy"u8, memory.UseHierarchy);
        writer.Flag("checkBeforeUpdate"u8, memory.CheckBeforeUpdate);
    }

    private static void CpuMembers(JsonWriter writer, CpuResources cpu)
    {
        writer.Number("shares"u8, cpu.Shares);
        writer.Number("quota"u8, cpu.Quota);
        writer.Number("burst"u8, cpu.Burst);
        writer.Number("period"u8, cpu.Period);
        writer.Number("realtimeRuntime"u8, cpu.RealtimeRuntime);
        writer.Number("realtimePeriod"u8, cpu.RealtimePeriod);
        writer.Text("cpus"u8, cpu.Cpus);
        writer.Text("mems"u8, cpu.Mems);
        writer.Number("idle"u8, cpu.Idle);
    }

    private static void BlockIoMembers(JsonWriter writer, BlockIoResources blockIo)
    {
        writer.Number("weight"u8, (ulong?)blockIo.Weight);
        writer.Number("leafWeight"u8, (ulong?)blockIo.LeafWeight);
        writer.List<WeightDevice>("weightDevice"u8, blockIo.WeightDevice, new(WeightDeviceMembers));
        writer.List<ThrottleDevice>("throttleReadBpsDevice"u8, blockIo.ThrottleReadBpsDevice, new(ThrottleDeviceMembers));
        writer.List<ThrottleDevice>("throttleWriteBpsDevice"u8, blockIo.ThrottleWriteBpsDevice, new(ThrottleDeviceMembers));
        writer.List<ThrottleDevice>("throttleReadIOPSDevice"u8, blockIo.ThrottleReadIopsDevice, new(ThrottleDeviceMembers));
        writer.List<ThrottleDevice>("throttleWriteIOPSDevice"u8, blockIo.ThrottleWriteIopsDevice, new(ThrottleDeviceMembers));
    }

    private static void WeightDeviceMembers(JsonWriter writer, WeightDevice device)
    {
        writer.Integer("major"u8, device.Major);
        writer.Integer("minor"u8, device.Minor);
        writer.Number("weight"u8, (ulong?)device.Weight);
        writer.Number("leafWeight"u8, (ulong?)device.LeafWeight);
    }

    private static void ThrottleDeviceMembers(JsonWriter writer, ThrottleDevice device)
    {
        writer.Integer("major"u8, device.Major);
        writer.Integer("minor"u8, device.Minor);
        writer.Integer("rate"u8, device.Rate);
    }

    private static void HugepageLimitMembers(JsonWriter writer, HugepageLimit limit)
    {
        writer.Text("pageSize"u8, limit.PageSize);
        writer.Integer("limit"u8, limit.Limit);
    }

    // The model keeps only how many priorities were given, and no document can be made of a number.
    private static void NetworkMembers(JsonWriter writer, NetworkResources network) =>
        writer.Number("classID"u8, (ulong?)network.ClassId);

    private static void RdmaLimitMembers(JsonWriter writer, RdmaLimit limit)
    {
        writer.Number("hcaHandles"u8, (ulong?)limit.HcaHandles);
        writer.Number("hcaObjects"u8, (ulong?)limit.HcaObjects);
    }
}
