using System.Collections.Generic;
using System.Text;
using Xunit;

namespace Punnet.Spec.Tests;

public sealed class FeaturesTests
{
    [Fact]
    public void Unknown_is_left_out_and_none_is_an_empty_list()
    {
        Features features = new() { OciVersionMin = "1.0.0", OciVersionMax = "1.3.0", MountOptions = [] };

        Assert.Equal(
            "{\n    \"ociVersionMin\": \"1.0.0\",\n    \"ociVersionMax\": \"1.3.0\",\n    \"mountOptions\": []\n}\n", Text(features));
    }

    [Fact]
    public void Features_are_printed_in_the_order_of_the_specification()
    {
        Features features = new()
        {
            OciVersionMin = "1.0.0",
            OciVersionMax = "1.3.0",
            Hooks = ["prestart", "poststop"],
            MountOptions = ["rro"],
            Linux = new LinuxFeatures
            {
                Namespaces = ["cgroup"],
                Capabilities = ["CAP_CHOWN"],
                Cgroup = new CgroupFeatures { V1 = false, V2 = true, Systemd = true, SystemdUser = true, Rdma = true },
                Seccomp = new SeccompFeatures
                {
                    Enabled = true,
                    Actions = ["SCMP_ACT_LOG"],
                    Operators = ["SCMP_CMP_EQ"],
                    Archs = ["SCMP_ARCH_X86"],
                    KnownFlags = ["SECCOMP_FILTER_FLAG_TSYNC"],
                    SupportedFlags = [],
                },
                Apparmor = new FeatureSwitch(true),
                Selinux = new FeatureSwitch(false),
                IntelRdt = new IntelRdtFeatures { Enabled = true, Schemata = true, Monitoring = false },
                MemoryPolicy = new MemoryPolicyFeatures { Modes = ["MPOL_BIND"], Flags = [] },
                MountExtensions = new MountExtensionFeatures { Idmap = new FeatureSwitch(true) },
                NetDevices = new FeatureSwitch(true),
            },
            Annotations = new Dictionary<string, string> { ["org.example.version"] = "1" },
            PotentiallyUnsafeConfigAnnotations = ["org.systemd.property."],
        };

        const string expected = """
            {"ociVersionMin": "1.0.0","ociVersionMax": "1.3.0","hooks": ["prestart","poststop"],"mountOptions": ["rro"],"linux": {
            "namespaces": ["cgroup"],"capabilities": ["CAP_CHOWN"],
            "cgroup": {"v1": false,"v2": true,"systemd": true,"systemdUser": true,"rdma": true},
            "seccomp": {"enabled": true,"actions": ["SCMP_ACT_LOG"],"operators": ["SCMP_CMP_EQ"],"archs": ["SCMP_ARCH_X86"],
            "knownFlags": ["SECCOMP_FILTER_FLAG_TSYNC"],"supportedFlags": []},
            "apparmor": {"enabled": true},"selinux": {"enabled": false},
            "intelRdt": {"enabled": true,"schemata": true,"monitoring": false},"memoryPolicy": {"modes": ["MPOL_BIND"],"flags": []},
            "mountExtensions": {"idmap": {"enabled": true}},"netDevices": {"enabled": true}},
            "annotations": {"org.example.version": "1"},"potentiallyUnsafeConfigAnnotations": ["org.systemd.property."]}
            """;

        Assert.Equal(
            expected.Replace("\n", "", System.StringComparison.Ordinal),
            Text(features).Replace("\n", "", System.StringComparison.Ordinal).Replace("    ", "", System.StringComparison.Ordinal));
    }

    private static string Text(Features features) => Encoding.UTF8.GetString(FeaturesJson.Write(features));
}
