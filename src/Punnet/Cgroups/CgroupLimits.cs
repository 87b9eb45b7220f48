using System;
using System.Collections.Generic;
using System.Text;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Cgroups;

/// <summary>linux.resources: writes the planned values, and enables the controllers that they need on the way down.</summary>
internal static class CgroupLimits
{
    /// <summary>Applies limits to a new cgroup.</summary>
    /// <param name="cgroup">The cgroup.</param>
    /// <param name="path">Its path below the mount.</param>
    /// <param name="plan">What to write.</param>
    /// <param name="log">Takes the plan's warnings.</param>
    /// <exception cref="PunnetException">A limit cannot be had.</exception>
    public static void Apply(CgroupDirectory cgroup, string path, ResourcePlan plan, Log log)
    {
        foreach (string warning in plan.Warnings)
        {
            log.Warn(warning);
        }

        Enable(path, plan.Writes);
        for (int i = 0; i < plan.Writes.Count; i++)
        {
            CgroupWrite write = plan.Writes[i];
            Errno errno = Write(cgroup, write);
            if (errno == Errno.EINVAL && write.OnError == CgroupError.RetryAfterNext && i + 1 < plan.Writes.Count)
            {
                Check(plan.Writes[i + 1], Write(cgroup, plan.Writes[i + 1]), cgroup);
                errno = Write(cgroup, write);
                i++;
            }

            Check(write, errno, cgroup);
        }
    }

    private static Errno Write(CgroupDirectory cgroup, CgroupWrite write)
    {
        if (write.UnlessIdle && (HostFile.TryReadText(cgroup.Number, "cpu.idle\0"u8)?.StartsWith('1') ?? false))
        {
            return Errno.None;
        }

        string value = write.Value;
        if (write.KeepsFirstWord && HostFile.TryReadText(cgroup.Number, CString.Of(write.File).WithNul) is string now)
        {
            value = now.Split(' ', '\n')[0] + " " + value;
        }

        Errno errno = cgroup.TryWrite(write.File, Encoding.UTF8.GetBytes(value));
        return errno == Errno.ENOENT && write.Otherwise is CgroupWrite other ? Write(cgroup, other) : errno;
    }

    private static void Check(CgroupWrite write, Errno errno, CgroupDirectory cgroup)
    {
        if (errno == Errno.None || (errno == Errno.ENOENT && write.OnError == CgroupError.IgnoreMissing))
        {
            return;
        }

        bool isMissing = errno == Errno.ENOENT && write.Controller.Length > 0;
        throw new PunnetException(
            "cannot set " + write.File + " to \"" + write.Value + "\" (" + write.Place + ") in " + cgroup.Path + ": "
            + (isMissing ? "the controller " + write.Controller + " is not available there" : errno.Words()));
    }

    // A controller is enabled for a cgroup's children by the cgroup itself: from the root down to the parent.
    private static void Enable(string path, IReadOnlyList<CgroupWrite> writes)
    {
        StringBuilder wanted = new();
        foreach (CgroupWrite write in writes)
        {
            string entry = "+" + write.Controller + " ";
            if (write.Controller.Length > 0 && !wanted.ToString().Contains(entry, StringComparison.Ordinal))
            {
                wanted.Append(entry);
            }
        }

        if (wanted.Length == 0)
        {
            return;
        }

        string mount = CgroupMount.Find();
        string[] controllers = wanted.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        for (int slash = 0; slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            string file = mount + path[..slash] + "/cgroup.subtree_control";
            if (Sys.OpenAt(Sys.WorkingDirectory, CString.Of(file).WithNul, OpenFlags.WriteOnly, 0, out int descriptor) != Errno.None)
            {
                continue;
            }

            // One by one: a single one that is missing would make the kernel refuse all. What is missing shows when its file is written.
            using Descriptor owned = new(descriptor);
            foreach (string controller in controllers)
            {
                Sys.Write(descriptor, Encoding.UTF8.GetBytes(controller), out _);
            }
        }
    }
}
