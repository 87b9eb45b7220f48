using System;
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
    /// <param name="mounts">Mounts instead of those of config.json, or null.</param>
    /// <param name="name">Where those come from.</param>
    /// <exception cref="PunnetException">config.json is not there, or not valid any more; or the mounts are not.</exception>
    public static ContainerPlan Of(string id, StateRecord record, Log log, IReadOnlyList<Mount>? mounts = null, string? name = null)
    {
        Config config = BundleFile.Enter(record.Bundle, record.Config, log, out string bundle);
        config = config with
        {
            Root = config.Root?.Path is null ? new Root { Path = record.Rootfs } : config.Root, // Layers.
            Mounts = mounts ?? config.Mounts,
        };
        PlanOptions options = new(id, bundle, NoPivot: false, NoNewKeyring: false, SystemdCgroup: false);
        try
        {
            return Planner.Plan(config, options, HostProbe.Facts());
        }
        catch (SpecException refusal)
        {
            bool isOfMounts = mounts is not null && refusal.Place.StartsWith("mounts[", StringComparison.Ordinal);
            throw new PunnetException((isOfMounts ? name : "config.json") + ": " + refusal.Message, refusal.Hint);
        }
    }
}
