namespace Punnet.Plan;

/// <summary>What the command line adds to config.json.</summary>
/// <param name="Id">The container's id.</param>
/// <param name="Bundle">The bundle's directory, absolute.</param>
/// <param name="NoPivot"><c>--no-pivot</c>.</param>
/// <param name="NoNewKeyring"><c>--no-new-keyring</c>.</param>
/// <param name="SystemdCgroup"><c>--systemd-cgroup</c>.</param>
public sealed record PlanOptions(string Id, string Bundle, bool NoPivot, bool NoNewKeyring, bool SystemdCgroup)
{
    /// <summary>What was asked of a root of layers; null for an ordinary root.</summary>
    public LayerRequest? Layers { get; init; }
}
