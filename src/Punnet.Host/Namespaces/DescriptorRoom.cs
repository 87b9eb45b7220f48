using System;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Host.Namespaces;

/// <summary>
/// Room for as many descriptors as config.json has mounts, where the caller allows few: they get numbers above the limit. RLIMIT_NOFILE is
/// of new numbers only (getrlimit(2)), so the limit is raised for that moment, and what is made later has the caller's.
/// </summary>
public sealed class DescriptorRoom : IDisposable
{
    private readonly ulong _soft;
    private readonly ulong _hard;
    private bool _isRaised;

    private DescriptorRoom(ulong soft, ulong hard, bool isRaised)
    {
        _soft = soft;
        _hard = hard;
        _isRaised = isRaised;
    }

    /// <summary>Makes room, where there may be too little.</summary>
    public static DescriptorRoom For(ContainerPlan plan)
    {
        const ulong Own = 64; // What a create has open beside.
        ulong count = 0;
        foreach (MountStep step in plan.Mounts)
        {
            count += step.Kind == MountKind.Bind && plan.Namespaces.HasUser ? 1ul : 0;
            count += step.IdMap is null ? 0 : 1ul;
        }

        if (count == 0 || Sys.GetRlimit(ResourceLimit.OpenFiles, out ulong soft, out ulong hard) != Errno.None || soft >= count + Own)
        {
            return new DescriptorRoom(0, 0, isRaised: false);
        }

        // Without the right to raise the hard limit, it is the most.
        ulong wanted = soft + count;
        bool isRaised = Sys.SetRlimit(0, ResourceLimit.OpenFiles, wanted, Math.Max(hard, wanted)) == Errno.None
            || Sys.RaiseRlimit(ResourceLimit.OpenFiles) == Errno.None;
        return new DescriptorRoom(soft, hard, isRaised);
    }

    /// <summary>Gives a descriptor that stays open a high number. Without a free one it keeps its own.</summary>
    public int Lift(int descriptor)
    {
        if (!_isRaised || descriptor < 0 || Sys.DupCloexec(descriptor, (int)_soft, out int lifted) != Errno.None)
        {
            return descriptor;
        }

        Sys.Close(descriptor);
        return lifted;
    }

    /// <summary>The caller's limit again.</summary>
    public void Dispose()
    {
        if (_isRaised)
        {
            Sys.SetRlimit(0, ResourceLimit.OpenFiles, _soft, _hard);
            _isRaised = false;
        }
    }
}
