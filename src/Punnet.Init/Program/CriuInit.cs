using System;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

/// <summary>The script of the process that becomes CRIU, which dumps or restores the processes of a container: criu(8).</summary>
public static class CriuInit
{
    private const int FirstFree = 1024; // above those that CRIU is to inherit, if the limit allows it

    /// <summary>Becomes CRIU.</summary>
    /// <param name="plan">The container to restore, whose root is made in a mount namespace of CRIU's own; null for a dump.</param>
    /// <param name="target">What CRIU inherits.</param>
    /// <param name="context">The context: channel, arguments and environment are used, and the layers of the root.</param>
    public static void Run(ContainerPlan? plan, CriuTarget target, InitContext context)
    {
        InitReport report = new(context.Channel);
        Sys.Prctl(ProcessControl.SetParentDeathSignal, (int)Signal.Kill);
        if (plan is not null)
        {
            Namespaces.AwaitHost(context, Message.HostReady, report);
            Keyrings.Make(plan, context, report);
            int root = Rootfs.Prepare(plan, context, report);
            MakeMountPoints(plan, target.MountPoints, root, report);
            Sys.Close(root);
            Cover(target, report);
        }

        if (target.StartsSession)
        {
            // What the caller's terminal sends to its processes must not kill CRIU in the middle: it would leave its code in the program.
            Sys.Setsid();
        }

        report = Inherit(target, report);
        Hardening.OutliveParent(report); // From here on CRIU undoes its work when nobody answers.
        Sys.ResetSignals(context.IgnoredSignals);
        Sys.UnblockSignals();
        report.Check(InitStep.Criu, Sys.Execve(target.Program.WithNul, context.Args, context.Env));
    }

    // CRIU mounts on what is there; a create makes it. What lies in another mount of the container comes from the images.
    private static void MakeMountPoints(ContainerPlan plan, MountPointKind[] kinds, int root, InitReport report)
    {
        for (int i = 0; i < kinds.Length; i++)
        {
            if (kinds[i] != MountPointKind.None)
            {
                bool isDirectory = kinds[i] == MountPointKind.Directory;
                report.Check(InitStep.MountTarget, i,
                    RootPath.FindOrMake(root, plan.Mounts[i].Destination.WithNul, isDirectory, out int point));
                Sys.Close(point);
            }
        }
    }

    private static void Cover(CriuTarget target, InitReport report)
    {
        if (!target.Covered.IsNull)
        {
            report.Check(InitStep.Criu,
                Sys.OpenTreeClone(Sys.WorkingDirectory, target.Cover.WithNul, recursive: false, out int mount));
            report.Check(InitStep.Criu, Sys.Openat(Sys.WorkingDirectory, target.Covered.WithNul, OpenFlags.Path, 0, out int file));
            report.Check(InitStep.Criu, Sys.MoveMount(mount, file));
            Sys.Close(mount);
            Sys.Close(file);
        }
    }

    // 3 is the connection, and then come the others. First all are moved away: one may have the number that another is to get.
    private static InitReport Inherit(CriuTarget target, InitReport report)
    {
        if (Sys.CloseRange(3, uint.MaxValue, onlyAtExec: true).IsOfFilter())
        {
            for (int descriptor = 3; descriptor < ushort.MaxValue; descriptor++)
            {
                Sys.SetCloexec(descriptor);
            }
        }

        report = new InitReport(MoveUp(report.Socket, report));
        Span<int> moved = stackalloc int[1 + target.Inherited.Length];
        moved[0] = MoveUp(target.Socket, report);
        for (int i = 1; i < moved.Length; i++)
        {
            moved[i] = MoveUp(target.Inherited[i - 1], report);
        }

        for (int i = 0; i < moved.Length; i++)
        {
            report.Check(InitStep.Criu, Sys.Dup3(moved[i], 3 + i));
        }

        return report;
    }

    private static int MoveUp(int descriptor, InitReport report)
    {
        Errno errno = Sys.DupCloexec(descriptor, FirstFree, out int copy);
        errno = errno == Errno.EINVAL ? Sys.DupCloexec(descriptor, FirstFree / 8, out copy) : errno; // RLIMIT_NOFILE
        report.Check(InitStep.Criu, errno);
        return copy;
    }
}

/// <summary>How a mount point is made before CRIU mounts on it.</summary>
public enum MountPointKind
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>An empty file.</summary>
    File,
}

/// <summary>What the process of CRIU inherits.</summary>
public sealed class CriuTarget
{
    /// <summary>Path of CRIU.</summary>
    public required CString Program { get; init; }

    /// <summary>Its end of the connection: descriptor 3 of <c>criu swrk 3</c>.</summary>
    public required int Socket { get; init; }

    /// <summary>More descriptors, from 4 on.</summary>
    public required int[] Inherited { get; init; }

    /// <summary>One for each mount of the plan; empty for a dump.</summary>
    public required MountPointKind[] MountPoints { get; init; }

    /// <summary>Path of an image that CRIU is not to read as it is; null for none. Only for a restore.</summary>
    public CString Covered { get; init; }

    /// <summary>Path of the file that is mounted over it, for CRIU alone.</summary>
    public CString Cover { get; init; }

    /// <summary>Whether it is not to share the caller's terminal.</summary>
    public required bool StartsSession { get; init; }
}
