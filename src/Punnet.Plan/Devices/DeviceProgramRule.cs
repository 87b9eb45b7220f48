using System.Collections.Generic;
using System.Globalization;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>One checked device rule: its words turned into the kernel's numbers.</summary>
/// <param name="Allow">Whether it allows or denies.</param>
/// <param name="Block">Whether it speaks about block devices.</param>
/// <param name="Character">Whether it speaks about character devices.</param>
/// <param name="Major">Major number; null is every one.</param>
/// <param name="Minor">Minor number; null is every one.</param>
/// <param name="Access">The accesses it names: bits of <see cref="DeviceRequest"/>.</param>
internal sealed record DeviceProgramRule(bool Allow, bool Block, bool Character, uint? Major, uint? Minor, int Access)
{
    /// <summary>
    /// What runc appends to the rules of every container: making any node, and the devices that each container has. Because they come last,
    /// no configuration can take them away. Engines rely on it: their own lists often leave these out.
    /// </summary>
    internal static readonly DeviceProgramRule[] Appended =
    [
        new(Allow: true, Block: false, Character: true, Major: null, Minor: null, DeviceRequest.Mknod),
        new(Allow: true, Block: true, Character: false, Major: null, Minor: null, DeviceRequest.Mknod),
        CharacterDevice(1, 3), // null
        CharacterDevice(1, 8), // random
        CharacterDevice(1, 7), // full
        CharacterDevice(5, 0), // tty
        CharacterDevice(1, 5), // zero
        CharacterDevice(1, 9), // urandom
        CharacterDevice(136, null), // pts/*
        CharacterDevice(5, 2), // ptmx
        CharacterDevice(10, 200), // net/tun
    ];

    /// <summary>Checks the rules of config.json and appends the ones that every container gets.</summary>
    /// <param name="rules">linux.resources.devices; null when it is absent.</param>
    /// <exception cref="SpecException">A rule has an invalid type, number or access.</exception>
    internal static List<DeviceProgramRule> ReadAll(IReadOnlyList<DeviceRule>? rules)
    {
        int given = rules?.Count ?? 0;
        List<DeviceProgramRule> read = new(given + Appended.Length);
        for (int index = 0; index < given; index++)
        {
            read.Add(Read(rules![index], "linux.resources.devices[" + index.ToString(CultureInfo.InvariantCulture) + "]"));
        }

        read.AddRange(Appended);
        return read;
    }

    private static DeviceProgramRule CharacterDevice(uint major, uint? minor) =>
        new(Allow: true, Block: false, Character: true, major, minor, DeviceRequest.EveryAccess);

    private static DeviceProgramRule Read(DeviceRule rule, string place)
    {
        (bool block, bool character) = rule.Type switch
        {
            // An empty text is how a Go program writes "not given".
            null or "" or "a" => (true, true),
            "b" => (true, false),
            "c" => (false, true),
            _ => throw new SpecException(place + ".type", "\"" + rule.Type + "\" is not a device type of a rule: expected a, b or c"),
        };
        return new DeviceProgramRule(
            rule.Allow,
            block,
            character,
            ReadNumber(rule.Major, place + ".major"),
            ReadNumber(rule.Minor, place + ".minor"),
            ReadAccess(rule.Access, place + ".access"));
    }

    private static uint? ReadNumber(long? number, string place) => number switch
    {
        null or -1 => null,
        >= 0 and <= uint.MaxValue => (uint)number,
        _ => throw new SpecException(place,
            number.Value.ToString(CultureInfo.InvariantCulture) + " is not a device number: expected 0 to 4294967295, or -1 for all"),
    };

    private static int ReadAccess(string? access, string place)
    {
        if (access is null)
        {
            return DeviceRequest.EveryAccess;
        }

        int bits = 0;
        foreach (char letter in access)
        {
            bits |= letter switch
            {
                'r' => DeviceRequest.Read,
                'w' => DeviceRequest.Write,
                'm' => DeviceRequest.Mknod,
                _ => 0, // Nothing that a device has, as runc and crun take it.
            };
        }

        // A rule without any access would do nothing, and is a mistake.
        return bits != 0
            ? bits
            : throw new SpecException(place, "\"" + access + "\" is not a device access: expected a combination of r, w and m");
    }
}
