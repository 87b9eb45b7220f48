using System.Collections.Generic;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>
/// What is kept of config.json beside the steps: the state has it, hooks are told of it, and the words of an error depend on it. No step
/// does anything with it, so the text of a plan leaves it out.
/// </summary>
public sealed record ConfigExcerpt
{
    /// <summary>ociVersion, or null.</summary>
    public required string? OciVersion { get; init; }

    /// <summary>annotations.</summary>
    public required IReadOnlyDictionary<string, string> Annotations { get; init; }

    /// <summary>hooks.poststart as written: <c>start</c> reads it from the state.</summary>
    public required IReadOnlyList<Hook> Poststart { get; init; }

    /// <summary>hooks.poststop as written: <c>delete</c> reads it from the state.</summary>
    public required IReadOnlyList<Hook> Poststop { get; init; }

    /// <summary>Whether linux.cgroupsPath names the cgroup: one that was asked for must not be missing.</summary>
    public required bool NamesCgroup { get; init; }

    /// <summary>Takes it from a config.json.</summary>
    public static ConfigExcerpt Of(Config config) => new()
    {
        OciVersion = config.OciVersion,
        Annotations = config.Annotations,
        Poststart = config.Hooks?.Poststart ?? [],
        Poststop = config.Hooks?.Poststop ?? [],
        NamesCgroup = !string.IsNullOrEmpty(config.Linux?.CgroupsPath),
    };
}
