using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

/// <summary>The script of a process that joins a running container.</summary>
public static class ExecInit
{
    /// <summary>Becomes the program inside the container.</summary>
    /// <param name="plan">The program.</param>
    /// <param name="target">The container.</param>
    /// <param name="context">The context; <see cref="InitContext.Joins"/> is empty.</param>
    public static void Run(ProcessPlan plan, ExecTarget target, InitContext context)
    {
        InitReport report = new(context.Channel);
        TraceBuffer.EnterClone();
        Sys.Close(context.ImageMount);
        Hardening.Apply(report);
        if (context.WaitsForCgroup)
        {
            Namespaces.AwaitHost(context, Message.HostReady, report);
        }

        bool isStage = context.Final is not null;
        bool clonesLate = isStage && !context.ClonesEarly;
        Join(plan, target, clonesLate, context, report);
        Keyrings.Join(target.Keyring, plan, context, report);
        Sys.Umask(0);
        if (target.Root >= 0)
        {
            report.Check(InitStep.Root, Sys.Chdir(target.Root));
            report.Check(InitStep.Root, Sys.Chroot(".\0"u8));
        }

        report.Check(InitStep.Root, Sys.Openat(Sys.WorkingDirectory, "/\0"u8, OpenFlags.Path | OpenFlags.Directory, 0, out int root));
        SecurityLabels.Request(plan, context, report);
        Descriptors.CloseHosts(context, root, report);
        if (plan.Terminal)
        {
            Terminal.Open(plan, context, root, isContainer: false, report);
        }
        else
        {
            StandardStreams.LeaveHostNull(root, report);
        }

        if (!isStage)
        {
            Terminal.Lead(plan, report);
        }
        else if (context.ClonesEarly)
        {
            FinalProcess.Clone(plan, context, report);
        }

        ProcessSetup.DropPrivileges(plan, context, root, report, isContainer: false, isStage: clonesLate);
        int program = ProcessSetup.FindProgram(plan, context, report);
        Descriptors.CloseAllBut(context.Channel, context, root, report);
        if (clonesLate)
        {
            FinalProcess.Clone(plan, context, report);
        }

        Hardening.OutliveParent(report);
        report.Check(InitStep.StartFifo, Channel.Send(context.Channel, Message.Created));
        report = StartFifo.Wait(context, report);
        ProcessSetup.Execute(plan, program, context, report);
    }

    private static void Join(ProcessPlan plan, ExecTarget target, bool clonesLate, InitContext context, InitReport report)
    {
        FinalProcess.Prepare(context, report);

        // The user namespace last: until then this process has its privileges over all the others.
        Limits.Apply(plan, clonesLate, report);
        report.Check(InitStep.JoinNamespace, target.Join());
        Hardening.LeaveOwnFile(context, report);
        if ((target.Kinds & CloneFlags.NewUser) != CloneFlags.None)
        {
            report.Check(InitStep.BecomeRoot, Sys.Setresgid(0));
            report.Check(InitStep.BecomeRoot, Sys.Setresuid(0));
        }

        Hardening.Apply(report);
    }
}

/// <summary>The container that an exec joins.</summary>
/// <param name="Pidfd">Its first process.</param>
/// <param name="Kinds">The namespaces that it does not share with punnet.</param>
public readonly record struct ExecTarget(int Pidfd, CloneFlags Kinds)
{
    /// <summary>Its namespaces, the user namespace first, where init sent them; else empty.</summary>
    public ImmutableArray<int> Files { get; init; } = [];

    /// <summary>Its root, where it shares punnet's mount namespace, which does not lead there; else -1.</summary>
    public int Root { get; init; } = -1;

    /// <summary>Name of its session keyring; null where it has none.</summary>
    public CString Keyring { get; init; }

    /// <summary>Joins the namespaces, the user namespace last where that is possible: setns(2).</summary>
    internal Errno Join() => Files.IsEmpty ? JoinByProcess() : JoinByFiles();

    private Errno JoinByProcess()
    {
        Errno errno = Sys.Setns(Pidfd, Kinds & ~CloneFlags.NewUser);
        if ((Kinds & CloneFlags.NewUser) != CloneFlags.None)
        {
            // late: an unprivileged user only has the privileges that the user namespace gives, and joins the others with them.
            CloneFlags rest = errno == Errno.EPERM ? Kinds : CloneFlags.NewUser;
            errno = errno is Errno.None or Errno.EPERM ? Sys.Setns(Pidfd, rest) : errno;
        }

        return errno;
    }

    private Errno JoinByFiles()
    {
        Errno errno = Errno.None;
        for (int i = 0; i < Files.Length && errno == Errno.None; i++)
        {
            errno = Sys.Setns(Files[i], CloneFlags.None);
        }

        return errno;
    }
}
