using System.Collections.Immutable;
using Punnet.Abi;

namespace Punnet.Init;

/// <summary>createContainer and startContainer hooks: run by init, with its privileges at that moment.</summary>
internal static class ContainerHooks
{
    /// <summary>Runs hooks in order, in the container's root; the first failure ends the container.</summary>
    public static void Run(
        ImmutableArray<PreparedHook> hooks, InitContext context, int root, InitReport report,
        InitStep run, InitStep status, InitStep timeout)
    {
        for (int i = 0; i < hooks.Length; i++)
        {
            HookOutcome outcome = HookProcess.Run(hooks[i], context.HookState, context.HookOutput, context.HookErrors, root);
            report.Check(run, i, outcome.Run);
            report.Check(timeout, i, outcome.HasTimedOut ? Errno.ETIMEDOUT : Errno.None);
            report.Check(status, i, (Errno)outcome.Status);
        }
    }
}
