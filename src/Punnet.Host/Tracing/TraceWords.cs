using Punnet.Init;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Host.Tracing;

/// <summary>What a step is called in a trace.</summary>
internal static class TraceWords
{
    /// <summary>The words of a record.</summary>
    public static string Of(TraceRecord record, ContainerPlan? container, ProcessPlan? process)
    {
        if (record.Step >= (int)HostStep.Begin)
        {
            string about = HostTrace.About(record.Item);
            return OfHost((HostStep)record.Step) + (about.Length > 0 ? " " + about : "");
        }

        InitStep step = (InitStep)record.Step;
        return OfObject(step, record.Item, container) ?? OfProcess(step, record.Item, process ?? container?.Process) ?? OfInit(step);
    }

    private static string OfHost(HostStep step) => step switch
    {
        HostStep.Read => "read config.json",
        HostStep.Plan => "plan",
        HostStep.Find => "find the container",
        HostStep.Reserve => "make the state directory",
        HostStep.Register => "write the record",
        HostStep.Cgroup => "make the cgroup",
        HostStep.Open => "open what the new process needs",
        HostStep.Clone => "clone3",
        HostStep.Network => "make the network namespace",
        HostStep.DeviceRules => "attach the device program",
        HostStep.Hear => "wait for the new process",
        HostStep.RegisterInit => "record the first process",
        HostStep.IdMaps => "write the id maps",
        HostStep.Hook => "hook",
        HostStep.Finish => "set scheduler, OOM score and owners",
        HostStep.Start => "wait until the program runs",
        HostStep.Program => "wait for the program",
        HostStep.Remove => "remove the container",
        HostStep.End => "end",
        _ => "begin",
    };

    // Steps about an entry of config.json.
    private static string? OfObject(InitStep step, int item, ContainerPlan? plan)
    {
        if (plan is null || item < 0)
        {
            return null;
        }

        int mount = step is InitStep.MountParameter ? item / MountParameter.Limit
            : step is InitStep.MountLocked ? item / LockedAttributes.Limit : item;
        return step switch
        {
            >= InitStep.MountSource and <= InitStep.MountAttach when mount < plan.Mounts.Length =>
                "mount " + plan.Mounts[mount].Destination + " (mounts[" + mount.ToString() + "])",
            InitStep.ReadOnlyLate when item < plan.Mounts.Length => "make " + plan.Mounts[item].Destination + " read-only",
            InitStep.Device or InitStep.DeviceMismatch when item < plan.Devices.Length => "device " + plan.Devices[item].Path,
            InitStep.Link when item < plan.Links.Length => "link /dev/" + plan.Links[item].Name,
            InitStep.Sysctl or InitStep.SysctlValue when item < plan.Sysctls.Length => "sysctl " + plan.Sysctls[item].Name,
            InitStep.ReadOnlyPath when item < plan.ReadOnlyPaths.Length => "make " + plan.ReadOnlyPaths[item] + " read-only",
            InitStep.MaskedPath when item < plan.MaskedPaths.Length => "mask " + plan.MaskedPaths[item],
            InitStep.CreateContainerHook or InitStep.CreateContainerHookStatus or InitStep.CreateContainerHookTimeout
                when item < plan.Hooks.CreateContainer.Length => "hook createContainer " + plan.Hooks.CreateContainer[item].Path,
            InitStep.StartContainerHook or InitStep.StartContainerHookStatus or InitStep.StartContainerHookTimeout
                when item < plan.Hooks.StartContainer.Length => "hook startContainer " + plan.Hooks.StartContainer[item].Path,
            InitStep.HostName => "host name " + plan.HostName,
            _ => null,
        };
    }

    private static string? OfProcess(InitStep step, int item, ProcessPlan? plan) => step switch
    {
        _ when plan is null || item < 0 => null,
        InitStep.Limit when item < plan.Limits.Length => "limit " + plan.Limits[item].Name,
        InitStep.FindProgram or InitStep.Execute when plan.Args.Length > 0 => "find " + plan.Args[0],
        InitStep.WorkingDirectory => "working directory " + plan.Cwd,
        _ => null,
    };

    private static string OfInit(InitStep step) => step switch
    {
        InitStep.LeaveOwnFile => "leave punnet's own file",
        InitStep.Harden => "close the process to the container",
        InitStep.JoinNamespace or InitStep.JoinNetwork => "join namespaces",
        InitStep.CloneInit => "clone the first process",
        InitStep.UserNamespace or InitStep.BecomeRoot => "become root of the user namespace",
        InitStep.CgroupNamespace or InitStep.NewNamespace => "make namespaces",
        InitStep.Loopback => "raise the loopback device",
        InitStep.Keyring => "session keyring",
        InitStep.Propagation => "cut the mounts off from the host",
        InitStep.Root or InitStep.PivotRoot => "enter the root",
        >= InitStep.Layer and <= InitStep.LayerStack => "stack the layers",
        InitStep.DeviceDirectory or InitStep.Link or InitStep.Device => "fill /dev",
        InitStep.RootPropagation => "propagation of the root",
        InitStep.TerminalOpen or InitStep.Console or InitStep.TerminalSend => "terminal",
        InitStep.Session => "session",
        InitStep.RootReadOnly => "make the root read-only",
        InitStep.HostName or InitStep.DomainName => "host and domain name",
        InitStep.ReadOnlyPath or InitStep.MaskedPath or InitStep.NullDevice => "mask paths",
        InitStep.StandardStream => "standard streams",
        InitStep.Scheduler or InitStep.IoPriority or InitStep.Affinity or InitStep.Personality or InitStep.MemoryPolicy => "scheduling",
        InitStep.Apparmor or InitStep.Selinux or InitStep.SelinuxKeys => "security label",
        InitStep.NoNewPrivileges or InitStep.Seccomp or InitStep.SeccompListener => "system call filter",
        InitStep.Limit => "limits",
        InitStep.BoundingSet or InitStep.Capabilities or InitStep.AmbientSet => "capabilities",
        InitStep.Groups or InitStep.Group or InitStep.User => "become the user",
        InitStep.WorkingDirectory or InitStep.WorkingDirectoryOutside or InitStep.HomeDirectory => "working directory",
        InitStep.FindProgram or InitStep.OwnFile => "find the program",
        InitStep.StartFifo => "tell punnet",
        InitStep.HostAnswer => "wait for punnet",
        InitStep.CloseDescriptors => "close descriptors",
        InitStep.Execute or InitStep.ExecuteInterpreter => "execve",
        _ => "step " + ((int)step).ToString(),
    };
}
