using System;
using System.Collections.Generic;
using System.Globalization;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.Layers;

/// <summary>
/// A top layer as a new directory in overlayfs's form: whiteouts are devices 0:0, whatever they were; opaque directories
/// are marked for both kinds of overlay mount. Everything else of a file comes along: type, owner, permissions, times, attributes,
/// ACLs, capabilities, holes and names that are the same file.
/// </summary>
public sealed class LayerCopy : ILayerVisitor, IDisposable
{
    private const int Window = 32;
    private readonly DirectoryChain _target;
    private readonly TemporaryEntry _links;
    private readonly Dictionary<(uint Major, uint Minor, ulong Inode), uint> _linksLeft = [];
    private readonly ContentCopy _content = new();
    private readonly CommitProgress _progress;
    private readonly bool _usesUserXattr;

    /// <summary>Copies into a directory.</summary>
    /// <param name="target">Empty and private; opened for reading, and closed with this.</param>
    /// <param name="links">Remembers files with further names.</param>
    /// <param name="usesUserXattr">Which mark of opaque directories is required; the other one is optional.</param>
    /// <param name="progress">Counts the work done.</param>
    public LayerCopy(int target, TemporaryEntry links, bool usesUserXattr, CommitProgress progress)
    {
        _target = new DirectoryChain(target, "the new layer", Window);
        _links = links;
        _usesUserXattr = usesUserXattr;
        _progress = progress;
    }

    /// <inheritdoc/>
    public bool WantsContent => true;

    /// <inheritdoc/>
    public void Dispose() => _target.Dispose();

    /// <inheritdoc/>
    public void Enter(LayerNode directory)
    {
        if (directory.Name.Length > 1)
        {
            Check(Sys.Mkdirat(_target.Current, directory.Name, Permissions.Mode0700), "make", directory);
            Check(_target.TryEnter(directory.Name, out _), "open", directory);
        }

        _progress.Add(0);
    }

    /// <inheritdoc/>
    public void Leave(LayerNode directory)
    {
        int made = _target.Current;
        if (directory.IsOpaque)
        {
            MarkOpaque(made, directory);
        }

        SetOwner(made, directory);
        foreach (ExtendedAttribute attribute in directory.Attributes)
        {
            CheckAttribute(Sys.Fsetxattr(made, FileNameBytes.WithNul(attribute.Name), attribute.Value), attribute, directory);
        }

        Check(Sys.Futimens(made, directory.Status.Accessed, directory.Status.Modified), "set the times of", directory);
        if (_target.Depth > 0)
        {
            _target.Leave();
        }
    }

    /// <inheritdoc/>
    public void Hide(LayerNode whiteout)
    {
        Check(Sys.Mknodat(_target.Current, whiteout.Name, FileMode.CharacterDevice, 0, 0), "make the whiteout", whiteout);
        Check(
            Sys.Utimensat(_target.Current, whiteout.Name, whiteout.Status.Accessed, whiteout.Status.Modified), "set the times of",
            whiteout);
        _progress.Add(0);
    }

    /// <inheritdoc/>
    public void Visit(LayerNode file)
    {
        bool isLinked = file.Status.Links > 1;
        (uint, uint, ulong) key = (file.Status.FileSystemMajor, file.Status.FileSystemMinor, file.Status.Inode);
        if (isLinked && _linksLeft.TryGetValue(key, out uint left) && TryLink(file, key, left))
        {
            return;
        }

        if (file.Status.Is(FileMode.Regular))
        {
            MakeFile(file);
        }
        else
        {
            MakeOther(file);
        }

        if (isLinked)
        {
            KeepForLinks(file, key);
        }

        _progress.Add(file.Status.Is(FileMode.Regular) ? (long)file.Status.Size : 0);
    }

    // By a directory beside the layer, since a path to the first name might be too long for any call.
    private bool TryLink(LayerNode file, (uint Major, uint Minor, ulong Inode) key, uint left)
    {
        byte[] kept = KeptName(key);
        Errno errno = Sys.Linkat(_links.Descriptor, kept, _target.Current, file.Name);
        if (errno == Errno.EMLINK)
        {
            // The file system has a lower limit than the other one: a second copy starts.
            Sys.Unlinkat(_links.Descriptor, kept, isDirectory: false);
            _linksLeft.Remove(key);
            return false;
        }

        Check(errno, "link", file);
        if (left > 1)
        {
            _linksLeft[key] = left - 1;
        }
        else
        {
            Sys.Unlinkat(_links.Descriptor, kept, isDirectory: false);
            _linksLeft.Remove(key);
        }

        _progress.Add(0);
        return true;
    }

