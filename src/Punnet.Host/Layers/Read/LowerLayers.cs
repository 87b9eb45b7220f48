using System;
using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.Layers;

/// <summary>A file of the layers below, as the container saw it before it changed anything.</summary>
/// <param name="Directory">Descriptor of the directory that it is in.</param>
/// <param name="Status">Its status, with the ids that it is stored with.</param>
public readonly record struct LowerFile(int Directory, FileStatus Status);

/// <summary>
/// The layers below a container's top layer, seen as one tree: overlayfs.rst, "Upper and lower". It is walked along, one name at a
/// time, with one descriptor or two a layer.
/// </summary>
public sealed class LowerLayers : IDisposable
{
    private readonly List<DirectoryChain> _chains = [];
    private readonly OverlayXattrs _marks;
    private int _depth;

    /// <summary>Opens layers, the lowest first.</summary>
    /// <exception cref="SysException">One cannot be opened.</exception>
    public LowerLayers(IReadOnlyList<string> layers, OverlayXattrs marks)
    {
        _marks = marks;
        try
        {
            for (int i = layers.Count - 1; i >= 0; i--)
            {
                _chains.Add(DirectoryChain.Open(layers[i], window: 1));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Goes down into a directory.</summary>
    /// <param name="name">Its name, with NUL.</param>
    /// <returns>False, without moving, when there is no such directory.</returns>
    /// <exception cref="PunnetException">A layer cannot be understood.</exception>
    public bool TryEnter(ReadOnlySpan<byte> name)
    {
        bool isFound = false;
        foreach (DirectoryChain chain in _chains)
        {
            if (chain.Depth != _depth)
            {
                continue;
            }

            if (!IsThere(chain, name, out FileStatus status))
            {
                // It may still be in a lower layer, unless this one hides all of them.
                continue;
            }

            if (!status.Is(FileMode.Directory))
            {
                break;
            }

            chain.TryEnter(name, out _).OrThrow("open in a layer", FileNameBytes.Printable(FileNameBytes.Of(name[..^1])));
            isFound = true;
            if (ExtendedAttribute.TryGet(chain.Current, default, _marks.Redirect) is not null)
            {
                throw new PunnetException("cannot read the layers: " + FileNameBytes.Printable(FileNameBytes.Of(name[..^1]))
                    + " of one was renamed with redirect_dir, and has its content elsewhere");
            }

            if (OverlayXattrs.IsYes(ExtendedAttribute.TryGet(chain.Current, default, _marks.Opaque)))
            {
                break;
            }
        }

        _depth += isFound ? 1 : 0;
        return isFound;
    }

    /// <summary>Goes back up.</summary>
    public void Leave()
    {
        foreach (DirectoryChain chain in _chains)
        {
            if (chain.Depth == _depth)
            {
                chain.Leave();
            }
        }

        _depth--;
    }

    /// <summary>Finds a name where this stands.</summary>
    /// <param name="name">With NUL.</param>
    /// <param name="file">The file.</param>
    public bool TryFind(ReadOnlySpan<byte> name, out LowerFile file)
    {
        file = default;
        foreach (DirectoryChain chain in _chains)
        {
            if (chain.Depth == _depth && IsThere(chain, name, out FileStatus status))
            {
                file = new LowerFile(chain.Current, status);
                return !IsWhiteout(chain.Current, name, status);
            }
        }

        return false;
    }

    // An unreadable file is not absent: a diff would call it new.
    private static bool IsThere(DirectoryChain chain, ReadOnlySpan<byte> name, out FileStatus status)
    {
        Errno errno = Sys.StatxNoFollow(chain.Current, name, out status);
        if (!errno.IsMissing())
        {
            errno.OrThrow("look into a layer");
        }

        return errno == Errno.None;
    }

    /// <summary>Every name where this stands, in no order.</summary>
    public List<string> Names()
    {
        // A file that a layer hides stays hidden, whatever a lower one has.
        HashSet<string> seen = new(StringComparer.Ordinal);
        List<string> visible = [];
        foreach (DirectoryChain chain in _chains)
        {
            if (chain.Depth != _depth)
            {
                continue;
            }

            foreach (LayerName found in LayerNames.Sorted(chain.Current))
            {
                byte[] name = FileNameBytes.WithNul(found.Name);
                if (IsThere(chain, name, out FileStatus status) && seen.Add(found.Name) && !IsWhiteout(chain.Current, name, status))
                {
                    visible.Add(found.Name);
                }
            }
        }

        return visible;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (DirectoryChain chain in _chains)
        {
            chain.Dispose();
        }
    }

    private bool IsWhiteout(int directory, ReadOnlySpan<byte> name, FileStatus status) => status.IsCharacterDevice(0, 0)
        || (status.Is(FileMode.Regular) && status.Size == 0
            && ExtendedAttribute.TryGet(directory, name, _marks.Whiteout) is not null
            && ExtendedAttribute.TryGet(directory, default, _marks.Opaque).AsSpan().SequenceEqual("x"u8));
}
