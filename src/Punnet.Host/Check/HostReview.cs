using System;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Host.Cgroups;
using Punnet.Host.Errors;
using Punnet.Host.Namespaces;
using Punnet.Init;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Host.Check;

/// <summary>What a plan needs of this host and of the bundle's files. Only looks: nothing is made, changed, or run.</summary>
public static class HostReview
{
    /// <summary>Reviews a create.</summary>
    /// <param name="document">Gets what is found.</param>
    /// <param name="plan">The plan.</param>
    public static void Of(CheckedDocument document, ContainerPlan plan)
    {
        Attempt(document, "process.apparmorProfile", () => SecurityModules.Check(plan.Process));
        ProcessPlan unlabelled = plan.Process with { ApparmorProfile = default, SelinuxLabel = default };
        Attempt(document, "linux.mountLabel", () => SecurityModules.Check(plan with { Process = unlabelled }));
        Namespaces(document, plan);
        Sources(document, plan);
        Sysctls(document, plan);
        Controllers(document, plan);
        Listener(document, plan);
        Hooks(document, plan.Hooks);
        using ContainerTree? tree = Tree(document, plan);
        if (tree is not null)
        {
            Destinations(document, plan, tree);
            ProgramReview.Of(document, plan.Process, "process.", tree);
            foreach (HookStep hook in plan.Hooks.StartContainer)
            {
                Hook(document, hook, tree);
            }
        }
    }

    /// <summary>Reviews a program for a container that may be made of a plan.</summary>
    /// <param name="document">Gets what is found.</param>
    /// <param name="process">The program.</param>
    /// <param name="container">The container, or null where it is not known.</param>
    public static void Of(CheckedDocument document, ProcessPlan process, ContainerPlan? container)
    {
        Attempt(document, "apparmorProfile", () => SecurityModules.Check(process));
        using ContainerTree? tree = container is null || container.Overlay is not null ? null : Open(container);
        if (tree is not null)
        {
            AddMounts(container!, tree);
            ProgramReview.Of(document, process, "", tree);
        }
    }

    private static void Attempt(CheckedDocument document, string place, Action check)
    {
        try
        {
            check();
        }
        catch (PunnetException error)
        {
            int open = error.Message.IndexOf(" (", StringComparison.Ordinal);
            int close = error.Message.IndexOf("): ", StringComparison.Ordinal);
            string named = open > 0 && close > open ? error.Message[(open + 2)..close] : place;
            bool isProcess = !place.Contains('.');
            ProgramReview.Note(document, error, isProcess ? named.Replace("process.", "", StringComparison.Ordinal) : named);
        }
    }

    private static void Namespaces(CheckedDocument document, ContainerPlan plan)
    {
        foreach (NamespaceJoin join in plan.Namespaces.Joins)
        {
            try
            {
                NamespaceFiles.Open(plan with { Namespaces = plan.Namespaces with { Joins = [join] } }).Dispose();
            }
            catch (PunnetException error)
            {
                string sentence = error.Message.Replace("config.json: ", "", StringComparison.Ordinal);
                int end = sentence.IndexOf(": ", StringComparison.Ordinal);
                document.Error(sentence[..end], sentence[(end + 2)..], error.Hint);
            }
        }
    }

    // What is mounted from a path of the host; "none" and "tmpfs" are no paths.
    private static void Sources(CheckedDocument document, ContainerPlan plan)
    {
        foreach (MountStep mount in plan.Mounts)
        {
            string place = "mounts[" + mount.Index.ToString() + "].source";
            if (mount.Kind != MountKind.Bind || !document.IsWritten(place))
            {
                continue;
            }

            Errno errno = mount.SourceNoFollow || mount.CopiesLink
                ? Sys.StatxNoFollow(Sys.WorkingDirectory, mount.Source.WithNul, out _)
                : Sys.Statx(Sys.WorkingDirectory, mount.Source.WithNul, out _);

            // The mount point of an earlier mount is made in the root, and may then be a source.
            bool isMadeLater = errno == Errno.ENOENT && mount.Index > 0
                && mount.Source.ToString().StartsWith(plan.Root + "/", StringComparison.Ordinal);
            if (errno != Errno.None && !isMadeLater)
            {
                ProgramReview.Note(document, ErrorMessages.Of(plan, InitStep.MountSource, mount.Index, errno), place);
            }
        }
    }

