using System.Collections.Generic;
using Punnet.Spec;

namespace Punnet.Plan.Tests;

/// <summary>Plans from the smallest documents that can be planned.</summary>
internal static class Planning
{
    /// <summary>A host whose root has every capability.</summary>
    public static HostFacts Host { get; } = new(EffectiveUser: 0, LastCapability: 40, OwnCgroup: "/", Capabilities: ulong.MaxValue);

    /// <summary>A process that is complete.</summary>
    public static Process Process { get; } = new() { Args = ["true"], Cwd = "/" };

    /// <summary>A config.json that is complete, with one mount namespace.</summary>
    public static Config Config { get; } = new()
    {
        Root = new Root { Path = "rootfs" },
        Process = Process,
        Linux = new Linux { Namespaces = [new Namespace("mount", null)] },
    };

    /// <summary>The plan of a process.</summary>
    public static ProcessPlan Plan(Process process) => Planner.PlanExec(new Config(), process, "process", Host, ownsUser: false);

    /// <summary>The plan of a create.</summary>
    public static ContainerPlan Plan(Config config) =>
        Planner.Plan(config, new PlanOptions("web1", "/bundle", NoPivot: false, NoNewKeyring: false, SystemdCgroup: false), Host);

    /// <summary>The plan of a create with one mount.</summary>
    public static MountStep Plan(Mount mount, Linux? linux = null) =>
        Plan(Config with { Mounts = [mount], Linux = linux ?? Config.Linux }).Mounts[0];

    /// <summary>The words of a refusal.</summary>
    public static string Refusal(System.Action plan)
    {
        SpecException refusal = Xunit.Assert.Throws<SpecException>(plan);
        return refusal.Message;
    }

    /// <summary>The numbers whose bit is set in a mask.</summary>
    public static IReadOnlyList<int> Numbers(IReadOnlyList<ulong> mask)
    {
        List<int> numbers = [];
        for (int number = 0; number < mask.Count * 64; number++)
        {
            if ((mask[number / 64] & (1UL << (number % 64))) != 0)
            {
                numbers.Add(number);
            }
        }

        return numbers;
    }
}
