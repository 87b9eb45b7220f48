using System;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Host.Layers;
using Punnet.Init;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Host.Errors;

/// <summary>Turns the three numbers of the new process into a message: object, place in config.json, the kernel's words.</summary>
public static class ErrorMessages
{
    private const int MostGroups = 65536; // NGROUPS_MAX

    /// <summary>A failure of a step that the host takes for the new process.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="step">The step.</param>
    /// <param name="index">The number of its item in the plan.</param>
    /// <param name="errno">What the kernel says.</param>
    public static PunnetException Of(ContainerPlan plan, InitStep step, int index, Errno errno) =>
        Of(plan, hookOutput: null, new ChannelMessage { Value = (int)step, Index = index, Errno = errno });

    /// <summary>The same for a process, of a container or of an exec.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="step">The step.</param>
    /// <param name="index">The number of its item in the plan.</param>
    /// <param name="errno">What the kernel says.</param>
    public static PunnetException Of(ProcessPlan plan, InitStep step, int index, Errno errno) =>
        Of(plan, new ChannelMessage { Value = (int)step, Index = index, Errno = errno });

    /// <summary>A failure while a container was created or started.</summary>
    public static PunnetException Of(ContainerPlan plan, Descriptor? hookOutput, ChannelMessage failure)
    {
        try
        {
            return OfContainer(plan, hookOutput, failure);
        }
        catch (IndexOutOfRangeException)
        {
            return Nonsense();
        }
    }

    private static PunnetException OfContainer(ContainerPlan plan, Descriptor? hookOutput, ChannelMessage failure)
    {
        InitStep step = (InitStep)failure.Value;
        int item = failure.Index;
        string words = failure.Errno.Words();
        switch (step)
        {
            case >= InitStep.MountSource and <= InitStep.MountAttach when step is not (InitStep.MountParameter or InitStep.MountLocked):
                return MountFailures.Of(plan, plan.Mounts[item], failure);
            case InitStep.MountParameter:
                return MountFailures.Parameter(plan, failure);
            case InitStep.MountLocked:
                return MountFailures.Locked(plan.Mounts[item / LockedAttributes.Limit], item % LockedAttributes.Limit, words);
            case >= InitStep.Layer and <= InitStep.LayerStack when plan.Overlay is not null:
                return LayerFailures.Of(plan.Overlay, step, item, failure.Errno);
            case InitStep.ReadOnlyLate:
                return new PunnetException(
                    "cannot make " + plan.Mounts[item].Destination + " read-only (mounts[" + item.ToString() + "]): " + words);
            case InitStep.JoinNamespace:
                return Join(plan.Namespaces, item, failure.Errno);
            case InitStep.Device or InitStep.DeviceMismatch:
                return Device(plan, plan.Devices[item], failure);
            case InitStep.Link:
                string link = item < plan.Links.Length ? plan.Links[item].Name.ToString() : "core";
                return new PunnetException("cannot make the link /dev/" + link + ": " + words);
            case InitStep.Sysctl or InitStep.SysctlValue:
                return SysctlFailures.Of(plan, plan.Sysctls[item], failure.Errno, isOfValue: step == InitStep.SysctlValue);
            case InitStep.ReadOnlyPath:
                return new PunnetException("cannot make " + plan.ReadOnlyPaths[item] + " read-only (linux.readonlyPaths): " + words);
            case InitStep.MaskedPath:
                return new PunnetException("cannot mask " + plan.MaskedPaths[item] + " (linux.maskedPaths): " + words);
            case InitStep.CreateContainerHook or InitStep.CreateContainerHookStatus or InitStep.CreateContainerHookTimeout:
                return Hook(plan.Hooks.CreateContainer, step, failure, hookOutput);
            case InitStep.StartContainerHook or InitStep.StartContainerHookStatus or InitStep.StartContainerHookTimeout:
                return Hook(plan.Hooks.StartContainer, step, failure, hookOutput);
            case InitStep.Root:
                return new PunnetException(
                    "cannot use the root file system " + plan.Root + " (root.path): " + words,
                    PathCause.Of(plan.Root.ToString(), failure.Errno, plan.Namespaces));
            case InitStep.NewNamespace:
                return OfNamespaces(plan.Namespaces, failure.Errno);
            case InitStep.JoinNetwork:
                return new PunnetException("cannot join the container's network namespace: " + words);
            case InitStep.Loopback:
                return new PunnetException(
                    "cannot bring up the loopback device: " + words, HostPolicy.Lacks(failure.Errno, Capability.NetAdmin));
            case InitStep.HostName:
                return new PunnetException("cannot set the host name " + plan.HostName + " (hostname): " + words);
            case InitStep.DomainName:
                return new PunnetException("cannot set the domain name " + plan.DomainName + " (domainname): " + words);
            default:
                return OfProcess(plan.Process, failure);
        }
    }

