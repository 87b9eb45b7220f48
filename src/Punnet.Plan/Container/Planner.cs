using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>From config.json to the plan of a create, or a refusal before anything was touched. Pure.</summary>
public static class Planner
{
    /// <summary>Plans a create.</summary>
    /// <exception cref="SpecException">config.json asks for something impossible or unsupported.</exception>
    public static ContainerPlan Plan(Config config, PlanOptions options, HostFacts facts)
    {
        LayerRequest? layers = options.Layers;
        Linux linux = CheckRequired(config, hasLayers: layers is not null);
        string root = layers is null
            ? PathText.Join(options.Bundle, config.Root!.Path!) : OverlayPlanner.MountPoint(config, options.Bundle, layers);
        bool isReadOnly = config.Root is { Readonly: true };
        NamespacePlan namespaces = NamespacePlanner.Plan(linux, facts);
        RefuseGroups(config.Process!, namespaces, facts);
        if (layers is not null && namespaces.SharesMounts)
        {
            throw new SpecException("linux.namespaces",
                "a root of layers (--layer) is stacked in a mount namespace, and there is none ({\"type\": \"mount\"})");
        }

        (CString host, CString domain) = HostNames(config, namespaces);
        ImmutableArray<MountStep> mounts = MountPlanner.Plan(config, options.Bundle, root, linux, namespaces);
        ImmutableArray<DeviceStep> devices = DevicePlanner.Plan(linux.Devices);
        int network = NetworkBeforeMount(linux, namespaces, mounts);
        return new ContainerPlan
        {
            Root = JsonPath.Text(root, "root.path"),
            Overlay = layers is null ? null : OverlayPlanner.Plan(layers, root, options.Bundle, isReadOnly, namespaces.HasUser, facts) with
            {
                LabelKey = MountLabelPlanner.Key(linux.MountLabel, config.Annotations),
                Label = MountLabelPlanner.Label(linux.MountLabel),
            },
            RootReadOnly = isReadOnly,
            RootPropagation = Propagation(linux.RootfsPropagation),
            NoPivot = options.NoPivot,
            Namespaces = namespaces,
            Mounts = mounts,
            NetworkBeforeMount = network,
            MakesDevices = !HasHostDev(mounts),
            Devices = devices,
            DevicesBeforeNetwork = network >= 0 && DevicePlanner.MayPrecede(devices, mounts.AsSpan(network, mounts.Length - network)),
            Links = DevicePlanner.Links,
            Sysctls = SysctlPlanner.Plan(linux.Sysctl, namespaces, config.Domainname),
            ReadOnlyPaths = Paths(linux.ReadonlyPaths, "linux.readonlyPaths"),
            MaskedPaths = Paths(linux.MaskedPaths, "linux.maskedPaths"),
            HostName = host,
            DomainName = domain,
            MountLabel = MountLabelPlanner.Label(linux.MountLabel),
            NetDevices = NetDevicePlanner.Plan(linux.NetDevices, namespaces),
            Keyring = options.NoNewKeyring ? default : CString.Of("_ses." + options.Id),
            Process = PlanProcess(config, config.Process!, "process", facts, namespaces.HasUser),
            Hooks = HookPlanner.Plan(config.Hooks),
            Cgroup = Cgroup(config, linux, options, facts) with
            {
                Owner = CgroupOwnerPlanner.Plan(linux, namespaces, mounts, config.Process!.User.Uid, facts),
            },
            Resources = ResourcePlanner.Plan(linux.Resources, update: false),
            IntelRdt = IntelRdtPlanner.Plan(linux.IntelRdt, options.Id),
            DeviceProgram = [.. DeviceProgram.Compile(linux.Resources?.Devices)],
            Excerpt = ConfigExcerpt.Of(config),
        };
    }

    /// <summary>
    /// Plans a program that joins a container: itself, the container's filter, and what config.json says of all its programs.
    /// </summary>
    /// <param name="config">The container's config.json.</param>
    /// <param name="process">The program.</param>
    /// <param name="at">Its place, or empty for a document that is only a process.</param>
    /// <param name="facts">The host.</param>
    /// <param name="ownsUser">Whether the container has its own user namespace.</param>
    /// <exception cref="SpecException">One of the two documents cannot be obeyed; its place tells which.</exception>
    public static ProcessPlan PlanExec(Config config, Process process, string at, HostFacts facts, bool ownsUser) =>
        PlanProcess(config, process, at, facts, ownsUser);

    private static ProcessPlan PlanProcess(Config config, Process process, string at, HostFacts facts, bool ownsUser)
    {
        SeccompPlan? filter = config.Linux?.Seccomp is Seccomp profile
            ? SeccompAnnotations.Compile(profile, config.Annotations, new SeccompFacts(facts.Architecture, facts.SeccompFlags))
            : null;
        return ProcessPlanner.AddContainerSettings(ProcessPlanner.Plan(process, at, facts, filter, ownsUser), config);
    }

