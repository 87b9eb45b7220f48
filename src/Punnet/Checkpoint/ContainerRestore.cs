using System;
using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Host;
using Punnet.Host.Checkpoint;
using Punnet.Host.Layers;
using Punnet.Host.Namespaces;
using Punnet.Host.Resctrl;
using Punnet.Host.State;
using Punnet.Init;
using Punnet.Kernel;
using Punnet.Lifecycle;
using Punnet.Plan;
using Punnet.Spec;

namespace Punnet.Checkpoint;

/// <summary>
/// The script of <c>restore</c>: a container of which CRIU makes the processes from files. Its cgroup, its root and the namespaces that it
/// joins are made as by a create. After a failure nothing is left.
/// </summary>
internal sealed class ContainerRestore
{
    private const string LogName = "restore.log";
    private readonly CreateContext _request;
    private readonly CriuFlags _flags;
    private readonly CreatedResources _made;
    private ContainerPlan Plan => _request.Plan;

    private ContainerRestore(CreateContext request, CriuFlags flags, CreatedResources made)
    {
        _request = request;
        _flags = flags;
        _made = made;
    }

    /// <summary>Restores a container.</summary>
    /// <param name="request">As for a create.</param>
    /// <param name="flags">How.</param>
    /// <exception cref="PunnetException">It cannot be restored.</exception>
    /// <exception cref="SysException">It cannot be restored.</exception>
    public static CreatedContainer Run(CreateContext request, CriuFlags flags)
    {
        string program = CriuProcess.Find(flags.Criu);
        ContainerCheckpoint.Refuse(request.Plan);
        Inheritance.ReadOnce();
        SecurityModules.Check(request.Plan);
        using Descriptor images = Descriptor.Open(flags.Images, OpenFlags.ReadOnly | OpenFlags.Directory);
        LetRootRead(request.Plan, images);
        using Descriptor work = ContainerCheckpoint.MakeDirectory(flags.Work);
        using LayerStack? layers = LayerStack.Open(request.Plan.Overlay);
        ResctrlGroup? resctrl = request.Plan.IntelRdt is IntelRdtPlan rdt ? ResctrlGroup.Prepare(ResctrlMount.Find(), rdt) : null;
        PendingSignals.Begin();
        using CreatedResources made = new(request)
        {
            Directory = request.Store.Reserve(request.Options.Id),
            Layers = layers,
            Resctrl = resctrl,
            Channel = new Descriptor(-1), // Nobody is to be told to start.
        };
        return new ContainerRestore(request, flags, made).Make(program, images);
    }

    // The process that CRIU restores reads the images as the caller at first, and then as root of the container's user namespace. So
    // the group gets the right: whoever else owns the directory keeps it. Nobody else must read it, for it holds the memory of programs.
    private static void LetRootRead(ContainerPlan plan, Descriptor images)
    {
        const OpenFlags Flags = OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking;
        if (RootOf(plan.Namespaces.GidMap) is not uint group)
        {
            return;
        }

        LetRead(images.Number, FileMode.Directory, group);
        foreach (string name in DirectoryListing.All(images.Number))
        {
            if (Sys.Openat(images.Number, CString.Of(name).WithNul, Flags, 0, out int file) == Errno.None)
            {
                using Descriptor image = new(file);
                LetRead(file, FileMode.Regular, group);
            }
        }
    }

    // What cannot be changed, CRIU names if it cannot read it. A file with more names may be somebody else's.
    private static void LetRead(int file, uint type, uint group)
    {
        const uint Same = uint.MaxValue, Read = 0x20, Search = 0x8; // S_IRGRP, S_IXGRP
        bool isDirectory = type == FileMode.Directory;
        if (Sys.Statx(file, out FileStatus status) == Errno.None && status.Is(type) && (isDirectory || status.Links == 1))
        {
            Sys.Fchown(file, Same, group);
            Sys.Fchmod(file, (status.Mode & 0xfffu) | Read | (isDirectory ? Search : 0));
        }
    }

