using System;
using System.Collections.Generic;

namespace Punnet.Host.Checkpoint;

/// <summary>criu_req_type of CRIU's rpc.proto.</summary>
public enum CriuRequestType
{
    /// <summary>Writes the images of a tree of processes.</summary>
    Dump = 1,

    /// <summary>Makes the processes again.</summary>
    Restore = 2,

    /// <summary>Writes only the memory, and leaves the processes running.</summary>
    PreDump = 4,

    /// <summary>From CRIU: a point of its work is reached. To CRIU: the answer.</summary>
    Notify = 6,

    /// <summary>Asks what this CRIU and this kernel can do.</summary>
    FeatureCheck = 9,

    /// <summary>Asks for the version.</summary>
    Version = 10,
}

/// <summary>criu_opts of CRIU's rpc.proto; the numbers of the fields are those of that file. criu(8) describes most of them.</summary>
public sealed record CriuOptions
{
    /// <summary>Directory of the images: a descriptor of punnet.</summary>
    public required int Images { get; init; }

    /// <summary>Directory of the log and the statistics: a descriptor of punnet.</summary>
    public required int Work { get; init; }

    /// <summary>Name of the log in that directory.</summary>
    public required string LogFile { get; init; }

    /// <summary>The root file system on the host.</summary>
    public required string Root { get; init; }

    /// <summary>The first process to dump; null for a restore.</summary>
    public int? Pid { get; init; }

    /// <summary>leave_running.</summary>
    public bool LeaveRunning { get; init; }

    /// <summary>ext_unix_sk.</summary>
    public bool ExternalUnixSockets { get; init; }

    /// <summary>tcp_established.</summary>
    public bool TcpEstablished { get; init; }

    /// <summary>tcp_skip_in_flight.</summary>
    public bool TcpSkipInFlight { get; init; }

    /// <summary>tcp_close.</summary>
    public bool TcpClose { get; init; }

    /// <summary>evasive_devices: another path to the same device may be used.</summary>
    public bool EvasiveDevices { get; init; }

    /// <summary>shell_job.</summary>
    public bool ShellJob { get; init; }

    /// <summary>file_locks.</summary>
    public bool FileLocks { get; init; }

    /// <summary>link_remap.</summary>
    public bool LinkRemap { get; init; }

    /// <summary>lazy_pages.</summary>
    public bool LazyPages { get; init; }

    /// <summary>auto_dedup.</summary>
    public bool AutoDedup { get; init; }

    /// <summary>parent_img, relative to the directory of the images; with track_mem.</summary>
    public string? ParentImages { get; init; }

    /// <summary>track_mem: the next dump needs only the pages that were written since.</summary>
    public bool TrackMemory { get; init; }

    /// <summary>Address and port of a page server, or null.</summary>
    public (string Address, int Port)? PageServer { get; init; }

    /// <summary>manage_cgroups_mode: criu_cg_mode; null is CRIU's default, soft.</summary>
    public int? CgroupMode { get; init; }

    /// <summary>cg_root: the cgroup in place of the one that was dumped.</summary>
    public string? CgroupRoot { get; init; }

    /// <summary>empty_ns: CLONE_NEWNET for a network namespace without contents.</summary>
    public long? EmptyNamespaces { get; init; }

    /// <summary>freeze_cgroup, absolute.</summary>
    public string? FreezeCgroup { get; init; }

    /// <summary>status_fd: a descriptor of punnet.</summary>
    public int? StatusDescriptor { get; init; }

    /// <summary>rst_sibling: the restored process becomes a child of punnet, and not of CRIU.</summary>
    public bool AsSibling { get; init; }

    /// <summary>config_file.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>lsm_profile: TYPE:NAME.</summary>
    public string? LsmProfile { get; init; }

    /// <summary>lsm_mount_context.</summary>
    public string? LsmMountContext { get; init; }

    /// <summary>network_lock: criu_network_lock_method.</summary>
    public int? NetworkLock { get; init; }

    /// <summary>
    /// ext_mnt. Of a dump: mount point, and the name that the image gets. Of a restore: that name, and what is mounted.
    /// </summary>
    public IReadOnlyList<(string Key, string Value)> Mounts { get; init; } = [];

    /// <summary>external: such as <c>net[4026531840]:extRootNetNS</c>.</summary>
    public IReadOnlyList<string> External { get; init; } = [];

