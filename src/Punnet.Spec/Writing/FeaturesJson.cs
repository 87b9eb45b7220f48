using System.Collections.Generic;

namespace Punnet.Spec;

/// <summary>
/// Writes features.md's document. By hand like the others: a generated writer needs JsonSerializer's options and converters, which
/// make the binary 1.2 MB larger.
/// </summary>
public static class FeaturesJson
{
    /// <summary>Writes what <c>features</c> prints.</summary>
    /// <param name="features">The document.</param>
    /// <returns>UTF-8, four blanks a level, with a line end, as runc prints it.</returns>
    public static byte[] Write(Features features)
    {
        JsonWriter writer = new(' ', 4);
        writer.Element(features, FeaturesMembers);
        writer.EndLine();
        return writer.ToArray();
    }

    private static void FeaturesMembers(JsonWriter writer, Features features)
    {
        writer.Text("ociVersionMin"u8, features.OciVersionMin);
        writer.Text("ociVersionMax"u8, features.OciVersionMax);
        writer.OptionalStrings("hooks"u8, features.Hooks);
        writer.OptionalStrings("mountOptions"u8, features.MountOptions);
        writer.Object("linux"u8, features.Linux, new(LinuxMembers));
        if (features.Annotations is not null)
        {
            writer.StartObject("annotations"u8);
            foreach (KeyValuePair<string, string> annotation in features.Annotations)
            {
                writer.Key(annotation.Key);
                writer.String(annotation.Value);
            }

            writer.EndObject();
        }

        writer.OptionalStrings("potentiallyUnsafeConfigAnnotations"u8, features.PotentiallyUnsafeConfigAnnotations);
    }

    private static void LinuxMembers(JsonWriter writer, LinuxFeatures linux)
    {
        writer.OptionalStrings("namespaces"u8, linux.Namespaces);
        writer.OptionalStrings("capabilities"u8, linux.Capabilities);
        writer.Object<CgroupFeatures>("cgroup"u8, linux.Cgroup, new(CgroupMembers));
        writer.Object("seccomp"u8, linux.Seccomp, new(SeccompMembers));
        writer.Object<FeatureSwitch>("apparmor"u8, linux.Apparmor, new(SwitchMembers));
        writer.Object<FeatureSwitch>("selinux"u8, linux.Selinux, new(SwitchMembers));
        writer.Object("intelRdt"u8, linux.IntelRdt, new(IntelRdtMembers));
        writer.Object("memoryPolicy"u8, linux.MemoryPolicy, new(MemoryPolicyMembers));
        writer.Object<MountExtensionFeatures>("mountExtensions"u8, linux.MountExtensions, new(MountExtensionMembers));
        writer.Object<FeatureSwitch>("netDevices"u8, linux.NetDevices, new(SwitchMembers));
    }

    private static void SwitchMembers(JsonWriter writer, FeatureSwitch feature) => writer.Flag("enabled"u8, feature.Enabled);

    private static void CgroupMembers(JsonWriter writer, CgroupFeatures cgroup)
    {
        writer.Flag("v1"u8, cgroup.V1);
        writer.Flag("v2"u8, cgroup.V2);
        writer.Flag("systemd"u8, cgroup.Systemd);
        writer.Flag("systemdUser"u8, cgroup.SystemdUser);
        writer.Flag("rdma"u8, cgroup.Rdma);
    }

    private static void SeccompMembers(JsonWriter writer, SeccompFeatures seccomp)
    {
        writer.Flag("enabled"u8, seccomp.Enabled);
        writer.OptionalStrings("actions"u8, seccomp.Actions);
        writer.OptionalStrings("operators"u8, seccomp.Operators);
        writer.OptionalStrings("archs"u8, seccomp.Archs);
        writer.OptionalStrings("knownFlags"u8, seccomp.KnownFlags);
        writer.OptionalStrings("supportedFlags"u8, seccomp.SupportedFlags);
    }

    private static void IntelRdtMembers(JsonWriter writer, IntelRdtFeatures rdt)
    {
        writer.Flag("enabled"u8, rdt.Enabled);
        writer.Flag("schemata"u8, rdt.Schemata);
        writer.Flag("monitoring"u8, rdt.Monitoring);
    }

    private static void MemoryPolicyMembers(JsonWriter writer, MemoryPolicyFeatures policy)
    {
        writer.OptionalStrings("modes"u8, policy.Modes);
        writer.OptionalStrings("flags"u8, policy.Flags);
    }

    private static void MountExtensionMembers(JsonWriter writer, MountExtensionFeatures extensions) =>
        writer.Object<FeatureSwitch>("idmap"u8, extensions.Idmap, new(SwitchMembers));
}
