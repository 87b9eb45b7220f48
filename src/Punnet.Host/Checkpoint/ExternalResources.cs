using System;
using System.Collections.Generic;
using System.Text;
using Punnet.Abi;
using Punnet.Init;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Host.Checkpoint;

/// <summary>
/// What a container has from the host, and what is therefore not in the images: criu.org/External_bind_mounts and criu(8),
/// <c>--external</c>. A dump names it, a restore says what has that name now. The names are runc's.
/// </summary>
public static class ExternalResources
{
    private const string Null = "/dev/null";

    /// <summary>The external mounts of a running container.</summary>
    /// <param name="plan">The container.</param>
    /// <param name="pid">Its first process.</param>
    /// <returns>In pairs: mount point, and the name that the images get, the destination as config.json has it.</returns>
    /// <exception cref="SysException">The container cannot be looked at.</exception>
    public static List<string> OfRunning(ContainerPlan plan, int pid)
    {
        string process = "/proc/" + pid.ToString();
        using Descriptor root = Descriptor.Open(process + "/root", OpenFlags.Path | OpenFlags.Directory);
        Dictionary<string, string?> names = Names(plan, root);
        List<string> external = [];
        List<MountInfo> mounts = MountInfo.Parse(Encoding.UTF8.GetString(HostFile.Read(process + "/mountinfo")));
        string? dev = Find(mounts, "/dev");
        foreach (MountInfo mount in mounts)
        {
            string point = Unescape(mount.Point);
            for (int end = point.Length; end > 0; end = point.LastIndexOf('/', end - 1))
            {
                // The nearest mount of config.json; what is below a bind mount came with its source.
                if (names.TryGetValue(point[..end], out string? name))
                {
                    if (name is not null && (name != Null || mount.Device != dev))
                    {
                        external.AddRange([point, name == Null ? name : name + point[end..]]);
                    }

                    break;
                }
            }
        }

        return external;
    }

    /// <summary>The same names, and what is mounted in a container that is restored.</summary>
    /// <param name="plan">The container.</param>
    /// <param name="cgroup">Directory of its cgroup on the host.</param>
    /// <exception cref="SysException">The host's mounts cannot be read.</exception>
    public static List<string> OfRestored(ContainerPlan plan, string cgroup)
    {
        List<string> external = [];
        List<MountInfo>? hosts = null;
        foreach (MountStep step in plan.Mounts)
        {
            string name = step.Destination.ToString();
            if (step.Kind == MountKind.Cgroup && !plan.Namespaces.NewCgroup)
            {
                external.AddRange([name, cgroup]);
            }
            else if (step.Kind == MountKind.Bind)
            {
                string source = step.Source.ToString();
                external.AddRange([name, source]);
                if (step.Recursive)
                {
                    hosts ??= MountInfo.Read();
                    string place = RealPath(step.Source) + "/";
                    foreach (MountInfo mount in hosts)
                    {
                        string point = Unescape(mount.Point);
                        if (point.StartsWith(place, StringComparison.Ordinal))
                        {
                            external.AddRange([name + "/" + point[place.Length..], point]);
                        }
                    }
                }
            }
        }

        foreach (DeviceStep device in plan.Devices)
        {
            external.AddRange([device.Path.ToString(), device.Path.ToString()]);
        }

        external.AddRange([Null, Null]);
        return external;
    }

    /// <summary>The namespaces that a container has joined, and that are not dumped.</summary>
    /// <exception cref="SysException">The container cannot be looked at.</exception>
    public static List<string> Namespaces(ContainerPlan plan, int pid)
    {
        List<string> external = [];
        foreach (NamespaceJoin join in plan.Namespaces.Joins)
        {
            if (Name(join.Kind) is string name)
            {
                string kind = NamespaceKinds.FileName(NamespaceKinds.Number(join.Kind));
                string path = "/proc/" + pid.ToString() + "/ns/" + kind;
                Sys.Statx(Sys.WorkingDirectory, CString.Of(path).WithNul, out FileStatus status).OrThrow("look at", path);
                external.Add(kind + "[" + status.Inode.ToString() + "]:" + name);
            }
        }

        return external;
    }

    /// <summary>The name of a joined namespace in the images; null for a kind that CRIU takes otherwise.</summary>
    public static string? Name(CloneFlags kind) => kind switch
    {
        CloneFlags.NewNetwork => "extRootNetNS",
        CloneFlags.NewPid => "extRootPidNS",
        _ => null,
    };

