using System.Text;
using Punnet.Abi;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet;

/// <summary>
/// Devices that a container with a user namespace asks for and the host has no node of. A user namespace makes none, so punnet makes them on a
/// tmpfs that is mounted nowhere, and hands that over.
/// </summary>
internal static class DeviceNodes
{
    /// <summary>Makes them, each named by its number in the plan.</summary>
    /// <returns>The tmpfs; null where there is nothing to make, or punnet may not make devices.</returns>
    /// <exception cref="SysException">The kernel refuses it for another reason.</exception>
    public static Descriptor? Make(ContainerPlan plan)
    {
        if (!plan.Namespaces.HasUser || !plan.MakesDevices || Sys.EffectiveUser() != 0)
        {
            return null;
        }

        Descriptor? nodes = null;
        for (int i = 0; i < plan.Devices.Length; i++)
        {
            DeviceStep device = plan.Devices[i];
            if (device.Index < 0 || Sys.LinkStatusAt(Sys.WorkingDirectory, device.Path.WithNul, out _) != Errno.ENOENT)
            {
                continue;
            }

            nodes ??= MakeFileSystem();
            CString name = CString.Of(i.ToString());
            Errno errno = Sys.MakeNodeAt(nodes.Number, name.WithNul, device.Mode, device.Major, device.Minor);
            if (errno == Errno.EPERM)
            {
                nodes.Dispose();
                return null;
            }

            errno.OrThrow("make a node for", device.Path.ToString());
            Give(nodes, name, device, plan.Namespaces);
        }

        return nodes;
    }

    private static Descriptor MakeFileSystem()
    {
        Sys.OpenFileSystem("tmpfs\0"u8, out int context).OrThrow("make a tmpfs for devices");
        using Descriptor owned = new(context);
        Sys.ConfigureFileSystem(context, "mode\0"u8, "0711\0"u8).OrThrow("make a tmpfs for devices");
        Sys.CreateFileSystem(context).OrThrow("make a tmpfs for devices");
        Sys.MakeMount(context, MountAttributes.None, out int mount).OrThrow("make a tmpfs for devices");
        return new Descriptor(mount);
    }

    // The mode as it is asked for, whatever the umask; the owner where the map is known.
    private static void Give(Descriptor nodes, CString name, DeviceStep device, NamespacePlan namespaces)
    {
        if (Owner(namespaces.UidMap, device.Uid) is uint uid && Owner(namespaces.GidMap, device.Gid) is uint gid)
        {
            Sys.ChangeOwnerAt(nodes.Number, name.WithNul, uid, gid).OrThrow("give away the node for", device.Path.ToString());
        }

        const uint Permissions = 0xfff; // octal 07777
        Sys.ChangeModeAt(nodes.Number, name.WithNul, device.Mode & Permissions).OrThrow("set the mode of the node for", device.Path.ToString());
    }

    private static uint? Owner(CString map, uint id) => map.IsNull ? null : StandardPipes.HostId(Encoding.ASCII.GetString(map.Text), id);
}
