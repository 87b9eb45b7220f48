using System;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Init;
using Punnet.Kernel;
using Punnet.Layers;
using Punnet.Plan;

namespace Punnet;

/// <summary>From the three numbers of the new process to a sentence: object, place in config.json, the kernel's words.</summary>
internal static class Failures
{
    /// <summary>A failure while a container was created or started.</summary>
    public static PunnetException Of(ContainerPlan plan, HookRunner? hooks, ChannelMessage failure)
    {
        try
        {
            return OfContainer(plan, hooks, failure);
        }
        catch (IndexOutOfRangeException)
        {
            return Nonsense();
        }
    }

    private static PunnetException OfContainer(ContainerPlan plan, HookRunner? hooks, ChannelMessage failure)
    {
        InitStep step = (InitStep)failure.First;
        int item = failure.Item;
        string words = failure.Errno.Words();
        switch (step)
        {
            case >= InitStep.MountSource and <= InitStep.MountAttach when step is not (InitStep.MountParameter or InitStep.MountLocked):
                return Mount(plan, plan.Mounts[item], step, failure.Errno);
            case InitStep.MountParameter:
                MountStep mount = plan.Mounts[item / MountParameter.Limit];
                MountParameter parameter = mount.Parameters[item % MountParameter.Limit];
                string text = parameter.Key + (parameter.Value.IsNull ? "" : "=" + parameter.Value);
                string ids = plan.Namespaces.HasUser && failure.Errno == Errno.EINVAL && parameter.Key.ToString() is ("uid" or "gid")
                    ? ", an id that must be mapped (linux." + parameter.Key + "Mappings)"
                    : "";
                return new PunnetException("cannot mount " + What(mount) + " on " + mount.Destination + ": "
                    + (failure.Errno == Errno.EINVAL ? "it does not take the option \"" : "it cannot use what the option names: \"")
                    + text + "\" (mounts[" + mount.Index.ToString() + "].options)" + ids + ": " + words);
            case InitStep.MountLocked:
                return Locked(plan.Mounts[item / LockedAttributes.Limit], item % LockedAttributes.Limit, words);
            case >= InitStep.Layer and <= InitStep.LayerStack when plan.Overlay is not null:
                return LayerFailures.Of(plan.Overlay, step, item, failure.Errno);
            case InitStep.ReadOnlyLate:
                return new PunnetException("cannot make " + plan.Mounts[item].Destination + " read-only (mounts[" + item.ToString() + "]): " + words);
            case InitStep.JoinNamespace:
                return Join(plan.Namespaces, item, failure.Errno);
            case InitStep.Device or InitStep.DeviceMismatch:
                return Device(plan.Devices[item], step, words);
            case InitStep.Link:
                string link = item < plan.Links.Length ? plan.Links[item].Name.ToString() : "core";
                return new PunnetException("cannot make the link /dev/" + link + ": " + words);
            case InitStep.Sysctl:
                return new PunnetException("cannot set " + plan.Sysctls[item].Name + " to \"" + plan.Sysctls[item].Value
                    + "\" (linux.sysctl[\"" + plan.Sysctls[item].Name + "\"]): " + words);
            case InitStep.ReadOnlyPath:
                return new PunnetException("cannot make " + plan.ReadOnlyPaths[item] + " read-only (linux.readonlyPaths): " + words);
            case InitStep.MaskedPath:
                return new PunnetException("cannot mask " + plan.MaskedPaths[item] + " (linux.maskedPaths): " + words);
            case InitStep.CreateContainerHook or InitStep.CreateContainerHookStatus or InitStep.CreateContainerHookTimeout:
                return Hook(plan.Hooks.CreateContainer, step, failure, hooks);
            case InitStep.StartContainerHook or InitStep.StartContainerHookStatus or InitStep.StartContainerHookTimeout:
                return Hook(plan.Hooks.StartContainer, step, failure, hooks);
            case InitStep.Root:
                return new PunnetException("cannot use the root file system " + plan.Root + " (root.path): " + words);
            case InitStep.NewNamespace:
                return OfNamespaces(plan.Namespaces, failure.Errno);
            case InitStep.JoinNetwork:
                return new PunnetException("cannot join the container's network namespace: " + words);
            case InitStep.Loopback:
                return new PunnetException("cannot bring up the loopback device: " + words);
            case InitStep.HostName:
                return new PunnetException("cannot set the host name " + plan.HostName + " (hostname): " + words);
            case InitStep.DomainName:
                return new PunnetException("cannot set the domain name " + plan.DomainName + " (domainname): " + words);
            default:
                return OfProcess(plan.Process, failure);
        }
    }

