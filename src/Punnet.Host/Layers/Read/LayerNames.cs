using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
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
        Span<byte> buffer = stackalloc byte[16384];
        Sys.Rewind(directory);
        while (true)
        {
            Sys.Getdents64(directory, buffer, out int count).OrThrow("list a directory of the layer");
            if (count == 0)
            {
                names.Sort(static (left, right) => string.CompareOrdinal(left.Name, right.Name));
                return names;
            }

            // struct linux_dirent64, getdents64(2): inode 8, offset 8, length 2, type 1, name with NUL.
            for (ReadOnlySpan<byte> rest = buffer[..count]; rest.Length > 19; rest = rest[MemoryMarshal.Read<ushort>(rest[16..])..])
            {
                ReadOnlySpan<byte> name = rest[19..];
                name = name[..name.IndexOf((byte)0)];
                if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                {
                    names.Add(new LayerName(FileNameBytes.Of(name), rest[18]));
                }
            }
        }
    }
}
