using System;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Host.Errors;
using Punnet.Init;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Host.Namespaces;

/// <summary>
/// Sources of bind mounts that the root of a user namespace may not reach, behind a directory that is closed to it: opened by punnet,
/// and used by the new process where its own attempt is refused.
/// </summary>
public sealed class BindSources : IDisposable
{
    private BindSources(ImmutableArray<int> numbers) => Numbers = numbers;

    /// <summary>A detached mount for each mount of the plan, or -1.</summary>
    public ImmutableArray<int> Numbers { get; }

    /// <summary>Opens them; without a user namespace there is nothing to open.</summary>
    /// <exception cref="PunnetException">The ids of one cannot be mapped, which only the host may do.</exception>
    public static BindSources Open(ContainerPlan plan, IdMapNamespaces idMaps, DescriptorRoom room)
    {
        if (!plan.Namespaces.HasUser)
        {
            return new BindSources([]);
        }

        ImmutableArray<int>.Builder numbers = ImmutableArray.CreateBuilder<int>(plan.Mounts.Length);
        for (int i = 0; i < plan.Mounts.Length; i++)
        {
            MountStep step = plan.Mounts[i];
            int mount = -1;
            if (step.Kind == MountKind.Bind)
            {
                // If it cannot be opened here either, the new process reports it.
                Errno errno = Sys.OpenTreeClone(Sys.WorkingDirectory, step.Source.WithNul, step.Recursive, !step.SourceNoFollow, out mount);
                if (errno.IsShortage())
                {
                    throw ErrorMessages.Of(plan, InitStep.MountSource, i, errno);
                }

                mount = room.Lift(mount);
                if (mount >= 0)
                {
                    // Like the mounts that the new process clones itself: mounts of the container there must not reach the host.
                    MountAttributeChange slave = new() { Propagation = MountFlags.Slave };
                    Sys.MountSetattr(mount, slave, step.Recursive).OrThrow("change the propagation of", step.Source.ToString());
                }
            }

            numbers.Add(mount);
            if (mount >= 0 && step.IdMap is not null)
            {
                MapIds(plan, step.IdMap, i, mount, idMaps.Numbers[i]);
            }
        }

        return new BindSources(numbers.MoveToImmutable());
    }

    /// <summary>Room for the files that the new process opens as its caller. An ordinary user has no right to clone a mount here.</summary>
    public static int[] Room(ContainerPlan plan) =>
        !plan.Namespaces.HasUser ? [] : new int[Sys.Geteuid() == 0 ? 1 : 1 + plan.Mounts.Length];

    private static void MapIds(ContainerPlan plan, IdMapPlan map, int index, int mount, int user)
    {
        MountAttributeChange change = new() { Set = MountAttributes.IdMap, UserNamespace = (ulong)user };
        Errno errno = Sys.MountSetattr(mount, change, map.Recursive);
        if (errno != Errno.None)
        {
            throw ErrorMessages.Of(plan, InitStep.MountIdMap, index, errno);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (int number in Numbers)
        {
            if (number >= 0)
            {
                Sys.Close(number);
            }
        }
    }
}
