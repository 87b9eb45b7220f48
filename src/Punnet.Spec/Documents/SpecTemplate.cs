using System;
using System.Collections.Generic;

namespace Punnet.Spec;

/// <summary>
/// The config.json that <c>spec</c> writes for a new bundle. Its values are those of the newest runc, because people and tests
/// edit them by name: no inheritable and no ambient capabilities (CVE-2022-29162), and a cgroup namespace.
/// </summary>
public static class SpecTemplate
{
    private static readonly string[] s_defaultCapabilities = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"];

    /// <summary>For a runtime that runs as root.</summary>
    /// <returns>A shell in a terminal, on a read-only root, with all namespaces but user and time.</returns>
    public static Config Default() => new()
    {
        OciVersion = SpecVersion.Newest,
        Process = DefaultProcess(),
        Root = new Root { Path = "rootfs", Readonly = true },
        Hostname = "runc",
        Mounts = DefaultMounts(),
        Linux = new Linux
        {
            Resources = new Resources { Devices = [new DeviceRule { Allow = false, Access = "rwm" }] },
            Namespaces = [new("pid", null), new("network", null), new("ipc", null), new("uts", null), new("mount", null),
                new("cgroup", null)],
            MaskedPaths =
            [
                "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
                "/proc/sched_debug", "/sys/firmware", "/proc/scsi",
            ],
            ReadonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
        },
    };

    /// <summary>For a user without privileges, who can map only one id and cannot set up a network or limits.</summary>
    /// <param name="uid">The user's id, which becomes root inside.</param>
    /// <param name="gid">The user's group id.</param>
    /// <returns><see cref="Default"/> with a user namespace instead of a network namespace, and without resources.</returns>
    public static Config Rootless(uint uid, uint gid)
    {
        Config config = Default();
        Linux linux = config.Linux! with
        {
            Resources = null,
            UidMappings = [new IdMapping(0, uid, 1)],
            GidMappings = [new IdMapping(0, gid, 1)],
            Namespaces = [new("pid", null), new("ipc", null), new("uts", null), new("mount", null), new("cgroup", null), new("user", null)],
        };
        List<Mount> mounts = [];
        foreach (Mount mount in config.Mounts)
        {
            mounts.Add(string.Equals(mount.Destination, "/sys", StringComparison.Ordinal) ? HostSys() : WithoutOwners(mount));
        }

        return config with { Mounts = mounts, Linux = linux };
    }

    private static Process DefaultProcess() => new()
    {
        Terminal = true,
        Args = ["sh"],
        Env = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
        Cwd = "/",
        Capabilities = new Capabilities
        {
            Bounding = s_defaultCapabilities,
            Effective = s_defaultCapabilities,
            Permitted = s_defaultCapabilities,
        },
        Rlimits = [new Rlimit("RLIMIT_NOFILE", 1024, 1024)],
        NoNewPrivileges = true,
    };

    private static Mount[] DefaultMounts() =>
    [
        Make("/proc", "proc", "proc"),
        Make("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
        Make("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"),
        Make("/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777", "size=65536k"),
        Make("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev"),
        Make("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro"),
        Make("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "ro"),
    ];

    // A container cannot mount sysfs without its own network namespace.
    private static Mount HostSys() => Make("/sys", "none", "/sys", "rbind", "nosuid", "noexec", "nodev", "ro");

    // Only id 0 exists inside: a file system cannot be given to another one.
    private static Mount WithoutOwners(Mount mount)
    {
        List<string> options = [];
        foreach (string option in mount.Options)
        {
            if (!option.StartsWith("uid=", StringComparison.Ordinal) && !option.StartsWith("gid=", StringComparison.Ordinal))
            {
                options.Add(option);
            }
        }

        return mount with { Options = options };
    }

    private static Mount Make(string destination, string type, string source, params string[] options) =>
        new() { Destination = destination, Type = type, Source = source, Options = options };
}
