using System;
using System.Collections.Generic;
using Punnet.Fuzz.Tests.Targets;

namespace Punnet.Fuzz.Tests;

/// <summary>Something that is given input from outside.</summary>
/// <param name="Name">Its word for <c>make fuzz</c>, and the name of its files.</param>
/// <param name="Run">Takes an input; throws where something is wrong.</param>
internal sealed record Target(string Name, Action<byte[]> Run)
{
    /// <summary>Whether its inputs are JSON, so that the fuzzer gets the names of the specification as a dictionary.</summary>
    public bool IsJson { get; init; }

    /// <summary>What the fuzzer begins with.</summary>
    public Func<IReadOnlyList<byte[]>> Start { get; init; } = static () => ["0123456789abcdefghijklmnopqrstuvwxyz"u8.ToArray()];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Target> All { get; } =
    [
        new("config", ConfigTarget.Config) { IsJson = true, Start = static () => Places.Pieces() },
        new("structure", StructureTarget.Run),
        new("process", ConfigTarget.Process) { IsJson = true, Start = static () => Places.Pieces("process") },
        new("resources", ConfigTarget.Resources) { IsJson = true, Start = static () => Places.Pieces("linux", "resources") },
        new("state", StateTarget.Run) { IsJson = true, Start = static () => [StateTarget.Start()] },
        new("seccomp", SeccompTarget.Run),
        new("devices", DeviceTarget.Run),
        new("tar", TarTarget.Run),
        new("bus", BusTarget.Run) { Start = static () => [BusTarget.Start()] },
        new("text", TextTarget.Run),
        new("options", OptionsTarget.Run) { Start = static () => [OptionsTarget.Start()] },
    ];

    /// <summary>Finds one.</summary>
    public static Target Find(string name)
    {
        foreach (Target target in All)
        {
            if (target.Name == name)
            {
                return target;
            }
        }

        throw new ArgumentException("no target " + name, nameof(name));
    }
}
