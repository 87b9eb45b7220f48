using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

/// <summary>
/// mount_namespaces(7): attributes of a mount that a user namespace has inherited cannot be cleared there, and its access time policy
/// cannot be changed. The kernel does not say which attribute it refuses.
/// </summary>
public static class LockedAttributes
{
    /// <summary>Number of attributes that a failure tells apart; the item is the index in mounts times this, plus the attribute.</summary>
    public const int Limit = 16;

    /// <summary>Added for an attribute that is set recursively.</summary>
    public const int OfTree = 8;

    /// <summary>The attribute with an index; the last is the access time policy.</summary>
    public static MountAttributes Of(int number) => number switch
    {
        0 => MountAttributes.ReadOnly,
        1 => MountAttributes.NoSuid,
        2 => MountAttributes.NoDev,
        3 => MountAttributes.NoExec,
        _ => MountAttributes.AtimeMask | MountAttributes.NoDirAtime,
    };

    /// <summary>Reports which attribute was refused, if the change failed.</summary>
    internal static void Check(MountStep step, int mount, MountAttributeChange change, bool recursive, Errno errno, InitReport report)
    {
        for (int number = 0; errno == Errno.EPERM && number < 5; number++)
        {
            MountAttributeChange one = new() { Set = change.Set & Of(number), Clear = change.Clear & Of(number) };
            if ((one.Set | one.Clear) != MountAttributes.None && Sys.MountSetattr(mount, one, recursive) == Errno.EPERM)
            {
                report.Fail(InitStep.MountLocked, (step.Index * Limit) + (recursive ? OfTree : 0) + number, Errno.EPERM);
            }
        }

        report.Check(InitStep.MountAttributes, step.Index, errno);
    }
}
