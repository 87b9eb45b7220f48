using System.Collections.Immutable;
using Punnet.Abi;

namespace Punnet.Plan;

/// <summary>Hooks by kind.</summary>
public sealed record HooksPlan
{
    /// <summary>Runtime namespace, before <see cref="CreateRuntime"/>.</summary>
    public required ImmutableArray<HookStep> Prestart { get; init; }

    /// <summary>Runtime namespace.</summary>
    public required ImmutableArray<HookStep> CreateRuntime { get; init; }

    /// <summary>Container namespace, before pivot_root.</summary>
    public required ImmutableArray<HookStep> CreateContainer { get; init; }

    /// <summary>Container namespace, at start.</summary>
    public required ImmutableArray<HookStep> StartContainer { get; init; }

    /// <summary>Runtime namespace, after start.</summary>
    public required ImmutableArray<HookStep> Poststart { get; init; }

    /// <summary>Runtime namespace, after delete.</summary>
    public required ImmutableArray<HookStep> Poststop { get; init; }

    /// <summary>Whether the host runs hooks while the new process waits.</summary>
    public bool HasCreateRuntime => !Prestart.IsEmpty || !CreateRuntime.IsEmpty;

    /// <summary>Whether the new process runs hooks itself.</summary>
    public bool HasInContainer => !CreateContainer.IsEmpty || !StartContainer.IsEmpty;
}

/// <summary>One hook.</summary>
/// <param name="Kind">Its property in hooks, such as createRuntime.</param>
/// <param name="Index">Place in that list.</param>
/// <param name="Path">The program.</param>
/// <param name="Args">argv; never empty.</param>
/// <param name="Env">Environment; default (not empty) inherits.</param>
/// <param name="TimeoutSeconds">0 for none.</param>
public sealed record HookStep(
    string Kind, int Index, CString Path, ImmutableArray<CString> Args, ImmutableArray<CString> Env, long TimeoutSeconds);