    // user_namespaces(7): the line of the map that begins with 0.
    private static uint? RootOf(CString map)
    {
        foreach (string line in map.IsNull ? [] : map.ToString().Split('\n'))
        {
            if (line.Split(' ') is ["0", string id, _] && uint.TryParse(id, out uint found))
            {
                return found;
            }
        }

        return null;
    }

    private CreatedContainer Make(string program, Descriptor images)
    {
        ContainerCreator.Register(_request, _made);
        ContainerCreator.MakeCgroup(_request, _made);
        _made.Resctrl?.Establish();
        using Descriptor proc = HostProbe.OpenProc();
        using NamespaceFiles joins = NamespaceFiles.Open(Plan);
        using DescriptorRoom room = DescriptorRoom.For(Plan);
        using IdMapNamespaces idMaps = IdMapNamespaces.Open(Plan, joins, proc, room);
        _made.Layers?.Prepare(_made.Directory, Plan.Root.ToString(), idMaps.Layers);
        if (Plan.Hooks.HasCreateRuntime)
        {
            _made.Hooks = new HookRunner(Plan.Excerpt.Annotations);
        }

        List<string> inherited = Streams(images);
        int[] external = JoinExternal(joins, inherited);

        // CRIU's mount namespace ends with CRIU, and what it mounts there must not reach the host.
        ContainerPlan root = Plan with { RootPropagation = MountFlags.None };
        string? cover = Cover(images);
        using CriuProcess criu = CriuProcess.Start(
            program, root, _made.Layers?.Fds, external, ExternalResources.MountPoints(Plan),
            cover is null ? null : (_made.Directory.Path + "/" + cover, _flags.Images + "/" + cover), _flags.Options.ShellJob);
        EnterCgroup(criu.Pid);

        // CRIU mounts in its working directory, which must be of its own mount namespace.
        using Descriptor imagesThere = criu.Open(_flags.Images);
        using Descriptor workThere = criu.Open(_flags.Work);
        criu.Proceed();
        CriuOptions options = _flags.Options;
        options.Images = imagesThere.Number;
        options.Work = workThere.Number;
        options.LogFile = LogName;
        options.Root = Plan.Root.ToString();
        options.AsSibling = true;
        options.EvasiveDevices = true;
        options.ConfigFile = CriuFlags.ConfigFile(Plan.Excerpt.Annotations);
        options.CgroupRoot = _made.Cgroup?.BelowMount;
        options.Mounts = ExternalResources.OfRestored(Plan, _made.Cgroup?.Path ?? "");
        options.Inherited = inherited;
        options.Joined = JoinInternal();
        CriuResponse done = criu.Do(CriuRequestType.Restore, options, _flags.Work + "/" + LogName, Notice);
        criu.Finish();
        if (cover is not null)
        {
            Sys.Unlinkat(_made.Directory.Number, CString.Of(cover).WithNul, isDirectory: false);
        }

        Adopt(done.RestoredPid);
        _made.UpdateHookState(ContainerStatus.Running, done.RestoredPid);
        return _made.HandOver();
    }

    // For a root that is to be read-only: the name of an image of which the state directory has a changed copy, see MountImage.
    private string? Cover(Descriptor images)
    {
        if (!Plan.RootReadOnly || MountImage.Find(images) is not string name)
        {
            return null;
        }

        const OpenFlags Flags = OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking;
        Sys.Openat(images.Number, CString.Of(name).WithNul, Flags, 0, out int file).OrThrow("open", _flags.Images + "/" + name);
        using Descriptor image = new(file);
        byte[] changed = HostFile.Read(file, name);
        if (!MountImage.TryMakeRootWritable(changed))
        {
            return null;
        }

        const OpenFlags Fresh = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow;
        string path = _made.Directory.Path + "/" + name;

        // For everybody: CRIU reads it as root of the container's user namespace, and it says no more than mountinfo.
        Sys.Openat(_made.Directory.Number, CString.Of(name).WithNul, Fresh, Permissions.Mode0644, out int made).OrThrow("make", path);
        using Descriptor copy = new(made);
        Sys.WriteAll(made, changed).OrThrow("write", path);
        return name;
    }

