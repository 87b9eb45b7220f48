using System.Text;
using Punnet.Abi;
using Punnet.Init;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Host.Errors;

/// <summary>Sentences for mounts that cannot be made.</summary>
public static class MountFailures
{
    /// <summary>An attribute that a user namespace may not change.</summary>
    public static PunnetException Locked(MountStep step, int item, string words)
    {
        bool isTree = item >= LockedAttributes.OfTree;
        MountAttributes kind = LockedAttributes.Of(item % LockedAttributes.OfTree);
        MountAttributes set = (isTree ? step.RecursiveSet : step.Set) & kind;
        string word = kind switch
        {
            MountAttributes.ReadOnly => "rw",
            MountAttributes.NoSuid => "suid",
            MountAttributes.NoDev => "dev",
            MountAttributes.NoExec => "exec",
            _ when (set & MountAttributes.NoAtime) != MountAttributes.None => "noatime",
            _ when (set & MountAttributes.StrictAtime) != MountAttributes.None => "strictatime",
            _ when ((isTree ? step.RecursiveClear : step.Clear) & MountAttributes.AtimeMask) != MountAttributes.None => "relatime",
            _ => set == MountAttributes.None ? "diratime" : "nodiratime",
        };
        return new PunnetException(
            "cannot " + (step.Kind == MountKind.Remount ? "remount" : "mount") + " " + What(step) + " on " + step.Destination
            + " (mounts[" + step.Index.ToString() + "].options): \"" + (isTree ? "r" : "") + word
            + "\" would change what is locked in a user namespace: " + words);
    }

    private static string What(MountStep step) => step.Kind switch
    {
        MountKind.Bind => step.Source.ToString(),
        MountKind.Cgroup => "cgroup",
        _ => step.Type.IsNull ? "it" : step.Type.ToString(),
    };

    /// <summary>A mount that could not be made.</summary>
    public static PunnetException Of(ContainerPlan plan, MountStep step, ChannelMessage failure)
    {
        string place = " (mounts[" + step.Index.ToString() + "]): ";
        string mount = "cannot " + (step.Kind == MountKind.Remount ? "remount" : "mount") + " " + What(step) + " on " + step.Destination;
        Errno errno = failure.Errno;
        string words = errno.Words(), named = Encoding.UTF8.GetString(failure.Name.Text);
        InitStep at = (InitStep)failure.Value;
        return at switch
        {
            InitStep.MountOverProc => new PunnetException(
                mount + place + "it would cover a part of /proc that must stay visible", null),
            InitStep.MountTarget when errno == Errno.ELOOP => new PunnetException(
                mount + place + step.Destination + " must be mounted on ordinary directory, and a symbolic link is there"),
            InitStep.MountTarget =>
                new PunnetException(mount + place + "cannot use the destination: " + words, OfTarget(plan, step, errno, named)),
            InitStep.MountSource when step.Kind == MountKind.Bind => new PunnetException(
                mount + " (mounts[" + step.Index.ToString() + "].source): " + words,
                PathCause.Of(step.Source.ToString(), errno, plan.Namespaces)),
            InitStep.MountType => new PunnetException(
                mount + " (mounts[" + step.Index.ToString() + "].type): " + words,
                errno == Errno.ENODEV ? "this kernel has no such file system" : null),
            InitStep.MountLabel => new PunnetException(
                mount + place + "cannot label it with \"" + plan.MountLabel + "\" (linux.mountLabel): " + words),
            InitStep.MountAttach when errno == Errno.ENOTDIR => new PunnetException(
                mount + place + "a directory goes on a directory, and a file on a file: " + words),
            InitStep.MountCovered => new PunnetException(
                mount + " (mounts[" + step.Index.ToString()
                    + "].source): an earlier mount covers it, and in a user namespace ids are mapped before that is made"),
            InitStep.MountIdMap when errno == Errno.EINVAL => new PunnetException(
                mount + place + "the ids of its file system, " + MountInfo.TypeAt(step.Source) + ", cannot be mapped: " + words),
            InitStep.MountIdMap => new PunnetException(
                mount + place + "cannot map its ids: " + words,
                errno == Errno.EPERM ? "mapping the ids of a mount needs CAP_SYS_ADMIN on the host, and is done once only" : null),
            InitStep.MountAttributes or InitStep.MountPropagation => new PunnetException(
                mount + " (mounts[" + step.Index.ToString() + "].options): " + words),
            InitStep.MountCreate when errno == Errno.EACCES && !step.LabelKey.IsNull => new PunnetException(
                mount + place + words,
                "the SELinux policy may not allow a mount with " + step.LabelKey + "=" + step.Label + " (linux.mountLabel)"),
            _ => new PunnetException(
                mount + place + words,
                HostPolicy.OfMount(plan.Namespaces, step, errno)
                    ?? (named.Length > 0 ? Kernel(named)
                        : !step.Type.IsNull && step.Type.ToString() == "overlay" ? OfOverlay(step, errno)
                        : OfSource(step, errno))),
        };
    }

