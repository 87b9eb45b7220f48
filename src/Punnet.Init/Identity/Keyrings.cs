using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

/// <summary>keyrings(7): a new session keyring for the container, which hides the caller's keys from it.</summary>
internal static class Keyrings
{
    // keyctl_setperm(3). The default of a new session keyring: everything for the possessor; view, read and link for its user.
    private const uint Fresh = 0x3f13_0000;
    private const uint UserSearch = 0x0008_0000; // KEY_USR_SEARCH
    private const uint OtherSearch = 0x0000_0008; // KEY_OTH_SEARCH

    /// <summary>Makes it, if the plan has one.</summary>
    public static void Make(ContainerPlan plan, InitContext context, InitReport report)
    {
        int keyring = Join(plan.Keyring, plan.Process, context, report);
        if (keyring > 0)
        {
            // An exec finds it by name, which needs search permission, in a user namespace also for other IDs.
            uint permissions = Fresh | UserSearch | (plan.Namespaces.HasUser ? OtherSearch : 0);
            report.Check(InitStep.Keyring, Sys.KeyctlSetperm(keyring, permissions));
        }
    }

    /// <summary>Joins the keyring of that name, which is made if it does not exist.</summary>
    /// <returns>Its number, or 0 without a keyring.</returns>
    public static int Join(CString name, ProcessPlan plan, InitContext context, InitReport report)
    {
        if (name.IsNull)
        {
            return 0;
        }

        // It needs the container's SELinux label, or no process of the container can use it.
        bool isLabelled = !plan.SelinuxLabel.IsNull;
        if (isLabelled)
        {
            SecurityLabels.LabelKeys(plan.SelinuxLabel, context, report);
        }

        Errno errno = Sys.KeyctlJoinSessionKeyring(name.WithNul, out int keyring);

        // The kernel gives the keys of a process back a moment after its end (RCU): a quota that is full may not be so any longer.
        const int Attempts = 100, Pause = 10; // milliseconds
        for (int attempt = 0; errno == Errno.EDQUOT && attempt < Attempts; attempt++)
        {
            Sys.Ppoll([], Pause);
            errno = Sys.KeyctlJoinSessionKeyring(name.WithNul, out keyring);
        }

        if (isLabelled)
        {
            SecurityLabels.LabelKeys(default, context, report);
        }

        // The kernel has no keys, or a sandbox around punnet forbids the call: then the container cannot use the caller's keyring either.
        if (errno is Errno.ENOSYS or Errno.EPERM)
        {
            return 0;
        }

        report.Check(InitStep.Keyring, errno);
        return keyring;
    }
}
