using System;
using System.Collections.Immutable;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet;

/// <summary>
/// Sources of bind mounts that the root of a user namespace may not reach, behind a directory that is closed to it: opened by punnet,
/// and used by the new process where its own attempt is refused.
/// </summary>
internal sealed class BindSources : IDisposable
{
    private BindSources(ImmutableArray<int> numbers) => Numbers = numbers;

    /// <summary>A detached mount for each mount of the plan, or -1.</summary>
    public ImmutableArray<int> Numbers { get; }

    /// <summary>Opens them; without a user namespace there is nothing to open.</summary>
    public static BindSources Open(ContainerPlan plan)
    {
        if (!plan.Namespaces.HasUser)
        {
            return new BindSources([]);
        }

        ImmutableArray<int>.Builder numbers = ImmutableArray.CreateBuilder<int>(plan.Mounts.Length);
        foreach (MountStep step in plan.Mounts)
        {
            int mount = -1;
            if (step.Kind == MountKind.Bind)
            {
                // What cannot be opened here either is reported by the new process, in its turn.
                _ = Sys.CloneMount(Sys.WorkingDirectory, step.Source.WithNul, step.Recursive, out mount);
            }

            numbers.Add(mount);
        }

        return new BindSources(numbers.MoveToImmutable());
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