    // Checks what config.json must have; returns its linux, which is required.
    private static Linux CheckRequired(Config config, bool hasLayers)
    {
        // Engines write 1.0.2 to 1.3.0 and add suffixes; the meaning of a version 2 is unknown.
        if (!string.IsNullOrEmpty(config.OciVersion) && !config.OciVersion.StartsWith("1.", StringComparison.Ordinal))
        {
            throw new SpecException(
                "ociVersion", "\"" + config.OciVersion + "\" is not a version of the runtime specification that punnet knows (1.x)");
        }

        if (string.IsNullOrEmpty(config.Root?.Path) && !hasLayers)
        {
            throw config.Root is null ? new SpecException("root", "root must be specified") : new SpecException("root.path", "is missing");
        }

        if (config.Process is null)
        {
            throw new SpecException("process", "process property must not be empty");
        }

        if (config.Linux is null)
        {
            throw new SpecException("linux", "is missing: it says which namespaces the container has");
        }

        if (config.Annotations.ContainsKey(""))
        {
            throw new SpecException("annotations", "a key is empty");
        }

        const string Handler = "run.oci.handler"; // crun: another way to run the program
        if (config.Annotations.TryGetValue(Handler, out string? handler) && handler.Length > 0)
        {
            throw new SpecException(
                "annotations[\"" + Handler + "\"]",
                "punnet has no handler \"" + handler + "\": it runs programs of Linux. Use crun for this container, or put a program "
                + "that runs it, such as wasmtime, into process.args");
        }

        return config.Linux;
    }

    private static CgroupPlan Cgroup(Config config, Linux linux, PlanOptions options, HostFacts facts)
    {
        CgroupPlan plan = CgroupPlanner.Plan(
            linux.CgroupsPath, options.Id, facts.OwnCgroup, options.SystemdCgroup, rootless: facts.EffectiveUser != 0) with
        {
            Delegate = CgroupDelegation.Plan(config.Annotations),
        };
        return plan.Unit is null
            ? plan : plan with { Unit = UnitPlanner.Complete(plan.Unit, config.Annotations, linux.Resources?.Devices) };
    }

    // A user namespace owns the network namespace that is made inside it, so the host cannot make that; devices are moved in at the start.
    private static int NetworkBeforeMount(Linux linux, NamespacePlan namespaces, ImmutableArray<MountStep> mounts)
    {
        if ((namespaces.New & CloneFlags.NewNetwork) == CloneFlags.None || namespaces.Staged || namespaces.HasUser
            || linux.NetDevices is { Count: > 0 })
        {
            return -1;
        }

        int place = 0;
        while (place < mounts.Length && (mounts[place].Kind != MountKind.FileSystem || IsLocal(mounts[place].Type.Text)))
        {
            place++;
        }

        return place;
    }

    private static bool IsLocal(ReadOnlySpan<byte> type) => type.SequenceEqual("proc"u8) || type.SequenceEqual("tmpfs"u8)
        || type.SequenceEqual("devpts"u8) || type.SequenceEqual("mqueue"u8);

    // Where an ordinary user maps only their own group, setgroups(2) is denied permanently: user_namespaces(7).
    private static void RefuseGroups(Process process, NamespacePlan namespaces, HostFacts facts)
    {
        bool isDenied = facts.EffectiveUser != 0 && RootlessIds.IsOnly(namespaces.GidMap, facts.EffectiveGroup);
        if (isDenied && process.User.AdditionalGids.Count > 0)
        {
            throw new SpecException(
                "process.user.additionalGids",
                "cannot set any additional groups in a rootless container that maps only the user's own group (linux.gidMappings)");
        }
    }

    private static (CString Host, CString Domain) HostNames(Config config, NamespacePlan namespaces)
    {
        bool hasUts = namespaces.Has(CloneFlags.NewUts);
        return (Name(config.Hostname, "hostname"), Name(config.Domainname, "domainname"));

        CString Name(string? name, string property)
        {
            const int Limit = 64; // __NEW_UTS_LEN
            if (string.IsNullOrEmpty(name))
            {
                return default;
            }

            if (!hasUts)
            {
                throw new SpecException(property, "unable to set " + property + " without a private UTS namespace");
            }

            CString text = JsonPath.Text(name, property);
            return text.Text.Length <= Limit
                ? text
                : throw new SpecException(property, "is " + text.Text.Length.ToString() + " bytes long, and the kernel takes at most 64");
        }
    }

    private static MountFlags Propagation(string? written) => written switch
    {
        null or "" => MountFlags.None,
        "shared" => MountFlags.Shared,
        "rshared" => MountFlags.Shared | MountFlags.Recursive,
        "slave" => MountFlags.Slave,
        "rslave" => MountFlags.Slave | MountFlags.Recursive,
        "private" => MountFlags.Private,
        "rprivate" => MountFlags.Private | MountFlags.Recursive,
        "unbindable" => MountFlags.Unbindable,
        "runbindable" => MountFlags.Unbindable | MountFlags.Recursive,
        _ => throw new SpecException(
            "linux.rootfsPropagation",
            "\"" + written
            + "\" is not a propagation (shared, slave, private or unbindable, each with an r before it for the whole tree)",
            NearestWord.Hint(written, ["private", "rprivate", "rshared", "rslave", "runbindable", "shared", "slave", "unbindable"])),
    };

    private static bool HasHostDev(ImmutableArray<MountStep> mounts)
    {
        foreach (MountStep mount in mounts)
        {
            if (mount.Kind == MountKind.Bind && mount.Destination.Text.SequenceEqual("/dev"u8))
            {
                return true;
            }
        }

        return false;
    }

    private static ImmutableArray<CString> Paths(IReadOnlyList<string> paths, string place)
    {
        ImmutableArray<CString>.Builder encoded = ImmutableArray.CreateBuilder<CString>(paths.Count);
        HashSet<string> seen = new(paths.Count, StringComparer.Ordinal);
        for (int i = 0; i < paths.Count; i++)
        {
            string here = JsonPath.At(place, i);
            if (!paths[i].StartsWith('/'))
            {
                throw new SpecException(here, "\"" + paths[i] + "\" is not an absolute path");
            }

            if (seen.Add(paths[i]))
            {
                encoded.Add(JsonPath.Text(paths[i], here));
            }
        }

        return encoded.ToImmutable();
    }
}
