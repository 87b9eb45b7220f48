namespace Punnet.Init;

/// <summary>What the new process was doing when it failed; the item is an index into a list.</summary>
public enum InitStep
{
    /// <summary>Moving off punnet's own file.</summary>
    LeaveOwnFile = 1,

    /// <summary>Setting the parent-death signal, and clearing the dumpable flag.</summary>
    Harden,

    /// <summary>Joining linux.namespaces[item].</summary>
    JoinNamespace,

    /// <summary>Cloning the container's first process after joining.</summary>
    CloneInit,

    /// <summary>A new user namespace, after joining others.</summary>
    UserNamespace,

    /// <summary>Becoming root of the user namespace.</summary>
    BecomeRoot,

    /// <summary>A new cgroup namespace.</summary>
    CgroupNamespace,

    /// <summary>New namespaces that init makes itself; the network namespace where the host cannot.</summary>
    NewNamespace,

    /// <summary>Joining the network namespace that the host made.</summary>
    JoinNetwork,

    /// <summary>Bringing up the loopback device.</summary>
    Loopback,

    /// <summary>A session keyring.</summary>
    Keyring,

    /// <summary>Cutting the mount namespace off the host's.</summary>
    Propagation,

    /// <summary>Making root.path a mount.</summary>
    Root,

    /// <summary>Opening layer number item of the root.</summary>
    Layer,

    /// <summary>Opening or making the upper directory.</summary>
    LayerUpper,

    /// <summary>Checking that the file system of the upper directory supports overlayfs's extended attributes.</summary>
    LayerMarks,

    /// <summary>Stacking the layers.</summary>
    LayerStack,

    /// <summary>Opening the source of mounts[item].</summary>
    MountSource,

    /// <summary>Opening the file system type of mounts[item].</summary>
    MountType,

    /// <summary>A parameter of mounts[item / <see cref="Plan.MountParameter.Limit"/>]: the rest of that division.</summary>
    MountParameter,

    /// <summary>Making the file system of mounts[item].</summary>
    MountCreate,

    /// <summary>linux.mountLabel of mounts[item].</summary>
    MountLabel,

    /// <summary>Copying what mounts[item] covers into it.</summary>
    MountCopy,

    /// <summary>Attributes of mounts[item].</summary>
    MountAttributes,

    /// <summary>An attribute of mounts[item / <see cref="LockedAttributes.Limit"/>]: the rest of that division.</summary>
    MountLocked,

    /// <summary>Mapping the ids of mounts[item].</summary>
    MountIdMap,

    /// <summary>The source of mounts[item], whose ids are mapped, is covered by an earlier mount.</summary>
    MountCovered,

    /// <summary>Propagation of mounts[item].</summary>
    MountPropagation,

    /// <summary>Finding or making the destination of mounts[item].</summary>
    MountTarget,

    /// <summary>mounts[item] would cover a part of /proc that must stay visible.</summary>
    MountOverProc,

    /// <summary>Attaching mounts[item].</summary>
    MountAttach,

    /// <summary>/dev of the container.</summary>
    DeviceDirectory,

    /// <summary>Device number item.</summary>
    Device,

    /// <summary>Device number item exists as another file.</summary>
    DeviceMismatch,

    /// <summary>Link number item below /dev.</summary>
    Link,

    /// <summary>createContainer hook number item could not be run.</summary>
    CreateContainerHook,

    /// <summary>createContainer hook number item ended with a status other than 0 (in place of errno).</summary>
    CreateContainerHookStatus,

    /// <summary>createContainer hook number item ran too long.</summary>
    CreateContainerHookTimeout,

    /// <summary>Entering the new root.</summary>
    PivotRoot,

    /// <summary>Propagation of the new root.</summary>
    RootPropagation,

    /// <summary>The container's devpts.</summary>
    TerminalOpen,

    /// <summary>/dev/console.</summary>
    Console,

    /// <summary>Handing the terminal out.</summary>
    TerminalSend,

    /// <summary>A session with a controlling terminal.</summary>
    Session,

    /// <summary>Making mounts[item] read-only.</summary>
    ReadOnlyLate,

    /// <summary>Making the root read-only.</summary>
    RootReadOnly,

    /// <summary>hostname.</summary>
    HostName,

    /// <summary>domainname.</summary>
    DomainName,

    /// <summary>Kernel parameter number item.</summary>
    Sysctl,

    /// <summary>The value of kernel parameter number item.</summary>
    SysctlValue,

    /// <summary>linux.readonlyPaths, number item.</summary>
    ReadOnlyPath,

    /// <summary>linux.maskedPaths, number item.</summary>
    MaskedPath,

    /// <summary>The container's /dev/null is not the null device.</summary>
    NullDevice,

    /// <summary>Standard input, output or error (item).</summary>
    StandardStream,

    /// <summary>process.scheduler; set by the host side, which has the privilege.</summary>
    Scheduler,

    /// <summary>process.ioPriority; set by the host side.</summary>
    IoPriority,

    /// <summary>process.execCPUAffinity: 0 initial, 1 final; set by the host side.</summary>
    Affinity,

    /// <summary>linux.personality.</summary>
    Personality,

    /// <summary>linux.memoryPolicy.</summary>
    MemoryPolicy,

    /// <summary>process.apparmorProfile.</summary>
    Apparmor,

    /// <summary>process.selinuxLabel.</summary>
    Selinux,

    /// <summary>process.selinuxLabel for new keys.</summary>
    SelinuxKeys,

    /// <summary>prctl(PR_SET_NO_NEW_PRIVS).</summary>
    NoNewPrivileges,

    /// <summary>The system call filter.</summary>
    Seccomp,

    /// <summary>Handing the notification descriptor out.</summary>
    SeccompListener,

    /// <summary>process.rlimits, number item of the plan.</summary>
    Limit,

    /// <summary>The bounding set, capability number item.</summary>
    BoundingSet,

    /// <summary>setgroups(2).</summary>
    Groups,

    /// <summary>setresgid(2).</summary>
    Group,

    /// <summary>setresuid(2).</summary>
    User,

    /// <summary>capset(2).</summary>
    Capabilities,

    /// <summary>The ambient set, capability number item.</summary>
    AmbientSet,

    /// <summary>process.cwd.</summary>
    WorkingDirectory,

    /// <summary>Reading /etc/passwd, for HOME.</summary>
    HomeDirectory,

    /// <summary>process.cwd is outside the container's root (CVE-2024-21626).</summary>
    WorkingDirectoryOutside,

    /// <summary>Finding args[0].</summary>
    FindProgram,

    /// <summary>args[0] is punnet's own file, reached through /proc.</summary>
    OwnFile,

    /// <summary>Waiting for start.</summary>
    StartFifo,

    /// <summary>Reading what the host side, or start, has answered.</summary>
    HostAnswer,

    /// <summary>startContainer hook number item could not be run.</summary>
    StartContainerHook,

    /// <summary>startContainer hook number item ended with a status other than 0 (in place of errno).</summary>
    StartContainerHookStatus,

    /// <summary>startContainer hook number item ran too long.</summary>
    StartContainerHookTimeout,

    /// <summary>Closing what the program must not inherit.</summary>
    CloseDescriptors,

    /// <summary>execve(2).</summary>
    Execute,

    /// <summary>execve(2) of a file that exists: its interpreter does not.</summary>
    ExecuteInterpreter,

    /// <summary>Becoming CRIU, for a checkpoint or a restore.</summary>
    Criu,

    /// <summary>umount2(2) of what is mounted at a destination of a running container.</summary>
    Unmount,
}