    // Before there are any processes of the container: they are CRIU's children, and begin in its cgroup.
    private void EnterCgroup(int criu)
    {
        if (_made.Unit is not null)
        {
            _made.Cgroup = _made.Unit.Start(criu, Plan.Resources);
            ContainerCgroup.Limit(_request, _made.Cgroup);
        }
        else
        {
            _made.Cgroup?.Enter(criu);
        }

        if (!Plan.Hooks.HasInContainer)
        {
            ContainerCgroup.RestrictDevices(_request, _made.Cgroup);
        }
    }

    private void Notice(CriuResponse notice, Descriptor? file)
    {
        switch (notice.Script)
        {
            case "setup-namespaces":
                Adopt(notice.ScriptPid);
                _made.UpdateHookState(ContainerStatus.Creating, notice.ScriptPid);
                _made.Hooks?.Run(Plan.Hooks.Prestart);
                _made.Hooks?.Run(Plan.Hooks.CreateRuntime);
                break;
            case "post-restore":
                Adopt(notice.ScriptPid);
                if (Plan.RootReadOnly)
                {
                    MountProcess.Run(Plan with { Mounts = [] }, MountChange.MakeRootReadOnly, _made.Process!.Pidfd, notice.ScriptPid);
                }

                break;
            case "orphan-pts-master" when file is not null && _request.ConsoleSocket is not null:
                Sys.Sendmsg(_request.ConsoleSocket.Number, "/dev/ptmx"u8, file.Number).OrThrow("hand the terminal to the console socket");
                break;
            default:
                break;
        }
    }

    // It is a child of punnet, and the rollback ends it.
    private void Adopt(int pid)
    {
        if (_made.Process is not null)
        {
            return;
        }

        Sys.PidfdOpen(pid, out int pidfd).OrThrow("open the restored process");
        _made.Process = new ChildProcess(pid, new Descriptor(pidfd), isStage: false);
        ProcessIdentity identity = ProcessIdentity.TryRead(pid) ?? throw new PunnetException("the restored process has ended");
        _made.Directory.SetInit(identity, pidfd, _made.Record!);
        if (_made.Resctrl is not null)
        {
            ResctrlGroup.Enter(_made.Resctrl.Record, pid);
        }
    }

    // What was a pipe is now what this punnet has as that stream.
    private static List<string> Streams(Descriptor images)
    {
        List<string> streams = ["", "", ""];
        CString name = CString.Of(ContainerCheckpoint.Streams);
        const OpenFlags Flags = OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking;
        Errno errno = Sys.Openat(images.Number, name.WithNul, Flags, 0, out int file);
        if (errno == Errno.ENOENT)
        {
            return streams;
        }

        errno.OrThrow("open", name.ToString());
        using Descriptor owned = new(file);
        try
        {
            IReadOnlyList<string> names = ConfigReader.ReadStrings(HostFile.Read(file, name.ToString()));
            for (int stream = 0; stream < names.Count && stream < streams.Count; stream++)
            {
                streams[stream] = names[stream].StartsWith("pipe:", StringComparison.Ordinal) ? names[stream] : "";
            }

            return streams;
        }
        catch (SpecException refusal)
        {
            throw new PunnetException(name + " of the images is invalid: " + refusal.Message);
        }
    }

    private int[] JoinExternal(NamespaceFiles joins, List<string> inherited)
    {
        inherited.Add(""); // 3 is the connection.
        List<int> files = [];
        for (int i = 0; i < joins.Numbers.Length; i++)
        {
            if (ExternalResources.Name(Plan.Namespaces.Joins[i].Kind) is string name)
            {
                inherited.Add(name);
                files.Add(joins.Numbers[i]);
            }
        }

        return [.. files];
    }

    private List<string> JoinInternal()
    {
        List<string> joined = [];
        foreach (NamespaceJoin join in Plan.Namespaces.Joins)
        {
            if (join.Kind is CloneFlags.NewIpc or CloneFlags.NewUts)
            {
                joined.AddRange([NamespaceKinds.FileName(NamespaceKinds.Number(join.Kind)), join.Path.ToString()]);
            }
        }

        return joined;
    }
}