    /// <summary>The kernel does not make the new namespaces.</summary>
    /// <param name="namespaces">Which.</param>
    /// <param name="errno">What it says.</param>
    /// <param name="cgroup">The cgroup of the new process below the mount, or null for punnet's own.</param>
    public static PunnetException OfNamespaces(NamespacePlan namespaces, Errno errno, string? cgroup = null) => new(
        "cannot clone a process into new namespaces (linux.namespaces): " + errno.Words(), CloneCause.Of(namespaces, errno, cgroup));

    /// <summary>A failure that a create and an exec have in common.</summary>
    public static PunnetException Of(ProcessPlan plan, ChannelMessage failure)
    {
        try
        {
            return OfProcess(plan, failure);
        }
        catch (IndexOutOfRangeException)
        {
            return Nonsense();
        }
    }

    // A process in the container that may trace the new process can send messages in its name.
    private static PunnetException Nonsense() => new("the new process has failed, but what it says about it makes no sense");

    private static PunnetException OfProcess(ProcessPlan plan, ChannelMessage failure)
    {
        InitStep step = (InitStep)failure.Value;
        if (step is InitStep.FindProgram or InitStep.Execute or InitStep.ExecuteInterpreter)
        {
            return ProgramWords.Of(plan, failure);
        }

        string words = failure.Errno.Words();
        string sentence = step switch
        {
            // Podman's tests look for "chdir to cwd".
            InitStep.WorkingDirectory => "chdir to cwd (\"" + plan.Cwd + "\") set in config.json (process.cwd): " + words,
            InitStep.WorkingDirectoryOutside => "the working directory " + plan.Cwd + " is outside of the container's root (process.cwd)",
            InitStep.TerminalOpen => "cannot open a terminal, /dev/pts/ptmx of the container (process.terminal): " + words,
            InitStep.Console => "cannot make /dev/console (process.terminal): " + words,
            InitStep.TerminalSend => "cannot hand the terminal to the console socket: " + words,
            InitStep.Session => "cannot start a session: " + words,
            InitStep.NullDevice => "container's /dev/null is invalid, and is needed to mask paths (linux.maskedPaths): " + words,
            InitStep.Groups => "cannot set the groups (process.user.additionalGids): " + words,
            InitStep.Group => "cannot become group " + plan.Gid.ToString() + " (process.user.gid): " + words,
            InitStep.User => "cannot become user " + plan.Uid.ToString() + " (process.user.uid): " + words,
            InitStep.Capabilities => "cannot set the capabilities (process.capabilities): " + words,
            InitStep.Limit => "cannot set the resource limit " + plan.Limits[failure.Index].Name + " (process.rlimits["
                + plan.Limits[failure.Index].Index.ToString() + "]): " + words,
            InitStep.OwnFile => "exec: \"" + plan.Args[0] + "\": permission denied: it is punnet itself (process.args[0])",
            InitStep.BoundingSet => "cannot drop " + CapabilityName(failure.Index) + " (process.capabilities.bounding): " + words,
            InitStep.AmbientSet => "cannot raise " + CapabilityName(failure.Index) + " (process.capabilities.ambient): " + words,
            InitStep.Scheduler =>
                "cannot set the scheduler " + (plan.Scheduler is SchedulerAttributes scheduler ? SchedulerNames.Of(scheduler.Policy) : "")
                + " (process.scheduler): " + words,
            InitStep.IoPriority => "cannot set the priority of input and output (process.ioPriority): " + words,
            InitStep.Affinity => "cannot run on the CPUs " + (failure.Index == 0 ? plan.Affinity.InitialText : plan.Affinity.FinalText)
                + " (process.execCPUAffinity." + (failure.Index == 0 ? "initial" : "final") + "): " + words,
            InitStep.Personality =>
                "cannot enter the execution domain " + (plan.Personality == ExecutionDomain.Linux32 ? "LINUX32" : "LINUX")
                + " (linux.personality): " + words,
            InitStep.MemoryPolicy => "cannot set the memory policy " + plan.MemoryPolicy?.Name + " (linux.memoryPolicy): " + words,
            // Podman looks for the path in back quotes.
            InitStep.Apparmor => "apparmor failed to apply profile \"" + plan.ApparmorProfile
                + "\" (process.apparmorProfile): cannot write `/proc/thread-self/attr/apparmor/exec`: " + words,
            InitStep.Selinux => "cannot set the label \"" + plan.SelinuxLabel
                + "\" (process.selinuxLabel): cannot write `/proc/thread-self/attr/exec`: " + words,
            InitStep.SelinuxKeys => "cannot label the session keyring with \"" + plan.SelinuxLabel
                + "\" (process.selinuxLabel): cannot write `/proc/thread-self/attr/keycreate`: " + words,
            InitStep.NoNewPrivileges => "cannot set no_new_privs (process.noNewPrivileges): " + words,
            InitStep.Seccomp => "cannot load the system call filter (linux.seccomp): " + words,
            InitStep.SeccompListener => "cannot hand the seccomp listener out (" + plan.Seccomp?.ListenerPlace + "): " + words,
            InitStep.LeaveOwnFile => "cannot protect punnet's own file from the container: " + words,
            InitStep.Harden => "cannot protect the new process from the container: " + words,
            InitStep.JoinNamespace => "cannot join the container's namespaces: " + words,
            InitStep.CloneInit => "cannot clone the container's process: " + words,
            InitStep.UserNamespace => "cannot make a user namespace (linux.namespaces): " + words,
            InitStep.BecomeRoot => "cannot become root of the user namespace (linux.uidMappings and gidMappings must map id 0): " + words,
            InitStep.CgroupNamespace => "cannot make a cgroup namespace: " + words,
            InitStep.Keyring => "cannot join a session keyring: " + words,
            InitStep.Propagation => "cannot change the propagation of the host's mounts (linux.rootfsPropagation): " + words,
            InitStep.PivotRoot => "cannot enter the root file system (root.path): " + words,
            InitStep.RootPropagation => "cannot change the propagation of the root (linux.rootfsPropagation): " + words,
            InitStep.RootReadOnly => "cannot make the root file system read-only (root.readonly): " + words,
            InitStep.Root => "cannot open the container's root: " + words,
            InitStep.DeviceDirectory => "cannot use /dev of the root file system: " + words,
            InitStep.StandardStream => "cannot set up standard stream " + failure.Index.ToString() + ": " + words,
            InitStep.HomeDirectory => "cannot read /etc/passwd of the container, for HOME (process.env): " + words,
            InitStep.HostAnswer => "cannot hear the host side: " + words,
            InitStep.StartFifo => "cannot tell the host side: " + words,
            InitStep.CloseDescriptors => "cannot close descriptors: " + words,
            InitStep.Criu => "cannot run criu: " + words,
            _ => "step " + failure.Value.ToString() + " of the new process failed: " + words,
        };
        return new PunnetException(sentence, Hint(plan, step, failure.Index, failure.Errno)) { NeedsCopy = step == InitStep.LeaveOwnFile };
    }

