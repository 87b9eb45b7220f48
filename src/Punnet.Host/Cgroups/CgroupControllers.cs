using System;
using System.Collections.Generic;
using System.Text;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.Cgroups;

/// <summary>
/// Controllers, which each cgroup gives to its children by cgroup.subtree_control (admin-guide/cgroup-v2.rst, "Enabling and Disabling"):
/// from the root down to the parent of the container's cgroup.
/// </summary>
public static class CgroupControllers
{
    private const string Offered = "cgroup.controllers";
    private const string Given = "cgroup.subtree_control";

    /// <summary>
    /// Gives the container's cgroup every controller that the host has, also those without a limit: engines read its statistics, and an
    /// update sets limits later. What cannot be given shows when a limit needs it: <see cref="Explain"/>.
    /// </summary>
    /// <param name="path">The container's cgroup, below the mount.</param>
    public static void Enable(string path)
    {
        string mount = CgroupMount.Find();
        string parent = mount + path[..path.LastIndexOf('/')];
        if (Missing(List(mount, Offered), List(parent, Given)).Count == 0)
        {
            return;
        }

        for (int slash = 0; slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            string directory = mount + path[..slash];
            List<string> missing = Missing(List(directory, Offered), List(directory, Given));
            Errno errno = missing.Count > 0 ? Give(directory, string.Join(' ', missing)) : Errno.None;
            if (errno is not (Errno.None or Errno.EBUSY))
            {
                // A single one that is refused makes the kernel refuse all. Not so where processes are in the way (EBUSY): it would take
                // the threaded ones (cpu, pids), and then no process into the cgroups below (cgroup-v2.rst, "Threads").
                missing.ForEach(controller => Give(directory, controller));
            }
        }
    }

    /// <summary>Why a file of a controller is not in a cgroup.</summary>
    /// <param name="path">The cgroup, below the mount.</param>
    /// <param name="controller">The controller, such as memory.</param>
    /// <param name="hint">What to do about it, or null.</param>
    /// <returns>The reason, with the file that shows it.</returns>
    public static string Explain(string path, string controller, out string? hint)
    {
        hint = null;
        string mount = CgroupMount.Find();
        for (int slash = 0; slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            string directory = mount + path[..slash];
            if (Array.IndexOf(List(directory, Offered), controller) < 0)
            {
                hint = IsOfVersion1(controller)
                    ? "cgroup v1 has the controller " + controller
                        + " on this host; the kernel parameter cgroup_no_v1=all leaves it to cgroup v2"
                    : null;
                return "the controller " + controller + " is not available: " + directory + "/" + Offered + " does not have it";
            }

            if (Array.IndexOf(List(directory, Given), controller) < 0)
            {
                Errno errno = slash > 0 && List(directory, "cgroup.procs").Length > 0 ? Errno.EBUSY : Give(directory, "+" + controller);
                if (errno != Errno.None)
                {
                    hint = errno == Errno.EBUSY
                        ? "the cgroup " + path[..slash] + " has processes, and such a cgroup cannot give controllers to cgroups below it: "
                            + "choose another linux.cgroupsPath"
                        : null;
                    return "the controller " + controller + " cannot be enabled in " + directory + "/" + Given + ": " + errno.Words();
                }
            }
        }

        return "the controller " + controller + " is enabled, but this kernel's has no such file";
    }

    private static string[] List(string directory, string file) =>
        HostFile.TryReadText(Sys.WorkingDirectory, CString.Of(directory + "/" + file).WithNul)?.Split(
            [' ', '\n'], StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static List<string> Missing(string[] offered, string[] given)
    {
        List<string> missing = [];
        foreach (string controller in offered)
        {
            if (Array.IndexOf(given, controller) < 0)
            {
                missing.Add("+" + controller);
            }
        }

        return missing;
    }

    private static Errno Give(string directory, string controllers)
    {
        Errno errno = Sys.Openat(Sys.WorkingDirectory, CString.Of(directory + "/" + Given).WithNul, OpenFlags.WriteOnly, 0, out int file);
        if (errno != Errno.None)
        {
            return errno;
        }

        using Descriptor owned = new(file);
        return Sys.Write(file, Encoding.UTF8.GetBytes(controllers), out _);
    }

    // cgroups(7), /proc/cgroups: name, id of the v1 hierarchy (0 for none), ….
    private static bool IsOfVersion1(string controller)
    {
        string table = HostFile.TryReadText(Sys.WorkingDirectory, "/proc/cgroups\0"u8) ?? string.Empty;
        foreach (string line in table.Split('\n'))
        {
            string[] fields = line.Split('\t');
            // v1 has io under its older name.
            if (fields.Length > 1 && (fields[0] == controller || (fields[0] == "blkio" && controller == "io")))
            {
                return fields[1] != "0";
            }
        }

        return false;
    }
}
