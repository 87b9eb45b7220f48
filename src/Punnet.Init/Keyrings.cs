using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

/// <summary>keyrings(7): a session keyring of the container's own, so that it sees none of the caller's keys.</summary>
internal static class Keyrings
{
    /// <summary>Joins it, unless the plan has none.</summary>
    public static void Join(ContainerPlan plan, InitMaterial material, InitReport report)
    {
        if (plan.Keyring.IsNull)
        {
            return;
        }

        // It must be the container's in SELinux's eyes too, or nobody in there can use it.
        bool isLabelled = !plan.Process.SelinuxLabel.IsNull;
        if (isLabelled)
        {
            SecurityLabels.LabelKeys(plan.Process.SelinuxLabel, material);
        }

        // ENOSYS: a kernel without keys. EPERM: an outer sandbox forbids the call. EDQUOT: too many keys, and a container that
        // cannot be started helps nobody; it then has no keyring rather than the caller's.
        Errno errno = Sys.JoinSessionKeyring(plan.Keyring.WithNul, out _);
        if (isLabelled)
        {
            SecurityLabels.LabelKeys(default, material);
        }

        if (errno is not (Errno.ENOSYS or Errno.EPERM or Errno.EDQUOT))
        {
            report.Check(InitStep.Keyring, errno);
        }
    }
}
