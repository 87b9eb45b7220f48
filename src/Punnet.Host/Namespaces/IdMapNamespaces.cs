using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Host.Errors;
using Punnet.Init;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Host.Namespaces;

/// <summary>
/// The user namespaces that say which ids the mounts get: mount_setattr(2) takes a mapping only as one. Each is made by a child that
/// does nothing else and ends at once; the descriptor keeps the namespace.
/// </summary>
public sealed class IdMapNamespaces : IDisposable
{
    private readonly List<(CString Uids, CString Gids, Descriptor File)> _made = [];

    private readonly DescriptorRoom _room;

    private IdMapNamespaces(DescriptorRoom room) => _room = room;

    /// <summary>One for each mount of the plan, or -1; empty when no mount has one.</summary>
    public ImmutableArray<int> Numbers { get; private set; } = [];

    /// <summary>The one for the layers of the root, or -1.</summary>
    public int Layers { get; private set; } = -1;

    /// <summary>Makes those that the plan needs.</summary>
    /// <exception cref="PunnetException">A mapping cannot be written.</exception>
    /// <exception cref="SysException">The kernel has no user namespaces left.</exception>
    public static IdMapNamespaces Open(ContainerPlan plan, NamespaceFiles joins, Descriptor proc, DescriptorRoom room)
    {
        IdMapNamespaces namespaces = new(room);
        if (!Needs(plan))
        {
            return namespaces;
        }

        try
        {
            ImmutableArray<int>.Builder numbers = ImmutableArray.CreateBuilder<int>(plan.Mounts.Length);
            foreach (MountStep step in plan.Mounts)
            {
                Refuse(plan, step);
                numbers.Add(step.IdMap is null
                    ? -1
                    : namespaces.Find(plan, step.IdMap, "mounts[" + step.Index.ToString() + "]", joins, proc));
            }

            namespaces.Numbers = numbers.MoveToImmutable();
            if (plan.Overlay is { MapsIds: true })
            {
                namespaces.Layers = namespaces.Find(plan, new IdMapPlan(Recursive: false, default, default), "linux", joins, proc);
            }

            return namespaces;
        }
        catch
        {
            namespaces.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((CString _, CString _, Descriptor file) in _made)
        {
            file.Dispose();
        }
    }

    // The kernel would refuse it only at the mount, after all else.
    private static void Refuse(ContainerPlan plan, MountStep step)
    {
        if (step.IdMap is not null && Sys.Geteuid() != 0 && !HostPolicy.HasSystemAdministration())
        {
            throw ErrorMessages.Of(plan, InitStep.MountIdMap, step.Index, Errno.EPERM);
        }
    }

    private static bool Needs(ContainerPlan plan)
    {
        foreach (MountStep step in plan.Mounts)
        {
            if (step.IdMap is not null)
            {
                return true;
            }
        }

        return plan.Overlay is { MapsIds: true };
    }

    private int Find(ContainerPlan plan, IdMapPlan map, string place, NamespaceFiles joins, Descriptor proc)
    {
        (CString uids, CString gids) = (map.UidMap, map.GidMap);
        if (uids.IsNull)
        {
            for (int i = 0; i < plan.Namespaces.Joins.Length; i++)
            {
                if (plan.Namespaces.Joins[i].Kind == CloneFlags.NewUser)
                {
                    return joins.Numbers[i];
                }
            }

            // The container's does not exist yet; only the ids must be the same.
            (uids, gids) = (plan.Namespaces.UidMap, plan.Namespaces.GidMap);
            place = "linux";
        }

        foreach ((CString madeUids, CString madeGids, Descriptor file) in _made)
        {
            if (madeUids.Text.SequenceEqual(uids.Text) && madeGids.Text.SequenceEqual(gids.Text))
            {
                return file.Number;
            }
        }

        Descriptor made = new(_room.Lift(Make(uids, gids, place, proc)));
        _made.Add((uids, gids, made));
        return made.Number;
    }

    private static int Make(CString uids, CString gids, string place, Descriptor proc)
    {
        Sys.Pipe2(out int readEnd, out int writeEnd).OrThrow("make a pipe");
        using Descriptor wait = new(readEnd), hold = new(writeEnd);
        Sys.BlockSignals();
        Errno errno = Sys.Clone3(CloneFlags.NewUser, cgroup: -1, out int pid, out int pidfd);
        if (errno == Errno.None && pid == 0)
        {
            Idle(readEnd, writeEnd);
        }

        PendingSignals.AfterClone();
        errno.OrThrow("make a user namespace for the ids of " + place);
        using Descriptor child = new(pidfd);
        try
        {
            IdMapWriter.Write(proc, pid, "uid_map", uids, place + ".uidMappings");
            IdMapWriter.Write(proc, pid, "gid_map", gids, place + ".gidMappings");
            string path = pid.ToString() + "/ns/user";
            Sys.Openat(proc.Number, CString.Of(path).WithNul, OpenFlags.ReadOnly, 0, out int file)
                .OrThrow("open the user namespace of process", path);
            return file;
        }
        finally
        {
            Sys.PidfdSendSignal(child.Number, pid, (int)Signal.Kill);
            Sys.Waitid(child.Number, out _);
        }
    }

    // The new process: it exists only to be the namespace's first, and ends with punnet at the latest.
    private static void Idle(int readEnd, int writeEnd)
    {
        Sys.Close(writeEnd);
        Span<byte> one = stackalloc byte[1];
        Sys.Read(readEnd, one, out _);
        Sys.ExitGroup(0);
    }
}
