using System;
using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Cli;
using Punnet.Host;
using Punnet.Host.Checkpoint;
using Punnet.Plan;
using Punnet.Spec;

namespace Punnet.Commands;

/// <summary><c>features</c>: features.md, what this punnet can do, independent of the kernel.</summary>
internal static class FeaturesCommand
{
    /// <summary>The command.</summary>
    public static Command Definition => new()
    {
        Name = "features",
        Arguments = "",
        Summary = "print what punnet supports",
        Examples = "punnet features | jq .linux.seccomp.actions",
        MinArguments = 0,
        MaxArguments = 0,
        Run = new(Run),
    };

    private static string[] Namespaces()
    {
        string[] names = new string[NamespaceKinds.Count];
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = NamespaceKinds.Name(i);
        }

        Array.Sort(names, StringComparer.Ordinal);
        return names;
    }

    private static int Run(GlobalOptions globals, CommandLine line)
    {
        Output.Write(FeaturesJson.Write(new Features
        {
            OciVersionMin = "1.0.0",
            OciVersionMax = SpecVersion.Newest,
            Hooks = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"],
            MountOptions = MountOptions.Names,
            Linux = new LinuxFeatures
            {
                Namespaces = Namespaces(),
                Capabilities = Capability.Names.ToArray(),
                Cgroup = new CgroupFeatures { V1 = false, V2 = true, Systemd = true, SystemdUser = true, Rdma = true },
                Seccomp = new SeccompFeatures
                {
                    Enabled = true,
                    Actions = SeccompNames.Actions,
                    Operators = SeccompNames.Operators,
                    Archs = SeccompNames.Architectures,
                    KnownFlags = SeccompNames.Flags,
                    SupportedFlags = SupportedFlags(),
                },
                Apparmor = new FeatureSwitch(true),
                Selinux = new FeatureSwitch(true),
                IntelRdt = new IntelRdtFeatures { Enabled = true, Schemata = true, Monitoring = true },
                MemoryPolicy = new MemoryPolicyFeatures { Modes = MemoryPolicyPlanner.Modes, Flags = MemoryPolicyPlanner.Flags },
                MountExtensions = new MountExtensionFeatures { Idmap = new FeatureSwitch(true) },
                NetDevices = new FeatureSwitch(true),
            },
            Annotations = new Dictionary<string, string>
            {
                ["org.punnet.version"] = BuildVersion.Number,
                // runc's: engines look there, whatever the runtime.
                ["org.opencontainers.runc.checkpoint.enabled"] = CriuProcess.TryFind() is null ? "false" : "true",
            },
            // Annotations that let a config.json choose files of the host, change units, or keep rights.
            PotentiallyUnsafeConfigAnnotations =
            [
                "org.criu.config", "org.punnet.rootfs.", "org.systemd.property.", "run.oci.delegate-cgroup", "run.oci.hooks.stderr",
                "run.oci.hooks.stdout", "run.oci.keep_original_groups", "run.oci.mount_context_type", "run.oci.pidfd_receiver",
                "run.oci.seccomp.receiver", "run.oci.systemd.subgroup",
            ],
        }));
        return 0;
    }

    private static string[] SupportedFlags() => HostProbe.SeccompFlags().HasFlag(SeccompFilterFlags.WaitKillableReceive)
        ? ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC",
            "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]
        : ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC"];
}
