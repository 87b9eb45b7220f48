using System;
using System.Collections.Generic;
using Punnet.Plan;

namespace Punnet.Host.Layers;

/// <summary>Finds directories that are given twice or lie within each other; the kernel says only that there are some (ELOOP).</summary>
public static class LayerOverlap
{
    /// <summary>
    /// Checks all directories of a stack against each other, by their paths without links; other mounts of one directory are left to the
    /// kernel.
    /// </summary>
    /// <exception cref="PunnetException">Two overlap.</exception>
    public static void Check(OverlayPlan plan, List<LayerDirectory> layers, UpperDirectory? upper)
    {
        // With a slash at the end a directory sorts directly before its content.
        string[] paths = new string[layers.Count + (upper is null ? 0 : 1)];
        int[] numbers = new int[paths.Length];
        for (int i = 0; i < layers.Count; i++)
        {
            paths[i] = layers[i].Path.TrimEnd('/') + "/";
            numbers[i] = i;
        }

        if (upper is not null)
        {
            paths[^1] = upper.Path + "/";
            numbers[^1] = -1;
        }

        Array.Sort(paths, numbers, StringComparer.Ordinal);
        for (int i = 1; i < paths.Length; i++)
        {
            int outer = numbers[i - 1];
            int inner = numbers[i];
            if (paths[i].StartsWith(paths[i - 1], StringComparison.Ordinal) && Device(outer).IsOnSameFileSystem(Device(inner)))
            {
                throw Overlap(plan, outer, inner, paths[i] == paths[i - 1]);
            }
        }

        LayerDirectory Device(int layer) => layer < 0 ? upper!.Parent : layers[layer];
    }

    private static PunnetException Overlap(OverlayPlan plan, int outer, int inner, bool isSame)
    {
        if (inner >= 0 && outer >= 0)
        {
            // Of two equal ones the later is named first, whatever the sort order.
            return isSame
                ? new PunnetException(Words(plan.Layers[Math.Max(inner, outer)]) + ": it is the same directory as the layer "
                    + Name(plan.Layers[Math.Min(inner, outer)]))
                : new PunnetException(Words(plan.Layers[inner]) + ": it lies within the layer " + Name(plan.Layers[outer]));
        }

        string layer = Name(plan.Layers[inner < 0 ? outer : inner]);
        return LayerFailures.Upper(
            plan,
            isSame ? "it is the layer " + layer
                : inner < 0 ? "it lies within the layer " + layer
                : "the layer " + layer + " lies within it");
    }

    private static string Words(LayerStep layer) => "cannot use the layer " + Name(layer);

    private static string Name(LayerStep layer) => layer.Path + " (" + layer.Place + ")";
}
