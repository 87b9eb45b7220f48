using Punnet.Host;
using Punnet.Init;
using Punnet.Kernel;
using Punnet.Plan;
using Punnet.Seccomp;

namespace Punnet.Lifecycle;

/// <summary>What a create and an exec need beside their plans.</summary>
internal abstract record ProgramContext
{
    /// <summary>The log.</summary>
    public required Log Log { get; init; }

    /// <summary>Connection that gets the terminal, or null.</summary>
    public Descriptor? ConsoleSocket { get; init; }

    /// <summary>Hands out the filter's listener; null without one.</summary>
    public SeccompListener? Listener { get; init; }

    /// <summary>How many descriptors from 3 on the program inherits.</summary>
    public int Preserved { get; init; }

    /// <summary>The part of the context for init that is the same in a create and an exec.</summary>
    /// <param name="plan">The program.</param>
    /// <param name="channel">The new process's end of the channel.</param>
    /// <param name="image">punnet's own file.</param>
    /// <param name="proc">From <see cref="HostProbe.OpenProc"/>.</param>
    /// <param name="env">The program's environment, with one spare entry.</param>
    public InitContext ForInit(ProcessPlan plan, Descriptor channel, RuntimeBinary image, Descriptor proc, ArgumentBlock env) => new()
    {
        Channel = channel.Number,
        Image = image.Number,
        ImageMount = image.MountNumber,
        OwnFile = image.State,
        Title = image.Title,
        Proc = proc.Number,
        ConsoleSocket = ConsoleSocket?.Number ?? -1,
        HandOver = Listener?.HandOver ?? default,
        SendsListener = Listener is { IsSent: true },
        Joins = [],
        Preserved = Preserved,
        LastCapability = HostProbe.LastCapability(),
        IgnoredSignals = Inheritance.IgnoredSignals,
        Args = ArgumentBlock.Of(plan.Args),
        Env = env,
        Home = plan.NeedsHome ? new FixedBuffer(4096) : default,
    };
}
