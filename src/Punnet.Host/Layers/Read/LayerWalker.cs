using System;
using System.Collections.Generic;
using System.Text;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.Layers;

/// <summary>One file of a layer, while it is visited.</summary>
public sealed class LayerNode
{
    private readonly StringBuilder _path;

    /// <summary>Starts it.</summary>
    /// <param name="path">The path of the visited file. It changes with the next visit.</param>
    public LayerNode(StringBuilder path) => _path = path;

    /// <summary>Its name with NUL; only the NUL for the layer's root.</summary>
    public byte[] Name { get; init; } = [0];

    /// <summary>Its status, with the container's ids.</summary>
    public FileStatus Status { get; set; }

    /// <summary>Its extended attributes, without overlayfs's own, with the container's ids, by name.</summary>
    public List<ExtendedAttribute> Attributes { get; set; } = [];

    /// <summary>Directory: whether nothing of the layers below shows in it.</summary>
    public bool IsOpaque { get; set; }

    /// <summary>Directory: its names, whiteouts first; otherwise empty.</summary>
    public List<string> Names { get; set; } = [];

    /// <summary>How many of <see cref="Names"/> are whiteouts.</summary>
    public int Whiteouts { get; set; }

    /// <summary>Descriptor of the directory that it is in; not for a directory.</summary>
    public int Parent { get; set; } = -1;

    /// <summary>Descriptor of the directory, or of the file when its content is wanted; otherwise -1.</summary>
    public int Descriptor { get; set; } = -1;

    /// <summary>
    /// Its path in the container, as <see cref="FileNameBytes"/>: <c>/etc/hosts</c>, empty for the root. Only while it is visited.
    /// </summary>
    public string Path => _path.ToString();
}

/// <summary>What is done with every file of a layer.</summary>
public interface ILayerVisitor
{
    /// <summary>Whether files are opened for it.</summary>
    bool WantsContent { get; }

    /// <summary>A directory, before its content.</summary>
    void Enter(LayerNode directory);

    /// <summary>A directory, after its content.</summary>
    void Leave(LayerNode directory);

    /// <summary>A name that hides what the layers below have by that name; it has a status and nothing else.</summary>
    void Hide(LayerNode whiteout);

    /// <summary>Everything else.</summary>
    void Visit(LayerNode file);
}

/// <summary>
/// A container's top layer, read through descriptors alone: what is in it is hostile, and may change at any moment when the
/// container is not paused. Directories come in the order of their bytes, whiteouts first, as OCI's layer.md recommends.
/// </summary>
public sealed class LayerWalker : IDisposable
{
    private const int Window = 32;
    private readonly StringBuilder _path = new();
    private readonly DirectoryChain _chain;
    private readonly OverlayXattrs _marks;
    private readonly IdTranslation _ids;
    private readonly MountPoints _mountPoints;

    /// <summary>Opens a layer.</summary>
    /// <exception cref="SysException">It cannot be opened.</exception>
    public LayerWalker(string directory, OverlayXattrs marks, IdTranslation ids, MountPoints mountPoints)
    {
        _chain = DirectoryChain.Open(directory, Window);
        _marks = marks;
        _ids = ids;
        _mountPoints = mountPoints;
    }

