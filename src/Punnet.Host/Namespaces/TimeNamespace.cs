using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Host.Namespaces;

/// <summary>time_namespaces(7): made by punnet for its next child, since offsets can be set only while it has no process.</summary>
public static class TimeNamespace
{
    /// <summary>Makes it and sets its clocks, when the plan has one.</summary>
    /// <exception cref="PunnetException">The kernel refuses an offset.</exception>
    public static void Prepare(NamespacePlan plan, Descriptor proc)
    {
        if (!plan.NewTime)
        {
            return;
        }

        Sys.Unshare(CloneFlags.NewTime).OrThrow("make a time namespace");
        if (plan.TimeOffsets.IsNull)
        {
            return;
        }

        Errno errno = HostProbe.TryWriteOfProcess(proc, Sys.Getpid(), "timens_offsets", plan.TimeOffsets.Text);
        if (errno != Errno.None)
        {
            throw new PunnetException(
                "cannot shift the clocks (linux.timeOffsets): " + errno.Words(),
                errno == Errno.ERANGE ? "a clock may be neither negative nor beyond 146 years" : null);
        }
    }
}
