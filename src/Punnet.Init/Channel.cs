using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Init;

// The protocol between the host side and the new process, over a SOCK_SEQPACKET socket pair:
//
//     host                                  stage (only when joining needs one)         init
//      │── clone3 ───────────────────────────>│                                           │
//      │<──────────────────── NeedsIdMaps ────│                                           │  with a new user namespace
//      │── IdMapsWritten ────────────────────>│                                           │
//      │                                      │── clone3(CLONE_PARENT) ──────────────────>│
//      │<──────────────── InitCloned(pid) ────│ ends                                      │
//      │── HostReady ────────────────────────────────────────────────────────────────────>│  after a stage, with a new user namespace, or
//      │                                                                                  │  when systemd has to move it into its cgroup
//      │── Network [+ descriptor] ────────────────────────────────────────────────────────>│  when the host makes the network namespace
//      │<────────────────────────────────────────────────────────────────── RootReady ────│  when the host has hooks to run
//      │── HooksDone ────────────────────────────────────────────────────────────────────>│
//      │<──────────────────────────────────────────────────────────────────── Created ────│
//      │── Exec ─────────────────────────────────────────────────────────────────────────>│  run and exec; after a create the
//      │<──────────────────────────────────────────────────── end of file: executed ──────│  start gate takes this place
//
// With a joined PID namespace the stage does the work of init up to the last step (see FinalProcess):
//
//     host                                  stage                                      init
//      │<────────────────────────── Joined ───│                                           │
//      │── HostReady ────────────────────────>│ ... RootReady, HooksDone ...              │
//      │                                      │── clone(CLONE_PARENT) ───────────────────>│
//      │                                      │ ends                                      │
//      │<───────────────────────────────────────────────────────────────── InitCloned ────│  its pid comes from the kernel
//      │── HostReady ────────────────────────────────────────────────────────────────────>│
//      │<──────────────────────────────────────────────────────────────────── Created ────│
//
// An exec that joins a PID namespace does the same, without Joined, InitCloned and HostReady.
//
// Before it loads a filter with a listener, init sends Listener(number): before its IDs change, before Created, or after Exec. At any time
// init may send Failed(step, item, errno, name) and exit. End of file before Created means that it was killed.

/// <summary>The messages, in the order of the protocol.</summary>
public enum Message
{
    /// <summary>The stage is in a new user namespace, which has no ID maps yet.</summary>
    NeedsIdMaps = 1,

    /// <summary>The ID maps are written.</summary>
    IdMapsWritten,

    /// <summary>The stage is in all namespaces except the PID namespace, which it has joined for its child.</summary>
    Joined,

    /// <summary>The stage has cloned init; the value is its PID. After Joined, the child sends it itself.</summary>
    InitCloned,

    /// <summary>The host knows the new process; its cgroup and ID maps are set.</summary>
    HostReady,

    /// <summary>The network namespace, as a descriptor; without one, the host cannot make it, and init does.</summary>
    Network,

    /// <summary>The root is mounted and populated, but not yet entered.</summary>
    RootReady,

    /// <summary>The host's hooks have run.</summary>
    HooksDone,

    /// <summary>Everything but execve(2) is done; the value is how many bytes were allocated since the clone: 0.</summary>
    Created,

    /// <summary>Execute the program.</summary>
    Exec,

    /// <summary>The filter is loaded next, and the value is the number that its listener will have; see SeccompLoader.</summary>
    Listener,

    /// <summary>
    /// From a relay: the listener, as a descriptor, and then a pidfd of the relay itself; see SeccompLoader.
    /// </summary>
    Carried,

    /// <summary>To an exec before start: one of the namespaces, as a descriptor; see NamespaceSocket.</summary>
    Namespace,

    /// <summary>To the same exec: no more namespaces; the value is how many were sent.</summary>
    Namespaces,

    /// <summary>A step failed: <see cref="InitStep"/>, item, errno, name.</summary>
    Failed,
}

/// <summary>One message: three numbers and a name.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct ChannelMessage
{
    /// <summary>The kind.</summary>
    public Message Kind;

    /// <summary>A PID, or an <see cref="InitStep"/>.</summary>
    public int Value;

    /// <summary>The item of the step.</summary>
    public int Index;

    /// <summary>The error.</summary>
    public Errno Errno;

    /// <summary>The object of the failure, where the host cannot look it up; else empty.</summary>
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

    /// <summary>Waits for one message and its descriptor, which is -1 if there is none.</summary>
    /// <returns>None with a message of no kind when the peer is gone, or sent something else.</returns>
    public static Errno ReceiveWithFd(int socket, out ChannelMessage message, out int descriptor)
    {
        message = default;
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<ChannelMessage>(ref message));
        Errno errno = Sys.Recvmsg(socket, bytes, out int count, out descriptor);
        return Whole(errno, count, ref message);
    }

    /// <summary>Waits for a message and leaves it in the queue: the kind of the next one, or 0 when the peer is gone.</summary>
    public static Message PeekKind(int socket)
    {
        ChannelMessage message = default;
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<ChannelMessage>(ref message));
        return Sys.RecvPeek(socket, bytes, out int count) == Errno.None && count == bytes.Length ? message.Kind : default;
    }

    /// <summary>Waits for one message.</summary>
    /// <returns>None with a message of no kind when the peer is gone, or sent something else.</returns>
    public static Errno Receive(int socket, out ChannelMessage message)
    {
        message = default;
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<ChannelMessage>(ref message));
        Errno errno = Sys.Read(socket, bytes, out int count);
        if (errno == Errno.ECONNRESET)
        {
            // Returned once when the peer exited without reading everything; its earlier messages can still be read, unix(7).
            errno = Sys.Read(socket, bytes, out count);
        }

        return Whole(errno, count, ref message);
    }

    private static Errno Whole(Errno errno, int count, ref ChannelMessage message)
    {
        if (count != Unsafe.SizeOf<ChannelMessage>())
        {
            message = default;
        }

        return errno;
    }
}
