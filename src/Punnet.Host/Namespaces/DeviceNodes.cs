using System.Text;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Host.Namespaces;

/// <summary>
/// Devices that a container with a user namespace asks for and the host has no node of. A user namespace makes none, so punnet makes them
/// on a tmpfs that is mounted nowhere, and hands that over.
/// </summary>
public static class DeviceNodes
{
    /// <summary>Makes them, each named by its number in the plan.</summary>
    /// <returns>The tmpfs; null where there is nothing to make, or no permission.</returns>
    /// <exception cref="SysException">The kernel refuses it for another reason.</exception>
    public static Descriptor? Make(ContainerPlan plan)
    {
        if (!plan.Namespaces.HasUser || !plan.MakesDevices || Sys.Geteuid() != 0)
        {
            return null;
        }

        Descriptor? nodes = null;
        try
        {
            for (int i = 0; i < plan.Devices.Length; i++)
            {
                if (plan.Devices[i].Index < 0
                    || Sys.StatxNoFollow(Sys.WorkingDirectory, plan.Devices[i].Path.WithNul, out _) != Errno.ENOENT)
                {
                    continue;
                }

                nodes ??= MakeFileSystem();
                if (nodes is null || !MakeNode(nodes, CString.Of(i.ToString()), plan.Devices[i], plan.Namespaces))
                {
                    nodes?.Dispose();
                    return null;
                }
            }

            return nodes;
        }
        catch (SysException)
        {
            nodes?.Dispose();
            throw;
        }
    }

    // Null where a filter outside refuses the mount API: a tmpfs that is mounted nowhere cannot be made without it.
    private static Descriptor? MakeFileSystem()
    {
        Errno errno = Sys.Fsopen("tmpfs\0"u8, out int context);
        if (errno.IsOfFilter())
        {
            return null;
        }

        errno.OrThrow("make a tmpfs for devices");
        using Descriptor owned = new(context);
        Sys.Fsconfig(context, "mode\0"u8, "0711\0"u8).OrThrow("make a tmpfs for devices");
        Sys.FsconfigCreate(context).OrThrow("make a tmpfs for devices");
        Sys.Fsmount(context, MountAttributes.None, out int mount).OrThrow("make a tmpfs for devices");
        return new Descriptor(mount);
    }

    // False where punnet may not make devices.
    private static bool MakeNode(Descriptor nodes, CString name, DeviceStep device, NamespacePlan namespaces)
    {
        Errno errno = Sys.Mknodat(nodes.Number, name.WithNul, device.Mode, device.Major, device.Minor);
        if (errno == Errno.EPERM)
        {
            return false;
        }

        errno.OrThrow("make a node for", device.Path.ToString());
        Give(nodes, name, device, namespaces);
        return true;
    }

    // The requested mode, whatever the umask; the owner if the map is known.
    private static void Give(Descriptor nodes, CString name, DeviceStep device, NamespacePlan namespaces)
    {
        if (Owner(namespaces.UidMap, device.Uid) is uint uid && Owner(namespaces.GidMap, device.Gid) is uint gid)
        {
            Sys.Fchownat(nodes.Number, name.WithNul, uid, gid).OrThrow("give away the node for", device.Path.ToString());
        }

        Sys.Fchmodat(nodes.Number, name.WithNul, device.Mode & Permissions.Mask)
            .OrThrow("set the mode of the node for", device.Path.ToString());
    }

    private static uint? Owner(CString map, uint id) => map.IsNull ? null : StandardPipes.HostId(Encoding.ASCII.GetString(map.Text), id);
}