    /// <summary>The kernel does not make the new namespaces.</summary>
    public static PunnetException OfNamespaces(NamespacePlan namespaces, Errno errno) => new(
        "cannot clone a process into new namespaces (linux.namespaces): " + errno.Words(), HostPolicy.OfClone(namespaces, errno));

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

    // Whoever may trace the new process in the container can speak in its name.
    private static PunnetException Nonsense() => new("the new process has failed, but what it says about it makes no sense");

    private static PunnetException OfProcess(ProcessPlan plan, ChannelMessage failure)
    {
        InitStep step = (InitStep)failure.First;
        string words = failure.Errno.Words();
        string sentence = step switch
        {
            InitStep.FindProgram => Program(plan, failure.Errno),
            // The words that runc leaves in a container's log.
            InitStep.Execute => "exec " + plan.Candidates[failure.Item] + ": " + words,
            InitStep.ExecuteInterpreter => "the interpreter that a program names in its first line or ELF header is not in the container: exec "
                + plan.Candidates[failure.Item] + ": " + words,
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
            InitStep.Limit => "cannot set the resource limit " + plan.Limits[failure.Item].Name + " (process.rlimits["
                + plan.Limits[failure.Item].Index.ToString() + "]): " + words,
            InitStep.OwnFile => "exec: \"" + plan.Args[0] + "\": permission denied: it is punnet itself (process.args[0])",
            InitStep.BoundingSet => "cannot drop " + CapabilityName(failure.Item) + " (process.capabilities.bounding): " + words,
            InitStep.AmbientSet => "cannot raise " + CapabilityName(failure.Item) + " (process.capabilities.ambient): " + words,
            InitStep.Scheduler => "cannot set the scheduler " + (plan.Scheduler is SchedulerAttributes scheduler ? Policy(scheduler.Policy) : "")
                + " (process.scheduler): " + words,
            InitStep.IoPriority => "cannot set the priority of input and output (process.ioPriority): " + words,
            InitStep.Affinity => "cannot run on the CPUs " + (failure.Item == 0 ? plan.Affinity.InitialText : plan.Affinity.FinalText)
                + " (process.execCPUAffinity." + (failure.Item == 0 ? "initial" : "final") + "): " + words,
            InitStep.Personality => "cannot enter the execution domain " + (plan.Personality == ExecutionDomain.Linux32 ? "LINUX32" : "LINUX")
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
            InitStep.StandardStream => "cannot set up standard stream " + failure.Item.ToString() + ": " + words,
            InitStep.StartGate => "cannot tell the host side: " + words,
            InitStep.CloseDescriptors => "cannot close descriptors: " + words,
            _ => "step " + failure.First.ToString() + " of the new process failed: " + words,
        };
        return new PunnetException(sentence, Hint(plan, step, failure.Errno));
    }

    // Only where the kernel's words mislead, or say less than is known.
    private static string? Hint(ProcessPlan plan, InitStep step, Errno errno) => step switch
    {
        InitStep.Execute when errno == Errno.ENOEXEC => "the program is for another machine, or is a script without a #! line",
        InitStep.Execute when errno is Errno.EACCES or Errno.EPERM && !plan.SelinuxLabel.IsNull =>
            "the SELinux policy may not let punnet start a program as " + plan.SelinuxLabel + " (process.selinuxLabel)",
        InitStep.LeaveOwnFile when !Sys.KnowsMemoryMap() =>
            "this kernel lacks CONFIG_CHECKPOINT_RESTORE, without which only the host's CAP_SYS_RESOURCE can do it",
        InitStep.LeaveOwnFile or InitStep.BecomeRoot or InitStep.UserNamespace or InitStep.Propagation => HostPolicy.OfRights(errno),
        InitStep.TerminalOpen when errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ENODEV =>
            "a terminal needs a mount of type devpts on /dev/pts (mounts)",
        InitStep.Groups when errno == Errno.EPERM => "setgroups(2) is denied where an ordinary user maps only the own group",
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
        _ when errno == Errno.ENOSYS && plan.Seccomp is { NeedsListener: true, Verdicts: null } =>
            "the seccomp agent may have ended: " + plan.Seccomp.ListenerPath + " (" + plan.Seccomp.ListenerPlace + ")",
        _ => null,
    };