    private static void Sysctls(CheckedDocument document, ContainerPlan plan)
    {
        foreach (SysctlStep sysctl in plan.Sysctls)
        {
            // A network device of the container has its own.
            bool isOfDevice = sysctl.Path.Text.IndexOf("/conf/"u8) >= 0 || sysctl.Path.Text.IndexOf("/neigh/"u8) >= 0;
            if (!isOfDevice && Sys.Statx(Sys.WorkingDirectory, CString.Of("/proc/" + sysctl.Path).WithNul, out _) == Errno.ENOENT)
            {
                ProgramReview.Note(
                    document, SysctlFailures.Of(plan, sysctl, Errno.ENOENT, isOfValue: false), "linux.sysctl[\"" + sysctl.Name + "\"]");
            }
        }
    }

    // As root a limit that cannot be set is an error; an ordinary user's containers go without a cgroup where they can.
    private static void Controllers(CheckedDocument document, ContainerPlan plan)
    {
        string? directory = null;
        string[] offered = [];
        foreach (CgroupWrite write in plan.Resources.Writes)
        {
            if (write.Controller.Length == 0 || write.OnError == CgroupError.IgnoreMissing)
            {
                continue;
            }

            if (directory is null)
            {
                directory = plan.Cgroup.Unit is null ? ExistingParent(plan.Cgroup.Path) : CgroupMount.Find();
                offered = (HostFile.TryReadText(Sys.WorkingDirectory, CString.Of(directory + "/cgroup.controllers").WithNul) ?? "")
                    .Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
            }

            if (Array.IndexOf(offered, write.Controller) < 0)
            {
                string problem = "cannot set " + write.File + ": the controller " + write.Controller + " is not available: " + directory
                    + "/cgroup.controllers does not have it";
                if (Sys.Geteuid() == 0)
                {
                    document.Error(write.Place, problem);
                }
                else
                {
                    document.Warn(write.Place, problem);
                }
            }
        }
    }

    private static string ExistingParent(string path)
    {
        string mount = CgroupMount.Find();
        int end = path.LastIndexOf('/');
        while (end > 0 && Sys.Statx(Sys.WorkingDirectory, CString.Of(mount + path[..end]).WithNul, out _) != Errno.None)
        {
            end = path.LastIndexOf('/', end - 1);
        }

        return mount + path[..Math.Max(end, 0)];
    }

    private static void Listener(CheckedDocument document, ContainerPlan plan)
    {
        if (plan.Process.Seccomp is { NeedsListener: true, ListenerPath: string path } filter && document.IsWritten(filter.ListenerPlace))
        {
            Errno errno = Sys.Statx(Sys.WorkingDirectory, CString.Of(path).WithNul, out FileStatus status);
            if (errno != Errno.None || !status.Is(FileMode.Socket))
            {
                document.Error(
                    filter.ListenerPlace, "cannot connect to the seccomp agent " + path + ": "
                    + (errno == Errno.None ? "it is not a socket" : errno.Words()), PathCause.Of(path, errno));
            }
        }
    }

    private static void Hooks(CheckedDocument document, HooksPlan hooks)
    {
        Hooks(document, hooks.Prestart);
        Hooks(document, hooks.CreateRuntime);
        Hooks(document, hooks.CreateContainer);
        Hooks(document, hooks.Poststart);
        Hooks(document, hooks.Poststop);
    }

