using System;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Init;

// An exec before start. Until the program runs, init is not dumpable: even its own user cannot inspect it, and without CAP_SYS_PTRACE in
// the host's user namespace neither /proc/PID/ns nor setns(2) with a pidfd works. But the user owns the container's user namespace, and can
// join all namespaces of the container given their descriptors. So init sends these, and nothing else, to a process that can reach a socket
// in the state directory:
//
//     exec                                             init, which waits for start
//      │── a byte + one end of a socket pair ───────────>│  datagram to STATE/ID/namespaces
//      │<──────────────────── Namespace + descriptor ────│  each of its namespaces, the user namespace first
//      │<──────────────────── Namespaces(count) ─────────│  without it, the exec joins none

/// <summary>The socket where init, which is not dumpable, hands out its namespaces.</summary>
internal static class NamespaceSocket
{
    /// <summary>Opens the namespaces that the plan makes or joins, while the host's /proc is still open.</summary>
    public static void Open(NamespacePlan plan, InitContext context)
    {
        if (context.NamespaceSocket < 0)
        {
            return;
        }

        int[] namespaces = context.NamespaceSocketKinds;
        bool isComplete = Sys.Openat(context.Proc, "thread-self\0"u8, OpenFlags.Path | OpenFlags.Directory, 0, out int own) == Errno.None;
        for (int i = 0; i < namespaces.Length; i++)
        {
            namespaces[i] = -1;
            if (plan.Has(NamespaceKinds.Flag(i)))
            {
                // The stage is not in the PID namespace that its child will be in.
                ReadOnlySpan<byte> file = context.Final is not null && NamespaceKinds.Flag(i) == CloneFlags.NewPid
                    ? "ns/pid_for_children\0"u8 : NamespaceKinds.File(i);
                isComplete &= Sys.Openat(own, file, OpenFlags.ReadOnly, 0, out namespaces[i]) == Errno.None;
            }
        }

        Sys.Close(own);

        if (!isComplete)
        {
            // All or none: where one is missing, an exec would stay in the host's.
            namespaces[0] = -1;
        }
    }

    /// <summary>Closes it: no exec can come before start now.</summary>
    public static void Close(InitContext context)
    {
        if (context.NamespaceSocket < 0)
        {
            return;
        }

        Sys.Close(context.NamespaceSocket);
        foreach (int opened in context.NamespaceSocketKinds)
        {
            Sys.Close(opened);
        }
    }

    /// <summary>Sends them to an exec that asks.</summary>
    public static void Answer(InitContext context)
    {
        Span<byte> one = stackalloc byte[1];
        if (Sys.Recvmsg(context.NamespaceSocket, one, out int _, out int exec) != Errno.None || exec < 0)
        {
            return;
        }

        if (context.NamespaceSocketKinds[0] >= 0)
        {
            int count = 0;
            foreach (int opened in context.NamespaceSocketKinds)
            {
                if (opened >= 0)
                {
                    Channel.SendWithFd(exec, Message.Namespace, opened);
                    count++;
                }
            }

            Channel.Send(exec, Message.Namespaces, count);
        }

        Sys.Close(exec);
    }
}
