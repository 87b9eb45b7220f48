using System;
using Punnet.Abi;
using Punnet.Host.State;
using Punnet.Kernel;
using Punnet.Spec;

namespace Punnet.Host.Systemd;

/// <summary>
/// NOTIFY_SOCKET, sd_notify(3): punnet was started by a service manager that waits for the container's READY=1. The container
/// gets its own socket in place of the manager's, which it cannot reach and which would not take messages from its processes.
/// </summary>
public sealed class NotifySocket
{
    private const string Mounted = "/run/notify";
    private const uint Everybody = Permissions.Mode0666, EverybodyEnters = Permissions.Mode0755;
    private readonly string _address;

    private NotifySocket(string address) => _address = address;

    /// <summary>The manager's socket; null when punnet was started without one.</summary>
    public static NotifySocket? FromEnvironment() =>
        Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is string address && address.Length > 1 && address[0] is '/' or '@'
            ? new NotifySocket(address)
            : null;

    /// <summary>Adds to config.json the directory of the container's own socket, and the variable that names it.</summary>
    /// <param name="config">As written.</param>
    /// <param name="state">The container's state directory.</param>
    public static Config Extend(Config config, string state)
    {
        Mount mount = new()
        {
            Destination = Mounted,
            Type = "bind",
            Source = state + "/notify",
            Options = ["bind", "nosuid", "noexec", "nodev", "ro"],
        };
        return config with
        {
            Mounts = [.. config.Mounts, mount],
            Process = config.Process is null
                ? null
                : config.Process with { Env = [.. config.Process.Env, "NOTIFY_SOCKET=" + Mounted + "/notify.sock"] },
        };
    }

    /// <summary>Makes the directory that is mounted; the socket is made when it has a reader.</summary>
    /// <exception cref="SysException">It cannot be made.</exception>
    public static void MakeDirectory(ContainerDirectory directory)
    {
        Sys.Mkdirat(directory.Number, "notify\0"u8, EverybodyEnters).OrThrow("make", directory.Path + "/notify");
        Sys.Fchmodat(directory.Number, "notify\0"u8, EverybodyEnters).OrThrow("make", directory.Path + "/notify");
    }

    /// <summary>Makes the container's socket, and connects to the manager's.</summary>
    /// <returns>Null where the container was created without one, and where nothing listens: the variable is stale.</returns>
    /// <exception cref="SysException">The container's socket cannot be made.</exception>
    public NotifyProxy? Open(ContainerDirectory directory)
    {
        const OpenFlags Flags = OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow;
        Errno errno = Sys.Openat(directory.Number, "notify\0"u8, Flags, 0, out int opened);
        if (errno.IsMissing())
        {
            return null;
        }

        errno.OrThrow("open", directory.Path + "/notify");
        using Descriptor folder = new(opened);
        errno = Sys.ConnectUnixDatagram(CString.Of(_address).WithNul, _address[0] == '@', out int manager);
        if (errno.IsShortage())
        {
            errno.OrThrow("connect to the service manager");
        }

        if (errno != Errno.None)
        {
            return null;
        }

        Descriptor connected = new(manager);
        try
        {
            // By the descriptor: the path may be longer than the 107 bytes of an address. One that a killed start has left is useless.
            Sys.Unlinkat(opened, "notify.sock\0"u8, isDirectory: false);
            CString path = CString.Of("/proc/self/fd/" + opened.ToString() + "/notify.sock");
            Sys.BindUnixDatagram(path.WithNul, out int own).OrThrow("make the socket", directory.Path + "/notify/notify.sock");
            Descriptor bound = new(own);
            Sys.Fchmodat(opened, "notify.sock\0"u8, Everybody)
                .OrThrow("open to the container the socket", directory.Path + "/notify/notify.sock");
            return new NotifyProxy(bound, connected);
        }
        catch
        {
            connected.Dispose();
            throw;
        }
    }
}
