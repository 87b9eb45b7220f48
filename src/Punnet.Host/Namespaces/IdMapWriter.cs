using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Host.Namespaces;

/// <summary>user_namespaces(7): writes the id maps of a new user namespace, once.</summary>
public static class IdMapWriter
{
    /// <summary>Writes both maps, itself or through newuidmap(1) and newgidmap(1).</summary>
    /// <exception cref="PunnetException">The kernel, or the program that may, refuses them.</exception>
    public static void Write(Descriptor proc, int pid, NamespacePlan namespaces)
    {
        uint user = Sys.Geteuid();
        if (user == 0)
        {
            Write(proc, pid, "uid_map", namespaces.UidMap, "linux.uidMappings");
            Write(proc, pid, "gid_map", namespaces.GidMap, "linux.gidMappings");
            return;
        }

        if (RootlessIds.IsOnly(namespaces.UidMap, user))
        {
            Write(proc, pid, "uid_map", namespaces.UidMap, "linux.uidMappings");
        }
        else
        {
            SubordinateIds.Map(SubordinateIds.Users, pid, namespaces.UidMap, user);
        }

        if (RootlessIds.IsOnly(namespaces.GidMap, Sys.Getegid()))
        {
            // Without privilege a group map is accepted only after setgroups(2) is denied.
            HostProbe.WriteOfProcess(proc, pid, "setgroups", "deny"u8);
            Write(proc, pid, "gid_map", namespaces.GidMap, "linux.gidMappings");
        }
        else
        {
            SubordinateIds.Map(SubordinateIds.Groups, pid, namespaces.GidMap, user);
        }
    }

    /// <summary>Writes one map.</summary>
    /// <exception cref="PunnetException">The kernel refuses it.</exception>
    public static void Write(Descriptor proc, int pid, string file, CString map, string place)
    {
        Errno errno = HostProbe.TryWriteOfProcess(proc, pid, file, map.Text);
        if (errno != Errno.None)
        {
            throw new PunnetException(
                "cannot map ids (" + place + "): " + errno.Words(),
                errno switch
                {
                    Errno.EPERM when Sys.Geteuid() != 0 =>
                        HostPolicy.OfUserNamespaces() ?? "an ordinary user can map only the user's own id, with size 1",
                    Errno.EPERM => "every id on the host's side must be one of punnet's own user namespace",
                    Errno.EINVAL => "ranges of ids must not overlap",
                    _ => null,
                });
        }
    }
}