    private void KeepForLinks(LayerNode file, (uint Major, uint Minor, ulong Inode) key)
    {
        Errno errno = Sys.Linkat(_target.Current, file.Name, _links.Descriptor, KeptName(key));
        if (errno != Errno.EMLINK)
        {
            Check(errno, "link", file);
            _linksLeft[key] = file.Status.Links - 1;
        }
    }

    private static byte[] KeptName((uint Major, uint Minor, ulong Inode) key) => FileNameBytes.WithNul(
        key.Major.ToString("x", CultureInfo.InvariantCulture) + "." + key.Minor.ToString("x", CultureInfo.InvariantCulture) + "."
        + key.Inode.ToString("x", CultureInfo.InvariantCulture));

    private void MakeFile(LayerNode file)
    {
        const OpenFlags Fresh = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow;
        Check(Sys.Openat(_target.Current, file.Name, Fresh, Permissions.Mode0600, out int made), "make", file);
        using Descriptor owned = new(made);
        Check(_content.Copy(file.Descriptor, made, file.Status), "copy the content of", file);

        // In this order: a change of owner clears set-ID bits and capabilities, and an ACL changes the permissions.
        SetOwner(made, file);
        foreach (ExtendedAttribute attribute in file.Attributes)
        {
            CheckAttribute(Sys.Fsetxattr(made, FileNameBytes.WithNul(attribute.Name), attribute.Value), attribute, file);
        }

        Check(Sys.Futimens(made, file.Status.Accessed, file.Status.Modified), "set the times of", file);
    }

    private void MakeOther(LayerNode file)
    {
        FileStatus status = file.Status;
        int directory = _target.Current;
        Check(
            status.Is(FileMode.SymbolicLink)
                ? Sys.Symlinkat([.. LinkTarget.Read(file.Parent, file.Name), 0], directory, file.Name)
                : Sys.Mknodat(directory, file.Name, status.Mode, status.DeviceMajor, status.DeviceMinor),
            "make",
            file);
        Check(Sys.Fchownat(directory, file.Name, status.Uid, status.Gid), "set the owner of", file);
        if (!status.Is(FileMode.SymbolicLink))
        {
            Check(Sys.Fchmodat(directory, file.Name, status.Mode & Permissions.Mask), "set the permissions of", file);
        }

        foreach (ExtendedAttribute attribute in file.Attributes)
        {
            CheckAttribute(Sys.LsetxattrAt(directory, file.Name, FileNameBytes.WithNul(attribute.Name), attribute.Value), attribute, file);
        }

        Check(Sys.Utimensat(directory, file.Name, status.Accessed, status.Modified), "set the times of", file);
    }

    private static void SetOwner(int made, LayerNode node)
    {
        Check(Sys.Fchown(made, node.Status.Uid, node.Status.Gid), "set the owner of", node);
        Check(Sys.Fchmod(made, node.Status.Mode & Permissions.Mask), "set the permissions of", node);
    }

    // Some file systems have only one kind of attribute, and only root has trusted ones.
    private void MarkOpaque(int made, LayerNode directory)
    {
        Errno trusted = Sys.Fsetxattr(made, FileNameBytes.WithNul(OverlayXattrs.TrustedOpaque), "y"u8);
        Errno user = Sys.Fsetxattr(made, FileNameBytes.WithNul(OverlayXattrs.UserOpaque), "y"u8);
        Check(_usesUserXattr ? user : trusted, "mark as opaque", directory);
    }

    private static void CheckAttribute(Errno errno, ExtendedAttribute attribute, LayerNode node)
    {
        if (errno != Errno.None)
        {
            Check(errno, "set the extended attribute " + FileNameBytes.Printable(attribute.Name) + " of", node);
        }
    }

    private static void Check(Errno errno, string what, LayerNode node)
    {
        if (errno != Errno.None)
        {
            throw new SysException(
                errno, what + " " + FileNameBytes.Printable(node.Path.Length == 0 ? "/" : node.Path) + " in the new layer");
        }
    }
}
