using System;
using Punnet.Abi;
using Punnet.Host;
using Punnet.Host.Cgroups;
using Punnet.Host.Layers;
using Punnet.Host.Resctrl;
using Punnet.Host.State;
using Punnet.Host.Systemd;
using Punnet.Kernel;
using Punnet.Plan;
using Punnet.Spec;

namespace Punnet.Lifecycle;

/// <summary>The end of a container: processes, cgroup, state, hooks.</summary>
internal static class ContainerRemover
{
    /// <summary>Ends and removes everything, including the remains of a killed create or delete.</summary>
    /// <param name="container">The container.</param>
    /// <param name="log">Gets the failures of hooks.</param>
    /// <param name="force">Whether to end one that only seems to have stopped too, see <see cref="IsAliveElsewhere"/>.</param>
    /// <exception cref="PunnetException">Processes do not end.</exception>
    /// <exception cref="SysException">Something cannot be removed.</exception>
    public static void Remove(Container container, Log log, bool force = true)
    {
        StateRecord? written = container.Record is { Poststop.Count: > 0 } ? container.Record : null;
        ContainerState? state =
            written is null ? null : container.State() with { Status = Container.Word(ContainerStatus.Stopped), Pid = 0 };
        PendingSignals.Hold();
        End(container, log, force);
        if (container.Record?.Overlay is OverlayRecord { OwnsUpper: false, Upper: string upper })
        {
            UpperDirectory.Release(upper, container.Directory.Path);
        }

        if (container.Record?.Resctrl is ResctrlRecord group)
        {
            ResctrlGroup.Remove(group);
        }

        container.Directory.Remove();
        PendingSignals.Hold(false);
        if (written is not null)
        {
            using HookRunner hooks = new(written.Annotations);
            hooks.UpdateHookState(state!);
            hooks.RunAll(HookPlanner.Plan(written.Poststop, "poststop"), log);
        }
    }

    private static void End(Container container, Log log, bool force)
    {
        using CgroupDirectory? cgroup = container.TryOpenCgroup();
        using Descriptor? init = container.Status == ContainerStatus.Stopped ? null : container.Init?.TryOpen();
        if (init is not null)
        {
            // All at once: the first process alone would wait for its turn among those that are busy. Its end is waited for, since the
            // kernel reports that at once, but that of the cgroup only 10 ms after its last change, which may be its start.
            cgroup?.TryKill();
            Sys.PidfdSendSignal(init.Number, container.Init!.Value.Pid, (int)Signal.Kill);
            Sys.PollReadable(init.Number, 10_000, out bool hasEnded).OrThrow("wait for the container");
            if (!hasEnded)
            {
                throw new PunnetException(
                    "the container's process " + container.Init!.Value.Pid.ToString() + " does not end within 10 seconds");
            }
        }

        if (cgroup is not null)
        {
            // Processes that the first one has left, in a container that shares a pid namespace; a frozen cgroup dies too.
            if (!cgroup.TryRemove())
            {
                if (!force && init is null && container.Init is ProcessIdentity first && IsAliveElsewhere(first, cgroup))
                {
                    throw new PunnetException(
                        "cannot delete container " + container.Directory.Id
                            + " that is not stopped: processes of it run in another pid namespace than punnet's",
                        "delete --force ends them");
                }

                cgroup.Kill();
                cgroup.WaitUntilEmpty();
                cgroup.Remove();
            }
        }

        if (container.Record is StateRecord { SystemdUnit: string, Cgroup: string } record)
        {
            ContainerUnit.Remove(record, log);
        }
    }

    // Whether a first process that is not there by its pid may be there by another: where punnet is in another pid namespace than when it
    // made the container. Processes that cannot be seen from here are 0 in a cgroup's list, those of a namespace below have NSpid.
    private static bool IsAliveElsewhere(ProcessIdentity first, CgroupDirectory cgroup)
    {
        foreach (int pid in cgroup.Processes())
        {
            if (pid == 0 || (ProcessIdentity.TryRead(pid)?.StartTime == first.StartTime && HasPid(pid, first.Pid)))
            {
                return true;
            }
        }

        return false;
    }

    // proc_pid_status(5): NSpid, its pids from punnet's namespace down to its own.
    private static bool HasPid(int pid, int other)
    {
        string status = HostFile.TryReadText(Sys.WorkingDirectory, CString.Of("/proc/" + pid.ToString() + "/status").WithNul) ?? "";
        int start = status.IndexOf("\nNSpid:", StringComparison.Ordinal);
        int end = start < 0 ? -1 : status.IndexOf('\n', start + 1);
        return end > 0 && (status[start..end] + "\t").Contains("\t" + other.ToString() + "\t", StringComparison.Ordinal);
    }
}
