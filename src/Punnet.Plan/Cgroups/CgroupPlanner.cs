using System;
using System.Text;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>
/// linux.cgroupsPath to the place of the cgroup (config-linux.md#cgroups-path). The same value always gives the same cgroup; for a relative
/// one that means: as long as the runtime is started from the same place.
/// </summary>
public static class CgroupPlanner
{
    private const string Place = "linux.cgroupsPath";
    private const string RootSlice = "-.slice";

    // NAME_MAX, which cgroupfs has too.
    private const int MaximumName = 255;

    /// <summary>Decides where the cgroup lies.</summary>
    /// <param name="cgroupsPath">linux.cgroupsPath; null or empty when it is absent.</param>
    /// <param name="id">The container's id.</param>
    /// <param name="ownPath">The runtime's own cgroup: the path of the "0::" line of /proc/self/cgroup.</param>
    /// <param name="systemd">Whether the systemd driver was asked for.</param>
    /// <param name="rootless">Whether the systemd of the user makes the unit, not the system's.</param>
    /// <exception cref="SpecException">The value names no cgroup that a container may have.</exception>
    public static CgroupPlan Plan(string? cgroupsPath, string id, string ownPath, bool systemd, bool rootless)
    {
        if (systemd)
        {
            return PlanUnit(string.IsNullOrEmpty(cgroupsPath) ? ":runc:" + id : cgroupsPath, rootless);
        }

        string path = string.IsNullOrEmpty(cgroupsPath) ? id : cgroupsPath;
        if (path[0] == '/')
        {
            CheckComponents(path, path.AsSpan(1));
            return new CgroupPlan(path, null);
        }

        if (path.Split(':').Length == 3 && !path.Contains('/', StringComparison.Ordinal))
        {
            throw new SpecException(Place,
                Quoted(path)
                + " has the form slice:prefix:name, which only the systemd driver takes: use --systemd-cgroup, or give a path");
        }

        CheckComponents(path, path);
        return new CgroupPlan(Neighbourhood(ownPath) + path, null);
    }

    // Beside the runtime's own cgroup, not inside it, as runc does: a cgroup that holds processes (at least the runtime and the
    // shell it was started from) cannot give controllers to its children (cgroup-v2.rst, "No Internal Process Constraint").
    private static string Neighbourhood(string ownPath)
    {
        if (ownPath.Length == 0 || ownPath[0] != '/' || ownPath == "/.." || ownPath.StartsWith("/../", StringComparison.Ordinal))
        {
            // cgroup_namespaces(7): a path that starts with /.. lies outside of what the mount shows.
            throw new SpecException(
                Place, "the runtime's own cgroup " + Quoted(ownPath) + " is outside of this cgroup namespace: give an absolute path");
        }

        return ownPath[..(ownPath.LastIndexOf('/') + 1)];
    }

    private static void CheckComponents(string whole, ReadOnlySpan<char> path)
    {
        if (path.Trim('/').IsEmpty)
        {
            throw new SpecException(Place, Quoted(whole) + " is the root of all cgroups, which no container can have");
        }

        foreach (Range range in path.Split('/'))
        {
            ReadOnlySpan<char> component = path[range];
            string? problem = component switch
            {
                "" => "has an empty component",
                "." or ".." => "has the component " + component.ToString() + ", which is not the name of a cgroup",
                _ when component.IndexOfAny('\n', '\0') >= 0 => "has a line break or NUL in a name",
                _ when Encoding.UTF8.GetByteCount(component) > MaximumName => "has a name of more than 255 bytes",
                _ => null,
            };
            if (problem is not null)
            {
                throw new SpecException(Place, Quoted(whole) + " " + problem);
            }
        }
    }

    private static CgroupPlan PlanUnit(string path, bool rootless)
    {
        string[] parts = path.Split(':');
        if (parts.Length != 3)
        {
            throw new SpecException(
                Place, "expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got " + Quoted(path) + " instead");
        }

        (string slice, string prefix, string name) = (parts[0], parts[1], parts[2]);
        if (name.Length == 0)
        {
            throw new SpecException(Place, Quoted(path) + " has an empty name: expected slice:prefix:name");
        }

        if (name.EndsWith(".slice", StringComparison.Ordinal))
        {
            return PlanSlice(path, slice, name);
        }

        if (slice.Length == 0)
        {
            slice = rootless ? "user.slice" : "system.slice";
        }

        string unit = prefix + "-" + name + ".scope";
        CheckUnitName(path, unit);
        return new CgroupPlan(SlicePath(path, slice) + "/" + unit, new SystemdUnit(unit, slice, IsSlice: false));
    }

    // systemd.slice(5): a slice's parent follows from its name, so a given one can only agree.
    private static CgroupPlan PlanSlice(string path, string given, string name)
    {
        string place = SlicePath(path, name);
        if (place.Length == 0)
        {
            throw new SpecException(Place, Quoted(path) + " is the root slice, which no container can have");
        }

        int dash = name.LastIndexOf('-');
        string parent = dash < 0 ? RootSlice : name[..dash] + ".slice";
        if (given.Length != 0 && given != parent)
        {
            throw new SpecException(Place, Quoted(path) + " puts " + name + " into " + given + ", but its name puts it into " + parent);
        }

        return new CgroupPlan(place, new SystemdUnit(name, parent, IsSlice: true));
    }

    // systemd.slice(5): a-b-c.slice lies at /a.slice/a-b.slice/a-b-c.slice.
    private static string SlicePath(string whole, string slice)
    {
        CheckUnitName(whole, slice);
        if (slice == RootSlice)
        {
            return string.Empty;
        }

        string name = slice.EndsWith(".slice", StringComparison.Ordinal) ? slice[..^".slice".Length] : string.Empty;
        StringBuilder path = new();
        int end = -1;
        do
        {
            int start = end + 1;
            end = name.IndexOf('-', start);
            end = end < 0 ? name.Length : end;
            if (end == start)
            {
                throw new SpecException(Place,
                    Quoted(whole) + ": " + Quoted(slice)
                    + " is not the name of a slice: expected a name such as system.slice or a-b.slice");
            }

            path.Append('/').Append(name, 0, end).Append(".slice");
        }
        while (end < name.Length);
        return path.ToString();
    }

    // systemd.unit(5): letters, digits and : - _ . \ and @, at most 255 of them. The colon cannot come here.
    private static void CheckUnitName(string whole, string unit)
    {
        bool valid = unit.Length <= MaximumName;
        foreach (char letter in unit)
        {
            valid &= char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.' or '\\' or '@';
        }

        // A name that starts or ends with the @ is a template or nothing.
        valid &= unit.Length == 0 || (unit[0] != '@' && !unit.Contains("@.", StringComparison.Ordinal));
        if (!valid)
        {
            throw new SpecException(Place, Quoted(whole) + ": " + Quoted(unit) + " is not the name of a systemd unit");
        }
    }

    private static string Quoted(string text) => "\"" + text + "\"";
}
