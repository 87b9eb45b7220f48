using System;
using Punnet.Abi;
using Punnet.Init;
using Punnet.Kernel;

namespace Punnet.Host;

/// <summary>A process that punnet has cloned, until it executes the program.</summary>
public sealed class ChildProcess : IDisposable
{
    private const string SmallMemory = "the memory limit may be too small";
    private readonly SharedFlag? _final;
    private Descriptor _pidfd;

    /// <summary>Takes a clone over.</summary>
    /// <param name="pid">Its pid.</param>
    /// <param name="pidfd">Its pidfd.</param>
    /// <param name="isStage">Whether it is a stage, which only clones the container's process.</param>
    /// <param name="final">Where the kernel writes the pid of that one; null where the stage sends it.</param>
    public ChildProcess(int pid, Descriptor pidfd, bool isStage, SharedFlag? final = null)
    {
        Pid = pid;
        _pidfd = pidfd;
        IsStage = isStage;
        _final = final;
    }

    /// <summary>What a process gets that does one piece of work, and runs no program of the container.</summary>
    /// <param name="channel">The new process's end of the channel.</param>
    /// <param name="proc">The host's /proc.</param>
    public static InitContext HelperContext(int channel, int proc) => new()
    {
        Channel = channel,
        Image = -1,
        ImageMount = -1,
        Title = default,
        OwnFile = BinaryState.Left,
        Proc = proc,
        Joins = [],
        Preserved = 0,
        LastCapability = 0,
        IgnoredSignals = 0,
        Args = default,
        Env = default,
        Home = default,
    };

    /// <summary>Pid in punnet's pid namespace.</summary>
    public int Pid { get; private set; }

    /// <summary>Its pidfd.</summary>
    public int Pidfd => _pidfd.Number;

    /// <summary>Whether it is still the one that only joins and clones.</summary>
    public bool IsStage { get; private set; }

    /// <summary>Whether its stage has done all, and said all that counts: others may speak for it.</summary>
    public bool ReplacesStage => _final is not null && !IsStage;

    /// <summary>Whether it was found killed before it ran at all.</summary>
    public bool WasKilledAtOnce { get; private set; }

    /// <summary>The stage has cloned the container's process, also a child of punnet, which now replaces the stage.</summary>
    public void BecomeInit(int pid)
    {
        Sys.Waitid(Pidfd, out _);
        _pidfd.Dispose();
        Pid = pid;
        IsStage = false;
        Sys.PidfdOpen(pid, out int pidfd).OrThrow("open the new process");
        _pidfd = new Descriptor(pidfd);
    }

    /// <summary>Waits for a message of the process or its stage.</summary>
    /// <exception cref="PunnetException">It is dead.</exception>
    public ChannelMessage Hear(Descriptor channel)
    {
        if (TryHear(channel, out ChannelMessage message))
        {
            return message;
        }

        Sys.PidfdSendSignal(Pidfd, Pid, (int)Signal.Kill);
        Sys.PollReadable(Pidfd, -1, out _).OrThrow("wait for the new process");
        WasKilledAtOnce = ProcessIdentity.HasNeverRun(Pid);
        Sys.Waitid(Pidfd, out int status).OrThrow("wait for the new process");
        if (WasKilledAtOnce)
        {
            throw new PunnetException("the new process was killed by signal 9 before it could run", SmallMemory) { HasNeverRun = true };
        }

        string how = status > 128 ? "was killed by signal " + (status - 128).ToString() : "ended with status " + status.ToString();
        throw new PunnetException(
            "the new process " + how + " before the program could run", status == 128 + (int)Signal.Kill ? SmallMemory : null);
    }

    /// <summary>
    /// Waits for a message of the process or its stage. A process in the container may hold its end of the channel, so this waits no longer
    /// than it lives.
    /// </summary>
    /// <param name="channel">punnet's end.</param>
    /// <param name="message">What it says.</param>
    /// <param name="isStarting">
    /// Whether the program is about to run: a signal to punnet is then meant for it, and stays where <c>ForegroundProcess</c> finds it. But
    /// where the program does not come to run, punnet ends all the same.
    /// </param>
    /// <returns>False when it can send nothing more: the program runs, or the process is dead.</returns>
    /// <exception cref="PunnetException">punnet is to end.</exception>
    /// <exception cref="SysException">It cannot be waited for.</exception>
    public bool TryHear(Descriptor channel, out ChannelMessage message, bool isStarting = false)
    {
        const long StartPatience = 2000; // milliseconds
        while (true)
        {
            Span<PollDescriptor> ends =
            [
                new PollDescriptor { Descriptor = channel.Number, Wanted = PollEvents.In },
                new PollDescriptor { Descriptor = Pidfd, Wanted = PollEvents.In },
                PendingSignals.End,
            ];
            Sys.Ppoll(ends, -1).OrThrow("wait for the new process");
            message = default;
            bool isInterrupted = ends[2].Found != PollEvents.None;
            if (isInterrupted && isStarting)
            {
                Sys.Ppoll(ends[..2], StartPatience).OrThrow("wait for the new process");
                isInterrupted = ends[0].Found == PollEvents.None && ends[1].Found == PollEvents.None;
            }

            if (isInterrupted)
            {
                PendingSignals.Check();
            }

            bool isReadable = ends[0].Found != PollEvents.None;
            if (isReadable)
            {
                Channel.Receive(channel.Number, out message).OrThrow("hear the new process");
            }

            if (!TakePlaceOfStage() || isReadable)
            {
                return message.Kind != default;
            }
        }
    }

    // Where the stage has cloned. A message then may be from the clone; the stage itself sends no more.
    private bool TakePlaceOfStage()
    {
        if (!IsStage || _final is not { Value: > 0 and int pid })
        {
            return false;
        }

        BecomeInit(pid);
        return true;
    }

    /// <summary>Kills it if it still runs, and waits for its end.</summary>
    public void Kill()
    {
        Sys.PidfdSendSignal(Pidfd, Pid, (int)Signal.Kill);
        Sys.Waitid(Pidfd, out _);
        if (TakePlaceOfStage())
        {
            Kill();
        }
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>0 to 255 as exited, 128 + signal when killed.</returns>
    /// <exception cref="SysException">It cannot be waited for.</exception>
    public int Wait()
    {
        Sys.Waitid(Pidfd, out int status).OrThrow("wait for the container");
        return status;
    }

    /// <inheritdoc/>
    public void Dispose() => _pidfd.Dispose();
}
