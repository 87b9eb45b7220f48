using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Host.Errors;
using Punnet.Kernel;
using Punnet.Plan;

namespace Punnet.Host.Namespaces;

/// <summary>
/// linux.netDevices: from punnet's network namespace to the container's. A move takes a device down and its addresses away; those that
/// it was given are put back. MTU and hardware address go with it. Nothing is moved back: the kernel moves hardware back itself.
/// </summary>
public static class NetworkDevices
{
    /// <summary>Moves every device of the plan.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="pid">A process in the new network namespace; unused for a joined one.</param>
    /// <param name="proc">The host's /proc.</param>
    /// <exception cref="PunnetException">A device cannot be moved.</exception>
    /// <exception cref="SysException">A namespace cannot be entered.</exception>
    public static void Move(ContainerPlan plan, int pid, Descriptor proc)
    {
        if (plan.NetDevices.IsEmpty)
        {
            return;
        }

        using Descriptor own = NetworkNamespace.Open(proc, "self");
        using Descriptor target = TargetOf(plan, pid, proc);
        Sys.Statx(own.Number, out FileStatus ownStatus).OrThrow("look at the network namespace");
        Sys.Statx(target.Number, out FileStatus targetStatus).OrThrow("look at the container's network namespace");
        if (ownStatus.Inode == targetStatus.Inode)
        {
            throw new PunnetException(
                "config.json: linux.netDevices: the network namespace to join is the host's: the devices are there already");
        }

        Sys.SocketRtnetlink(out int here).OrThrow("open a netlink socket");
        using Descriptor hereSocket = new(here);
        using Descriptor thereSocket = OpenThere(plan.NetDevices[0], own, target);
        foreach (NetDeviceStep device in plan.NetDevices)
        {
            Move(device, here, thereSocket.Number, target.Number);
        }
    }

    private static void Move(NetDeviceStep device, int here, int there, int target)
    {
        List<LinkAddress> addresses = [];
        Check(device, "find", Netlink.FindLink(here, device.Name.WithNul, out int index));
        Check(device, "read the addresses of", Netlink.ListAddresses(here, index, addresses));
        CheckFree(device, there);
        Check(device, "move", Netlink.MoveLink(here, index, target, device.NewName.WithNul));
        Check(device, "find in the container", Netlink.FindLink(there, device.NewName.WithNul, out int newIndex));
        foreach (LinkAddress address in addresses)
        {
            Check(device, "give an address to", Netlink.AddAddress(there, newIndex, address));
        }

        Check(device, "bring up", Netlink.RaiseLink(there, newIndex));
    }

    // The kernel moves before it renames: a device that cannot have its name would be lost with the container's namespace.
    private static void CheckFree(NetDeviceStep device, int there)
    {
        Errno errno = Netlink.FindLink(there, device.NewName.WithNul, out _);
        Check(device, "move", errno switch { Errno.None => Errno.EEXIST, Errno.ENODEV => Errno.None, _ => errno });
    }

    private static void Check(NetDeviceStep device, string what, Errno errno)
    {
        if (errno != Errno.None)
        {
            throw ErrorMessages.OfNetworkDevice(device, what, errno);
        }
    }

    // A socket stays in the namespace in which it was opened; this process returns at once.
    private static Descriptor OpenThere(NetDeviceStep first, Descriptor own, Descriptor target)
    {
        Check(first, "enter the container's network namespace with", Sys.Setns(target.Number, CloneFlags.NewNetwork));
        Errno errno = Sys.SocketRtnetlink(out int socket);
        Sys.Setns(own.Number, CloneFlags.NewNetwork).OrThrow("leave the container's network namespace");
        errno.OrThrow("open a netlink socket in the container's network namespace");
        return new Descriptor(socket);
    }

    private static Descriptor TargetOf(ContainerPlan plan, int pid, Descriptor proc)
    {
        foreach (NamespaceJoin join in plan.Namespaces.Joins)
        {
            if (join.Kind == CloneFlags.NewNetwork)
            {
                return Descriptor.Open(join.Path.ToString(), OpenFlags.ReadOnly);
            }
        }

        return NetworkNamespace.Open(proc, pid.ToString());
    }
}
