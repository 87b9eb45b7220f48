using System;
using Punnet.Host;
using Punnet.Host.Errors;
using Punnet.Host.State;
using Punnet.Init;
using Punnet.Kernel;
using Punnet.Spec;

namespace Punnet.Lifecycle;

/// <summary>A container that only lacks its program, still a child of this punnet.</summary>
internal sealed class CreatedContainer : IDisposable
{
    private readonly CreateContext _request;
    private readonly Descriptor _channel;
    private readonly HookRunner? _hooks;
    private readonly StateRecord _record;

    /// <summary>Takes over the resources of a create.</summary>
    public CreatedContainer(
        CreateContext request,
        ContainerDirectory directory,
        ChildProcess process,
        Descriptor channel,
        HookRunner? hooks,
        StateRecord record)
    {
        _request = request;
        Directory = directory;
        Process = process;
        _channel = channel;
        _hooks = hooks;
        _record = record;
    }

    /// <summary>Its state directory, locked.</summary>
    public ContainerDirectory Directory { get; }

    /// <summary>Its first process.</summary>
    public ChildProcess Process { get; }

    /// <summary>Lets the program run (not after a create that waits for <c>start</c>), and runs the poststart hooks.</summary>
    /// <exception cref="PunnetException">
    /// The program cannot be executed, or a hook failed: the caller then destroys the container.
    /// </exception>
    public void Start()
    {
        // First: what the program says may be read, and its container asked for, before this process is scheduled again.
        Directory.Unlock();
        Channel.Send(_channel.Number, Message.Exec).OrThrow("start the program");
        while (Process.TryHear(_channel, out ChannelMessage message, isStarting: true))
        {
            if (message.Kind != Message.Listener || _request.Listener is null)
            {
                throw ErrorMessages.Of(_request.Plan, _hooks?.Output, message);
            }

            _request.Listener.Take(message, Process, _channel, _request.State(ContainerStatus.Creating, Process.Pid));
        }

        if (!_request.Plan.Hooks.Poststart.IsEmpty)
        {
            using Container container = Container.Look(Directory);
            Poststart.Run(container);
        }
    }

    /// <summary>Ends and removes it. It reads nothing, which could fail like the step before.</summary>
    /// <param name="hasEnded">Whether its first process was waited for.</param>
    /// <param name="log">Gets the failures of its hooks.</param>
    /// <exception cref="PunnetException">Processes do not end.</exception>
    /// <exception cref="SysException">Something cannot be removed.</exception>
    public void Destroy(bool hasEnded, Log log)
    {
        if (!hasEnded)
        {
            Process.Kill();
        }

        using Container ended = Container.Ended(Directory, _record);
        ContainerRemover.Remove(ended, log);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Directory.Dispose();
        Process.Dispose();
        _channel.Dispose();
        _hooks?.Dispose();
    }
}
