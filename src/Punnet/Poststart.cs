using Punnet.Plan;

namespace Punnet;

/// <summary>poststart hooks: after the program runs, before <c>start</c> returns.</summary>
internal static class Poststart
{
    /// <summary>Runs them.</summary>
    /// <exception cref="PunnetException">One failed: runtime.md#lifecycle wants the container stopped.</exception>
    public static void Run(Container container)
    {
        if (container.Record is not { Poststart.Count: > 0 } record)
        {
            return;
        }

        using HookRunner hooks = new(record.Annotations);
        hooks.Announce(container.State() with { Status = Container.Word(ContainerStatus.Running) });
        hooks.Run(HookPlanner.Plan(record.Poststart, "poststart"));
    }
}
