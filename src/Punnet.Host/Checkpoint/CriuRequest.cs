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
public sealed class CriuOptions
{
    /// <summary>Directory of the images: a descriptor of punnet.</summary>
    public int Images { get; set; } = -1;

    /// <summary>Directory of the log and the statistics: a descriptor of punnet.</summary>
    public int Work { get; set; } = -1;

    /// <summary>Name of the log in that directory.</summary>
    public string LogFile { get; set; } = "";

    /// <summary>The root file system on the host.</summary>
    public string Root { get; set; } = "";

    /// <summary>The first process to dump; null for a restore.</summary>
    public int? Pid { get; set; }

    /// <summary>leave_running.</summary>
    public bool LeaveRunning { get; set; }

    /// <summary>ext_unix_sk.</summary>
    public bool ExternalUnixSockets { get; set; }

    /// <summary>tcp_established.</summary>
    public bool TcpEstablished { get; set; }

    /// <summary>tcp_skip_in_flight.</summary>
    public bool TcpSkipInFlight { get; set; }

    /// <summary>tcp_close.</summary>
    public bool TcpClose { get; set; }

    /// <summary>evasive_devices: another path to the same device may be used.</summary>
    public bool EvasiveDevices { get; set; }

    /// <summary>shell_job.</summary>
    public bool ShellJob { get; set; }

    /// <summary>file_locks.</summary>
    public bool FileLocks { get; set; }

    /// <summary>link_remap.</summary>
    public bool LinkRemap { get; set; }

    /// <summary>lazy_pages.</summary>
    public bool LazyPages { get; set; }

    /// <summary>auto_dedup.</summary>
    public bool AutoDedup { get; set; }

    /// <summary>parent_img, relative to the directory of the images; with track_mem.</summary>
    public string? ParentImages { get; set; }

    /// <summary>track_mem: the next dump needs only the pages that were written since.</summary>
    public bool TrackMemory { get; set; }

    /// <summary>Address of a page server, or null.</summary>
    public string? PageServer { get; set; }

    /// <summary>Its port.</summary>
    public int PageServerPort { get; set; }

    /// <summary>manage_cgroups_mode: criu_cg_mode; null is CRIU's default, soft.</summary>
    public int? CgroupMode { get; set; }

    /// <summary>cg_root: the cgroup in place of the one that was dumped.</summary>
    public string? CgroupRoot { get; set; }

    /// <summary>empty_ns: CLONE_NEWNET for a network namespace without contents.</summary>
    public long? EmptyNamespaces { get; set; }

    /// <summary>freeze_cgroup, absolute.</summary>
    public string? FreezeCgroup { get; set; }

    /// <summary>status_fd: a descriptor of punnet.</summary>
    public int? StatusDescriptor { get; set; }

    /// <summary>rst_sibling: the restored process becomes a child of punnet, and not of CRIU.</summary>
    public bool AsSibling { get; set; }

    /// <summary>config_file.</summary>
    public string? ConfigFile { get; set; }

    /// <summary>lsm_profile: TYPE:NAME.</summary>
    public string? LsmProfile { get; set; }

    /// <summary>lsm_mount_context.</summary>
    public string? LsmMountContext { get; set; }

    /// <summary>network_lock: criu_network_lock_method.</summary>
    public int? NetworkLock { get; set; }

    /// <summary>
    /// ext_mnt, in pairs. Of a dump: mount point, and the name that the image gets. Of a restore: that name, and what is mounted.
    /// </summary>
    public List<string> Mounts { get; set; } = [];

    /// <summary>external: such as <c>net[4026531840]:extRootNetNS</c>.</summary>
    public List<string> External { get; set; } = [];

    /// <summary>inherit_fd: the names of the descriptors of the process of CRIU, from 0 on; empty for one that is not passed on.</summary>
    public List<string> Inherited { get; set; } = [];

    /// <summary>join_ns, in pairs: a kind, and a file of the namespace.</summary>
    public List<string> Joined { get; set; } = [];

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
        if (PageServer is not null)
        {
            ProtobufWriter server = new();
            server.Text(1, PageServer);
            server.Number(2, PageServerPort);
            message.Message(11, server);
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
            WritePairs(message, 25, ["", CgroupRoot]); // Without a name: cgroup v2.
        }

        message.Flag(26, AsSibling);
        for (int descriptor = 0; descriptor < Inherited.Count; descriptor++)
        {
            if (Inherited[descriptor].Length > 0)
            {
                ProtobufWriter inherited = new();
                inherited.Text(1, Inherited[descriptor]);
                inherited.Number(2, descriptor);
                message.Message(27, inherited);
            }
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

    private static void WritePairs(ProtobufWriter message, int field, List<string> pairs)
    {
        for (int i = 0; i < pairs.Count; i += 2)
        {
            ProtobufWriter inner = new();
            inner.Text(1, pairs[i]);
            inner.Text(2, pairs[i + 1]);
            message.Message(field, inner);
        }
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
