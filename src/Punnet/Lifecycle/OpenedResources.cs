using System;
using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Host;
using Punnet.Host.Errors;
using Punnet.Host.Namespaces;
using Punnet.Host.State;
using Punnet.Init;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Lifecycle;

/// <summary>What the host opens for the container's first process before it is cloned. Closed when the container is complete.</summary>
internal sealed class OpenedResources : IDisposable
{
    private readonly Stack<IDisposable> _opened = new();

    /// <summary>Opens everything, and puts the host's end of the channel into the created resources.</summary>
    /// <exception cref="PunnetException">Something cannot be opened.</exception>
    /// <exception cref="SysException">Something cannot be opened.</exception>
    public OpenedResources(CreateContext request, CreatedResources made)
    {
        ContainerPlan plan = request.Plan;
        try
        {
            Proc = Keep(HostProbe.OpenProc());
            Joins = Keep(NamespaceFiles.Open(plan));
            using (DescriptorRoom room = DescriptorRoom.For(plan))
            {
                IdMaps = Keep(IdMapNamespaces.Open(plan, Joins, Proc, room));
                made.Layers?.Prepare(made.Directory, plan.Root.ToString(), IdMaps.Layers);
                Root = plan.Namespaces.SharesMounts ? Keep(MakeHostRoot(plan, made.Directory)) : null;
                Sources = Keep(BindSources.Open(plan, IdMaps, room));
                Devices = Keep(DeviceNodes.Make(plan));
            }

            Sys.SocketpairSeqpacket(out int here, out int there).OrThrow("make a channel to the new process");
            made.Channel = new Descriptor(here);
            ChildChannel = Keep(new Descriptor(there));
            Image = Keep(Restart.LeaveFile(IsInitAlone(plan)));
            StartFifo = -1;
            if (request.WaitsForStart)
            {
                StartResult = Keep(made.Directory.MakeStartGate(out int start));
                StartFifo = start;
            }

            NamespaceSocket = Keep(ContainerNamespaces.MakeDoor(plan, made.Directory, request.WaitsForStart));
            PidNamespace = JoinedPids.Find(plan, Joins);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The host's /proc.</summary>
    public Descriptor Proc { get; }

    /// <summary>Namespaces that the container joins.</summary>
    public NamespaceFiles Joins { get; }

    /// <summary>User namespaces whose ids mounts get.</summary>
    public IdMapNamespaces IdMaps { get; }

    /// <summary>The root, where the host makes it a mount; or null.</summary>
    public Descriptor? Root { get; }

    /// <summary>Bind sources.</summary>
    public BindSources Sources { get; }

    /// <summary>Device nodes that the host lacks, or null.</summary>
    public Descriptor? Devices { get; }

    /// <summary>The new process's end of the channel.</summary>
    public Descriptor ChildChannel { get; }

    /// <summary>punnet's own file.</summary>
    public RuntimeBinary Image { get; }

    /// <summary>FIFO at which the new process waits for <c>start</c>, or -1; the state directory keeps it.</summary>
    public int StartFifo { get; }

    /// <summary>FIFO for a failure after that, or null.</summary>
    public Descriptor? StartResult { get; }

    /// <summary>Where an exec that comes before start asks for the namespaces, or null.</summary>
    public Descriptor? NamespaceSocket { get; }

    /// <summary>See <see cref="JoinedPids.Find"/>.</summary>
    public int PidNamespace { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_opened.TryPop(out IDisposable? last))
        {
            last.Dispose();
        }
    }

    private T Keep<T>(T opened)
        where T : IDisposable?
    {
        if (opened is not null)
        {
            _opened.Push(opened);
        }

        return opened;
    }

    private static Descriptor MakeHostRoot(ContainerPlan plan, ContainerDirectory directory)
    {
        Errno errno = HostRoot.Make(plan.Root, directory, out Descriptor root);
        if (errno != Errno.None)
        {
            root.Dispose();
            throw ErrorMessages.Of(plan, InitStep.Root, 0, errno);
        }

        return root;
    }

    // In a new pid namespace only the host sees the new process until it runs a hook. What it copies when it leaves punnet's file is
    // charged to the container; and a kernel without PR_SET_MM_MAP lets only the host's root do it.
    private static bool IsInitAlone(ContainerPlan plan) =>
        (plan.Namespaces.New & CloneFlags.NewPid) != CloneFlags.None && !plan.Namespaces.Staged && !plan.HasLittleMemory
            && (!plan.Namespaces.HasUser || Sys.KnowsMemoryMap());
}
