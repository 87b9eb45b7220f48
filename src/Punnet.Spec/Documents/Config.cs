using System.Collections.Generic;

namespace Punnet.Spec;

/// <summary>A bundle's config.json as written: runtime-spec 1.3 config.md. Absent properties are null.</summary>
public sealed record Config
{
    /// <summary>Version of the specification that the bundle claims; never checked strictly (engines write 1.0.2 to 1.3.0-dev).</summary>
    public string? OciVersion { get; init; }

    /// <summary>config.md#root.</summary>
    public Root? Root { get; init; }

    /// <summary>config.md#mounts, in the order in which they are made.</summary>
    public IReadOnlyList<Mount> Mounts { get; init; } = [];

    /// <summary>config.md#process; absent for a container that is created but never started.</summary>
    public Process? Process { get; init; }

    /// <summary>config.md#hostname.</summary>
    public string? Hostname { get; init; }

    /// <summary>config.md#domainname.</summary>
    public string? Domainname { get; init; }

    /// <summary>config.md#posix-platform-hooks.</summary>
    public Hooks? Hooks { get; init; }

    /// <summary>config.md#annotations, in the order written.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    /// <summary>config-linux.md.</summary>
    public Linux? Linux { get; init; }
}

/// <summary>config.md#root.</summary>
public sealed record Root
{
    /// <summary>Path of the root file system; relative means relative to the bundle.</summary>
    public string? Path { get; init; }

    /// <summary>Whether the root is remounted read-only before the program runs.</summary>
    public bool Readonly { get; init; }
}

/// <summary>config.md#mounts.</summary>
public sealed record Mount
{
    /// <summary>Where, as the container sees it.</summary>
    public string? Destination { get; init; }

    /// <summary>File system type; ignored for bind mounts.</summary>
    public string? Type { get; init; }

    /// <summary>A host path for bind mounts, otherwise the name given to mount(2).</summary>
    public string? Source { get; init; }

    /// <summary>fstab-style options.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>Id mapping of this mount alone.</summary>
    public IReadOnlyList<IdMapping> UidMappings { get; init; } = [];

    /// <summary>Id mapping of this mount alone.</summary>
    public IReadOnlyList<IdMapping> GidMappings { get; init; } = [];
}

/// <summary>config-linux.md#user-namespace-mappings: a range of ids, in the container and on the host.</summary>
/// <param name="ContainerId">First id inside.</param>
/// <param name="HostId">First id outside.</param>
/// <param name="Size">How many ids.</param>
public readonly record struct IdMapping(uint ContainerId, uint HostId, uint Size);

/// <summary>config.md#posix-platform-hooks.</summary>
public sealed record Hooks
{
    /// <summary>Deprecated; runs in the runtime namespace before <see cref="CreateRuntime"/>.</summary>
    public IReadOnlyList<Hook> Prestart { get; init; } = [];

    /// <summary>Runtime namespace, after the namespaces exist, before pivot_root.</summary>
    public IReadOnlyList<Hook> CreateRuntime { get; init; } = [];

    /// <summary>Container namespace, before pivot_root.</summary>
    public IReadOnlyList<Hook> CreateContainer { get; init; } = [];

    /// <summary>Container namespace, at start, before the program is executed.</summary>
    public IReadOnlyList<Hook> StartContainer { get; init; } = [];

    /// <summary>Runtime namespace, after the program was executed, before start returns.</summary>
    public IReadOnlyList<Hook> Poststart { get; init; } = [];

    /// <summary>Runtime namespace, after the container was deleted.</summary>
    public IReadOnlyList<Hook> Poststop { get; init; } = [];
}

/// <summary>One entry of config.md#posix-platform-hooks.</summary>
public sealed record Hook
{
    /// <summary>Absolute path of the program.</summary>
    public string? Path { get; init; }

    /// <summary>argv, its first entry included; absent means only the path.</summary>
    public IReadOnlyList<string> Args { get; init; } = [];

    /// <summary>Environment; null (absent) inherits the runtime's, an empty list is an empty environment.</summary>
    public IReadOnlyList<string>? Env { get; init; }

    /// <summary>Seconds until the hook is killed; null means never.</summary>
    public long? Timeout { get; init; }
}
