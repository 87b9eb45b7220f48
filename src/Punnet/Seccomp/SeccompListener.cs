using System;
using Punnet.Abi;
using Punnet.Host;
using Punnet.Host.Errors;
using Punnet.Init;
using Punnet.Kernel;
using Punnet.Plan;
using Punnet.Spec;

namespace Punnet.Seccomp;

/// <summary>Takes a filter's listener from the new process to the agent, or to punnet itself for <c>--seccomp-log</c>.</summary>
internal sealed class SeccompListener : IDisposable
{
    private readonly SeccompPlan _plan;
    private readonly SeccompLog? _log;
    private readonly Descriptor? _agent;
    private readonly SharedFlag _handOver;

    private SeccompListener(SeccompPlan plan, SeccompLog? log, Descriptor? agent)
    {
        // The new process is not dumpable, so no process in the container can look into it. Its own user cannot either, pidfd_getfd(2).
        Sys.CapgetPermitted(out ulong capabilities).OrThrow("read the capabilities of punnet itself");
        IsSent = (capabilities & (1UL << Capability.SysPtrace)) == 0;
        _plan = plan;
        _log = log;
        _agent = agent;
        Sys.MmapSharedFlag(out _handOver).OrThrow("share memory with the new process");
    }

    /// <summary>See <see cref="Init.HandOver"/>.</summary>
    public SharedFlag HandOver => _handOver;

    /// <summary>See <see cref="InitContext.SendsListener"/>.</summary>
    public bool IsSent { get; }

    /// <summary>Connects to the agent, before anything is made: the path is the host's.</summary>
    /// <param name="plan">The filter, or null.</param>
    /// <param name="log">Answers instead of an agent, or null.</param>
    /// <returns>Null where the filter has no listener.</returns>
    /// <exception cref="PunnetException">Nothing listens there.</exception>
    public static SeccompListener? Prepare(SeccompPlan? plan, SeccompLog? log)
    {
        if (plan is not { NeedsListener: true })
        {
            return null;
        }

        if (log is not null)
        {
            log.Prepare();
            return new SeccompListener(plan, log, agent: null);
        }

        string path = plan.ListenerPath!;
        Errno errno = Sys.ConnectUnixStream(CString.Of(path).WithNul, out int socket);
        return errno == Errno.None
            ? new SeccompListener(plan, log: null, new Descriptor(socket))
            : throw ErrorMessages.SeccompAgent(plan, "connect to the seccomp agent " + path, errno);
    }

    /// <summary>
    /// Takes the listener from the new process and hands it on. Returns without it if that process failed, which then sends the reason.
    /// </summary>
    /// <param name="message">Says which descriptor it will be.</param>
    /// <param name="process">The new process.</param>
    /// <param name="channel">Its channel.</param>
    /// <param name="container">The container's state, for the agent.</param>
    /// <exception cref="PunnetException">The listener cannot be taken, or the agent is gone.</exception>
    public void Take(ChannelMessage message, ChildProcess process, Descriptor channel, ContainerState container)
    {
        if ((IsSent ? Receive(channel) : Fetch(message.Value, process, channel)) is not Descriptor listener)
        {
            return;
        }

        try
        {
            if (_log is not null)
            {
                _log.Answer(listener, _plan.Verdicts!);
                return;
            }

            Send(listener, process.Pid, container);
            listener.Dispose();
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    // Null where that process has failed. It sends the reason.
    private Descriptor? Fetch(int number, ChildProcess process, Descriptor channel)
    {
        int taken;
        Errno errno;
        while ((errno = Sys.PidfdGetfd(process.Pidfd, number, out taken)) == Errno.EBADF)
        {
            if (PendingSignals.WaitToRead(channel.Number, 1, "wait for the new process"))
            {
                return null;
            }
        }

        if (errno != Errno.None)
        {
            throw ErrorMessages.SeccompAgent(_plan, "take the listener from the new process", errno);
        }

        Descriptor listener = new(taken);
        try
        {
            Release(listener, channel);
            return listener;
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    // From the relay; null where init or the relay has failed.
    private Descriptor? Receive(Descriptor channel)
    {
        if (TakeCarried(channel) is not Descriptor listener)
        {
            return null;
        }

        try
        {
            using Descriptor? relay = TakeCarried(channel);
            if (relay is null)
            {
                listener.Dispose();
                return null;
            }

            // Until the kernel has forgotten it: before that it could become a child that the program does not know.
            while (Sys.PidfdSendSignal(relay.Number, 0, 0) != Errno.ESRCH)
            {
                Span<PollDescriptor> ends =
                [
                    new PollDescriptor { Descriptor = relay.Number, Wanted = PollEvents.In },
                    new PollDescriptor { Descriptor = channel.Number, Wanted = PollEvents.In },
                ];
                Sys.Ppoll(ends, 1).OrThrow("wait for the new process");
                PendingSignals.Check();
                if (ends[1].Found != PollEvents.None)
                {
                    break; // It was killed, or has failed.
                }
            }

            _handOver.Value = Init.HandOver.Released;
            return listener;
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    private static Descriptor? TakeCarried(Descriptor channel) =>
        PendingSignals.WaitToRead(channel.Number, -1, "wait for the new process") && Channel.PeekKind(channel.Number) == Message.Carried
            && Channel.ReceiveWithFd(channel.Number, out ChannelMessage _, out int descriptor) == Errno.None && descriptor >= 0
            ? new Descriptor(descriptor)
            : null;

    /// <inheritdoc/>
    public void Dispose() => _agent?.Dispose();

    // The new process closes its copy. If the profile has even that call answered, only punnet can answer it yet.
    private void Release(Descriptor listener, Descriptor channel)
    {
        _handOver.Value = Init.HandOver.Taken;
        Span<PollDescriptor> ends =
        [
            new PollDescriptor { Descriptor = listener.Number, Wanted = PollEvents.In },
            new PollDescriptor { Descriptor = channel.Number, Wanted = PollEvents.None },
        ];
        while (_handOver.Value != Init.HandOver.Released)
        {
            Sys.Ppoll(ends, 1).OrThrow("wait for the new process");
            PendingSignals.Check();

            // If it is not released now, the close waits, not a call of the program.
            bool waits = ends[0].Found == PollEvents.In && _handOver.Value != Init.HandOver.Released;
            if (waits && Sys.SeccompNotifRecv(listener.Number, out SeccompNotification call) == Errno.None)
            {
                Sys.SeccompNotifSend(listener.Number, new SeccompResponse { Id = call.Id, Flags = SeccompResponseFlags.Continue });
            }

            if (ends[1].Found != PollEvents.None)
            {
                return; // It was killed.
            }
        }
    }

    private void Send(Descriptor listener, int pid, ContainerState container)
    {
        byte[] state = StateJson.WriteProcessState(new ContainerProcessState
        {
            OciVersion = container.OciVersion,
            Pid = pid,
            Metadata = _plan.ListenerMetadata,
            State = container,
        });
        Errno errno = Sys.Sendmsg(_agent!.Number, state, listener.Number);
        if (errno != Errno.None)
        {
            throw ErrorMessages.SeccompAgent(_plan, "hand the container to the seccomp agent " + _plan.ListenerPath, errno);
        }

        // The state is complete: the agent may read to its end.
        _agent.Dispose();
    }
}
