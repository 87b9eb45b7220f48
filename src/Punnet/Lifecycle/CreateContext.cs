using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Host.State;
using Punnet.Host.Systemd;
using Punnet.Plan;
using Punnet.Spec;

namespace Punnet.Lifecycle;

/// <summary>What a create needs beside its plan.</summary>
internal sealed record CreateContext : ProgramContext
{
    /// <summary>Where the container is registered.</summary>
    public required StateStore Store { get; init; }

    /// <summary>What the command line adds.</summary>
    public required PlanOptions Options { get; init; }

    /// <summary><c>--config</c>: absolute path of the file read instead of the bundle's; or null.</summary>
    public string? ConfigPath { get; init; }

    /// <summary>The plan.</summary>
    public required ContainerPlan Plan { get; init; }

    /// <summary>LISTEN_FDS and LISTEN_PID for the container, sd_listen_fds(3), or empty.</summary>
    public ImmutableArray<CString> ListenEnv { get; init; } = [];

    /// <summary>Where the service manager gets READY=1 of the container, or null.</summary>
    public NotifySocket? Notify { get; init; }

    /// <summary><c>--rootless</c>: whether a cgroup that cannot be made is ignored; null decides by punnet's user.</summary>
    public bool? Rootless { get; init; }

    /// <summary><c>--cgroup-manager disabled</c>: whether the container stays in its caller's cgroup.</summary>
    public bool WithoutCgroup { get; init; }

    /// <summary>Whether the container waits for <c>start</c>, and not for this process.</summary>
    public bool WaitsForStart { get; init; }

    /// <summary>The state, as hooks and a seccomp agent read it.</summary>
    public ContainerState State(ContainerStatus status, int pid) => new()
    {
        OciVersion = Plan.Excerpt.OciVersion ?? SpecVersion.Newest,
        Id = Options.Id,
        Pid = pid,
        Status = Container.Word(status),
        Bundle = Options.Bundle,
        Rootfs = Plan.Root.ToString(),
        Created = "",
        Annotations = Plan.Excerpt.Annotations,
        Owner = "",
    };
}
