using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

/// <summary>process.user and process.capabilities.</summary>
internal static class Identity
{
    /// <summary>Becomes the user, with exactly the given capabilities.</summary>
    public static void Assume(ProcessPlan plan, InitContext context, InitReport report)
    {
        CapabilitySets sets = plan.Capabilities;

        // Before the IDs change: dropping from the bounding set needs CAP_SETPCAP.
        for (int number = 0; number <= context.LastCapability; number++)
        {
            if ((sets.Bounding & (1UL << number)) == 0)
            {
                report.Check(InitStep.BoundingSet, number, Sys.Prctl(ProcessControl.DropBoundingCapability, number));
            }
        }

        report.Check(InitStep.Capabilities, Sys.Prctl(ProcessControl.SetKeepCapabilities, 1));
        if (!plan.KeepsGroups)
        {
            Errno errno = Sys.Setgroups(plan.Groups.AsSpan());

            // EPERM: setgroups is denied in this user namespace (user_namespaces(7)); then there are no groups to drop.
            if (errno != Errno.EPERM || !plan.Groups.IsEmpty)
            {
                report.Check(InitStep.Groups, errno);
            }
        }

        report.Check(InitStep.Group, Sys.Setresgid(plan.Gid));
        report.Check(InitStep.User, Sys.Setresuid(plan.Uid));
        report.Check(InitStep.Capabilities, Sys.Prctl(ProcessControl.SetKeepCapabilities, 0));
        report.Check(InitStep.Capabilities, Sys.Capset(sets));
        if (sets.Ambient == 0)
        {
            report.Check(InitStep.AmbientSet, Sys.ClearAmbientCapabilities());
            return;
        }

        for (int number = 0; number <= context.LastCapability; number++)
        {
            if ((sets.Ambient & (1UL << number)) != 0)
            {
                report.Check(InitStep.AmbientSet, number, Sys.RaiseAmbientCapability(number));
            }
        }
    }
}
