using System;
using Punnet.Abi;

namespace Punnet.Kernel;

/// <summary>Turns an errno into an exception or a message; for the host side.</summary>
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

    /// <summary>Throws unless the call succeeded; the message, which is built only then, names the object.</summary>
    /// <param name="errno">What the call returned.</param>
    /// <param name="what">What was being done, as in "cannot …".</param>
    /// <param name="name">The object.</param>
    /// <exception cref="SysException">The call failed.</exception>
    public static void OrThrow(this Errno errno, string what, string name)
    {
        if (errno != Errno.None)
        {
            throw new SysException(errno, what + " " + name);
        }
    }

    /// <summary>The message and the name: <c>no such file or directory (ENOENT)</c>.</summary>
    public static string Words(this Errno errno) =>
        ErrnoText.Of((int)errno) + " (" + (Enum.IsDefined(errno) ? errno.ToString() : "errno " + ((int)errno).ToString()) + ")";

    /// <summary>
    /// Whether the object does not exist, or no longer: a name, a process (ESRCH), a removed cgroup whose files are open (ENODEV). After
    /// any other error it is unknown.
    /// </summary>
    public static bool IsMissing(this Errno errno) => errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ESRCH or Errno.ENODEV;

    /// <summary>Whether the error says nothing about the object: punnet or the host lacks a resource, or a device fails.</summary>
    public static bool IsShortage(this Errno errno) =>
        errno is Errno.EMFILE or Errno.ENFILE or Errno.ENOMEM or Errno.ENOSPC or Errno.EIO;

    /// <summary>
    /// Whether a seccomp filter may have refused the call, or the kernel lacks it. EPERM can also come from the kernel itself, so the
    /// fallback must be as safe as the call.
    /// </summary>
    public static bool IsOfFilter(this Errno errno) => errno is Errno.EPERM or Errno.ENOSYS;
}
