using System.Collections.Generic;
using Punnet.Host;
using Punnet.Plan;
using Punnet.Spec;

namespace Punnet.Lifecycle;

/// <summary>The plan of a container that exists, made again from its bundle.</summary>
internal static class RunningPlan
{
    /// <summary>Enters the bundle and plans its config.json.</summary>
    /// <param name="id">The container.</param>
    /// <param name="record">Its record.</param>
    /// <param name="log">Gets unknown properties.</param>
    /// <exception cref="PunnetException">config.json is not there, or not valid any more.</exception>
    public static ContainerPlan Of(string id, StateRecord record, Log log) =>
        BundleFile.Refusing(() => Plan(id, record, log, mounts: null));

    /// <summary>The same with other mounts.</summary>
    /// <param name="id">The container.</param>
    /// <param name="record">Its record.</param>
    /// <param name="log">Gets unknown properties.</param>
    /// <param name="mounts">The mounts.</param>
    /// <param name="name">Where they come from.</param>
    /// <exception cref="PunnetException">config.json is not there, or not valid any more; or the mounts are not.</exception>
    public static ContainerPlan WithMounts(string id, StateRecord record, Log log, IReadOnlyList<Mount> mounts, string name)
    {
        Of(id, record, log);
        try
        {
            return Plan(id, record, log, mounts);
        }
        catch (SpecException refusal)
        {
            throw new PunnetException(name + ": " + refusal.Message);
        }
    }

    private static ContainerPlan Plan(string id, StateRecord record, Log log, IReadOnlyList<Mount>? mounts)
    {
        Config config = BundleFile.Enter(record.Bundle, record.Config, log, out string bundle);
        config = config with
        {
            Root = config.Root?.Path is null ? new Root { Path = record.Rootfs } : config.Root, // Layers.
            Mounts = mounts ?? config.Mounts,
        };
        PlanOptions options = new(id, bundle, NoPivot: false, NoNewKeyring: false, SystemdCgroup: false);
        return Planner.Plan(config, options, HostProbe.Facts());
    }
}
