using System.Collections.Generic;
using System.Text;
using Punnet.Abi;
using Punnet.Host;
using Punnet.Host.Cgroups;
using Punnet.Host.Checkpoint;
using Punnet.Host.State;
using Punnet.Kernel;
using Punnet.Lifecycle;
using Punnet.Plan;
using Punnet.Spec;

namespace Punnet.Checkpoint;

/// <summary>The script of <c>checkpoint</c>: the processes of a container become files. After a failure it runs as before.</summary>
internal static class ContainerCheckpoint
{
    /// <summary>Name of the file with what the standard streams were, beside the images; runc's.</summary>
    public const string Streams = "descriptors.json";

    private const string LogName = "dump.log";

    /// <summary>Dumps a container.</summary>
    /// <param name="container">The container, which runs or is paused.</param>
    /// <param name="flags">How.</param>
    /// <param name="preDump">Whether only the memory is written.</param>
    /// <param name="log">The log.</param>
    /// <exception cref="PunnetException">CRIU fails, or there is none.</exception>
    /// <exception cref="SysException">The directories cannot be made.</exception>
    public static void Run(Container container, CriuFlags flags, bool preDump, Log log)
    {
        string id = container.Directory.Id;
        string program = CriuProcess.Find(flags.Criu);
        StateRecord record = container.Record ?? throw container.Damaged("checkpoint");
        ContainerPlan plan = RunningPlan.Of(id, record, log);
        Refuse(plan);
        ProcessIdentity init = container.Init!.Value;
        using Descriptor images = MakeDirectory(flags.Images);
        using Descriptor work = MakeDirectory(flags.Work);
        Inheritance.ReadOnce();
        PendingSignals.Begin();
        CriuOptions options = flags.Options;
        options.Images = images.Number;
        options.Work = work.Number;
        options.LogFile = LogName;
        options.Root = record.Rootfs;
        options.Pid = init.Pid;
        options.ConfigFile = CriuFlags.ConfigFile(record.Annotations);
        options.External = ExternalResources.Namespaces(plan, init.Pid);
        options.FreezeCgroup = record.Cgroup is null ? null : CgroupMount.Find() + record.Cgroup;
        options.Mounts = preDump ? [] : ExternalResources.OfRunning(plan, init.Pid);
        if (!preDump)
        {
            WriteStreams(images, flags.Images, init.Pid);
        }

        using CriuProcess criu = CriuProcess.Start(program, null, null, [], [], cover: null, options.ShellJob);
        criu.Proceed();
        CheckFeatures(criu, options, preDump);
        List<int> strangers = preDump ? [] : ProcessTree.Strangers(record.Cgroup, init.Pid);
        using DumpProgress? progress = DumpProgress.Begin(images);
        criu.Progress = progress;
        criu.Do(preDump ? CriuRequestType.PreDump : CriuRequestType.Dump, options, flags.Work + "/" + LogName);
        criu.Finish();
        foreach (int pid in strangers)
        {
            log.Warn("process " + pid.ToString() + " is not in the images: criu writes only the first process and its descendants, "
                + "and no program of exec");
        }
    }

    /// <summary>Refuses what CRIU would restore as something else.</summary>
    /// <exception cref="PunnetException">The container has such a thing.</exception>
    public static void Refuse(ContainerPlan plan)
    {
        foreach (MountStep step in plan.Mounts)
        {
            if (step.IdMap is not null)
            {
                throw new PunnetException("mounts[" + step.Index.ToString()
                    + "]: criu cannot restore a mount with ids of its own (uidMappings, gidMappings)");
            }
        }

        if (plan.Namespaces.SharesMounts)
        {
            throw new PunnetException("linux.namespaces: criu needs a container with its own mount namespace");
        }
    }

    private static void CheckFeatures(CriuProcess criu, CriuOptions options, bool preDump)
    {
        if (!options.LazyPages && !preDump && !options.TrackMemory)
        {
            return;
        }

        CriuResponse? features = criu.Features();
        if (options.LazyPages && features is not { HasLazyPages: true })
        {
            throw new PunnetException("--lazy-pages: criu says that this kernel, or criu itself, has no lazy pages (userfaultfd)");
        }

        if ((preDump || options.TrackMemory) && features is not { TracksMemory: true })
        {
            throw new PunnetException((preDump ? "--pre-dump" : "--parent-path")
                + ": criu says that this kernel, or criu itself, does not track memory (CONFIG_MEM_SOFT_DIRTY)");
        }
    }

    /// <summary>Opens a directory, and makes it, and those above, where it does not exist.</summary>
    /// <param name="path">Its path, absolute.</param>
    /// <exception cref="SysException">It cannot be opened, or made.</exception>
    public static Descriptor MakeDirectory(string path)
    {
        for (int slash = path.IndexOf('/', 1); ; slash = path.IndexOf('/', slash + 1))
        {
            string part = slash < 0 ? path : path[..slash];
            Errno errno = Sys.Mkdirat(Sys.WorkingDirectory, CString.Of(part).WithNul, Permissions.Mode0700);
            if (slash < 0)
            {
                (errno == Errno.EEXIST ? Errno.None : errno).OrThrow("make", path);
                return Descriptor.Open(path, OpenFlags.ReadOnly | OpenFlags.Directory);
            }
        }
    }

    // A pipe is given back by its name at the restore. Where the first process has closed a stream, nothing is given.
    private static void WriteStreams(Descriptor images, string path, int pid)
    {
        const OpenFlags Fresh = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate | OpenFlags.NoFollow;
        List<string> streams = [];
        for (int stream = 0; stream < 3; stream++)
        {
            byte[] buffer = new byte[4096];
            CString link = CString.Of("/proc/" + pid.ToString() + "/fd/" + stream.ToString());
            Errno errno = Sys.Readlinkat(Sys.WorkingDirectory, link.WithNul, buffer, out int length);
            streams.Add(errno == Errno.None ? Encoding.UTF8.GetString(buffer, 0, length) : "/dev/null");
        }

        CString name = CString.Of(Streams);
        Sys.Openat(images.Number, name.WithNul, Fresh, Permissions.Mode0600, out int file).OrThrow("make", path + "/" + Streams);
        using Descriptor owned = new(file);
        Sys.WriteAll(file, StringsJson.Write(streams)).OrThrow("write", path + "/" + Streams);
    }
}