    /// <summary>inherit_fd: a name, and a descriptor of the process of CRIU.</summary>
    public IReadOnlyList<(string Key, int Descriptor)> Inherited { get; init; } = [];

    /// <summary>join_ns: a kind, and a file of the namespace.</summary>
    public IReadOnlyList<(string Kind, string File)> Joined { get; init; } = [];

    /// <summary>The message.</summary>
    public ProtobufWriter Write()
    {
        const int MostVerbose = 4;
        ProtobufWriter message = new();
        message.Number(1, Images);
        message.Number(2, Pid);
        message.Flag(3, LeaveRunning);
        message.Flag(4, ExternalUnixSockets);
        message.Flag(5, TcpEstablished);
        message.Flag(6, EvasiveDevices);
        message.Flag(7, ShellJob);
        message.Flag(8, FileLocks);
        message.Number(9, MostVerbose);
        message.Text(10, LogFile);
        if (PageServer is (string address, int port))
        {
            WriteInner(message, 11, inner => inner.Text(1, address), inner => inner.Number(2, port));
        }

        message.Flag(12, true); // notify_scripts
        message.Text(13, Root);
        message.Text(14, ParentImages);
        message.Flag(15, TrackMemory);
        message.Flag(16, AutoDedup);
        message.Number(17, Work);
        message.Flag(18, LinkRemap);
        WritePairs(message, 23, Mounts);
        message.Flag(24, true); // manage_cgroups
        if (CgroupRoot is not null)
        {
            WriteInner(message, 25, inner => inner.Text(1, ""), inner => inner.Text(2, CgroupRoot)); // Without a name: cgroup v2.
        }

        message.Flag(26, AsSibling);
        foreach ((string key, int descriptor) in Inherited)
        {
            WriteInner(message, 27, inner => inner.Text(1, key), inner => inner.Number(2, descriptor));
        }

        WriteLater(message);
        return message;
    }

    private void WriteLater(ProtobufWriter message)
    {
        message.Number(34, CgroupMode);
        foreach (string external in External)
        {
            message.Text(37, external);
        }

        message.Number(38, EmptyNamespaces);
        WritePairs(message, 39, Joined);
        message.Text(44, FreezeCgroup);
        message.Flag(46, TcpSkipInFlight);
        message.Flag(48, LazyPages);
        message.Number(49, StatusDescriptor);
        message.Flag(50, true); // orphan_pts_master
        message.Text(51, ConfigFile);
        message.Flag(52, TcpClose);
        message.Text(53, LsmProfile);
        message.Text(63, LsmMountContext);
        message.Number(64, NetworkLock);
    }

    private static void WritePairs(ProtobufWriter message, int field, IReadOnlyList<(string First, string Second)> pairs)
    {
        foreach ((string first, string second) in pairs)
        {
            WriteInner(message, field, inner => inner.Text(1, first), inner => inner.Text(2, second));
        }
    }

    private static void WriteInner(ProtobufWriter message, int field, params ReadOnlySpan<Action<ProtobufWriter>> parts)
    {
        ProtobufWriter inner = new();
        foreach (Action<ProtobufWriter> part in parts)
        {
            part(inner);
        }

        message.Message(field, inner);
    }
}

/// <summary>criu_req of CRIU's rpc.proto.</summary>
public static class CriuRequest
{
    /// <summary>A question without options, after which the connection stays open.</summary>
    /// <param name="type">Version or FeatureCheck.</param>
    public static ProtobufWriter Ask(CriuRequestType type)
    {
        ProtobufWriter message = new();
        message.Number(1, (long)type);
        message.Flag(4, true);
        if (type == CriuRequestType.FeatureCheck)
        {
            ProtobufWriter features = new();
            features.Flag(1, true);
            features.Flag(2, true);
            message.Message(5, features);
        }

        return message;
    }

    /// <summary>A piece of work.</summary>
    public static ProtobufWriter Do(CriuRequestType type, CriuOptions options)
    {
        ProtobufWriter message = new();
        message.Number(1, (long)type);
        message.Message(2, options.Write());
        return message;
    }

    /// <summary>The answer to a notification.</summary>
    /// <param name="success">Whether CRIU goes on.</param>
    public static ProtobufWriter Answer(bool success)
    {
        ProtobufWriter message = new();
        message.Number(1, (long)CriuRequestType.Notify);
        message.Number(3, success ? 1 : 0);
        return message;
    }
}