    // Only where the kernel's words mislead, or say less than is known.
    private static string? Hint(ProcessPlan plan, InitStep step, int item, Errno errno) => step switch
    {
        InitStep.LeaveOwnFile when !Sys.KnowsMemoryMap() =>
            "this kernel lacks CONFIG_CHECKPOINT_RESTORE, without which only the host's CAP_SYS_RESOURCE can do it",
        InitStep.UserNamespace when CloneCause.OfUserNamespace(errno) is string cause => cause,
        InitStep.CgroupNamespace when errno == Errno.ENOSPC => CloneCause.Limit("max_cgroup_namespaces"),
        InitStep.LeaveOwnFile or InitStep.BecomeRoot or InitStep.UserNamespace or InitStep.Propagation => HostPolicy.OfRights(errno),
        InitStep.TerminalSend when errno == Errno.EAGAIN => "the owner of the console socket has read nothing for 10 seconds",
        InitStep.TerminalOpen when errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ENODEV =>
            "a terminal needs a mount of type devpts on /dev/pts (mounts)",
        InitStep.WorkingDirectory when errno == Errno.EACCES => "a directory on the way cannot be searched by user " + plan.Uid.ToString(),
        InitStep.User when errno == Errno.EINVAL =>
            "the container's user namespace has no user " + plan.Uid.ToString() + " (linux.uidMappings)",
        InitStep.Group when errno == Errno.EINVAL =>
            "the container's user namespace has no group " + plan.Gid.ToString() + " (linux.gidMappings)",
        InitStep.Groups when errno == Errno.EINVAL => plan.Groups.Length > MostGroups
            ? "a process may have 65536 groups, not " + plan.Groups.Length.ToString()
            : "the container's user namespace lacks one of these groups (linux.gidMappings)",
        InitStep.User when errno == Errno.EAGAIN =>
            "user " + plan.Uid.ToString() + " has as many processes as RLIMIT_NPROC allows (process.rlimits)",
        InitStep.User when errno == Errno.EPERM => HostPolicy.Lacks(errno, Capability.SetUid),
        InitStep.Group or InitStep.Groups when HostPolicy.Lacks(errno, Capability.SetGid) is string lacking => lacking,
        InitStep.BoundingSet or InitStep.Capabilities when errno == Errno.EPERM => HostPolicy.Lacks(errno, Capability.SetPcap),
        InitStep.Groups when errno == Errno.EPERM => "setgroups(2) is denied where an ordinary user maps only the user's own group",
        InitStep.JoinNamespace or InitStep.CloneInit => JoinCause.OfExec(errno),
        InitStep.Limit when errno == Errno.EPERM && plan.Limits[item].Kind == ResourceLimit.OpenFiles && MostFiles() is ulong most
            && plan.Limits[item].Hard > most =>
            "no process of this host may open more than " + most.ToString() + " files (sysctl fs.nr_open)",
        InitStep.Limit when errno == Errno.EPERM => "raising a hard limit needs CAP_SYS_RESOURCE",
        InitStep.Scheduler when errno == Errno.EPERM => plan.Scheduler?.Policy == SchedulerPolicy.Deadline
            ? "SCHED_DEADLINE needs CAP_SYS_NICE, and every CPU: no cpuset"
            : "it needs CAP_SYS_NICE, and SCHED_FIFO and SCHED_RR also a cgroup that has time for them",
        InitStep.Scheduler when errno == Errno.EBUSY => "so much time is not left on these CPUs",
        InitStep.MemoryPolicy when errno == Errno.ENOSYS => "this kernel has no NUMA",
        InitStep.MemoryPolicy when errno == Errno.EINVAL => "a node does not exist here, or this kernel does not know the mode or a flag",
        InitStep.Apparmor when errno == Errno.ENOENT => "no such profile is loaded on this host",
        InitStep.Keyring when errno == Errno.EDQUOT =>
            "the user has as many keys as /proc/sys/kernel/keys/maxkeys (root: root_maxkeys) allows; --no-new-keyring does without one",
        InitStep.Affinity when errno == Errno.EINVAL => "none of these CPUs exists here, or the cgroup has none of them",
        _ when errno == Errno.ENOSYS => OfAgent(plan),
        _ => null,
    };

