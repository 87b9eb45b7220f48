using System;
using System.Buffers.Binary;
using Punnet.Kernel;

namespace Punnet.Host.Checkpoint;

/// <summary>
/// mountpoints-N.img of CRIU. A root that is read-only cannot be restored: CRIU before 4.2 makes it writable without a word, and 4.2 wants
/// to make a directory in it after it has become read-only (criu.org issue 2632). So CRIU gets an image with a writable root, and punnet
/// makes the root read-only before the processes go on.
/// </summary>
public static class MountImage
{
    private const int Magic = 8; // bytes, of all images and of this kind

    /// <summary>Name of the only image of mounts in a directory; null where there are more mount namespaces, or none.</summary>
    /// <param name="images">The directory.</param>
    /// <exception cref="SysException">It cannot be read.</exception>
    public static string? Find(Descriptor images)
    {
        string? found = null;
        foreach (string name in DirectoryListing.All(images.Number))
        {
            if (name.StartsWith("mountpoints-", StringComparison.Ordinal) && name.EndsWith(".img", StringComparison.Ordinal))
            {
                if (found is not null)
                {
                    return null;
                }

                found = name;
            }
        }

        return found;
    }

    /// <summary>
    /// Takes MS_RDONLY from the root's entry: after the magic numbers each entry is its length, little-endian, and a mnt_entry.
    /// </summary>
    /// <param name="image">The whole image; changed.</param>
    /// <returns>Whether there was such an entry.</returns>
    public static bool TryMakeRootWritable(Span<byte> image)
    {
        int at = Magic;
        while (at <= image.Length - sizeof(uint))
        {
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(image[at..]);
            at += sizeof(uint);
            if (length > (uint)(image.Length - at))
            {
                return false;
            }

            if (TryChange(image.Slice(at, (int)length)))
            {
                return true;
            }

            at += (int)length;
        }

        return false;
    }

    private static bool TryChange(Span<byte> entry)
    {
        const int Flags = 5, MountPoint = 7; // fields of mnt_entry in CRIU's mnt.proto
        const ulong ReadOnly = 1; // MS_RDONLY
        ProtobufReader reader = new(entry);
        bool isRoot = false;
        int place = -1;
        while (reader.Next())
        {
            if (reader.Field == MountPoint)
            {
                isRoot = reader.Bytes.SequenceEqual("/"u8);
            }
            else if (reader.Field == Flags && (reader.Number & ReadOnly) != 0)
            {
                place = entry.Length - reader.Begin;
            }
        }

        if (!isRoot || reader.IsBroken || place < 0)
        {
            return false;
        }

        entry[place] &= 0xfe; // The lowest seven bits come first.
        return true;
    }
}
