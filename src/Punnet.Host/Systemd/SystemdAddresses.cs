using System;
using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.Systemd;

/// <summary>The address of the systemd that makes units for this user.</summary>
public static class SystemdAddresses
{
    private const string SystemBus = "/run/dbus/system_bus_socket";

    /// <summary>Connects.</summary>
    /// <param name="remembered">Its address when the container was made, or null.</param>
    /// <exception cref="PunnetException">It is not there, or does not answer.</exception>
    public static BusConnection Connect(string? remembered)
    {
        if (remembered is not null && BusAddress.TryParse(remembered) is BusAddress known
            && BusConnection.TryOpen(known, out _) is BusConnection same)
        {
            return same;
        }

        List<string> tried = [];
        if (Sys.Geteuid() == 0)
        {
            // Its own socket needs no bus, and no bus can lose a message.
            BusConnection? system = TryOpen(BusAddress.Path("/run/systemd/private", hasBroker: false), tried, out Errno errno)
                ?? (IsForeign(errno) ? null : TryOpenFirst(SystemBuses(), tried));
            if (system is not null)
            {
                return system;
            }

            if (!IsForeign(errno))
            {
                throw new PunnetException(
                    "--systemd-cgroup: systemd cannot be reached (" + string.Join("; ", tried) + ")",
                    "is systemd process 1 here? without it, leave --systemd-cgroup out");
            }
        }

        return TryOpenFirst(UserSockets(), tried) ?? throw new PunnetException(
            "--systemd-cgroup: the user's systemd cannot be reached (" + string.Join("; ", tried) + ")",
            "it needs a login session (the variable XDG_RUNTIME_DIR), or loginctl enable-linger; "
            + "with a bus, the package dbus-user-session");
    }

    // Root of a user namespace may not open the socket of the host's root: its systemd is the user's.
    private static bool IsForeign(Errno errno) => errno is Errno.EACCES or Errno.EPERM;

    private static List<BusAddress> SystemBuses()
    {
        List<BusAddress> buses = BusAddress.ReadAll(Environment.GetEnvironmentVariable("DBUS_SYSTEM_BUS_ADDRESS"));
        buses.Add(BusAddress.Path(SystemBus, hasBroker: true));
        return buses;
    }

    private static List<BusAddress> UserSockets()
    {
        string? variable = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        string directory = string.IsNullOrEmpty(variable) ? "/run/user/" + Sys.Geteuid().ToString() : variable;
        return
        [
            BusAddress.Path(directory + "/systemd/private", hasBroker: false),
            .. BusAddress.ReadAll(Environment.GetEnvironmentVariable("DBUS_SESSION_BUS_ADDRESS")),
            BusAddress.Path(directory + "/bus", hasBroker: true),
        ];
    }

    private static BusConnection? TryOpenFirst(List<BusAddress> addresses, List<string> tried)
    {
        foreach (BusAddress address in addresses)
        {
            if (TryOpen(address, tried, out _) is BusConnection connection)
            {
                return connection;
            }
        }

        return null;
    }

    private static BusConnection? TryOpen(BusAddress address, List<string> tried, out Errno errno)
    {
        BusConnection? connection = BusConnection.TryOpen(address, out errno);
        if (connection is null)
        {
            tried.Add(address + ": " + errno.Words());
        }

        return connection;
    }
}
