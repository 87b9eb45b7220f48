using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

/// <summary>keyrings(7): a session keyring of the container's own, so that its programs see none of the callers' keys.</summary>
internal static class Keyrings
{
    // keyctl_setperm(3). What the kernel gives a new session keyring: everything to who possesses it, view, read and link to its user.
    private const uint Fresh = 0x3f13_0000;
    private const uint UserSearch = 0x0008_0000; // KEY_USR_SEARCH
    private const uint OtherSearch = 0x0000_0008; // KEY_OTH_SEARCH

    /// <summary>Makes it, unless the plan has none.</summary>
    public static void Make(ContainerPlan plan, InitContext context, InitReport report)
    {
        int keyring = Join(plan.Keyring, plan.Process, context, report);
        if (keyring > 0)
        {
            // An exec finds it by its name, which takes the right to search it; in a user namespace other ids do so as well.
            uint permissions = Fresh | UserSearch | (plan.Namespaces.HasUser ? OtherSearch : 0);
            report.Check(InitStep.Keyring, Sys.KeyctlSetperm(keyring, permissions));
        }
    }

    /// <summary>Joins the keyring of that name, which is made where there is none.</summary>
    /// <returns>Its number, or 0 where there is none to have.</returns>
    public static int Join(CString name, ProcessPlan plan, InitContext context, InitReport report)
    {
        if (name.IsNull)
        {
            return 0;
        }

        // It must be the container's in SELinux's eyes too, or nobody in there can use it.
        bool isLabelled = !plan.SelinuxLabel.IsNull;
        if (isLabelled)
        {
            SecurityLabels.LabelKeys(plan.SelinuxLabel, context, report);
        }

        Errno errno = Sys.KeyctlJoinSessionKeyring(name.WithNul, out int keyring);
        if (isLabelled)
        {
            SecurityLabels.LabelKeys(default, context, report);
        }

        // A kernel without keys, or a sandbox around punnet that forbids the call: then nobody in the container has a use for the
        // caller's keyring either.
        if (errno is Errno.ENOSYS or Errno.EPERM)
        {
            return 0;
        }

        report.Check(InitStep.Keyring, errno);
        return keyring;
    }
}
