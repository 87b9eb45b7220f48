using System;
using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Host.Cgroups;
using Punnet.Kernel;

namespace Punnet.Host.Checkpoint;

/// <summary>Which processes of a container CRIU finds: those that descend from the first one.</summary>
public static class ProcessTree
{
    /// <summary>The others: programs of exec, and what they have started.</summary>
    /// <param name="cgroup">The container's cgroup below the mount, or null without one.</param>
    /// <param name="first">The container's first process.</param>
    public static List<int> Strangers(string? cgroup, int first)
    {
        using CgroupDirectory? directory = cgroup is null ? null : CgroupDirectory.TryOpen(cgroup);
        List<int> strangers = directory?.Processes() ?? [];
        strangers.RemoveAll(pid => IsBelow(pid, first));
        return strangers;
    }

    private static bool IsBelow(int pid, int first)
    {
        const int Deepest = 1024; // A parent may end meanwhile, and its pid be used again.
        int parent = pid;
        for (int depth = 0; depth < Deepest && parent > 1 && parent != first; depth++)
        {
            parent = Parent(parent);
        }

        return parent == first;
    }

    // proc_pid_status(5); 0 for a process that is gone.
    private static int Parent(int pid)
    {
        const string Field = "\nPPid:\t";
        string status = HostFile.TryReadText(Sys.WorkingDirectory, CString.Of("/proc/" + pid.ToString() + "/status").WithNul) ?? "";
        int start = status.IndexOf(Field, StringComparison.Ordinal);
        int end = start < 0 ? -1 : status.IndexOf('\n', start + 1);
        return end > 0 && int.TryParse(status.AsSpan(start + Field.Length, end - start - Field.Length), out int parent) ? parent : 0;
    }
}
