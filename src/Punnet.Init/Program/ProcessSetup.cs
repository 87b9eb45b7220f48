using System;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

/// <summary>From a process in the container to the program: the steps that create and exec share.</summary>
internal static class ProcessSetup
{
    /// <summary>
    /// Makes the working directory of the container's first program if it is missing, as runc and crun do: before the root is read-only. A
    /// failure is reported when the directory is entered.
    /// </summary>
    public static void MakeDirectory(ProcessPlan plan, int root)
    {
        if (!plan.Cwd.Text.SequenceEqual("/"u8)
            && RootPath.FindOrMake(root, plan.Cwd.WithNul, isDirectory: true, out int directory) == Errno.None)
        {
            Sys.Close(directory);
        }
    }

    /// <summary>Working directory, HOME, filter, limits, ids and capabilities, in the only order that works.</summary>
    /// <param name="plan">The program.</param>
    /// <param name="context">The context.</param>
    /// <param name="root">The container's root.</param>
    /// <param name="report">Reports failures.</param>
    /// <param name="isContainer">Whether this is the container's first program, whose limits are not set yet.</param>
    /// <param name="isStage">Whether this process clones the program's process afterwards.</param>
    public static void DropPrivileges(ProcessPlan plan, InitContext context, int root, InitReport report, bool isContainer, bool isStage)
    {
        Errno directory = EnterDirectory(plan, root, report);
        if (directory == Errno.None)
        {
            // Here, not at the end: a filter may forbid getcwd(2).
            CheckDirectory(report);
        }

        if (plan.NeedsHome)
        {
            HomeDirectory.Find(plan.Uid, root, context, report);
        }

        StandardStreams.Give(plan.Uid);
        ApplySettings(plan, report);
        if (plan.NoNewPrivileges)
        {
            report.Check(InitStep.NoNewPrivileges, Sys.Prctl(ProcessControl.SetNoNewPrivileges, 1));
        }

        LoadFilter(FilterMoment.BeforeIds, plan, context, report);
        if (isContainer)
        {
            Limits.Apply(plan, isStage, report);
        }

        Identity.Assume(plan, context, report);
        if (directory == Errno.EACCES)
        {
            // Root may have no access where the user has: a network file system, or a user namespace.
            report.Check(InitStep.WorkingDirectory, EnterDirectory(plan, root, report));
            CheckDirectory(report);
        }

        Sys.Umask(plan.Umask);
    }

    /// <summary>Loads the filter, if this is its moment.</summary>
    public static void LoadFilter(FilterMoment now, ProcessPlan plan, InitContext context, InitReport report)
    {
        if (plan.Seccomp is not null && now == MomentOf(plan, context))
        {
            SeccompLoader.Load(plan.Seccomp, context, report);
        }
    }

    private static FilterMoment MomentOf(ProcessPlan plan, InitContext context)
    {
        if (!plan.NoNewPrivileges)
        {
            return FilterMoment.BeforeIds;
        }

        if (context.StartFifo >= 0 && plan.Seccomp is { NeedsListener: true })
        {
            return FilterMoment.BeforeGate;
        }

        return context.StartContainer.IsEmpty ? FilterMoment.BeforeProgram : FilterMoment.BeforeHooks;
    }

    /// <summary>The first candidate that this user can execute. late: the files are only known here.</summary>
    /// <returns>Its index.</returns>
    public static int FindProgram(ProcessPlan plan, InitContext context, InitReport report)
    {
        ImmutableArray<CString> candidates = plan.Candidates;
        bool isSearched = plan.Args[0].WithNul.IndexOf((byte)'/') < 0;
        Errno found = Errno.ENOENT;
        int refused = 0;
        for (int i = 0; i < candidates.Length; i++)
        {
            Errno errno = TryProgram(candidates[i].WithNul, out FileStatus status);
            if (errno == Errno.None)
            {
                RefuseOwnFile(status, context, report);
                return i;
            }

            // "Permission denied" says more than "not found" in another directory of PATH. Anything else there, such as a directory or a
            // loop of links, is not the program, and engines only match the words for that.
            if (errno == Errno.EACCES || !isSearched)
            {
                (found, refused) = (errno, i);
            }
        }

        ProgramFailure.Find(candidates.IsEmpty ? default : candidates[refused].WithNul, refused, found, report);
        return -1;
    }