    /// <summary>What must be made in the root before CRIU mounts there: what lies in no other mount of the container.</summary>
    public static MountPointKind[] MountPoints(ContainerPlan plan)
    {
        MountPointKind[] kinds = new MountPointKind[plan.Mounts.Length];
        List<string> places = [];
        foreach (MountStep step in plan.Mounts)
        {
            string place = step.Destination.ToString() + "/";
            bool isInside = places.Exists(other => place.StartsWith(other, StringComparison.Ordinal));
            kinds[places.Count] = isInside || step.Kind == MountKind.Remount || step.CopiesLink || step.DestinationNoFollow
                ? MountPointKind.None
                : step.Kind != MountKind.Bind || IsDirectory(step.Source) ? MountPointKind.Directory : MountPointKind.File;
            places.Add(place);
        }

        return kinds;
    }

    // By the path in the container. Null: the container's own, which CRIU makes again. The null device over a masked file may be the host's
    // or the container's, of its own /dev. A mask of a directory and a read-only path are the container's own, also below a bind mount.
    private static Dictionary<string, string?> Names(ContainerPlan plan, Descriptor root)
    {
        Dictionary<string, string?> names = [];
        foreach (MountStep step in plan.Mounts)
        {
            bool isExternal = step.Kind == MountKind.Bind || (step.Kind == MountKind.Cgroup && !plan.Namespaces.NewCgroup);
            if (step.Kind != MountKind.Remount && Resolve(root, step.Destination, step.DestinationNoFollow, out _) is string point)
            {
                names[point] = isExternal ? step.Destination.ToString() : null;
            }
        }

        foreach (DeviceStep device in plan.Devices)
        {
            if (Resolve(root, device.Path, noFollow: true, out _) is string point)
            {
                names[point] = device.Path.ToString();
            }
        }

        foreach (CString path in plan.ReadOnlyPaths)
        {
            if (Resolve(root, path, noFollow: false, out _) is string point)
            {
                names.TryAdd(point, null);
            }
        }

        foreach (CString path in plan.MaskedPaths)
        {
            if (Resolve(root, path, noFollow: false, out bool isDirectory) is string point)
            {
                names[point] = isDirectory ? null : Null;
            }
        }

        return names;
    }

    private static string? Find(List<MountInfo> mounts, string point)
    {
        string? device = null;
        foreach (MountInfo mount in mounts)
        {
            device = mount.Point == point ? mount.Device : device;
        }

        return device;
    }

    // Inside the root, whatever the container makes of the path.
    private static string? Resolve(Descriptor root, CString path, bool noFollow, out bool isDirectory)
    {
        OpenFlags flags = OpenFlags.Path | (noFollow ? OpenFlags.NoFollow : OpenFlags.ReadOnly);
        isDirectory = false;
        if (Sys.Openat2(root.Number, path.WithNul, flags, 0, ResolveFlags.InRoot | ResolveFlags.NoMagicLinks, out int found) != Errno.None)
        {
            return null;
        }

        using Descriptor owned = new(found);
        isDirectory = Sys.Statx(found, out FileStatus status) == Errno.None && status.Is(FileMode.Directory);
        return PathOf(found);
    }

    private static string? PathOf(int descriptor)
    {
        byte[] buffer = new byte[4096];
        return Sys.ReadlinkFd(descriptor, buffer, out int length) == Errno.None ? Encoding.UTF8.GetString(buffer, 0, length) : null;
    }

    private static string RealPath(CString path)
    {
        if (Sys.Openat(Sys.WorkingDirectory, path.WithNul, OpenFlags.Path, 0, out int found) != Errno.None)
        {
            return path.ToString();
        }

        using Descriptor owned = new(found);
        return PathOf(found) ?? path.ToString();
    }

    private static bool IsDirectory(CString path) =>
        Sys.Statx(Sys.WorkingDirectory, path.WithNul, out FileStatus status) == Errno.None && status.Is(FileMode.Directory);

    // proc_pid_mountinfo(5): blank, tab, line end and backslash are \040, \011, \012 and \134.
    private static string Unescape(string point) => point.Replace("\\040", " ", StringComparison.Ordinal)
        .Replace("\\011", "\t", StringComparison.Ordinal).Replace("\\012", "\n", StringComparison.Ordinal)
        .Replace("\\134", "\\", StringComparison.Ordinal);
}
