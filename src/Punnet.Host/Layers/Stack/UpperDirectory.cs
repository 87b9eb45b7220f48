using System;
using System.Text;
using Punnet.Abi;
using Punnet.Host.State;
using Punnet.Kernel;
using Punnet.Plan;
using Punnet.Spec;

namespace Punnet.Host.Layers;

/// <summary>
/// The directory that takes what a container changes, and beside it the directory that overlayfs works in. One that is kept has a
/// work directory named by its inode, with a file that names the container it belongs to: of two containers the kernel would only warn.
/// </summary>
public sealed class UpperDirectory : IDisposable
{
    private const OpenFlags AsPlace = OpenFlags.Path | OpenFlags.Directory | OpenFlags.NoFollow;
    private const OpenFlags OwnerFile = OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.NoFollow | OpenFlags.NonBlocking;
    private readonly OverlayPlan _plan;
    private readonly string _name;
    private LayerDirectory? _upper;
    private Descriptor? _owner;
    private string _workName = "work";
    private bool _isMade;
    private bool _isTaken;

    private UpperDirectory(OverlayPlan plan, LayerDirectory parent, string name)
    {
        _plan = plan;
        Parent = parent;
        _name = name;
    }

    /// <summary>The directory that holds both.</summary>
    public LayerDirectory Parent { get; }

    /// <summary>Its path, absolute and free of links.</summary>
    public string Path => Parent.Path.TrimEnd('/') + "/" + _name;

    /// <summary>The upper directory's name in <see cref="Parent"/>.</summary>
    public string Name => _name;

    /// <summary>The work directory's name in <see cref="Parent"/>.</summary>
    public string WorkName => _workName;

    /// <summary>Finds one that is kept, or the place for it; makes nothing.</summary>
    /// <exception cref="PunnetException">It cannot be one.</exception>
    public static UpperDirectory Find(OverlayPlan plan)
    {
        Errno errno = LayerDirectory.Open(Sys.WorkingDirectory, plan.Upper, out LayerDirectory? upper);
        if (errno == Errno.ENOENT)
        {
            string path = plan.Upper.ToString().TrimEnd('/');
            string missing = path[(path.LastIndexOf('/') + 1)..];
            errno = LayerDirectory.Open(Sys.WorkingDirectory, CString.Of(path[..^missing.Length]), out LayerDirectory? holder);
            return errno == Errno.None && missing is not ("." or "..")
                ? new UpperDirectory(plan, holder!, missing)
                : throw LayerFailures.Upper(plan, errno == Errno.None ? Errno.ENOENT : errno);
        }

        if (errno != Errno.None)
        {
            throw LayerFailures.Upper(plan, errno);
        }

        if (upper!.Status.IsMountRoot)
        {
            upper.Dispose();
            throw LayerFailures.Upper(
                plan, "it is a mount itself, and overlayfs needs a work directory beside it", "give a directory in it");
        }

        errno = LayerDirectory.Open(upper.Number, CString.Of(".."), out LayerDirectory? parent);
        return errno == Errno.None
            ? new UpperDirectory(plan, parent!, upper.Path[(upper.Path.LastIndexOf('/') + 1)..]) { _upper = upper }
            : throw LayerFailures.Upper(plan, errno);
    }

    /// <summary>The container's private one, in its state directory.</summary>
    /// <exception cref="PunnetException">The directory cannot be opened.</exception>
    public static UpperDirectory Own(OverlayPlan plan, ContainerDirectory directory)
    {
        Errno errno = LayerDirectory.Open(directory.Number, CString.Of("."), out LayerDirectory? parent);
        return errno == Errno.None ? new UpperDirectory(plan, parent!, "upper") : throw LayerFailures.Upper(plan, errno);
    }

    /// <summary>Makes the missing directories and claims them for a container.</summary>
    /// <param name="model">The topmost layer: the root of the stack has the owner and mode of the upper directory.</param>
    /// <param name="stateDirectory">The container's.</param>
    /// <exception cref="PunnetException">Another container has it, or it cannot be made.</exception>
    public void Take(FileStatus model, string stateDirectory)
    {
        if (_upper is null)
        {
            Check(Sys.Mkdirat(Parent.Number, CString.Of(_name).WithNul, Permissions.Mode0755));
            _isMade = true;
            Check(LayerDirectory.Open(Parent.Number, CString.Of(_name), out _upper));
        }

        if (!_plan.OwnsUpper)
        {
            _workName = WorkNameOf(_upper!.Status);
        }

        Errno errno = Sys.Mkdirat(Parent.Number, CString.Of(_workName).WithNul, Permissions.Mode0700);
        _isTaken = errno == Errno.None && !_plan.OwnsUpper;
        Check(errno == Errno.EEXIST && !_plan.OwnsUpper ? Errno.None : errno);
        if (!_plan.OwnsUpper)
        {
            Own(stateDirectory);
        }

        if (DirectoryListing.All(_upper!.Number).Count == 0)
        {
            Resemble(_upper, model);
        }
    }

    /// <summary>Opens both in a mount of their own.</summary>
    /// <param name="mount">Of <see cref="Parent"/>.</param>
    /// <param name="upper">The upper directory; the caller closes it.</param>
    /// <param name="work">The work directory; the caller closes it.</param>
    /// <exception cref="PunnetException">They are gone.</exception>
    public void Open(int mount, out int upper, out int work)
    {
        work = -1;
        Check(Sys.Openat(mount, CString.Of(_name).WithNul, AsPlace, 0, out upper));
        Check(Sys.Openat(mount, CString.Of(_workName).WithNul, AsPlace, 0, out work));
        Check(Sys.Statx(upper, out FileStatus status));
        Check(status.Inode == _upper!.Status.Inode ? Errno.None : Errno.ENOENT);
    }

