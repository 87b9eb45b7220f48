using System;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.State;

/// <summary><c>--root</c>: one directory a container.</summary>
public sealed class StateStore
{
    private const uint PrivateMode = Permissions.Mode0700;
    private const string SystemPath = "/run/punnet";
    private readonly string _path;
    private readonly bool _isDefault;

    /// <summary>Describes the store; nothing is made before the first create.</summary>
    /// <param name="path">As given with <c>--root</c>, or null for the default.</param>
    /// <exception cref="PunnetException">The path is "/".</exception>
    public StateStore(string? path)
    {
        _isDefault = path is null;
        _path = path is null ? DefaultPath() : HostPath.Absolute(path);
        if (_path.Trim('/').Length == 0)
        {
            throw new PunnetException("Option --root argument should not be set to /");
        }
    }

    /// <summary>Where a container's state directory is, or will be.</summary>
    public string PathOf(string id) => _path + "/" + id;

    /// <summary>Reserves an id: of several that try, one wins.</summary>
    /// <exception cref="PunnetException">The id is taken, or none.</exception>
    public ContainerDirectory Reserve(string id)
    {
        CheckId(id);
        MakeRoot();
        using Descriptor root = Descriptor.Open(_path, OpenFlags.Path | OpenFlags.Directory);
        Errno errno = Sys.Mkdirat(root.Number, CString.Of(id).WithNul, PrivateMode);
        if (errno == Errno.EEXIST)
        {
            throw new PunnetException("container with given ID already exists: " + id);
        }

        Check(errno, "make the state directory " + _path + "/" + id);
        try
        {
            return ContainerDirectory.Open(root.Number, _path, id)
                ?? throw new PunnetException("container " + id + " was deleted while it was made");
        }
        catch (SysException)
        {
            Sys.Unlinkat(root.Number, CString.Of(id).WithNul, isDirectory: true);
            throw;
        }
    }

    /// <summary>Finds a container.</summary>
    /// <exception cref="PunnetException">There is no such container.</exception>
    public ContainerDirectory Find(string id) =>
        TryFind(id) ?? throw Missing(id);

    /// <summary>The error for an id that no container has.</summary>
    public static PunnetException Missing(string id) => new("container does not exist: " + id);

    /// <summary>Finds a container, or null.</summary>
    /// <exception cref="PunnetException">The id is invalid.</exception>
    /// <exception cref="SysException">The kernel does not tell.</exception>
    public ContainerDirectory? TryFind(string id)
    {
        CheckId(id);
        Errno errno = Sys.Openat(Sys.WorkingDirectory, CString.Of(_path).WithNul, OpenFlags.Path | OpenFlags.Directory, 0, out int root);
        if (errno.IsMissing())
        {
            return null;
        }

        errno.OrThrow("open", _path);

        using Descriptor owned = new(root);
        return ContainerDirectory.Open(root, _path, id);
    }

    /// <summary>Opens the directory of all containers; null where none was named, and none was made yet.</summary>
    /// <exception cref="SysException">The directory was named and is not there.</exception>
    public Descriptor? TryOpen()
    {
        Errno errno =
            Sys.Openat(Sys.WorkingDirectory, CString.Of(_path).WithNul, OpenFlags.ReadOnly | OpenFlags.Directory, 0, out int root);
        if (errno == Errno.ENOENT && _isDefault)
        {
            return null;
        }

        errno.OrThrow("open", _path);
        return new Descriptor(root);
    }

    /// <summary>The ids of all containers, sorted.</summary>
    /// <param name="root">The directory of all containers.</param>
    public static string[] Ids(Descriptor root)
    {
        string[] names = DirectoryListing.SortedDirectories(root.Number);
        int count = 0;
        foreach (string name in names)
        {
            if (IsId(name))
            {
                names[count++] = name;
            }
        }

        Array.Resize(ref names, count);
        return names;
    }

    /// <summary>Opens one of them, or null when it is gone.</summary>
    /// <exception cref="SysException">The kernel does not tell.</exception>
    /// <param name="root">The directory of all containers.</param>
    /// <param name="id">The container's id.</param>
    public ContainerDirectory? TryOpen(Descriptor root, string id) => ContainerDirectory.Open(root.Number, _path, id);

    /// <summary>Refuses an invalid id.</summary>
    /// <exception cref="PunnetException">The id is invalid.</exception>
    public static void CheckId(string id)
    {
        if (!IsId(id))
        {
            throw new PunnetException("invalid container ID format: \"" + id + "\" (letters, digits, and _ + - . are allowed)");
        }
    }

    private static bool IsId(string id)
    {
        foreach (char character in id)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('_' or '+' or '-' or '.'))
            {
                return false;
            }
        }

        return id.Length is > 0 and <= 255 && id is not ("." or "..");
    }

    private static string DefaultPath()
    {
        string? runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        return !string.IsNullOrEmpty(runtime) && IsOrdinary() ? runtime + "/punnet" : SystemPath;

        // runc's rule: root of a user namespace is still the user who logged in.
        static bool IsOrdinary() => Sys.Geteuid() != 0
            || (Environment.GetEnvironmentVariable("USER") != "root" && HostProbe.IsInUserNamespace());
    }

    private void MakeRoot()
    {
        // XDG Base Directory Specification: old files without the sticky bit may be removed there.
        uint mode = _isDefault && _path != SystemPath ? PrivateMode | Permissions.Sticky : PrivateMode;
        Errno errno = Sys.Mkdirat(Sys.WorkingDirectory, CString.Of(_path).WithNul, mode);
        if (errno == Errno.ENOENT)
        {
            for (int slash = _path.IndexOf('/', 1); slash > 0; slash = _path.IndexOf('/', slash + 1))
            {
                Sys.Mkdirat(Sys.WorkingDirectory, CString.Of(_path[..slash]).WithNul, Permissions.Mode0755);
            }

            errno = Sys.Mkdirat(Sys.WorkingDirectory, CString.Of(_path).WithNul, mode);
        }

        if (errno != Errno.EEXIST)
        {
            Check(errno, "make the state root " + _path);
        }
    }

    private void Check(Errno errno, string what)
    {
        if (errno is Errno.EACCES or Errno.EPERM or Errno.EROFS && _isDefault && _path == SystemPath)
        {
            throw new PunnetException(
                "cannot " + what + ": " + errno.Words(),
                "XDG_RUNTIME_DIR is not set: an ordinary user's state is below it, or below what --root names");
        }

        errno.OrThrow(what);
    }
}
