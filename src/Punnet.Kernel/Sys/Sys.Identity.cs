using System;
using Punnet.Abi;

namespace Punnet.Kernel;

public static unsafe partial class Sys
{
    private const uint CapabilityVersion = 0x20080522; // _LINUX_CAPABILITY_VERSION_3

    /// <summary>geteuid(2).</summary>
    public static uint Geteuid()
    {
        Call(SyscallNumber.Geteuid, out long uid);
        return (uint)uid;
    }

    /// <summary>getegid(2).</summary>
    public static uint Getegid()
    {
        Call(SyscallNumber.Getegid, out long gid);
        return (uint)gid;
    }

    /// <summary>setgroups(2), of this thread.</summary>
    public static Errno Setgroups(ReadOnlySpan<uint> groups)
    {
        fixed (uint* first = groups)
        {
            return Call(SyscallNumber.Setgroups, groups.Length, (nint)first);
        }
    }

    /// <summary>setresuid(2) with one ID for all three, of this thread.</summary>
    public static Errno Setresuid(uint uid) => Call(SyscallNumber.Setresuid, (nint)uid, (nint)uid, (nint)uid);

    /// <summary>setresgid(2) with one ID for all three, of this thread.</summary>
    public static Errno Setresgid(uint gid) => Call(SyscallNumber.Setresgid, (nint)gid, (nint)gid, (nint)gid);

    /// <summary>capset(2): effective, permitted and inheritable.</summary>
    public static Errno Capset(CapabilitySets sets)
    {
        ulong header = CapabilityVersion; // and 0: this thread
        uint* data = stackalloc uint[6]
        {
            (uint)sets.Effective, (uint)sets.Permitted, (uint)sets.Inheritable,
            (uint)(sets.Effective >> 32), (uint)(sets.Permitted >> 32), (uint)(sets.Inheritable >> 32),
        };
        return Call(SyscallNumber.Capset, (nint)(&header), (nint)data);
    }

    /// <summary>capget(2): the permitted set of this thread.</summary>
    public static Errno CapgetPermitted(out ulong permitted)
    {
        ulong header = CapabilityVersion;
        uint* data = stackalloc uint[6];
        Errno errno = Call(SyscallNumber.Capget, (nint)(&header), (nint)data);
        permitted = data[1] | ((ulong)data[4] << 32);
        return errno;
    }

    /// <summary>prctl(2) PR_CAP_AMBIENT_RAISE.</summary>
    public static Errno RaiseAmbientCapability(int capability)
    {
        const int Raise = 2; // PR_CAP_AMBIENT_RAISE
        return Call(SyscallNumber.Prctl, (nint)ProcessControl.AmbientCapability, Raise, capability, 0, 0);
    }

    /// <summary>prctl(2) PR_CAP_AMBIENT_CLEAR_ALL.</summary>
    public static Errno ClearAmbientCapabilities()
    {
        const int ClearAll = 4; // PR_CAP_AMBIENT_CLEAR_ALL
        return Call(SyscallNumber.Prctl, (nint)ProcessControl.AmbientCapability, ClearAll, 0, 0, 0);
    }

    /// <summary>keyctl(2) KEYCTL_JOIN_SESSION_KEYRING: a new session keyring of that name.</summary>
    public static Errno KeyctlJoinSessionKeyring(ReadOnlySpan<byte> name, out int keyring)
    {
        const int JoinSessionKeyring = 1; // KEYCTL_JOIN_SESSION_KEYRING
        fixed (byte* text = name)
        {
            return Open(SyscallNumber.Keyctl, out keyring, JoinSessionKeyring, (nint)text);
        }
    }

    /// <summary>keyctl(2) KEYCTL_SETPERM: the permissions of a key.</summary>
    /// <param name="key">Its number.</param>
    /// <param name="permissions">KEY_POS_*, KEY_USR_*, KEY_GRP_* and KEY_OTH_* of keyctl_setperm(3).</param>
    public static Errno KeyctlSetperm(int key, uint permissions)
    {
        const int SetPermissions = 5; // KEYCTL_SETPERM
        return Call(SyscallNumber.Keyctl, SetPermissions, key, (nint)permissions);
    }
}
