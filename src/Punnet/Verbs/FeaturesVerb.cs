using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Plan;
using Punnet.Spec;

namespace Punnet.Verbs;

/// <summary><c>features</c>: features.md, what this punnet can do whatever the kernel.</summary>
internal static class FeaturesVerb
{
    /// <summary>The command.</summary>
    public static Verb Verb => new()
    {
        Name = "features",
        Arguments = "",
        Summary = "print what punnet supports",
        Least = 0,
        Most = 0,
        Run = Run,
    };

    private static int Run(Globals globals, CommandLine line)
    {
        Output.Write(FeaturesJson.Write(new Features
        {
            OciVersionMin = "1.0.0",
            OciVersionMax = SpecVersion.Newest,
            Hooks = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"],
            MountOptions = MountOptions.Names,
            Linux = new LinuxFeatures
            {
                Namespaces = ["cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"],
                Capabilities = Capability.Names.ToArray(),
                Cgroup = new CgroupFeatures { V1 = false, V2 = true, Systemd = true, SystemdUser = true, Rdma = true },
                Seccomp = new SeccompFeatures
                {
                    Enabled = true,
                    Actions =
                    [
                        "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD",
                        "SCMP_ACT_LOG", "SCMP_ACT_NOTIFY", "SCMP_ACT_TRACE", "SCMP_ACT_TRAP",
                    ],
                    Operators =
                    [
                        "SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_LE", "SCMP_CMP_LT", "SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE",
                    ],
                    Archs = ["SCMP_ARCH_X32", "SCMP_ARCH_X86", "SCMP_ARCH_X86_64"],
                    KnownFlags =
                    [
                        "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC",
                        "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
                    ],
                    SupportedFlags = SupportedFlags(),
                },
                Apparmor = new FeatureSwitch(true),
                Selinux = new FeatureSwitch(true),
                IntelRdt = new IntelRdtFeatures { Enabled = false, Schemata = false, Monitoring = false },
                MemoryPolicy = new MemoryPolicyFeatures { Modes = MemoryPolicyPlanner.Modes, Flags = MemoryPolicyPlanner.Flags },
                MountExtensions = new MountExtensionFeatures { Idmap = new FeatureSwitch(true) },
                NetDevices = new FeatureSwitch(true),
            },
            Annotations = new Dictionary<string, string> { ["org.punnet.version"] = SpecVersion.Punnet },
            PotentiallyUnsafeConfigAnnotations = ["org.punnet.rootfs.", "org.systemd.property.", "run.oci.systemd.subgroup"],
        }));
        return 0;
    }

    private static string[] SupportedFlags() => HostProbe.SeccompFlags().HasFlag(SeccompFilterFlags.WaitKillableReceive)
        ? ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]
        : ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC"];
}
