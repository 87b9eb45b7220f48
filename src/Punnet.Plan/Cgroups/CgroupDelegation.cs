using System;
using System.Collections.Generic;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>
/// crun's annotation run.oci.delegate-cgroup: a cgroup below the container's in which its program starts, for a program such as systemd
/// that gives controllers to cgroups of its own. Its cgroup namespace starts at the container's cgroup, whose limits hold for both.
/// </summary>
internal static class CgroupDelegation
{
    /// <summary>The annotation's name.</summary>
    public const string Annotation = "run.oci.delegate-cgroup";

    /// <summary>The path below the container's cgroup, or null.</summary>
    /// <exception cref="SpecException">It leads somewhere else.</exception>
    public static string? Plan(IReadOnlyDictionary<string, string> annotations)
    {
        if (!annotations.TryGetValue(Annotation, out string? path) || path.Length == 0)
        {
            return null;
        }

        foreach (string name in path.Split('/'))
        {
            if (name is "" or "." or ".." || name.Length > 255 || name.AsSpan().IndexOfAny('\n', '\0') >= 0)
            {
                throw new SpecException(
                    "annotations[\"" + Annotation + "\"]", "\"" + path + "\" is not the path of a cgroup below the container's");
            }
        }

        return path;
    }
}
