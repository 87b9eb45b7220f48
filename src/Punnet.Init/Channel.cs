using System;
using System.Runtime.InteropServices;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Init;

// Between the host side and the new process, over a socket pair that keeps message boundaries:
//
//     host                                  stage (only when joining needs one)         init
//      │── clone3 ───────────────────────────>│                                           │
//      │<─────────────────────── Unmapped ────│                                           │  with a new user namespace
//      │── Mapped ───────────────────────────>│                                           │
//      │                                      │── clone3(CLONE_PARENT) ──────────────────>│
//      │<──────────────────── Cloned(pid) ────│ ends                                      │
//      │── Settled ──────────────────────────────────────────────────────────────────────>│  after a stage, with a new user namespace, or
//      │                                                                                  │  when systemd has to move it into its cgroup
//      │── Network [+ descriptor] ────────────────────────────────────────────────────────>│  when the host makes the network namespace
//      │<────────────────────────────────────────────────────────────────── RootReady ────│  when the host has hooks to run
//      │── HooksDone ────────────────────────────────────────────────────────────────────>│
//      │<──────────────────────────────────────────────────────────────────── Created ────│
//      │── Go ───────────────────────────────────────────────────────────────────────────>│  run and exec; after a create the
//      │<──────────────────────────────────────────────────── end of file: executed ──────│  start gate takes this place
//
// With a joined pid namespace the stage does all up to the last, in the place of init (see FinalProcess):
//
//     host                                  stage                                      init
//      │<────────────────────────── Joined ───│                                           │
//      │── Settled ──────────────────────────>│ ... RootReady, HooksDone ...              │
//      │                                      │── clone(CLONE_PARENT) ───────────────────>│
//      │                                      │ ends                                      │
//      │<───────────────────────────────────────────────────────────────────── Cloned ────│  its pid comes from the kernel
//      │── Settled ──────────────────────────────────────────────────────────────────────>│
//      │<──────────────────────────────────────────────────────────────────── Created ────│
//
// An exec that joins a pid namespace does so too, without Joined, Cloned and Settled.
//
// Before it loads a filter with a listener, init sends Listener(number): once its ids are about to change, before Created, or after Go.
// At any moment init may send Failed(step, item, errno, name) and end. End of file before Created: it was killed.

/// <summary>What one side tells the other; in the order of the protocol.</summary>
public enum Message
{
    /// <summary>The stage is in a new user namespace, which has no ids yet.</summary>
    NeedsIdMaps = 1,

    /// <summary>Its id maps are written.</summary>
    IdMapsWritten,

    /// <summary>The stage is in all namespaces but the pid namespace that it has joined for its child.</summary>
    Joined,

    /// <summary>The stage has cloned init; the first number is its pid. From the child of a stage that has Joined: here it is.</summary>
    InitCloned,

    /// <summary>The host knows the new process, it is in its cgroup, and its id maps are written.</summary>
    HostReady,

    /// <summary>The network namespace, as a descriptor; without one the host cannot make it, and init does.</summary>
    Network,

    /// <summary>The root is mounted and populated, and not yet entered.</summary>
    RootReady,

    /// <summary>The host's hooks have run.</summary>
    HooksDone,

    /// <summary>Everything is in place but the program; the first number is how many bytes were allocated since the clone: 0.</summary>
    Created,

    /// <summary>Execute the program.</summary>
    Exec,

    /// <summary>The filter is loaded next, and its listener will have the first number; see SeccompLoader.</summary>
    Listener,

    /// <summary>
    /// From a relay: the listener, as a descriptor, and then a pidfd of the relay itself; see SeccompLoader.
    /// </summary>
    Carried,

    /// <summary>To an exec that comes before start: one of the namespaces, as a descriptor; see NamespaceSocket.</summary>
    Namespace,

    /// <summary>To the same: those were all, and the first number is how many.</summary>
    Namespaces,

    /// <summary>A step failed: <see cref="InitStep"/>, item, errno, name.</summary>
    Failed,
}

/// <summary>One message with its three numbers, and a name.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct ChannelMessage
{
    /// <summary>What is told.</summary>
    public Message Kind;

    /// <summary>A pid, or an <see cref="InitStep"/>.</summary>
    public int Value;

    /// <summary>The item of the step.</summary>
    public int Index;

    /// <summary>Why.</summary>
    public Errno Errno;

    /// <summary>What has failed there, where the host cannot look it up; empty otherwise.</summary>
    public FailureName Name;
}

/// <summary>Sending and receiving; the protocol is drawn at the head of this file.</summary>
public static class Channel
{
    /// <summary>Sends one message.</summary>
    public static Errno Send(int socket, Message kind, int value = 0) => Send(socket, new ChannelMessage { Kind = kind, Value = value });

    /// <summary>Sends one message.</summary>
    public static Errno Send(int socket, ChannelMessage message)
    {
        return Sys.WriteAll(socket, MemoryMarshal.AsBytes(new ReadOnlySpan<ChannelMessage>(in message)));
    }

    /// <summary>Sends one message with a descriptor.</summary>
    public static Errno SendWithFd(int socket, Message kind, int descriptor)
    {
        ChannelMessage message = new() { Kind = kind };
        return Sys.Sendmsg(socket, MemoryMarshal.AsBytes(new ReadOnlySpan<ChannelMessage>(in message)), descriptor);
    }

    /// <summary>Waits for one message, perhaps with a descriptor, which is -1 otherwise.</summary>
    /// <returns>False when the other side is gone, or sent what is no message.</returns>
    public static bool ReceiveWithFd(int socket, out ChannelMessage message, out int descriptor)
    {
        message = default;
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<ChannelMessage>(ref message));
        return Sys.Recvmsg(socket, bytes, out int count, out descriptor) == Errno.None && count == bytes.Length;
    }

    /// <summary>Waits for a message and leaves it there: what comes next, or 0 when nothing does any more.</summary>
    public static Message PeekKind(int socket)
    {
        ChannelMessage message = default;
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<ChannelMessage>(ref message));
        return Sys.RecvPeek(socket, bytes, out int count) == Errno.None && count == bytes.Length ? message.Kind : default;
    }

    /// <summary>Waits for one message.</summary>
    /// <returns>False when the other side is gone, or sent what is no message.</returns>
    public static bool Receive(int socket, out ChannelMessage message)
    {
        message = default;
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<ChannelMessage>(ref message));
        Errno errno = Sys.Read(socket, bytes, out int count);
        if (errno == Errno.ECONNRESET)
        {
            // Once, when the other side ended with something from here unread; what it had said before is still to be had, unix(7).
            errno = Sys.Read(socket, bytes, out count);
        }

        return errno == Errno.None && count == bytes.Length;
    }
}
