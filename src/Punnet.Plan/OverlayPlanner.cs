using System;
using System.Collections.Generic;

namespace Punnet.Plan;

/// <summary>overlayfs.rst: lower layers whose names do not fit into one parameter.</summary>
internal static class OverlayPlanner
{
    /// <summary>
    /// One <c>lowerdir+</c> (Linux 6.5) a layer for a list of layers that is too long for <c>lowerdir</c>; null where the list is
    /// short enough, which every kernel takes, or where it cannot be divided.
    /// </summary>
    /// <param name="value">What stands after <c>lowerdir=</c>.</param>
    /// <param name="place">Its place.</param>
    /// <exception cref="Spec.SpecException">One layer alone is too long.</exception>
    public static List<MountParameter>? Divide(string value, string place)
    {
        // A backslash quotes a colon for lowerdir, but is a letter for lowerdir+; two colons stand before layers of data only.
        if (Place.Text(value, place).Text.Length <= MountParameter.LongestValue
            || value.Contains('\\', StringComparison.Ordinal) || value.Contains("::", StringComparison.Ordinal))
        {
            return null;
        }

        List<MountParameter> layers = [];
        foreach (string layer in value.Split(':'))
        {
            layers.Add(MountParameter.Of("lowerdir+", layer, place));
        }

        return layers;
    }
}