    private static void Hooks(CheckedDocument document, ImmutableArray<HookStep> hooks)
    {
        foreach (HookStep hook in hooks)
        {
            Errno errno = Sys.Statx(Sys.WorkingDirectory, hook.Path.WithNul, out FileStatus status);
            Hook(document, hook, errno, errno == Errno.None ? status : default);
        }
    }

    // createContainer hooks are files of the host, startContainer hooks are the container's.
    private static void Hook(CheckedDocument document, HookStep hook, ContainerTree tree)
    {
        TreePlace place = tree.Find(hook.Path.ToString());
        using Descriptor? file = place.File;
        FileStatus status = default;
        if (!place.IsUnknown)
        {
            Hook(document, hook, file is null ? place.Errno : Sys.Statx(file.Number, out status), status);
        }
    }

    private static void Hook(CheckedDocument document, HookStep hook, Errno errno, FileStatus status)
    {
        string place = "hooks." + hook.Kind + "[" + hook.Index.ToString() + "].path";
        bool isProgram = status.Is(FileMode.Regular) && (status.Mode & Permissions.AnyExecute) != 0;
        if (!document.IsWritten(place) || (errno == Errno.None && isProgram))
        {
            return;
        }

        PunnetException error = HookErrors.CannotRun(hook, errno == Errno.None ? Errno.EACCES : errno, hook.Kind != "startContainer");
        if (hook.Kind is "poststart" or "poststop")
        {
            document.Warn(place, error.Message, error.Hint);
        }
        else
        {
            document.Error(place, error.Message, error.Hint);
        }
    }

    // Null where the files are not known: layers are stacked later.
    private static ContainerTree? Tree(CheckedDocument document, ContainerPlan plan)
    {
        if (plan.Overlay is not null || !document.IsWritten("root.path"))
        {
            return null;
        }

        Errno errno = Sys.Openat(Sys.WorkingDirectory, plan.Root.WithNul, OpenFlags.Path | OpenFlags.Directory, 0, out int number);
        if (errno == Errno.None)
        {
            return new ContainerTree(new Descriptor(number));
        }

        ProgramReview.Note(document, ErrorMessages.Of(plan, InitStep.Root, 0, errno), "root.path");
        return null;
    }

    private static ContainerTree? Open(ContainerPlan plan) =>
        Sys.Openat(Sys.WorkingDirectory, plan.Root.WithNul, OpenFlags.Path | OpenFlags.Directory, 0, out int number) == Errno.None
            ? new ContainerTree(new Descriptor(number)) : null;

    private static void AddMounts(ContainerPlan plan, ContainerTree tree)
    {
        foreach (MountStep mount in plan.Mounts)
        {
            tree.Add(mount);
        }
    }

    private static void Destinations(CheckedDocument document, ContainerPlan plan, ContainerTree tree)
    {
        foreach (MountStep mount in plan.Mounts)
        {
            using Descriptor? destination = tree.Find(mount.Destination.ToString()).File;
            string place = "mounts[" + mount.Index.ToString() + "]";
            if (destination is not null && mount.Kind != MountKind.Remount && !mount.DestinationNoFollow && !mount.CopiesLink
                && document.IsWritten(place + ".destination")
                && Sys.Statx(destination.Number, out FileStatus there) == Errno.None
                && IsDirectory(mount) is bool isDirectory && there.Is(FileMode.Directory) != isDirectory)
            {
                ProgramReview.Note(document, ErrorMessages.Of(plan, InitStep.MountAttach, mount.Index, Errno.ENOTDIR), place);
            }
            else
            {
                tree.Add(mount);
            }
        }
    }

    private static bool? IsDirectory(MountStep mount) => mount.Kind != MountKind.Bind ? true
        : Sys.Statx(Sys.WorkingDirectory, mount.Source.WithNul, out FileStatus status) == Errno.None ? status.Is(FileMode.Directory)
        : null;
}
