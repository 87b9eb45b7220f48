using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Init;

/// <summary>Protects this process from others while it still has the host's privileges.</summary>
internal static class Hardening
{
    /// <summary>
    /// Releases punnet's own file, as far as the host side has not: see <see cref="RuntimeBinary"/>. Called as root of the user namespace,
    /// before a process of the container can see this one.
    /// </summary>
    public static void LeaveOwnFile(InitContext context, InitReport report)
    {
        if (context.OwnFile == BinaryState.Mapped)
        {
            report.Check(InitStep.LeaveOwnFile, RuntimeBinary.RemapTo(context.Image));
        }

        if (context.OwnFile != BinaryState.Left)
        {
            report.Check(InitStep.LeaveOwnFile, RuntimeBinary.SetExecutable(context.Image, context.Title));
        }
    }

    /// <summary>
    /// Denies ptrace(2) and /proc/PID/fd to processes inside (CVE-2016-9962), and sets the parent-death signal. The kernel clears that
    /// signal whenever IDs change, so this is called again after such a change.
    /// </summary>
    public static void Apply(InitReport report)
    {
        report.Check(InitStep.Harden, Sys.Prctl(ProcessControl.SetDumpable, 0));
        report.Check(InitStep.Harden, Sys.Prctl(ProcessControl.SetParentDeathSignal, (int)Signal.Kill));
    }

    /// <summary>From here on the container can outlive punnet.</summary>
    public static void OutliveParent(InitReport report) =>
        report.Check(InitStep.Harden, Sys.Prctl(ProcessControl.SetParentDeathSignal, 0));
}
