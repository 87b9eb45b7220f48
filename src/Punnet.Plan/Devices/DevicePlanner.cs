using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>config-linux.md#devices and #default-devices.</summary>
internal static class DevicePlanner
{
    private const uint MajorLimit = 1 << 12, MinorLimit = 1 << 20;

    /// <summary>The links that every container has.</summary>
    public static ImmutableArray<LinkStep> Links { get; } =
    [
        new(CString.Of("fd"), CString.Of("/proc/self/fd")),
        new(CString.Of("stdin"), CString.Of("/proc/self/fd/0")),
        new(CString.Of("stdout"), CString.Of("/proc/self/fd/1")),
        new(CString.Of("stderr"), CString.Of("/proc/self/fd/2")),
        new(CString.Of("ptmx"), CString.Of("pts/ptmx")),
    ];

    /// <summary>Plans the default devices and then the written ones, of which one with the same path takes a default's place.</summary>
    /// <exception cref="SpecException">A device is invalid.</exception>
    public static ImmutableArray<DeviceStep> Plan(IReadOnlyList<Device> devices)
    {
        List<DeviceStep> steps = [Default("/dev/null", 3), Default("/dev/zero", 5), Default("/dev/full", 7), Default("/dev/random", 8),
            Default("/dev/urandom", 9), Default("/dev/tty", 0, 5)];
        for (int i = 0; i < devices.Count; i++)
        {
            DeviceStep step = Plan(devices[i], JsonPath.At("linux.devices", i), i);
            steps.RemoveAll(earlier => earlier.Path == step.Path);
            if (!IsMultiplexer(step))
            {
                steps.Add(step);
            }
        }

        return [.. steps];
    }

    // The link to the container's own devpts takes its place: the device would open terminals of the host's, and where it is a bind, in a
    // user namespace, it could not be removed again.
    private static bool IsMultiplexer(DeviceStep step) =>
        (step.Mode & FileMode.TypeMask) == FileMode.CharacterDevice && step.Path.Text.SequenceEqual("/dev/ptmx"u8);

    /// <summary>
    /// Whether devices and links can be made before some mounts: none of these leads to one, through one or covers one, nor the
    /// /proc/kcore that decides about a link.
    /// </summary>
    /// <param name="devices">From <see cref="Plan(IReadOnlyList{Device})"/>.</param>
    /// <param name="later">The mounts.</param>
    public static bool MayPrecede(ImmutableArray<DeviceStep> devices, ReadOnlySpan<MountStep> later)
    {
        foreach (MountStep mount in later)
        {
            ReadOnlySpan<byte> destination = mount.Destination.Text;
            bool isApart = !Meet(destination, "/dev/core"u8) && !Meet(destination, "/proc/kcore"u8);
            foreach (DeviceStep device in devices)
            {
                isApart &= !Meet(destination, device.Path.Text);
            }

            foreach (LinkStep link in Links)
            {
                isApart &= !destination.StartsWith("/dev/"u8) || !Meet(destination["/dev/"u8.Length..], link.Name.Text);
            }

            if (!isApart)
            {
                return false;
            }
        }

        return true;
    }

    // Whether one path is the other, or leads to it.
    private static bool Meet(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        ReadOnlySpan<byte> shorter = one.Length < other.Length ? one : other;
        ReadOnlySpan<byte> longer = one.Length < other.Length ? other : one;
        return longer.StartsWith(shorter) && (longer.Length == shorter.Length || longer[shorter.Length] == '/');
    }

    private static DeviceStep Default(string path, uint minor, uint major = 1) =>
        new(CString.Of(path), FileMode.CharacterDevice | Permissions.Mode0666, major, minor, 0, 0, -1);

    private static DeviceStep Plan(Device device, string place, int index)
    {
        if (string.IsNullOrEmpty(device.Path) || device.Path[0] != '/')
        {
            throw new SpecException(
                place + ".path", string.IsNullOrEmpty(device.Path) ? "is missing" : "\"" + device.Path + "\" is not an absolute path");
        }

        string path = PathText.Clean(device.Path);
        if (path == "/")
        {
            throw new SpecException(place + ".path", "\"" + device.Path + "\" is the container's root itself");
        }

        uint type = device.Type switch
        {
            "c" or "u" => FileMode.CharacterDevice,
            "b" => FileMode.BlockDevice,
            "p" => FileMode.Fifo,
            null => throw new SpecException(place + ".type", "is missing"),
            _ => throw new SpecException(place + ".type", "\"" + device.Type + "\" is not a kind of device (c, b, u or p)"),
        };
        bool isFifo = type == FileMode.Fifo;
        uint mode = device.FileMode ?? Permissions.Mode0666;
        return new DeviceStep(
            JsonPath.Text(path, place + ".path"),
            type | (mode & Permissions.Mask),
            isFifo ? 0 : Number(device.Major, MajorLimit, place + ".major"),
            isFifo ? 0 : Number(device.Minor, MinorLimit, place + ".minor"),
            JsonPath.Id(device.Uid ?? 0, place + ".uid"),
            JsonPath.Id(device.Gid ?? 0, place + ".gid"),
            index);
    }

    private static uint Number(long? number, uint limit, string place) => number switch
    {
        null => throw new SpecException(place, "is missing"),
        >= 0 when number < limit => (uint)number.Value,
        _ => throw new SpecException(place, number.Value.ToString() + " is not from 0 to " + (limit - 1).ToString()),
    };
}
