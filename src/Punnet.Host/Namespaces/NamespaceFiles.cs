using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Host.Errors;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Host.Namespaces;

/// <summary>The files of the namespaces that a container joins, opened and looked at before anything is made.</summary>
public sealed class NamespaceFiles : IDisposable
{
    private readonly List<Descriptor> _files = [];

    /// <summary>Their descriptors, in the order of the plan.</summary>
    public ImmutableArray<int> Numbers { get; private set; } = [];

    /// <summary>Opens them.</summary>
    /// <exception cref="PunnetException">One is not there, or is another kind of namespace, or none.</exception>
    public static NamespaceFiles Open(ContainerPlan plan)
    {
        NamespaceFiles files = new();
        try
        {
            ImmutableArray<int>.Builder numbers = ImmutableArray.CreateBuilder<int>(plan.Namespaces.Joins.Length);
            foreach (NamespaceJoin join in plan.Namespaces.Joins)
            {
                numbers.Add(files.Open(join));
                CheckSysctls(plan, join.Kind, numbers[^1]);
            }

            files.Numbers = numbers.MoveToImmutable();
            return files;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Descriptor file in _files)
        {
            file.Dispose();
        }
    }

    private int Open(NamespaceJoin join)
    {
        string place = "config.json: linux.namespaces[" + join.Index.ToString() + "].path: ";
        Errno errno = Sys.Openat(Sys.WorkingDirectory, join.Path.WithNul, OpenFlags.ReadOnly | OpenFlags.NonBlocking, 0, out int file);
        if (errno != Errno.None)
        {
            throw new PunnetException(
                place + "cannot open " + join.Path + ": " + errno.Words(), JoinCause.OfFile(join.Path.ToString(), errno));
        }

        _files.Add(new Descriptor(file));
        if (Sys.GetNamespaceType(file, out CloneFlags kind) != Errno.None)
        {
            throw new PunnetException(place + join.Path + " is not a namespace");
        }

        if (kind != join.Kind)
        {
            throw new PunnetException(place + join.Path + " is a " + Name(kind) + " namespace, not a " + Name(join.Kind) + " namespace");
        }

        if (kind == CloneFlags.NewMount && (IsSame(file, "/proc/self/ns/mnt\0"u8) || IsSame(file, "/proc/1/ns/mnt\0"u8)))
        {
            throw new PunnetException(
                place + join.Path + " is the host's own mount namespace, and the container's root would become everybody's",
                "without any mount namespace in linux.namespaces the container shares the host's mounts and keeps its root to itself");
        }

        return file;
    }

    // pivot_root(2) moves the root of every process that has the same one.
    private static bool IsSame(int file, ReadOnlySpan<byte> other)
    {
        Sys.Statx(file, out FileStatus joined).OrThrow("look at a namespace");

        // An ordinary user may not look at that of process 1, and cannot join it either.
        return Sys.Statx(Sys.WorkingDirectory, other, out FileStatus found) == Errno.None && found.Inode == joined.Inode;
    }

    // A path to join may lead to the host's own namespace, and a parameter would then change the host.
    private static void CheckSysctls(ContainerPlan plan, CloneFlags kind, int file)
    {
        foreach (SysctlStep sysctl in plan.Sysctls)
        {
            if (sysctl.Kind != kind)
            {
                continue;
            }

            string own = "/proc/self/ns/" + NamespaceKinds.FileName(NamespaceKinds.Number(kind));
            Sys.Statx(Sys.WorkingDirectory, CString.Of(own).WithNul, out FileStatus hosts).OrThrow("look at", own);
            Sys.Statx(file, out FileStatus joined).OrThrow("look at a namespace");
            if (hosts.Inode == joined.Inode)
            {
                throw new PunnetException("config.json: linux.sysctl[\"" + sysctl.Name + "\"]: the " + Name(kind)
                    + " namespace to join is the host's: it would change the host");
            }
        }
    }

    private static string Name(CloneFlags kind) => kind == CloneFlags.None ? "unknown" : NamespaceKinds.Name(NamespaceKinds.Number(kind));
}
