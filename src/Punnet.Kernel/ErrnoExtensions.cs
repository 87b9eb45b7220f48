using System;
using Punnet.Abi;

namespace Punnet.Kernel;

/// <summary>From an errno to an exception or to words; for the host side.</summary>
public static class ErrnoExtensions
{
    /// <summary>Throws unless the call succeeded.</summary>
    /// <param name="errno">What the call returned.</param>
    /// <param name="what">What was being done, as in "cannot …".</param>
    /// <exception cref="SysException">The call failed.</exception>
    public static void OrThrow(this Errno errno, string what)
    {
        if (errno != Errno.None)
        {
            throw new SysException(errno, what);
        }
    }

    /// <summary>Throws unless the call succeeded; with the object, which is put together only then.</summary>
    /// <param name="errno">What the call returned.</param>
    /// <param name="what">What was being done, as in "cannot …".</param>
    /// <param name="name">To what.</param>
    /// <exception cref="SysException">The call failed.</exception>
    public static void OrThrow(this Errno errno, string what, string name)
    {
        if (errno != Errno.None)
        {
            throw new SysException(errno, what + " " + name);
        }
    }

    /// <summary>What it means, with its name: <c>no such file or directory (ENOENT)</c>.</summary>
    public static string Words(this Errno errno) =>
        ErrnoText.Of((int)errno) + " (" + (Enum.IsDefined(errno) ? errno.ToString() : "errno " + ((int)errno).ToString()) + ")";

    /// <summary>
    /// What says that something is not there, or not any more: a name, a process (ESRCH), a removed cgroup whose files are open (ENODEV).
    /// Every other error says that nobody knows.
    /// </summary>
    public static bool IsMissing(this Errno errno) => errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ESRCH or Errno.ENODEV;

    /// <summary>What says nothing of what was asked for: punnet, or the whole host, has too little of something; or a device fails.</summary>
    public static bool IsShortage(this Errno errno) =>
        errno is Errno.EMFILE or Errno.ENFILE or Errno.ENOMEM or Errno.ENOSPC or Errno.EIO;

    /// <summary>
    /// What a seccomp filter answers for a call that it does not let pass, and a kernel for one that it lacks; EPERM may also be the kernel's own
    /// answer, so that the second way must be as safe as the first.
    /// </summary>
    public static bool IsOfFilter(this Errno errno) => errno is Errno.EPERM or Errno.ENOSYS;
}
