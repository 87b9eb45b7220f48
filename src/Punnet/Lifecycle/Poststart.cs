using Punnet.Host;
using Punnet.Host.State;
using Punnet.Plan;

namespace Punnet.Lifecycle;

/// <summary>poststart hooks: after the program runs, before <c>start</c> returns.</summary>
internal static class Poststart
{
    /// <summary>Runs them.</summary>
    /// <exception cref="PunnetException">
    /// One failed, or punnet is to end: by runtime.md#lifecycle the container is then stopped and destroyed.
    /// </exception>
    public static void Run(Container container)
    {
        if (container.Record is not { Poststart.Count: > 0 } record)
        {
            return;
        }

        PendingSignals.Begin();
        using HookRunner hooks = new(record.Annotations);
        hooks.UpdateHookState(container.State() with { Status = Container.Word(ContainerStatus.Running) });
        hooks.Run(HookPlanner.Plan(record.Poststart, "poststart"));
    }
}