    /// <summary>linux.netDevices: a device that could not be moved.</summary>
    /// <param name="device">Which.</param>
    /// <param name="what">The action, as in "cannot …".</param>
    /// <param name="errno">Why.</param>
    public static PunnetException OfNetworkDevice(NetDeviceStep device, string what, Errno errno) => new(
        "cannot " + what + " the network device " + device.Name + " (linux.netDevices[\"" + device.Name + "\"]): " + errno.Words(),
        errno switch
        {
            Errno.EPERM => "moving a device needs CAP_NET_ADMIN on the host",
            Errno.EEXIST => "the network namespace has a device named " + device.NewName + " already",
            Errno.EINVAL => "some devices, such as lo, cannot leave their network namespace",
            _ => null,
        });

    /// <summary>Who may have left a call without an answer (ENOSYS), or null.</summary>
    public static string? OfAgent(ProcessPlan plan) => plan.Seccomp is { NeedsListener: true, Verdicts: null }
        ? "the seccomp agent may have ended: " + plan.Seccomp.ListenerPath + " (" + plan.Seccomp.ListenerPlace + ")"
        : null;

    private static ulong MostFiles() =>
        ulong.TryParse(HostFile.TryReadText(Sys.WorkingDirectory, "/proc/sys/fs/nr_open\0"u8), out ulong most) ? most : ulong.MaxValue;

