using System;
using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.Layers;

/// <summary>
/// A top layer as an OCI layer: image-spec layer.md. Whiteouts are empty files .wh.NAME, opaque directories hold .wh..wh..opq, and both
/// stand before everything else of their directory. The same layer makes the same bytes: sorted names, no names of owners, no
/// times but the one of change.
/// </summary>
public sealed class LayerTar : ILayerVisitor
{
    private const string WhiteoutPrefix = ".wh.";
    private readonly Dictionary<(uint Major, uint Minor, ulong Inode), string> _linked = [];
    private readonly TarOutput _output;
    private readonly CommitProgress _progress;
    private readonly Log _log;

    /// <summary>Writes to an output.</summary>
    public LayerTar(TarOutput output, CommitProgress progress, Log log)
    {
        _output = output;
        _progress = progress;
        _log = log;
    }

    /// <inheritdoc/>
    public bool WantsContent => true;

    /// <summary>Two empty blocks are the end.</summary>
    public void End()
    {
        _output.WriteZeros(2 * TarHeader.Block);
        _output.End();
    }

    /// <inheritdoc/>
    public void Enter(LayerNode directory)
    {
        string path = PathOf(directory);
        path = path.Length == 0 ? "./" : path + "/";
        _output.Write(Header(directory, path, TarType.Directory).ToArray());
        if (directory.IsOpaque)
        {
            _output.Write(new TarHeader { Path = path + ".wh..wh..opq", Type = TarType.File }.ToArray());
        }

        _progress.Add(0);
    }

    /// <inheritdoc/>
    public void Leave(LayerNode directory)
    {
    }

    /// <inheritdoc/>
    public void Hide(LayerNode whiteout)
    {
        string path = PathOf(whiteout);
        int name = path.LastIndexOf('/') + 1;
        _output.Write(new TarHeader { Path = path[..name] + WhiteoutPrefix + path[name..], Type = TarType.File }.ToArray());
        _progress.Add(0);
    }

    /// <inheritdoc/>
    public void Visit(LayerNode file)
    {
        string path = PathOf(file);
        FileStatus status = file.Status;
        if (status.Is(FileMode.Socket))
        {
            if (_log.IsDebug)
            {
                _log.Debug("commit: " + FileNameBytes.Printable(file.Path) + " is a socket, which a tar cannot hold: left out");
            }

            return;
        }

        if (status.Links > 1)
        {
            (uint, uint, ulong) key = (status.FileSystemMajor, status.FileSystemMinor, status.Inode);
            if (_linked.TryGetValue(key, out string? first))
            {
                _output.Write((Header(file, path, TarType.HardLink) with { Target = first, Attributes = [] }).ToArray());
                _progress.Add(0);
                return;
            }

            _linked.Add(key, path);
        }

        Write(file, path);
        _progress.Add(status.Is(FileMode.Regular) ? (long)status.Size : 0);
    }

    private void Write(LayerNode file, string path)
    {
        FileStatus status = file.Status;
        switch (status.Mode & FileMode.TypeMask)
        {
            case FileMode.Regular:
                _output.Write((Header(file, path, TarType.File) with { Size = status.Size }).ToArray());
                WriteContent(file, (long)status.Size);
                break;
            case FileMode.SymbolicLink:
                string target = FileNameBytes.Of(LinkTarget.Read(file.Parent, file.Name));
                _output.Write((Header(file, path, TarType.SymbolicLink) with { Target = target }).ToArray());
                break;
            case FileMode.CharacterDevice:
                _output.Write((Header(file, path, TarType.CharacterDevice) with { Major = status.DeviceMajor, Minor = status.DeviceMinor })
                    .ToArray());
                break;
            case FileMode.BlockDevice:
                _output.Write(
                    (Header(file, path, TarType.BlockDevice) with { Major = status.DeviceMajor, Minor = status.DeviceMinor }).ToArray());
                break;
            default:
                _output.Write(Header(file, path, TarType.Fifo).ToArray());
                break;
        }
    }

    private static TarHeader Header(LayerNode node, string path, TarType type)
    {
        // Drop them: otherwise a container could forge overlayfs marks in a layer unpacked from this tar.
        List<ExtendedAttribute> attributes = [];
        foreach (ExtendedAttribute attribute in node.Attributes)
        {
            if (!OverlayXattrs.IsOverlays(attribute.Name))
            {
                attributes.Add(attribute);
            }
        }

        return new TarHeader
        {
            Path = path,
            Type = type,
            Mode = node.Status.Mode & Permissions.Mask,
            Uid = node.Status.Uid,
            Gid = node.Status.Gid,
            Modified = node.Status.Modified,
            Attributes = attributes,
        };
    }

    // Holes are written as zeros: layer.md does not allow sparse files.
    private void WriteContent(LayerNode file, long size)
    {
        bool hasHoles = file.Status.Blocks * 512 < file.Status.Size;
        for (long offset = 0; offset < size;)
        {
            long end = size;
            if (hasHoles)
            {
                Errno errno = Sys.Lseek(file.Descriptor, offset, SeekFrom.Data, out long data);
                data = errno == Errno.ENXIO ? size : Math.Min(data, size);
                (errno == Errno.ENXIO ? Errno.None : errno).OrThrow("read", FileNameBytes.Printable(file.Path));
                _output.WriteZeros(data - offset);
                offset = data;
                if (offset < size)
                {
                    Sys.Lseek(file.Descriptor, offset, SeekFrom.Hole, out end).OrThrow("read", FileNameBytes.Printable(file.Path));
                    end = Math.Min(end, size);
                }
            }

            WriteData(file, offset, end);
            offset = end;
        }

        _output.WriteZeros((TarHeader.Block - (size % TarHeader.Block)) % TarHeader.Block);
    }

    private void WriteData(LayerNode file, long offset, long end)
    {
        while (offset < end)
        {
            PendingSignals.Check();
            Span<byte> room = _output.Room();
            room = room[..(int)Math.Min(room.Length, end - offset)];
            Sys.Pread64(file.Descriptor, room, offset, out int count).OrThrow("read", FileNameBytes.Printable(file.Path));
            if (count == 0)
            {
                throw new PunnetException(FileNameBytes.Printable(file.Path) + " became shorter while it was read");
            }

            _output.Advance(count);
            offset += count;
        }
    }

    private static string PathOf(LayerNode node)
    {
        string path = node.Path;
        if (path.AsSpan(path.LastIndexOf('/') + 1).StartsWith(WhiteoutPrefix, StringComparison.Ordinal))
        {
            throw new PunnetException(
                FileNameBytes.Printable(path) + " cannot be in an OCI layer: there, a name that starts with .wh. removes a file"
                + " (a directory can hold it: commit ID DEST)");
        }

        return path.Length == 0 ? path : path[1..];
    }
}