    /// <summary>Shows every file to a visitor.</summary>
    /// <exception cref="PunnetException">The layer holds an unknown mark, or punnet is asked to end.</exception>
    /// <exception cref="SysException">Something cannot be read.</exception>
    public void Walk(ILayerVisitor visitor)
    {
        Sys.Statx(_chain.Current, out FileStatus status).OrThrow("look at the layer");
        LayerNode root = ReadDirectory([0], status);

        // A layer's root has nothing below to hide: overlayfs does not check it.
        root.IsOpaque = false;
        visitor.Enter(root);
        Stack<(LayerNode Directory, int Next)> way = new();
        way.Push((root, 0));
        while (way.TryPop(out (LayerNode Directory, int Next) at))
        {
            PendingSignals.Check();
            if (at.Next < at.Directory.Names.Count)
            {
                way.Push((at.Directory, at.Next + 1));
                Show(at.Directory, at.Next, visitor, way);
                continue;
            }

            at.Directory.Descriptor = _chain.Current;
            visitor.Leave(at.Directory);
            if (way.Count > 0)
            {
                _chain.Leave();
                _path.Length -= at.Directory.Name.Length;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _chain.Dispose();

    private void Show(LayerNode directory, int index, ILayerVisitor visitor, Stack<(LayerNode Directory, int Next)> way)
    {
        byte[] name = FileNameBytes.WithNul(directory.Names[index]);
        _path.Append('/').Append(directory.Names[index]);
        if (_mountPoints.Has(directory.Names[index], _path) || !IsThere(name, out FileStatus status))
        {
            // It is gone since the names were read: the container is running.
        }
        else if (index < directory.Whiteouts)
        {
            visitor.Hide(new LayerNode(_path) { Name = name, Status = status, Parent = _chain.Current });
        }
        else if (status.Is(FileMode.Directory))
        {
            Errno errno = _chain.TryEnter(name, out status);
            if (errno != Errno.None)
            {
                throw Unreadable("open", errno);
            }

            LayerNode child = ReadDirectory(name, status);
            visitor.Enter(child);
            way.Push((child, 0));
            return;
        }
        else
        {
            ShowFile(name, status, visitor);
        }

        _path.Length -= name.Length;
    }

    private void ShowFile(byte[] name, FileStatus status, ILayerVisitor visitor)
    {
        LayerNode node = new(_path) { Name = name, Parent = _chain.Current };
        int content = visitor.WantsContent && status.Is(FileMode.Regular) ? OpenContent(name, ref status) : -1;
        using Descriptor owned = new(content);
        node.Descriptor = content;
        node.Attributes = content >= 0 ? ExtendedAttribute.OfOpen(content) : ExtendedAttribute.OfName(_chain.Current, name);
        Complete(node, status);
        visitor.Visit(node);
    }

    // Without waiting: a running container could have put a FIFO there.
    private int OpenContent(byte[] name, ref FileStatus status)
    {
        const OpenFlags Flags = OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal;
        Errno errno = Sys.Openat2(
            _chain.Current, name, Flags, 0, ResolveFlags.Beneath | ResolveFlags.NoSymlinks | ResolveFlags.NoMountCrossing, out int content);
        if (errno != Errno.None)
        {
            throw Unreadable("open", errno);
        }

        Sys.Statx(content, out FileStatus opened);
        if (!opened.Is(FileMode.Regular))
        {
            Sys.Close(content);
            throw new PunnetException(FileNameBytes.Printable(_path.ToString()) + " of the layer became another file while it was read");
        }

        status = opened;
        return content;
    }

    private LayerNode ReadDirectory(byte[] name, FileStatus status)
    {
        LayerNode node = new(_path) { Name = name, Descriptor = _chain.Current, Attributes = ExtendedAttribute.OfOpen(_chain.Current) };
        FileMarks marks = Complete(node, status);
        node.IsOpaque = marks.IsOpaque;
        List<LayerName> names = LayerNames.Sorted(_chain.Current);
        List<string> others = new(names.Count);
        foreach (LayerName found in names)
        {
            if (IsWhiteout(found, marks.HoldsWhiteouts))
            {
                node.Names.Add(found.Name);
            }
            else
            {
                others.Add(found.Name);
            }
        }

        node.Whiteouts = node.Names.Count;
        node.Names.AddRange(others);
        return node;
    }

    private bool IsWhiteout(LayerName found, bool mayBeFile)
    {
        const byte Unknown = 0, CharacterDevice = 2, Regular = 8; // DT_*
        if (found.Type is not (Unknown or CharacterDevice) && !(mayBeFile && found.Type == Regular))
        {
            return false;
        }

        byte[] name = FileNameBytes.WithNul(found.Name);
        return IsThere(name, out FileStatus status) && (status.IsCharacterDevice(0, 0)
            || (mayBeFile && status.Is(FileMode.Regular) && status.Size == 0
                && ExtendedAttribute.TryGet(_chain.Current, name, _marks.Whiteout) is not null));
    }

    // An unreadable file is not absent: it would be missing in a diff or a commit.
    private bool IsThere(byte[] name, out FileStatus status)
    {
        Errno errno = Sys.StatxNoFollow(_chain.Current, name, out status);
        return errno is Errno.None or Errno.ENOENT ? errno == Errno.None : throw Unreadable("look at", errno);
    }

    private FileMarks Complete(LayerNode node, FileStatus status)
    {
        FileMarks marks = _marks.Take(node.Attributes);
        if (marks.Refusal is not null)
        {
            throw new PunnetException("cannot read the layer: " + FileNameBytes.Printable(_path.ToString()) + " " + marks.Refusal);
        }

        for (int i = 0; i < node.Attributes.Count; i++)
        {
            node.Attributes[i] = _ids.Attribute(node.Attributes[i]);
        }

        status.Uid = _ids.Uid(status.Uid);
        status.Gid = _ids.Gid(status.Gid);
        node.Status = status;
        return marks;
    }

    private PunnetException Unreadable(string what, Errno errno) =>
        new("cannot " + what + " " + FileNameBytes.Printable(_path.ToString()) + " of the layer: " + errno.Words());
}