    /// <summary>A failure on the listener's way to the agent.</summary>
    /// <param name="plan">Says where the agent is named.</param>
    /// <param name="what">As in "cannot …".</param>
    /// <param name="errno">Why.</param>
    public static PunnetException SeccompAgent(SeccompPlan plan, string what, Errno errno) => new(
        "cannot " + what + " (" + plan.ListenerPlace + "): " + errno.Words(),
        errno switch
        {
            Errno.ENOENT or Errno.ECONNREFUSED => "no agent listens there",
            Errno.EPIPE or Errno.ECONNRESET => "the agent has ended",
            Errno.EAGAIN => "the agent has accepted or read nothing for 10 seconds",
            Errno.ENAMETOOLONG => "the path of a Unix socket has at most 107 bytes",
            _ => null,
        });

    private static string CapabilityName(int number) =>
        number < Capability.Names.Length ? Capability.Names[number] : "capability " + number.ToString();

    private static PunnetException Join(NamespacePlan plan, int item, Errno errno)
    {
        foreach (NamespaceJoin join in plan.Joins)
        {
            if (join.Index == item)
            {
                return new PunnetException(
                    "cannot join the namespace " + join.Path + " (linux.namespaces[" + item.ToString() + "].path): " + errno.Words(),
                    JoinCause.Of(join, plan, errno));
            }
        }

        return new PunnetException("cannot join a namespace: " + errno.Words());
    }

    private const string NoDevice = "a user namespace makes no devices, and the host has none to bind at ";

    private static PunnetException Device(ContainerPlan plan, DeviceStep device, ChannelMessage failure)
    {
        string place = device.Index < 0 ? "" : " (linux.devices[" + device.Index.ToString() + "])";
        string numbers = device.Major.ToString() + ":" + device.Minor.ToString();
        Errno errno = failure.Errno;
        return (InitStep)failure.Value == InitStep.DeviceMismatch
            ? new PunnetException("cannot make the device " + device.Path + place + ": something else than device " + numbers + " is there")
            : new PunnetException("cannot make the device " + device.Path + place + ": " + errno.Words(), errno switch
            {
                Errno.ENOENT when plan.Namespaces.HasUser => NoDevice + device.Path,
                Errno.EPERM when !plan.Namespaces.HasUser && HostProbe.IsInUserNamespace() => NoDevice + device.Path,
                Errno.EROFS => "the place is read-only",
                Errno.EPERM => HostPolicy.Lacks(errno, Capability.Mknod)
                    ?? "the device rules of punnet's own cgroup may not let it make device " + numbers,
                _ => null,
            });
    }

    private static PunnetException Hook(ImmutableArray<HookStep> steps, InitStep step, ChannelMessage failure, Descriptor? hookOutput)
    {
        HookStep hook = steps[failure.Index];
        return step switch
        {
            InitStep.CreateContainerHook => HookErrors.CannotRun(hook, failure.Errno, isOfHost: true),
            InitStep.StartContainerHook => HookErrors.CannotRun(hook, failure.Errno, isOfHost: false),
            InitStep.CreateContainerHookTimeout or InitStep.StartContainerHookTimeout => HookErrors.TimeOut(hook),
            _ => HookErrors.Failed(hook, (int)failure.Errno, hookOutput),
        };
    }
}
