using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>config-linux.md#network-devices.</summary>
internal static class NetDevicePlanner
{
    private const int Limit = 15; // IFNAMSIZ without the NUL

    /// <summary>Plans every move.</summary>
    /// <exception cref="SpecException">A name is invalid, or the container has no network namespace.</exception>
    public static ImmutableArray<NetDeviceStep> Plan(IReadOnlyDictionary<string, NetDevice> devices, NamespacePlan namespaces)
    {
        if (devices.Count == 0)
        {
            return [];
        }

        if (!namespaces.Has(CloneFlags.NewNetwork))
        {
            throw new SpecException("linux.netDevices", "devices are moved only to a network namespace, and linux.namespaces has none");
        }

        ImmutableArray<NetDeviceStep>.Builder steps = ImmutableArray.CreateBuilder<NetDeviceStep>(devices.Count);
        HashSet<string> taken = new(StringComparer.Ordinal);
        foreach ((string name, NetDevice device) in devices)
        {
            string place = "linux.netDevices[\"" + name + "\"]";
            string wanted = string.IsNullOrEmpty(device.Name) ? name : device.Name;
            CheckName(name, place);
            CheckName(wanted, place + ".name");
            if (!taken.Add(wanted))
            {
                throw new SpecException(place + ".name", "\"" + wanted + "\" is given twice");
            }

            steps.Add(new NetDeviceStep(JsonPath.Text(name, place), JsonPath.Text(wanted, place + ".name")));
        }

        return steps.MoveToImmutable();
    }

    // dev_valid_name() of the kernel; "%" would make it choose a number.
    private static void CheckName(string name, string place)
    {
        bool isName = name.Length is > 0 and <= Limit && name is not ("." or "..");
        foreach (char character in name)
        {
            isName &= character is not ('/' or ':' or '%') && !char.IsWhiteSpace(character);
        }

        if (!isName || CString.Of(name).Text.Length > Limit)
        {
            throw new SpecException(
                place, "\"" + name + "\" is not a name of a network device: 1 to 15 bytes without \"/\", \":\", \"%\" and blanks");
        }
    }
}

/// <summary>A network device that moves into the container.</summary>
/// <param name="Name">On the host.</param>
/// <param name="NewName">In the container.</param>
public sealed record NetDeviceStep(CString Name, CString NewName);
