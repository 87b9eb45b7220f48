using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.Tracing;

/// <summary>Steps of the host side. The number of each is that of <see cref="TraceRecord.Step"/>, above those of init.</summary>
public enum HostStep
{
    /// <summary>Nothing yet.</summary>
    Begin = 1000,

    /// <summary>config.json is read and parsed.</summary>
    Read,

    /// <summary>The plan is made.</summary>
    Plan,

    /// <summary>The container is found, and its state read.</summary>
    Find,

    /// <summary>The state directory is made and locked.</summary>
    Reserve,

    /// <summary>The record is written.</summary>
    Register,

    /// <summary>The cgroup is made, with its limits.</summary>
    Cgroup,

    /// <summary>What init needs is opened: namespaces, sources, layers, punnet's own file.</summary>
    Open,

    /// <summary>clone3(2).</summary>
    Clone,

    /// <summary>The network namespace is made and sent.</summary>
    Network,

    /// <summary>The device program is loaded and attached.</summary>
    DeviceRules,

    /// <summary>A message of init has come.</summary>
    Hear,

    /// <summary>The first process is recorded, and moved where it belongs.</summary>
    RegisterInit,

    /// <summary>The id maps are written.</summary>
    IdMaps,

    /// <summary>A hook has ended.</summary>
    Hook,

    /// <summary>Scheduler, OOM score and owners are set.</summary>
    Finish,

    /// <summary>The program is told to run, and runs.</summary>
    Start,

    /// <summary>The program has ended.</summary>
    Program,

    /// <summary>The container is removed.</summary>
    Remove,

    /// <summary>The command is done.</summary>
    End,
}

/// <summary>Writes the steps of the host side down, where <c>--trace</c> asks for it.</summary>
public static class HostTrace
{
    // What the records' items mean; 0 is nothing.
    private static List<string>? s_objects;

    /// <summary>A step has ended.</summary>
    /// <param name="step">Which.</param>
    /// <param name="about">What it was about, or null.</param>
    public static void Mark(HostStep step, string? about = null)
    {
        if (TraceBuffer.IsOn)
        {
            int item = 0;
            if (about is not null)
            {
                s_objects ??= [];
                s_objects.Add(about);
                item = s_objects.Count;
            }

            TraceBuffer.Mark((int)step, item, Errno.None);
        }
    }

    /// <summary>What a step of the host was about; empty for nothing.</summary>
    public static string About(int item) => s_objects is not null && item > 0 && item <= s_objects.Count ? s_objects[item - 1] : "";
}
