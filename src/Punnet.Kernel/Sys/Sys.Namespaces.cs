using System;
using Punnet.Abi;

namespace Punnet.Kernel;

// namespaces(7), and the names of a UTS namespace.
public static unsafe partial class Sys
{
    /// <summary>unshare(2).</summary>
    public static Errno Unshare(CloneFlags flags) => Call(SyscallNumber.Unshare, (nint)flags);

    /// <summary>setns(2) with a namespace file (kind 0: any), or with a pidfd and several kinds (Linux 5.8).</summary>
    public static Errno Setns(int descriptor, CloneFlags kinds) => Call(SyscallNumber.Setns, descriptor, (nint)kinds);

    /// <summary>ioctl_ns(2) NS_GET_NSTYPE: the kind of a namespace file.</summary>
    public static Errno GetNamespaceType(int descriptor, out CloneFlags kind)
    {
        const int GetType = 0xb703; // NS_GET_NSTYPE
        Errno errno = Call(SyscallNumber.Ioctl, out long result, descriptor, GetType);
        kind = (CloneFlags)result;
        return errno;
    }

    /// <summary>sethostname(2).</summary>
    /// <param name="name">Without NUL.</param>
    public static Errno Sethostname(ReadOnlySpan<byte> name)
    {
        fixed (byte* text = name)
        {
            return Call(SyscallNumber.Sethostname, (nint)text, name.Length);
        }
    }

    /// <summary>setdomainname(2).</summary>
    /// <param name="name">Without NUL.</param>
    public static Errno Setdomainname(ReadOnlySpan<byte> name)
    {
        fixed (byte* text = name)
        {
            return Call(SyscallNumber.Setdomainname, (nint)text, name.Length);
        }
    }
}
