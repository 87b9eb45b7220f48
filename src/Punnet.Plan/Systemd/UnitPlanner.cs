using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>What config.json adds to a container's unit: annotations, and the devices that the unit is to know of.</summary>
internal static class UnitPlanner
{
    private const string PropertyPrefix = "org.systemd.property.";
    private const string SubGroupName = "run.oci.systemd.subgroup";

    /// <summary>Adds them to a unit.</summary>
    /// <exception cref="SpecException">An annotation or a device rule says something that cannot be.</exception>
    internal static SystemdUnit Complete(
        SystemdUnit unit, IReadOnlyDictionary<string, string> annotations, IReadOnlyList<DeviceRule>? rules)
    {
        List<UnitProperty> properties = [];
        foreach ((string key, string text) in annotations)
        {
            if (key.StartsWith(PropertyPrefix, StringComparison.Ordinal))
            {
                Insert(properties, Property(key[PropertyPrefix.Length..], text, "annotations[\"" + key + "\"]"));
            }
        }

        return unit with
        {
            Properties = [.. properties],
            Devices = unit.IsSlice ? null : Devices(DeviceProgramRule.ReadAll(rules)),
            SubGroup = annotations.TryGetValue(SubGroupName, out string? name) && name.Length > 0 ? SubGroup(unit, name) : null,
        };
    }

    // In the order of the names, whatever the order of a dictionary. By hand: one call of List.Sort (or List.Contains) puts its statics for
    // every list of the program into the binary, and each start pays for them: a quarter of its instructions.
    private static void Insert(List<UnitProperty> properties, UnitProperty property)
    {
        int place = properties.Count;
        while (place > 0 && string.CompareOrdinal(properties[place - 1].Name, property.Name) > 0)
        {
            place--;
        }

        properties.Insert(place, property);
    }

    private static UnitProperty Property(string name, string text, string place)
    {
        bool isName = name.Length >= 3;
        foreach (char letter in name)
        {
            isName &= char.IsAsciiLetter(letter);
        }

        if (!isName)
        {
            throw new SpecException(place, "\"" + name + "\" is not the name of a property of a unit: expected three letters or more");
        }

        if (name is "PIDs" or "Slice" or "Delegate" or "Description")
        {
            throw new SpecException(place, "the property " + name + " is punnet's to set");
        }

        BusValue value = VariantText.Read(text, place);
        bool isInSeconds = name.Length > 3 && name.EndsWith("Sec", StringComparison.Ordinal) && char.IsAsciiLetterLower(name[^4]);
        return isInSeconds
            ? new UnitProperty(name[..^3] + "USec", Microseconds(value, place), place) : new UnitProperty(name, value, place);
    }

    // Unit files have TimeoutStopSec=, and the interface of systemd has only TimeoutStopUSec.
    private static BusNumber Microseconds(BusValue value, string place)
    {
        const ulong Million = 1_000_000;
        return value switch
        {
            BusNumber { Type: 'd' } real when BitConverter.UInt64BitsToDouble(real.Bits) is >= 0 and < 1e12
                => new BusNumber('t', (ulong)(BitConverter.UInt64BitsToDouble(real.Bits) * Million)),
            BusNumber { Type: not ('b' or 'd') } number when number.Bits <= ulong.MaxValue / Million =>
            new BusNumber('t', number.Bits * Million),
            _ => throw new SpecException(place, value + " is not a number of seconds"),
        };
    }

    private static string SubGroup(SystemdUnit unit, string name)
    {
        const string Place = "annotations[\"" + SubGroupName + "\"]";
        if (unit.IsSlice)
        {
            throw new SpecException(Place, "a slice has no cgroup below it that is punnet's to make");
        }

        return name is not ("." or "..") && name.Length <= 255 && name.AsSpan().IndexOfAny("/\n\0") < 0
            ? name
            : throw new SpecException(Place, PlanWords.Quoted(name) + " is not the name of a cgroup");
    }

    // The program of the unit and that of the cgroup must both allow an access. So the unit's may allow more, never less: what it
    // cannot say (a minor of every major, a denial within an allowance) it allows.
    private static ImmutableArray<UnitDevice>? Devices(List<DeviceProgramRule> rules)
    {
        List<UnitDevice> devices = [];
        bool isEverything = false;
        foreach (DeviceProgramRule rule in rules)
        {
            bool isGeneral = rule is { Block: true, Character: true, Major: null, Minor: null, Access: DeviceRequest.EveryAccess };
            if (isGeneral)
            {
                devices.Clear();
                isEverything = rule.Allow;
            }
            else if (rule.Allow)
            {
                Add(devices, rule.Character, "char", rule);
                Add(devices, rule.Block, "block", rule);
            }
        }

        return isEverything ? null : [.. devices];
    }

    private static void Add(List<UnitDevice> devices, bool applies, string kind, DeviceProgramRule rule)
    {
        string pattern = (rule.Major, rule.Minor) switch
        {
            (uint major, uint minor) => "/dev/" + kind + "/" + major.ToString() + ":" + minor.ToString(),
            (uint major, null) => kind + "-" + major.ToString(),
            _ => kind + "-*",
        };
        string access = Letters(rule.Access);
        bool isNew = applies;
        foreach (UnitDevice device in devices)
        {
            isNew &= device.Pattern != pattern || device.Access != access;
        }

        if (isNew)
        {
            devices.Add(new UnitDevice(pattern, access));
        }
    }

    private static string Letters(int access) =>
        ((access & DeviceRequest.Read) != 0 ? "r" : "") + ((access & DeviceRequest.Write) != 0 ? "w" : "")
            + ((access & DeviceRequest.Mknod) != 0 ? "m" : "");
}
