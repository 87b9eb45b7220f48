using System;
using System.Collections.Generic;
using Punnet.Kernel;

namespace Punnet.Host.Layers;

/// <summary>One name in a directory.</summary>
/// <param name="Name">As <see cref="FileNameBytes"/>.</param>
/// <param name="Type">DT_* of getdents64(2), 0 where the file system does not say.</param>
public readonly record struct LayerName(string Name, byte Type);

/// <summary>What a directory of a layer holds.</summary>
public static class LayerNames
{
    /// <summary>Its names, "." and ".." left out, sorted by their bytes.</summary>
    /// <param name="directory">Descriptor, open for reading.</param>
    /// <exception cref="SysException">It cannot be read.</exception>
    public static List<LayerName> Sorted(int directory)
    {
        List<LayerName> names = [];
        Sys.Rewind(directory).OrThrow("read from the beginning");
        DirectoryEntries entries = new(directory, stackalloc byte[16384]);
        while (entries.MoveNext())
        {
            names.Add(new LayerName(FileNameBytes.Of(entries.Name), entries.Type));
        }

        entries.Errno.OrThrow("list a directory of the layer");
        names.Sort(new Comparison<LayerName>(ByName));
        return names;
    }

    private static int ByName(LayerName left, LayerName right) => string.CompareOrdinal(left.Name, right.Name);
}
