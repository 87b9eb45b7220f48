using System;
using Punnet.Abi;
using Punnet.Init;
using Punnet.Kernel;

namespace Punnet;

/// <summary>A process that punnet has cloned, until it is the program.</summary>
internal sealed class NewProcess : IDisposable
{
    private Descriptor _pidfd;

    /// <summary>Takes a clone over.</summary>
    /// <param name="pid">Its pid.</param>
    /// <param name="pidfd">Its pidfd.</param>
    /// <param name="isStage">Whether it only clones the one that matters.</param>
    public NewProcess(int pid, Descriptor pidfd, bool isStage)
    {
        Pid = pid;
        _pidfd = pidfd;
        IsStage = isStage;
    }

    /// <summary>Pid in punnet's pid namespace.</summary>
    public int Pid { get; private set; }

    /// <summary>Its pidfd.</summary>
    public int Pidfd => _pidfd.Number;

    /// <summary>Whether it is still the one that only joins and clones.</summary>
    public bool IsStage { get; private set; }

    /// <summary>The stage has cloned the process that matters, also a child of punnet: it takes the stage's place.</summary>
    public void BecomeInit(int pid)
    {
        Sys.WaitForExit(Pidfd, out _);
        _pidfd.Dispose();
        Pid = pid;
        IsStage = false;
        Sys.OpenProcess(pid, out int pidfd).OrThrow("open the new process");
        _pidfd = new Descriptor(pidfd);
    }

    /// <summary>Waits for what it says.</summary>
    /// <exception cref="PunnetException">It is dead.</exception>
    public ChannelMessage Hear(Descriptor channel)
    {
        if (Channel.Hear(channel.Number, out ChannelMessage message))
        {
            return message;
        }

        Sys.SendSignal(Pidfd, (int)Signal.Kill);
        Sys.WaitForExit(Pidfd, out int status).OrThrow("wait for the new process");
        string how = status > 128 ? "was killed by signal " + (status - 128).ToString() : "ended with status " + status.ToString();
        throw new PunnetException(
            "the new process " + how + " before the program could run", status == 128 + (int)Signal.Kill ? "the memory limit may be too small" : null);
    }

    /// <summary>Ends it, if it has not ended, and waits for that.</summary>
    public void Kill()
    {
        Sys.SendSignal(Pidfd, (int)Signal.Kill);
        Sys.WaitForExit(Pidfd, out _);
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>0 to 255 as exited, 128 + signal when killed.</returns>
    /// <exception cref="SysException">It cannot be waited for.</exception>
    public int Wait()
    {
        Sys.WaitForExit(Pidfd, out int status).OrThrow("wait for the container");
        return status;
    }

    /// <inheritdoc/>
    public void Dispose() => _pidfd.Dispose();
}