    private static Errno TryProgram(ReadOnlySpan<byte> path, out FileStatus status)
    {
        Errno errno = Sys.Statx(Sys.WorkingDirectory, path, out status);
        if (errno == Errno.None && status.Is(FileMode.Directory))
        {
            return Errno.EISDIR;
        }

        if (errno == Errno.None || errno.IsOfFilter())
        {
            errno = Sys.Faccessat(Sys.WorkingDirectory, path, AccessMode.Execute);
        }

        // Not an error of the file: the container's filter refused the call.
        return errno.IsOfFilter() ? Errno.None : errno;
    }

    // Before the filter, which can forbid both.
    private static void ApplySettings(ProcessPlan plan, InitReport report)
    {
        if (plan.Personality is ExecutionDomain domain)
        {
            report.Check(InitStep.Personality, Sys.Personality((uint)domain));
        }

        if (plan.MemoryPolicy is MemoryPolicyStep policy)
        {
            report.Check(InitStep.MemoryPolicy, Sys.SetMempolicy(policy.Mode, policy.Nodes.AsSpan()));
        }
    }

    // /proc/self/exe as a program is punnet: harmless (see RuntimeBinary), but never intended.
    private static void RefuseOwnFile(FileStatus program, InitContext context, InitReport report)
    {
        Errno errno = Sys.Statx(context.Image, out FileStatus own);
        if (errno.IsOfFilter())
        {
            return;
        }

        report.Check(InitStep.OwnFile, errno);
        if (own.Inode == program.Inode && own.FileSystemMajor == program.FileSystemMajor && own.FileSystemMinor == program.FileSystemMinor)
        {
            report.Fail(InitStep.OwnFile, 0, Errno.EACCES);
        }
    }

    /// <summary>Executes the program. All that it does not inherit is closed by now.</summary>
    public static void Execute(ProcessPlan plan, int program, InitContext context, InitReport report)
    {
        Sys.ResetSignals(context.IgnoredSignals);
        Sys.UnblockSignals();
        LoadFilter(FilterMoment.BeforeProgram, plan, context, report);
        ReadOnlySpan<byte> path = plan.Candidates[program].WithNul;
        ProgramFailure.Run(path, program, Sys.Execve(path, context.Args, context.Env), report);
    }

    private static Errno EnterDirectory(ProcessPlan plan, int root, InitReport report)
    {
        Errno errno = RootPath.Find(root, plan.Cwd.WithNul, OpenFlags.ReadOnly, out int directory);
        if (errno == Errno.None)
        {
            errno = Sys.Chdir(directory);
            Sys.Close(directory);
        }

        if (errno != Errno.EACCES)
        {
            report.Check(InitStep.WorkingDirectory, errno);
        }

        return errno;
    }

    // CVE-2024-21626: a working directory from a descriptor of the host leads out of the root.
    private static void CheckDirectory(InitReport report)
    {
        Span<byte> path = stackalloc byte[4096];
        report.Check(InitStep.WorkingDirectory, Sys.Getcwd(path, out int length));
        if (length < 2 || path[0] != '/')
        {
            report.Fail(InitStep.WorkingDirectoryOutside, 0, Errno.ENOENT);
        }
    }
}

/// <summary>When a filter is loaded: as late as possible, so that it need not allow punnet's own calls.</summary>
internal enum FilterMoment
{
    /// <summary>Without no_new_privs: a filter needs CAP_SYS_ADMIN, seccomp(2), and this is the last moment with it.</summary>
    BeforeIds,

    /// <summary>
    /// A created container with a listener: later no host side is there to pass it to the agent. From here on the agent may have to answer
    /// punnet's own calls too.
    /// </summary>
    BeforeGate,

    /// <summary>With hooks in the container: the filter applies to them too.</summary>
    BeforeHooks,

    /// <summary>Otherwise: only execve(2) has to be allowed.</summary>
    BeforeProgram,
}
