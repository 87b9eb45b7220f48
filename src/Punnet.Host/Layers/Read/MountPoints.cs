using System;
using System.Collections.Generic;
using System.Text;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.Layers;

/// <summary>
/// Mount points that punnet itself has made in a top layer, not the container. The layer does not tell them apart, so
/// it is recognized by what is certain: the place is a destination of a mount in config.json, the layers below do not have it, and it is
/// an empty file or directory, or one that holds nothing but such places.
/// </summary>
public sealed class MountPoints
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly HashSet<string> _paths = new(StringComparer.Ordinal);

    private MountPoints()
    {
    }

    /// <summary>None at all.</summary>
    public static MountPoints None { get; } = new();

    /// <summary>Looks for them.</summary>
    /// <param name="upper">Path of the top layer.</param>
    /// <param name="lower">The layers below; ends at the same place.</param>
    /// <param name="destinations">As config.json has them.</param>
    /// <exception cref="SysException">The layer cannot be read.</exception>
    public static MountPoints Find(string upper, LowerLayers lower, IReadOnlyList<string> destinations)
    {
        MountPoints found = new();
        using DirectoryChain chain = DirectoryChain.Open(upper, window: 2);

        // A second pass, since a directory may hold mount points that come later in the list.
        for (int round = 0; round < 2; round++)
        {
            foreach (string destination in destinations)
            {
                found.Look(chain, lower, FileNameBytes.OfText(destination).Split('/', StringSplitOptions.RemoveEmptyEntries));
            }
        }

        return found;
    }

    /// <summary>Whether a place is one.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="path">Its path, with the name.</param>
    public bool Has(string name, StringBuilder path) => _names.Contains(name) && _paths.Contains(path.ToString());

    /// <summary>Whether a directory holds one: then the container did not cause its time of change.</summary>
    public bool HasBelow(string path, List<string> names)
    {
        foreach (string name in names)
        {
            if (_names.Contains(name) && _paths.Contains(path + "/" + name))
            {
                return true;
            }
        }

        return false;
    }

    private void Look(DirectoryChain chain, LowerLayers lower, string[] parts)
    {
        // How far the way leads in the top layer, how much of it the layers below have, and how far they have gone along.
        int entered = 0, existing = 0, below = 0;
        foreach (string part in parts)
        {
            byte[] name = FileNameBytes.WithNul(part);
            bool isBelow = below == entered && lower.TryFind(name, out _);
            existing += isBelow ? 1 : 0;
            if (part is "." or ".." || !IsSure(chain.TryEnter(name, out _)))
            {
                bool isLast = entered == parts.Length - 1;
                if (isLast && !isBelow && IsSure(Sys.StatxNoFollow(chain.Current, name, out FileStatus status))
                    && status.Is(FileMode.Regular) && status.Size == 0)
                {
                    Add(parts, parts.Length);
                }

                break;
            }

            entered++;
            below += isBelow && lower.TryEnter(name) ? 1 : 0;
        }

        for (; entered > 0; entered--)
        {
            if (entered > existing && HoldsNothingElse(chain, parts, entered))
            {
                Add(parts, entered);
            }

            if (below == entered)
            {
                lower.Leave();
                below--;
            }

            chain.Leave();
        }
    }

    // A shortage does not tell whether it exists, and a mount point of punnet's would count as a change of the container's.
    private static bool IsSure(Errno errno)
    {
        if (errno.IsShortage())
        {
            errno.OrThrow("look for mount points in the layer");
        }

        return errno == Errno.None;
    }

    private bool HoldsNothingElse(DirectoryChain chain, string[] parts, int count)
    {
        string path = "/" + string.Join('/', parts.AsSpan(0, count)!);
        List<LayerName> names = LayerNames.Sorted(chain.Current);
        foreach (LayerName name in names)
        {
            if (!_paths.Contains(path + "/" + name.Name))
            {
                return false;
            }
        }

        return names.Count > 0 || count == parts.Length;
    }

    private void Add(string[] parts, int count)
    {
        _names.Add(parts[count - 1]);
        _paths.Add("/" + string.Join('/', parts.AsSpan(0, count)!));
    }
}