    /// <summary>An option that the file system refuses.</summary>
    public static PunnetException Parameter(ContainerPlan plan, ChannelMessage failure)
    {
        MountStep step = plan.Mounts[failure.Index / MountParameter.Limit];
        MountParameter parameter = step.Parameters[failure.Index % MountParameter.Limit];
        Errno errno = failure.Errno;
        string key = parameter.Key.ToString(), value = parameter.Value.IsNull ? "" : parameter.Value.ToString();
        string ids = errno == Errno.EINVAL && key is "uid" or "gid" && uint.TryParse(value, out _)
            && (plan.Namespaces.HasUser || HostProbe.IsInUserNamespace())
            ? ", an id that must be mapped (linux." + key + "Mappings)"
            : "";
        bool isPath = value.StartsWith('/');
        string named = Encoding.UTF8.GetString(failure.Name.Text);
        return new PunnetException(
            "cannot mount " + What(step) + " on " + step.Destination + ": "
                + (errno == Errno.EINVAL && !isPath ? "it does not take the option \"" : "it cannot use what the option names: \"")
                + key + (parameter.Value.IsNull ? "" : "=" + value) + "\" (mounts[" + step.Index.ToString() + "].options)" + ids + ": "
                    + errno.Words(),
            ids.Length > 0 ? null
                : (isPath ? OfPaths(value, errno, plan.Namespaces) : null)
                    ?? (parameter.Value.IsNull ? MountOptions.Hint(key) : null)
                    ?? (named.Length > 0 ? Kernel(named) : null));
    }

    private static string Kernel(string named) => "the kernel says: " + named;

    private static string? OfTarget(ContainerPlan plan, MountStep step, Errno errno, string named) => errno switch
    {
        _ when named.Length == 0 => null,
        Errno.ENOTDIR => named + " is not a directory",
        Errno.EROFS => named + " is read-only, and has no such mount point: make one in the root file system",
        Errno.ENOENT when named != step.Destination.ToString() => "nothing can be made in " + named + ", whose files are the kernel's",
        Errno.EACCES => plan.Namespaces.HasUser
            ? "root of the container's user namespace may not use " + named + " so: its owner may not be mapped (linux.uidMappings)"
            : named + " cannot be searched, or written to make the mount point",
        Errno.EPERM => "nothing can be made in " + named + ": it may be immutable (chattr(1)), or a file system of the kernel's",
        _ => null,
    };

    // lowerdir has many, with a colon between.
    private static string? OfPaths(string value, Errno errno, NamespacePlan namespaces)
    {
        foreach (string path in value.Split(':'))
        {
            if (path.StartsWith('/') && Sys.Statx(Sys.WorkingDirectory, CString.Of(path).WithNul, out _) is var found
                && (found == errno || errno == Errno.EACCES)
                && (PathCause.Of(path, errno, namespaces) ?? (errno == Errno.ENOENT ? path + " does not exist" : null)) is string cause)
            {
                return cause;
            }
        }

        return null;
    }

    private static string? OfSource(MountStep step, Errno errno) =>
        step.Kind == MountKind.FileSystem && step.Source.ToString() is ['/', ..] source
        ? errno switch
        {
            Errno.ENOTBLK => source + " is not a block device",
            Errno.EINVAL => "the device may hold no " + step.Type + "; the kernel's log (dmesg) may say more",
            Errno.EACCES => PathCause.Of(source, errno) ?? "the device may be read-only, or refused by the device rules of punnet's cgroup",
            _ => PathCause.Of(source, errno),
        }
        : null;

    // overlayfs.rst, "Upper and Lower".
    private static string? OfOverlay(MountStep step, Errno errno)
    {
        string? upper = null, work = null;
        foreach (MountParameter parameter in step.Parameters)
        {
            upper = parameter.Key.ToString() == "upperdir" ? parameter.Value.ToString() : upper;
            work = parameter.Key.ToString() == "workdir" ? parameter.Value.ToString() : work;
        }

        return errno switch
        {
            Errno.EINVAL when upper is not null && work is null => "upperdir needs a workdir",
            Errno.EINVAL when upper is not null && work is not null && !AreTogether(upper, work) =>
                "workdir must be on the mount that upperdir is on",
            Errno.EINVAL when upper is not null =>
                "upperdir must be on a file system that takes the changes of an overlay, which " + MountInfo.TypeAt(CString.Of(upper))
                + " may not do; the kernel's log (dmesg) says more",
            Errno.ELOOP => "one directory lies within another, or is the same by another mount",
            Errno.EBUSY => "upperdir or workdir is in use by another overlay",
            _ => null,
        };
    }

    private static bool AreTogether(string upper, string work) =>
        Sys.Statx(Sys.WorkingDirectory, CString.Of(upper).WithNul, out FileStatus one) == Errno.None
        && Sys.Statx(Sys.WorkingDirectory, CString.Of(work).WithNul, out FileStatus other) == Errno.None
        && one.FileSystemMajor == other.FileSystemMajor && one.FileSystemMinor == other.FileSystemMinor;
}
