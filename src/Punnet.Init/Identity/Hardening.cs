using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Init;

/// <summary>What keeps others from using this process while it still has the host's rights.</summary>
internal static class Hardening
{
    /// <summary>
    /// Gives up punnet's own file as executable, as far as the host side has not: see <see cref="RuntimeBinary"/>. Called as root of
    /// a user namespace, and before a process of the container may see this one.
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
    /// No ptrace and no /proc/PID/fd for anybody inside (CVE-2016-9962), and no life without the parent. The kernel forgets the
    /// second whenever ids change, so this is called again after such a change.
    /// </summary>
    public static void Apply(InitReport report)
    {
        report.Check(InitStep.Harden, Sys.Prctl(ProcessControl.SetDumpable, 0));
        report.Check(InitStep.Harden, Sys.Prctl(ProcessControl.SetParentDeathSignal, (int)Signal.Kill));
    }

    /// <summary>From here on the container may outlive punnet.</summary>
    public static void OutliveParent() => Sys.Prctl(ProcessControl.SetParentDeathSignal, 0);
}