    /// <summary>linux.netDevices: a device that could not be moved.</summary>
    /// <param name="device">Which.</param>
    /// <param name="what">What was being done, as in "cannot …".</param>
    /// <param name="errno">Why.</param>
    public static PunnetException OfNetworkDevice(NetDeviceStep device, string what, Errno errno) => new(
        "cannot " + what + " the network device " + device.Name + " (linux.netDevices[\"" + device.Name + "\"]): " + errno.Words(),
        errno switch
        {
            Errno.EPERM => "moving a device needs CAP_NET_ADMIN on the host",
            Errno.EEXIST => "the network namespace has a device named " + device.NewName + " already",
            Errno.EINVAL => "some devices, like lo, belong to their network namespace for ever",
            _ => null,
        });

    private static string Policy(SchedulerPolicy policy) => policy switch
    {
        SchedulerPolicy.Fifo => "SCHED_FIFO",
        SchedulerPolicy.RoundRobin => "SCHED_RR",
        SchedulerPolicy.Batch => "SCHED_BATCH",
        SchedulerPolicy.Idle => "SCHED_IDLE",
        SchedulerPolicy.Deadline => "SCHED_DEADLINE",
        _ => "SCHED_OTHER",
    };

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
            Errno.ENAMETOOLONG => "the path of a Unix socket has at most 107 bytes",
            _ => null,
        });

    private static string CapabilityName(int number) =>
        number < Capability.Names.Length ? Capability.Names[number] : "capability " + number.ToString();

    // Engines turn these words into exit codes 126 and 127.
    private static string Program(ProcessPlan plan, Errno errno)
    {
        string name = plan.Args[0].ToString();
        bool isSearched = !name.Contains('/', System.StringComparison.Ordinal);
        return isSearched && errno == Errno.ENOENT
            ? "exec: \"" + name + "\": executable file not found in $PATH (process.args[0])"
            : "exec: \"" + name + "\": " + errno.Words() + " (process.args[0])";
    }

    private static PunnetException Locked(MountStep step, int item, string words)
    {
        bool isTree = item >= LockedAttributes.OfTree;
        MountAttributes kind = LockedAttributes.Of(item % LockedAttributes.OfTree);
        MountAttributes set = (isTree ? step.RecursiveSet : step.Set) & kind;
        string word = kind switch
        {
            MountAttributes.ReadOnly => "rw",
            MountAttributes.NoSuid => "suid",
            MountAttributes.NoDev => "dev",
            MountAttributes.NoExec => "exec",
            _ when (set & MountAttributes.NoAtime) != MountAttributes.None => "noatime",
            _ when (set & MountAttributes.StrictAtime) != MountAttributes.None => "strictatime",
            _ when ((isTree ? step.RecursiveClear : step.Clear) & MountAttributes.AtimeMask) != MountAttributes.None => "relatime",
            _ => set == MountAttributes.None ? "diratime" : "nodiratime",
        };
        return new PunnetException("cannot " + (step.Kind == MountKind.Remount ? "remount" : "mount") + " " + What(step) + " on " + step.Destination
            + " (mounts[" + step.Index.ToString() + "].options): \"" + (isTree ? "r" : "") + word
            + "\" would change what is locked in a user namespace: " + words);
    }

    private static string What(MountStep step) => step.Kind switch
    {
        MountKind.Bind => step.Source.ToString(),
        MountKind.Cgroup => "cgroup",
        _ => step.Type.IsNull ? "it" : step.Type.ToString(),
    };

    private static PunnetException Mount(ContainerPlan plan, MountStep step, InitStep at, Errno errno)
    {
        string place = " (mounts[" + step.Index.ToString() + "]): ";
        string mount = "cannot " + (step.Kind == MountKind.Remount ? "remount" : "mount") + " " + What(step) + " on " + step.Destination;
        string words = errno.Words();
        return at switch
        {
            InitStep.MountOverProc => new PunnetException(
                mount + place + "it would cover a part of /proc that must stay visible", null),
            InitStep.MountTarget when errno == Errno.ELOOP => new PunnetException(
                mount + place + step.Destination + " must be mounted on ordinary directory, and a symbolic link is there"),
            InitStep.MountTarget => new PunnetException(mount + place + "cannot use the destination: " + words),
            InitStep.MountSource when step.Kind == MountKind.Bind => new PunnetException(
                mount + " (mounts[" + step.Index.ToString() + "].source): " + words),
            InitStep.MountType => new PunnetException(
                mount + " (mounts[" + step.Index.ToString() + "].type): " + words,
                errno == Errno.ENODEV ? "this kernel has no such file system" : null),
            InitStep.MountLabel => new PunnetException(
                mount + place + "cannot label it with \"" + plan.MountLabel + "\" (linux.mountLabel): " + words),
            InitStep.MountAttach when errno == Errno.ENOTDIR => new PunnetException(
                mount + place + "a directory goes on a directory, and a file on a file: " + words),
            InitStep.MountCovered => new PunnetException(
                mount + " (mounts[" + step.Index.ToString() + "].source): an earlier mount covers it, and in a user namespace ids are mapped before that is made"),
            InitStep.MountIdMap when errno == Errno.EINVAL => new PunnetException(
                mount + place + "the ids of its file system, " + MountedFileSystem.Name(step.Source) + ", cannot be mapped: " + words),
            InitStep.MountIdMap => new PunnetException(
                mount + place + "cannot map its ids: " + words,
                errno == Errno.EPERM ? "mapping the ids of a mount needs CAP_SYS_ADMIN on the host, and is done once only" : null),
            InitStep.MountAttributes or InitStep.MountPropagation => new PunnetException(
                mount + " (mounts[" + step.Index.ToString() + "].options): " + words),
            InitStep.MountCreate when errno == Errno.EACCES && !step.LabelKey.IsNull => new PunnetException(
                mount + place + words, "the SELinux policy may not allow a mount with " + step.LabelKey + "=" + step.Label + " (linux.mountLabel)"),
            _ => new PunnetException(mount + place + words, HostPolicy.OfMount(plan.Namespaces, step, errno)),
        };
    }

    private static PunnetException Join(NamespacePlan plan, int item, Errno errno)
    {
        foreach (NamespaceJoin join in plan.Joins)
        {
            if (join.Index == item)
            {
                return new PunnetException("cannot join the namespace " + join.Path + " (linux.namespaces[" + item.ToString() + "].path): " + errno.Words());
            }
        }

        return new PunnetException("cannot join a namespace: " + errno.Words());
    }

    private static PunnetException Device(DeviceStep device, InitStep step, string words)
    {
        string place = device.Index < 0 ? "" : " (linux.devices[" + device.Index.ToString() + "])";
        string numbers = device.Major.ToString() + ":" + device.Minor.ToString();
        return step == InitStep.DeviceMismatch
            ? new PunnetException("cannot make the device " + device.Path + place + ": something else than device " + numbers + " is there")
            : new PunnetException("cannot make the device " + device.Path + place + ": " + words);
    }

    private static PunnetException Hook(ImmutableArray<HookStep> steps, InitStep step, ChannelMessage failure, HookRunner? hooks)
    {
        HookStep hook = steps[failure.Item];
        return step switch
        {
            InitStep.CreateContainerHook or InitStep.StartContainerHook =>
                new PunnetException(HookRunner.Name(hook) + " cannot be run: " + hook.Path + ": " + failure.Errno.Words()),
            InitStep.CreateContainerHookTimeout or InitStep.StartContainerHookTimeout => HookRunner.TimeOut(hook),
            _ when hooks is not null => hooks.Failure(hook, (int)failure.Errno),
            _ => new PunnetException(HookRunner.Ended(hook, (int)failure.Errno)),
        };
    }
}
