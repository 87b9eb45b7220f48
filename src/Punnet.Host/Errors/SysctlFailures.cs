using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Host.Errors;

/// <summary>Sentences for kernel parameters that a container cannot have.</summary>
public static class SysctlFailures
{
    /// <summary>The sentence.</summary>
    public static PunnetException Of(ContainerPlan plan, SysctlStep sysctl, Errno errno, bool isOfValue) => new(
        "cannot set " + sysctl.Name + " to \"" + sysctl.Value + "\" (linux.sysctl[\"" + sysctl.Name + "\"]): " + errno.Words(),
        Hint(plan, sysctl, errno, isOfValue));

    // The host's own parameter shows whether it exists and what its value looks like.
    private static string? Hint(ContainerPlan plan, SysctlStep sysctl, Errno errno, bool isOfValue)
    {
        bool isOnHost = Sys.Statx(Sys.WorkingDirectory, CString.Of("/proc/" + sysctl.Path).WithNul, out FileStatus status) == Errno.None;
        bool isReadOnly = isOnHost && (status.Mode & Permissions.AnyWrite) == 0;
        return errno switch
        {
            Errno.ENOENT when isOfValue => "what the value names is not on this host",
            Errno.ENOENT when !isOnHost => "this kernel has no such parameter, or the module that has it is not loaded",
            Errno.EACCES or Errno.EPERM when isReadOnly => "it can only be read",
            Errno.ENOENT or Errno.EACCES when sysctl.Kind == CloneFlags.NewNetwork =>
                "only the host's network namespace has it to change",
            Errno.EACCES or Errno.EPERM when plan.Namespaces.HasUser => "root of the container's user namespace may not change it",
            Errno.EACCES or Errno.EPERM =>
                HostPolicy.HasSystemAdministration() ? "only the host's namespace can change it" : HostPolicy.LacksSystemAdministration,
            Errno.EINVAL or Errno.ERANGE => "the kernel does not take this value for it" + Own(sysctl),
            _ => null,
        };
    }

    private static string Own(SysctlStep sysctl)
    {
        string? value = HostFile.TryReadText(Sys.WorkingDirectory, CString.Of("/proc/" + sysctl.Path).WithNul)?.TrimEnd();
        return string.IsNullOrEmpty(value) || value.Length > 80 ? "" : "; the host's own is \"" + value.Replace('\t', ' ') + "\"";
    }
}