    /// <summary>Undoes what <see cref="Take"/> made.</summary>
    public void Undo(string stateDirectory)
    {
        if (_isTaken)
        {
            _owner?.Dispose();
            Release(Path, stateDirectory);
        }

        if (_isMade && !_plan.OwnsUpper)
        {
            Sys.Unlinkat(Parent.Number, CString.Of(_name).WithNul, isDirectory: true);
        }
    }

    /// <summary>Releases a kept one: its work directory is removed.</summary>
    /// <param name="path">The upper directory.</param>
    /// <param name="stateDirectory">The container's, whose work directory it must be.</param>
    /// <exception cref="SysException">It cannot be removed.</exception>
    public static void Release(string path, string stateDirectory)
    {
        int slash = path.LastIndexOf('/');
        if (!Is(Sys.Openat(
            Sys.WorkingDirectory, CString.Of(path[..(slash + 1)]).WithNul, OpenFlags.Path | OpenFlags.Directory, 0, out int parent), path))
        {
            return;
        }

        using Descriptor ownedParent = new(parent);
        if (!Is(Sys.StatxNoFollow(parent, CString.Of(path[(slash + 1)..]).WithNul, out FileStatus status), path)
            || !Is(Sys.Openat(parent, CString.Of(WorkNameOf(status)).WithNul, AsPlace, 0, out int work), path))
        {
            return;
        }

        using Descriptor ownedWork = new(work);
        if (!Is(Sys.Statx(work, out FileStatus workStatus), path) || !IsOurs(workStatus)
            || !Is(Sys.Openat(work, "owner\0"u8, OwnerFile, Permissions.Mode0600, out int file), path))
        {
            return;
        }

        // An empty one is from a create that was killed before it wrote its name.
        using Descriptor ownedFile = new(file);
        if (Sys.Lock(file) == Errno.None && Encoding.UTF8.GetString(HostFile.Read(file, path)) is string owner
            && (owner.Length == 0 || owner == stateDirectory))
        {
            TreeRemoval.Remove(parent, CString.Of(WorkNameOf(status)), path[..(slash + 1)] + WorkNameOf(status));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _owner?.Dispose();
        _upper?.Dispose();
        Parent.Dispose();
    }

    // In /tmp, any user may have made the work directory.
    private static bool IsOurs(FileStatus work) => work.Uid == Sys.Geteuid() && (work.Mode & Permissions.GroupOrOthersWrite) == 0;

    // A directory that has replaced it is not this container's. After a shortage of descriptors or memory it still is.
    private static bool Is(Errno errno, string path)
    {
        if (errno.IsShortage())
        {
            errno.OrThrow("give back the upper directory", path);
        }

        return errno == Errno.None;
    }

    private static string WorkNameOf(FileStatus upper) => ".punnet-work-" + upper.Inode.ToString();

    private void Own(string stateDirectory)
    {
        Check(Sys.Openat(
            Parent.Number, CString.Of(_workName).WithNul, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out int work));
        using Descriptor ownedWork = new(work);
        Check(Sys.Statx(work, out FileStatus status));
        if (!IsOurs(status))
        {
            throw LayerFailures.Upper(_plan, "the work directory " + _workName + " beside it is open to other users");
        }

        Check(Sys.Openat(work, "owner\0"u8, OwnerFile, Permissions.Mode0600, out int file));
        _owner = new Descriptor(file);
        if (Sys.Lock(file) != Errno.None)
        {
            throw LayerFailures.Upper(_plan, "a container is being made or removed with it at this moment");
        }

        string other = Encoding.UTF8.GetString(HostFile.Read(file, "the owner of " + Path));
        if (other.Length > 0 && other != stateDirectory && IsInUseBy(other))
        {
            throw LayerFailures.Upper(_plan, "it is in use by container " + other[(other.LastIndexOf('/') + 1)..] + " of " + other);
        }

        _isTaken = true;
        Sys.Rewind(file).OrThrow("read from the beginning");
        Check(Sys.Ftruncate(file, 0));
        Check(Sys.WriteAll(file, Encoding.UTF8.GetBytes(stateDirectory)));
    }

    // A container in any state: a stopped one can still be read. What a newer punnet has made may have it.
    private bool IsInUseBy(string stateDirectory)
    {
        SpecException? newer = null;
        using ContainerDirectory? directory = ContainerDirectory.Open(Sys.WorkingDirectory, "", stateDirectory);
        StateRecord? record = directory?.TryRead(out _, out newer);
        return newer is not null || (record?.Overlay is OverlayRecord overlay && overlay.Upper == Path);
    }

    private void Resemble(LayerDirectory upper, FileStatus model)
    {
        if (upper.Status.Uid != model.Uid || upper.Status.Gid != model.Gid)
        {
            // An ordinary user cannot give it to another one.
            Errno errno = Sys.Fchown(upper.Number, model.Uid, model.Gid);
            Check(errno == Errno.EPERM && Sys.Geteuid() != 0 ? Errno.None : errno);
        }

        Check(Sys.Fchmod(upper.Number, model.Mode & Permissions.Mask));
    }

    private void Check(Errno errno)
    {
        if (errno != Errno.None)
        {
            throw LayerFailures.Upper(_plan, errno);
        }
    }
}
