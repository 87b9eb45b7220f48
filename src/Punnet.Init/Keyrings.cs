using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Init;

/// <summary>keyrings(7): a session keyring of the container's own, so that it sees none of the caller's keys.</summary>
internal static class Keyrings
{
    /// <summary>Joins it, unless the name is null.</summary>
    public static void Join(CString name, InitReport report)
    {
        if (name.IsNull)
        {
            return;
        }

        // ENOSYS: a kernel without keys. EPERM: an outer sandbox forbids the call. EDQUOT: too many keys, and a container that
        // cannot be started helps nobody; it then has no keyring rather than the caller's.
        Errno errno = Sys.JoinSessionKeyring(name.WithNul, out _);
        if (errno is not (Errno.ENOSYS or Errno.EPERM or Errno.EDQUOT))
        {
            report.Check(InitStep.Keyring, errno);
        }
    }
}
