using System;
using Punnet.Abi;
using Punnet.Cli;
using Punnet.Host;
using Punnet.Host.Cgroups;
using Punnet.Host.Namespaces;
using Punnet.Host.State;
using Punnet.Host.Text;
using Punnet.Kernel;

namespace Punnet.Commands;

/// <summary><c>kill</c>: sends a signal.</summary>
internal static class KillCommand
{
    /// <summary>The command.</summary>
    public static Command Definition => new()
    {
        Name = "kill",
        Arguments = "ID [SIGNAL]",
        Summary = "send a signal (default: TERM) to the first process of a container",
        Examples = "punnet kill web\npunnet kill --all web KILL",
        Takes = "created running paused",
        Options = [new("all", "a", "", "send it to every process of the container"), IdPattern.Option],
        MaxArguments = 2,
        StopAtFirstPositional = true,
        Run = new(Run),
    };

    private static int Run(GlobalOptions globals, CommandLine line)
    {
        string word = line.Positionals.Count > 1 ? line.Positionals[1] : "TERM";
        int signal = SignalNames.Parse(word) ?? throw new PunnetException("unknown signal \"" + word + "\"", SignalNames.Nearest(word));
        string id = line.Positionals[0];
        bool all = line.Has("all");
        return line.Has("regex") ? SendToMatching(globals, id, signal, word, all) : Send(globals, id, signal, word, all);
    }

    private static int SendToMatching(GlobalOptions globals, string pattern, int signal, string word, bool all) =>
        IdPattern.Each(globals, "kill", pattern, id => Send(globals, id, signal, word, all));

    private static int Send(GlobalOptions globals, string id, int signal, string word, bool all)
    {
        using Container container = Container.Find(globals.Store(), id, evenNewer: true);
        if (all)
        {
            SendToAll(container, signal);
            return 0;
        }

        using Descriptor? init = container.Status == ContainerStatus.Stopped ? null : container.Init?.TryOpen();
        if (init is null)
        {
            // Without its own pid namespace, the end of the first process is not the end of the others.
            if (signal == (int)Signal.Kill && MayLeaveProcesses(container) && HasProcesses(container))
            {
                SendToAll(container, signal);
                return 0;
            }

            throw new PunnetException("container not running");
        }

        Errno errno = Sys.PidfdSendSignal(init.Number, container.Init!.Value.Pid, signal);
        if (errno == Errno.ESRCH)
        {
            throw new PunnetException("container not running");
        }

        errno.OrThrow("send signal", word);
        if (signal == (int)Signal.Kill && (container.Status == ContainerStatus.Paused || MayLeaveProcesses(container)))
        {
            SendToAll(container, signal);
        }

        return 0;
    }

    // Without a cgroup the others cannot be found, and the signal was asked only for the first process.
    private static bool MayLeaveProcesses(Container container) => container.Record is { PrivatePidNamespace: false, Cgroup: not null };

    private static bool HasProcesses(Container container)
    {
        using CgroupDirectory? cgroup = container.TryOpenCgroup();
        return cgroup?.Processes().Count > 0;
    }

    private static void SendToAll(Container container, int signal)
    {
        using CgroupDirectory? cgroup = container.TryOpenCgroup();
        if (cgroup is null && !container.HasNoCgroup)
        {
            return;
        }

        if (cgroup is not null && signal == (int)Signal.Kill)
        {
            cgroup.Kill();
            return;
        }

        if (cgroup is null)
        {
            CgroupDirectory.Send(PidNamespace.Processes(container, "send a signal to all of"), signal);
            return;
        }

        // A process that forks between the list and the signal would have a child on no list. While all are frozen, none forks.
        bool isHeld = signal != 0 && Hold(cgroup);
        try
        {
            CgroupDirectory.Send(cgroup.Processes(), signal);
        }
        finally
        {
            if (isHeld)
            {
                cgroup.Freeze(false);
            }
        }
    }

    // False where it must not or cannot be frozen: the signal then reaches the processes on the list.
    private static bool Hold(CgroupDirectory cgroup)
    {
        // A paused container stays paused. A punnet inside the cgroup would freeze itself before it could thaw it.
        if (CgroupDirectory.IsFrozen(cgroup.BelowMount)
            || (CgroupMount.OwnPath() + "/").StartsWith(cgroup.BelowMount + "/", StringComparison.Ordinal))
        {
            return false;
        }

        try
        {
            cgroup.Freeze(true);
        }
        catch (PunnetException)
        {
            // A process that does not freeze in time (it waits in the kernel, such as for a lost disk) does not fork meanwhile.
        }
        catch (SysException)
        {
            return false;
        }

        return true;
    }
}
