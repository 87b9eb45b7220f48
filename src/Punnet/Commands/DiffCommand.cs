using System.Collections.Generic;
using Punnet.Cli;
using Punnet.Host;
using Punnet.Host.Layers;
using Punnet.Host.State;

namespace Punnet.Commands;

/// <summary><c>diff</c>: what a container changed against its layers.</summary>
internal static class DiffCommand
{
    /// <summary>The command.</summary>
    public static Command Definition => new()
    {
        Name = "diff",
        Arguments = "ID",
        Summary = "list the files that a container has added (A), changed (C) and deleted (D)",
        Examples = "punnet diff web",
        Takes = Command.Any,
        Options = [new("json", "", "", "print a list of objects instead of lines")],
        Run = new(Run),
    };

    private static int Run(GlobalOptions globals, CommandLine line)
    {
        using Container container = Container.Find(globals.Store(), line.Positionals[0]);
        ContainerLayers layers = ContainerLayers.Of(container);
        List<LayerChange> changes = layers.Upper is null ? [] : Compare(layers, layers.Upper, globals.Log);
        Output.Write(line.Has("json") ? LayerChange.Json(changes) : LayerChange.Lines(changes));
        return 0;
    }

    private static List<LayerChange> Compare(ContainerLayers layers, string upper, Log log)
    {
        using LowerLayers lower = new(layers.Lower, layers.Marks);
        MountPoints mountPoints = layers.FindMountPoints(lower, log);
        using LayerWalker tree = new(upper, layers.Marks, IdTranslation.None, mountPoints);
        LayerDiff difference = new(lower, layers.Marks, mountPoints);
        tree.Walk(difference);
        return difference.Sorted();
    }
}
