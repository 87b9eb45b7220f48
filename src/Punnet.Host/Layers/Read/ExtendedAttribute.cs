using System;
using System.Collections.Generic;
using Punnet.Abi;
using Punnet.Kernel;

namespace Punnet.Host.Layers;

/// <summary>One extended attribute, xattr(7).</summary>
/// <param name="Name">Its name with the namespace, as <see cref="FileNameBytes"/>.</param>
/// <param name="Value">Its value, up to 64 KB.</param>
public sealed record ExtendedAttribute(string Name, byte[] Value)
{
    private const int LargestValue = 65536; // XATTR_SIZE_MAX, and XATTR_LIST_MAX too

    /// <summary>Those of an open file or directory, sorted by name.</summary>
    /// <exception cref="SysException">They cannot be read.</exception>
    public static List<ExtendedAttribute> OfOpen(int descriptor)
    {
        Span<byte> small = stackalloc byte[1024];
        Errno errno = Sys.Flistxattr(descriptor, small, out int length);
        Span<byte> names = small;
        if (errno == Errno.ERANGE)
        {
            names = new byte[LargestValue];
            errno = Sys.Flistxattr(descriptor, names, out length);
        }

        return Read(errno, names[..length], descriptor, default);
    }

    /// <summary>Those of a name in a directory, which is not opened; sorted by name.</summary>
    /// <exception cref="SysException">They cannot be read.</exception>
    public static List<ExtendedAttribute> OfName(int directory, ReadOnlySpan<byte> name)
    {
        Span<byte> small = stackalloc byte[1024];
        Errno errno = Sys.LlistxattrAt(directory, name, small, out int length);
        Span<byte> names = small;
        if (errno == Errno.ERANGE)
        {
            names = new byte[LargestValue];
            errno = Sys.LlistxattrAt(directory, name, names, out length);
        }

        return Read(errno, names[..length], directory, name);
    }

    private static List<ExtendedAttribute> Read(Errno errno, ReadOnlySpan<byte> names, int descriptor, ReadOnlySpan<byte> file)
    {
        List<ExtendedAttribute> found = [];
        if (errno == Errno.EOPNOTSUPP)
        {
            return found;
        }

        errno.OrThrow("list extended attributes");
        while (!names.IsEmpty)
        {
            int end = names.IndexOf((byte)0) + 1;
            if (TryGet(descriptor, file, names[..end]) is byte[] value)
            {
                Insert(found, new ExtendedAttribute(FileNameBytes.Of(names[..(end - 1)]), value));
            }

            names = names[end..];
        }

        return found;
    }

    // There are few. And List.Sort of a class would bring a comparer for every list of classes in the program, each of which costs
    // every start.
    private static void Insert(List<ExtendedAttribute> sorted, ExtendedAttribute added)
    {
        int place = sorted.Count;
        while (place > 0 && string.CompareOrdinal(sorted[place - 1].Name, added.Name) > 0)
        {
            place--;
        }

        sorted.Insert(place, added);
    }

    /// <summary>The value of one attribute, or null without it.</summary>
    /// <param name="descriptor">The file itself, or the directory of <paramref name="file"/>.</param>
    /// <param name="file">A name with NUL, or empty.</param>
    /// <param name="name">The attribute's, with NUL.</param>
    /// <exception cref="SysException">It cannot be read.</exception>
    public static byte[]? TryGet(int descriptor, ReadOnlySpan<byte> file, ReadOnlySpan<byte> name)
    {
        Span<byte> small = stackalloc byte[512];
        Errno errno = Get(descriptor, file, name, small, out int length);
        Span<byte> value = small;
        if (errno == Errno.ERANGE)
        {
            value = new byte[LargestValue];
            errno = Get(descriptor, file, name, value, out length);
        }

        if (errno is Errno.ENODATA or Errno.EOPNOTSUPP)
        {
            return null;
        }

        errno.OrThrow("read the extended attribute", FileNameBytes.Printable(FileNameBytes.Of(name[..^1])));
        return value[..length].ToArray();
    }

    private static Errno Get(int descriptor, ReadOnlySpan<byte> file, ReadOnlySpan<byte> name, Span<byte> value, out int length) =>
        file.IsEmpty
        ? Sys.Fgetxattr(descriptor, name, value, out length)
        : Sys.LgetxattrAt(descriptor, file, name, value, out length);
}
