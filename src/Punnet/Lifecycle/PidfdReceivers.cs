using System;
using System.Collections.Generic;
using Punnet.Console;
using Punnet.Kernel;

namespace Punnet.Lifecycle;

/// <summary>
/// The receivers of a pidfd of the new process: <c>--pidfd-socket</c>, and crun's annotation run.oci.pidfd_receiver. Connected before
/// anything is made: a missing monitor must not undo a container.
/// </summary>
internal sealed class PidfdReceivers : IDisposable
{
    private const string Annotation = "run.oci.pidfd_receiver";
    private readonly List<Descriptor> _sockets = [];

    /// <summary>Connects to all of them.</summary>
    /// <param name="option">The option's path, or null.</param>
    /// <param name="annotations">Of the container; none for an exec.</param>
    /// <exception cref="SysException">Nothing listens there.</exception>
    public static PidfdReceivers Connect(string? option, IReadOnlyDictionary<string, string>? annotations)
    {
        PidfdReceivers receivers = new();
        try
        {
            receivers.Add(option, "the pidfd socket");
            receivers.Add(annotations?.GetValueOrDefault(Annotation), "the pidfd receiver (annotations[\"" + Annotation + "\"])");
            return receivers;
        }
        catch
        {
            receivers.Dispose();
            throw;
        }
    }

    /// <summary>Sends a pidfd.</summary>
    /// <param name="kind">The kind of process: <c>standard</c> for a container's first process, <c>setns</c> for an exec.</param>
    /// <param name="pidfd">The process.</param>
    /// <exception cref="SysException">The receiver has gone.</exception>
    public void Send(ReadOnlySpan<byte> kind, int pidfd)
    {
        foreach (Descriptor socket in _sockets)
        {
            Sys.Sendmsg(socket.Number, kind, pidfd).OrThrow("send the pidfd");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Descriptor socket in _sockets)
        {
            socket.Dispose();
        }
    }

    private void Add(string? path, string what)
    {
        if (!string.IsNullOrEmpty(path))
        {
            _sockets.Add(ConsoleSocket.Connect(path, what));
        }
    }
}
