using System;
using System.Collections.Generic;

namespace Punnet.Spec;

/// <content>config-linux.md#control-groups, without block I/O.</content>
public static partial class ConfigReader
{
    private static Resources ReadResources(ref JsonPathReader cursor)
    {
        IReadOnlyList<DeviceRule>? devices = null;
        MemoryResources? memory = null;
        CpuResources? cpu = null;
        long? pidsLimit = null;
        BlockIoResources? blockIo = null;
        IReadOnlyList<HugepageLimit> hugepageLimits = [];
        NetworkResources? network = null;
        IReadOnlyDictionary<string, RdmaLimit>? rdma = null;
        IReadOnlyDictionary<string, string>? unified = null;
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "devices": devices = cursor.OptionalList<DeviceRule>(new(ReadDeviceRule)); break;
                case "memory": memory = cursor.Optional<MemoryResources>(new(ReadMemory)); break;
                case "cpu": cpu = cursor.Optional<CpuResources>(new(ReadCpu)); break;
                case "pids": pidsLimit = ReadPidsLimit(ref cursor); break;
                case "blockIO": blockIo = cursor.Optional<BlockIoResources>(new(ReadBlockIo)); break;
                case "hugepageLimits": hugepageLimits = cursor.List<HugepageLimit>(new(ReadHugepageLimit)); break;
                case "network": network = cursor.Optional<NetworkResources>(new(ReadNetwork)); break;
                case "rdma": rdma = cursor.Map<RdmaLimit>(new(ReadRdmaLimit)); break;
                case "unified": unified = cursor.StringMap(); break;
                default: cursor.SkipUnknown("devices memory cpu pids blockIO hugepageLimits network rdma unified"); break;
            }
        }

        return new Resources
        {
            Devices = devices,
            Memory = memory,
            Cpu = cpu,
            PidsLimit = pidsLimit,
            BlockIo = blockIo,
            HugepageLimits = hugepageLimits,
            Network = network,
            Rdma = rdma ?? new Dictionary<string, RdmaLimit>(),
            Unified = unified ?? new Dictionary<string, string>(),
        };
    }

    private static DeviceRule ReadDeviceRule(ref JsonPathReader cursor)
    {
        bool? allow = null;
        string? type = null, access = null;
        long? major = null, minor = null;
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "allow": allow = cursor.OptionalBoolean(); break;
                case "type": type = cursor.String(); break;
                case "major": major = cursor.Int64(); break;
                case "minor": minor = cursor.Int64(); break;
                case "access": access = cursor.String(); break;
                default: cursor.SkipUnknown("allow type major minor access"); break;
            }
        }

        bool isAllowed = allow ?? throw cursor.RefuseMissing("allow");
        return new DeviceRule { Allow = isAllowed, Type = type, Major = major, Minor = minor, Access = access };
    }

    private static MemoryResources ReadMemory(ref JsonPathReader cursor)
    {
        long? limit = null, reservation = null, swap = null, kernel = null, kernelTcp = null;
        ulong? swappiness = null;
        bool? disableOomKiller = null, useHierarchy = null, checkBeforeUpdate = null;
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "limit": limit = cursor.Int64(); break;
                case "reservation": reservation = cursor.Int64(); break;
                case "swap": swap = cursor.Int64(); break;
                case "kernel": kernel = cursor.Int64(); break;
                case "kernelTCP": kernelTcp = cursor.Int64(); break;
                case "swappiness": swappiness = cursor.UInt64(); break;
                case "disableOOMKiller": disableOomKiller = cursor.OptionalBoolean(); break;
                case "useHierarchy": useHierarchy = cursor.OptionalBoolean(); break;
                case "checkBeforeUpdate": checkBeforeUpdate = cursor.OptionalBoolean(); break;
                default:
                    cursor.SkipUnknown("limit reservation swap kernel kernelTCP swappiness disableOOMKiller useHierarchy "
                        + "checkBeforeUpdate");
                    break;
            }
        }

        return new MemoryResources
        {
            Limit = limit,
            Reservation = reservation,
            Swap = swap,
            Kernel = kernel,
            KernelTcp = kernelTcp,
            Swappiness = swappiness,
            DisableOomKiller = disableOomKiller,
            UseHierarchy = useHierarchy,
            CheckBeforeUpdate = checkBeforeUpdate,
        };
    }

    private static CpuResources ReadCpu(ref JsonPathReader cursor)
    {
        ulong? shares = null, burst = null, period = null, realtimePeriod = null;
        long? quota = null, realtimeRuntime = null, idle = null;
        string? cpus = null, mems = null;
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "shares": shares = cursor.UInt64(); break;
                case "quota": quota = cursor.Int64(); break;
                case "burst": burst = cursor.UInt64(); break;
                case "period": period = cursor.UInt64(); break;
                case "realtimeRuntime": realtimeRuntime = cursor.Int64(); break;
                case "realtimePeriod": realtimePeriod = cursor.UInt64(); break;
                case "cpus": cpus = cursor.String(); break;
                case "mems": mems = cursor.String(); break;
                case "idle": idle = cursor.Int64(); break;
                default: cursor.SkipUnknown("shares quota burst period realtimeRuntime realtimePeriod cpus mems idle"); break;
            }
        }

        return new CpuResources
        {
            Shares = shares,
            Quota = quota,
            Burst = burst,
            Period = period,
            RealtimeRuntime = realtimeRuntime,
            RealtimePeriod = realtimePeriod,
            Cpus = cpus,
            Mems = mems,
            Idle = idle,
        };
    }

    private static long? ReadPidsLimit(ref JsonPathReader cursor)
    {
        long? limit = null;
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "limit": limit = cursor.Int64(); break;
                default: cursor.SkipUnknown("limit"); break;
            }
        }

        return limit;
    }

    private static HugepageLimit ReadHugepageLimit(ref JsonPathReader cursor)
    {
        string? pageSize = null;
        ulong? limit = null;
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "pageSize": pageSize = cursor.String(); break;
                case "limit": limit = cursor.UInt64(); break;
                default: cursor.SkipUnknown("pageSize limit"); break;
            }
        }

        return new HugepageLimit(pageSize, limit ?? throw cursor.RefuseMissing("limit"));
    }

    private static NetworkResources ReadNetwork(ref JsonPathReader cursor)
    {
        uint? classId = null;
        int priorities = 0;
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "classID": classId = cursor.UInt32(); break;
                case "priorities": priorities = cursor.List<uint>(new(ReadInterfacePriority)).Count; break;
                default: cursor.SkipUnknown("classID priorities"); break;
            }
        }

        return new NetworkResources { ClassId = classId, Priorities = priorities };
    }

    // Read for the types alone: the model keeps no more than their number.
    private static uint ReadInterfacePriority(ref JsonPathReader cursor)
    {
        uint? priority = null;
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "name": cursor.String(); break;
                case "priority": priority = cursor.UInt32(); break;
                default: cursor.SkipUnknown("name priority"); break;
            }
        }

        return priority ?? 0;
    }

    private static RdmaLimit ReadRdmaLimit(ref JsonPathReader cursor)
    {
        uint? hcaHandles = null, hcaObjects = null;
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "hcaHandles": hcaHandles = cursor.UInt32(); break;
                case "hcaObjects": hcaObjects = cursor.UInt32(); break;
                default: cursor.SkipUnknown("hcaHandles hcaObjects"); break;
            }
        }

        return new RdmaLimit(hcaHandles, hcaObjects);
    }
}
