using System;
using System.Globalization;
using Punnet.Abi;
using Punnet.Checkpoint;
using Punnet.Host;
using Punnet.Host.Checkpoint;
using Punnet.Kernel;

namespace Punnet.Cli;

/// <summary>The flags that checkpoint and restore have in common, as runc has them.</summary>
internal static class CriuCommandLine
{
    /// <summary>Options of both.</summary>
    public static Option[] Options =>
    [
        new("image-path", "", "DIR", "directory of the images (default: checkpoint)"),
        new("work-path", "", "DIR", "directory of criu's log and statistics (default: that of the images)"),
        new("tcp-established", "", "", "allow open TCP connections"),
        new("ext-unix-sk", "", "", "allow Unix sockets that are connected to others outside"),
        new("shell-job", "", "", "allow a session, or a terminal, that began outside"),
        new("lazy-pages", "", "", "leave the memory to a lazy-pages server; needs userfaultfd"),
        new("file-locks", "", "", "allow file locks"),
        new("manage-cgroups-mode", "", "soft|full|strict|ignore", "what criu does with cgroups (default: soft)"),
        new("empty-ns", "", "network", "make this namespace empty"),
        new("auto-dedup", "", "", "remove what later images have from the earlier ones"),
        new("network-lock", "", "iptables|nftables|skip", "how the network is locked (default: criu's)"),
        new("criu", "", "PATH", "program to use (default: criu of PATH)"),
    ];

    /// <summary>Reads them.</summary>
    /// <exception cref="UsageException">A value is invalid.</exception>
    /// <exception cref="SysException">The working directory has no path.</exception>
    public static CriuFlags Of(CommandLine line)
    {
        string images = HostPath.Absolute(Given(line, "image-path") ?? "checkpoint");
        return new CriuFlags
        {
            Criu = HostPath.AbsoluteOrNull(Given(line, "criu")),
            Images = images,
            Work = HostPath.AbsoluteOrNull(Given(line, "work-path")) ?? images,
            Options = new CriuOptions
            {
                TcpEstablished = line.Has("tcp-established"),
                ExternalUnixSockets = line.Has("ext-unix-sk"),
                ShellJob = line.Has("shell-job"),
                LazyPages = line.Has("lazy-pages"),
                FileLocks = line.Has("file-locks"),
                AutoDedup = line.Has("auto-dedup"),
                CgroupMode = CgroupMode(Given(line, "manage-cgroups-mode")),
                EmptyNamespaces = EmptyNamespaces(Given(line, "empty-ns")),
                NetworkLock = NetworkLock(Given(line, "network-lock")),
            },
        };
    }

    /// <summary>A value; as for runc, an empty text is not given.</summary>
    public static string? Given(CommandLine line, string name) => string.IsNullOrEmpty(line.Value(name)) ? null : line.Value(name);

    /// <summary>A descriptor that the caller passes.</summary>
    /// <exception cref="UsageException">It is not open.</exception>
    public static int? OpenDescriptor(CommandLine line, string name)
    {
        string? text = Given(line, name);
        if (text is null or "-1")
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && Sys.Statx(number, out _) == Errno.None
            ? number
            : throw Invalid(name, text, "an open descriptor");
    }

    /// <summary>Reads <c>--page-server ADDRESS:PORT</c>.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static void TakePageServer(string? text, CriuOptions options)
    {
        if (text is null)
        {
            return;
        }

        int colon = text.LastIndexOf(':');
        if (colon < 1 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
        {
            throw Invalid("page-server", text, "ADDRESS:PORT");
        }

        options.PageServer = text[..colon].Trim('[', ']');
        options.PageServerPort = port;
    }

    // criu_cg_mode of rpc.proto.
    private static int? CgroupMode(string? text) => text switch
    {
        null => null,
        "ignore" => 0,
        "soft" => 3,
        "full" => 4,
        "strict" => 5,
        _ => throw Invalid("manage-cgroups-mode", text, "soft, full, strict or ignore"),
    };

    private static long? EmptyNamespaces(string? text) => text switch
    {
        null => null,
        "network" => (long)CloneFlags.NewNetwork,
        _ => throw Invalid("empty-ns", text, "network"),
    };

    // criu_network_lock_method of rpc.proto.
    private static int? NetworkLock(string? text) => text switch
    {
        null => null,
        "iptables" => 1,
        "nftables" => 2,
        "skip" => 3,
        _ => throw Invalid("network-lock", text, "iptables, nftables or skip"),
    };

    private static UsageException Invalid(string name, string text, string expected) =>
        new("invalid value \"" + text + "\" for flag -" + name + ": " + expected + " is expected");
}
