namespace Punnet.Spec;

/// <content>config-linux.md, without resources.</content>
public static partial class ConfigWriter
{
    private static void LinuxMembers(JsonWriter writer, Linux linux)
    {
        writer.List<IdMapping>("uidMappings"u8, linux.UidMappings, new(IdMappingMembers));
        writer.List<IdMapping>("gidMappings"u8, linux.GidMappings, new(IdMappingMembers));
        writer.StringMap("sysctl"u8, linux.Sysctl);
        writer.Object<Resources>("resources"u8, linux.Resources, new(ResourcesMembers));
        writer.Text("cgroupsPath"u8, linux.CgroupsPath);
        writer.List<Namespace>("namespaces"u8, linux.Namespaces, new(NamespaceMembers));
        writer.List<Device>("devices"u8, linux.Devices, new(DeviceMembers));
        writer.Map("netDevices"u8, linux.NetDevices, new(NetDeviceMembers));
        writer.Object("seccomp"u8, linux.Seccomp, new(SeccompMembers));
        writer.Text("rootfsPropagation"u8, linux.RootfsPropagation);
        writer.Strings("maskedPaths"u8, linux.MaskedPaths);
        writer.Strings("readonlyPaths"u8, linux.ReadonlyPaths);
        writer.Text("mountLabel"u8, linux.MountLabel);
        writer.Object("intelRdt"u8, linux.IntelRdt, new(IntelRdtMembers));
        writer.Object("memoryPolicy"u8, linux.MemoryPolicy, new(MemoryPolicyMembers));
        writer.Object<Personality>("personality"u8, linux.Personality, new(PersonalityMembers));
        writer.Map("timeOffsets"u8, linux.TimeOffsets, new(TimeOffsetMembers));
    }

    private static void NamespaceMembers(JsonWriter writer, Namespace kind)
    {
        writer.Text("type"u8, kind.Type);
        writer.Text("path"u8, kind.Path);
    }

    private static void DeviceMembers(JsonWriter writer, Device device)
    {
        writer.Text("path"u8, device.Path);
        writer.Text("type"u8, device.Type);
        writer.Number("major"u8, device.Major);
        writer.Number("minor"u8, device.Minor);
        writer.Number("fileMode"u8, (ulong?)device.FileMode);
        writer.Number("uid"u8, (ulong?)device.Uid);
        writer.Number("gid"u8, (ulong?)device.Gid);
    }

    private static void NetDeviceMembers(JsonWriter writer, NetDevice device) => writer.Text("name"u8, device.Name);

    private static void SeccompMembers(JsonWriter writer, Seccomp seccomp)
    {
        writer.Text("defaultAction"u8, seccomp.DefaultAction);
        writer.Number("defaultErrnoRet"u8, (ulong?)seccomp.DefaultErrnoRet);
        writer.Strings("architectures"u8, seccomp.Architectures);
        writer.OptionalStrings("flags"u8, seccomp.Flags);
        writer.Text("listenerPath"u8, seccomp.ListenerPath);
        writer.Text("listenerMetadata"u8, seccomp.ListenerMetadata);
        writer.List<SeccompRule>("syscalls"u8, seccomp.Syscalls, new(SeccompRuleMembers));
    }

    private static void SeccompRuleMembers(JsonWriter writer, SeccompRule rule)
    {
        writer.Strings("names"u8, rule.Names);
        writer.Text("action"u8, rule.Action);
        writer.Number("errnoRet"u8, (ulong?)rule.ErrnoRet);
        writer.List<SeccompArgument>("args"u8, rule.Args, new(SeccompArgumentMembers));
    }

    private static void SeccompArgumentMembers(JsonWriter writer, SeccompArgument argument)
    {
        writer.Integer("index"u8, argument.Index);
        writer.Integer("value"u8, argument.Value);
        writer.Number("valueTwo"u8, Unless0(argument.ValueTwo));
        writer.Text("op"u8, argument.Op);
    }

    private static void IntelRdtMembers(JsonWriter writer, IntelRdt rdt)
    {
        writer.Text("closID"u8, rdt.ClosId);
        writer.Strings("schemata"u8, rdt.Schemata);
        writer.Text("l3CacheSchema"u8, rdt.L3CacheSchema);
        writer.Text("memBwSchema"u8, rdt.MemBwSchema);
        writer.FlagIfSet("enableMonitoring"u8, rdt.EnableMonitoring);
    }

    private static void MemoryPolicyMembers(JsonWriter writer, MemoryPolicy policy)
    {
        writer.Text("mode"u8, policy.Mode);
        writer.Text("nodes"u8, policy.Nodes);
        writer.Strings("flags"u8, policy.Flags);
    }

    private static void PersonalityMembers(JsonWriter writer, Personality personality)
    {
        writer.Text("domain"u8, personality.Domain);
        writer.Strings("flags"u8, personality.Flags);
    }

    private static void TimeOffsetMembers(JsonWriter writer, TimeOffset offset)
    {
        writer.Number("secs"u8, Unless0(offset.Seconds));
        writer.Number("nanosecs"u8, Unless0((ulong)offset.Nanoseconds));
    }
}
