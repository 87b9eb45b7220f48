using System;
using System.Collections.Generic;

namespace Punnet.Spec;

/// <content>config-linux.md, without resources and seccomp.</content>
public static partial class ConfigReader
{
    private const string LinuxNames =
        "namespaces uidMappings gidMappings timeOffsets devices netDevices cgroupsPath resources intelRdt memoryPolicy sysctl seccomp "
        + "rootfsPropagation maskedPaths readonlyPaths mountLabel personality";

    private static Linux ReadLinux(ref JsonPathReader cursor)
    {
        IReadOnlyList<Namespace> namespaces = [];
        IReadOnlyList<IdMapping> uidMappings = [], gidMappings = [];
        IReadOnlyDictionary<string, TimeOffset>? timeOffsets = null;
        IReadOnlyList<Device> devices = [];
        IReadOnlyDictionary<string, NetDevice>? netDevices = null;
        string? cgroupsPath = null, rootfsPropagation = null, mountLabel = null;
        Resources? resources = null;
        IReadOnlyDictionary<string, string>? sysctl = null;
        Seccomp? seccomp = null;
        IReadOnlyList<string> maskedPaths = [], readonlyPaths = [];
        (IntelRdt? intelRdt, MemoryPolicy? memoryPolicy, Personality? personality) = (null, null, null);
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "namespaces": namespaces = cursor.List<Namespace>(new(ReadNamespace)); break;
                case "uidMappings": uidMappings = cursor.List<IdMapping>(new(ReadIdMapping)); break;
                case "gidMappings": gidMappings = cursor.List<IdMapping>(new(ReadIdMapping)); break;
                case "timeOffsets": timeOffsets = cursor.Map<TimeOffset>(new(ReadTimeOffset)); break;
                case "devices": devices = cursor.List<Device>(new(ReadDevice)); break;
                case "netDevices": netDevices = cursor.Map<NetDevice>(new(ReadNetDevice)); break;
                case "cgroupsPath": cgroupsPath = cursor.String(); break;
                case "resources": resources = cursor.Optional<Resources>(new(ReadResources)); break;
                case "intelRdt": intelRdt = cursor.Optional<IntelRdt>(new(ReadIntelRdt)); break;
                case "memoryPolicy": memoryPolicy = cursor.Optional<MemoryPolicy>(new(ReadMemoryPolicy)); break;
                case "sysctl": sysctl = cursor.StringMap(); break;
                case "seccomp": seccomp = cursor.Optional<Seccomp>(new(ReadSeccomp)); break;
                case "rootfsPropagation": rootfsPropagation = cursor.String(); break;
                case "maskedPaths": maskedPaths = cursor.Strings(); break;
                case "readonlyPaths": readonlyPaths = cursor.Strings(); break;
                case "mountLabel": mountLabel = cursor.String(); break;
                case "personality": personality = cursor.Optional<Personality>(new(ReadPersonality)); break;
                default: cursor.SkipUnknown(LinuxNames); break;
            }
        }

        return new Linux
        {
            Namespaces = namespaces,
            UidMappings = uidMappings,
            GidMappings = gidMappings,
            TimeOffsets = timeOffsets ?? new Dictionary<string, TimeOffset>(),
            Devices = devices,
            NetDevices = netDevices ?? new Dictionary<string, NetDevice>(),
            CgroupsPath = cgroupsPath,
            Resources = resources,
            IntelRdt = intelRdt,
            MemoryPolicy = memoryPolicy,
            Sysctl = sysctl ?? new Dictionary<string, string>(),
            Seccomp = seccomp,
            RootfsPropagation = rootfsPropagation,
            MaskedPaths = maskedPaths,
            ReadonlyPaths = readonlyPaths,
            MountLabel = mountLabel,
            Personality = personality,
        };
    }

    private static Namespace ReadNamespace(ref JsonPathReader cursor)
    {
        string? type = null, path = null;
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "type": type = cursor.String(); break;
                case "path": path = cursor.String(); break;
                default: cursor.SkipUnknown("type path"); break;
            }
        }

        return new Namespace(type, path);
    }

    private static TimeOffset ReadTimeOffset(ref JsonPathReader cursor)
    {
        long? seconds = null;
        uint? nanoseconds = null;
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "secs": seconds = cursor.Int64(); break;
                case "nanosecs": nanoseconds = cursor.UInt32(); break;
                default: cursor.SkipUnknown("secs nanosecs"); break;
            }
        }

        return new TimeOffset(seconds ?? 0, nanoseconds ?? 0);
    }

    private static Device ReadDevice(ref JsonPathReader cursor)
    {
        string? type = null, path = null;
        long? major = null, minor = null;
        uint? fileMode = null, uid = null, gid = null;
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "type": type = cursor.String(); break;
                case "path": path = cursor.String(); break;
                case "major": major = cursor.Int64(); break;
                case "minor": minor = cursor.Int64(); break;
                case "fileMode": fileMode = cursor.UInt32(); break;
                case "uid": uid = cursor.UInt32(); break;
                case "gid": gid = cursor.UInt32(); break;
                default: cursor.SkipUnknown("type path major minor fileMode uid gid"); break;
            }
        }

        return new Device { Type = type, Path = path, Major = major, Minor = minor, FileMode = fileMode, Uid = uid, Gid = gid };
    }

    private static NetDevice ReadNetDevice(ref JsonPathReader cursor)
    {
        string? newName = null;
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "name": newName = cursor.String(); break;
                default: cursor.SkipUnknown("name"); break;
            }
        }

        return new NetDevice(newName);
    }

    private static IntelRdt ReadIntelRdt(ref JsonPathReader cursor)
    {
        string? closId = null, l3CacheSchema = null, memBwSchema = null;
        IReadOnlyList<string> schemata = [];
        bool enableMonitoring = false;
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "closID": closId = cursor.String(); break;
                case "schemata": schemata = cursor.Strings(); break;
                case "l3CacheSchema": l3CacheSchema = cursor.String(); break;
                case "memBwSchema": memBwSchema = cursor.String(); break;
                case "enableMonitoring": enableMonitoring = cursor.Boolean(); break;

                // Gone since runtime-spec 1.3.
                case "enableCMT" or "enableMBM": cursor.Skip(); break;
                default: cursor.SkipUnknown("closID schemata l3CacheSchema memBwSchema enableMonitoring"); break;
            }
        }

        return new IntelRdt
        {
            ClosId = closId,
            Schemata = schemata,
            L3CacheSchema = l3CacheSchema,
            MemBwSchema = memBwSchema,
            EnableMonitoring = enableMonitoring,
        };
    }

    private static MemoryPolicy ReadMemoryPolicy(ref JsonPathReader cursor)
    {
        string? mode = null, nodes = null;
        IReadOnlyList<string> flags = [];
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "mode": mode = cursor.String(); break;
                case "nodes": nodes = cursor.String(); break;
                case "flags": flags = cursor.Strings(); break;
                default: cursor.SkipUnknown("mode nodes flags"); break;
            }
        }

        return new MemoryPolicy { Mode = mode, Nodes = nodes, Flags = flags };
    }

    private static Personality ReadPersonality(ref JsonPathReader cursor)
    {
        string? domain = null;
        IReadOnlyList<string> flags = [];
        cursor.EnterObject();
        while (cursor.NextProperty(out ReadOnlySpan<char> name))
        {
            switch (name)
            {
                case "domain": domain = cursor.String(); break;
                case "flags": flags = cursor.Strings(); break;
                default: cursor.SkipUnknown("domain flags"); break;
            }
        }

        return new Personality { Domain = domain, Flags = flags };
    }
}
