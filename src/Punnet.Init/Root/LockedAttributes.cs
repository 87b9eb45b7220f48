using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

/// <summary>
/// mount_namespaces(7): attributes of a mount that a user namespace has got from its parent cannot be cleared there, nor the way in which it
/// keeps access times be changed. The kernel does not say which attribute it refuses.
/// </summary>
public static class LockedAttributes
{
    /// <summary>Most attributes that a failure tells apart; the item is the place in mounts times this, and the attribute.</summary>
    public const int Limit = 16;

    /// <summary>Added for an attribute of the whole tree.</summary>
    public const int OfTree = 8;

    /// <summary>The attribute with a number; the last is the way to keep access times.</summary>
    public static MountAttributes Of(int number) => number switch
    {
        0 => MountAttributes.ReadOnly,
        1 => MountAttributes.NoSuid,
        2 => MountAttributes.NoDev,
        3 => MountAttributes.NoExec,
        _ => MountAttributes.AtimeMask | MountAttributes.NoDirAtime,
    };

    /// <summary>Ends where a change was refused, and says which attribute was.</summary>
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
