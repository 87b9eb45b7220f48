using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using Punnet.Spec;

namespace Punnet.Host.Layers;

/// <summary>
/// Translates the ids of a layer's files to the container's ids: user_namespaces(7). Root's containers need
/// none: their layers are idmapped mounts, and the container's ids are stored, whatever its map is. An ordinary user cannot
/// make such mounts, so the files have the ids that the user's namespace maps.
/// </summary>
public sealed class IdTranslation
{
    private const uint Overflow = 65534; // what the container itself sees of an id that its namespace does not have
    private readonly IReadOnlyList<IdMapping> _uids;
    private readonly IReadOnlyList<IdMapping> _gids;

    /// <summary>Translates by a container's mappings; empty lists leave every id as it is.</summary>
    public IdTranslation(IReadOnlyList<IdMapping> uids, IReadOnlyList<IdMapping> gids)
    {
        _uids = uids;
        _gids = gids;
    }

    /// <summary>Leaves every id as it is.</summary>
    public static IdTranslation None { get; } = new([], []);

    /// <summary>A user's id.</summary>
    public uint Uid(uint stored) => Find(_uids, stored);

    /// <summary>A group's id.</summary>
    public uint Gid(uint stored) => Find(_gids, stored);

    /// <summary>An attribute that has ids in it: ACLs, and capabilities that belong to a namespace's root.</summary>
    public ExtendedAttribute Attribute(ExtendedAttribute stored) => stored.Name switch
    {
        _ when _uids.Count == 0 && _gids.Count == 0 => stored,
        "system.posix_acl_access" or "system.posix_acl_default" => stored with { Value = AccessList(stored.Value) },
        "security.capability" => stored with { Value = Capabilities(stored.Value) },
        _ => stored,
    };

    private static uint Find(IReadOnlyList<IdMapping> mappings, uint stored)
    {
        if (mappings.Count == 0)
        {
            return stored;
        }

        foreach (IdMapping mapping in mappings)
        {
            if (stored >= mapping.HostId && stored - mapping.HostId < mapping.Size)
            {
                return mapping.ContainerId + (stored - mapping.HostId);
            }
        }

        return Overflow;
    }

    // struct posix_acl_xattr_header and _entry of linux/posix_acl_xattr.h: version 4; then tag 2, permissions 2, id 4.
    private byte[] AccessList(byte[] value)
    {
        const ushort User = 0x02, Group = 0x08; // ACL_USER, ACL_GROUP
        byte[] changed = [.. value];
        for (int at = 4; at + 8 <= changed.Length; at += 8)
        {
            Span<byte> id = changed.AsSpan(at + 4, 4);
            uint stored = BinaryPrimitives.ReadUInt32LittleEndian(id);
            ushort tag = BinaryPrimitives.ReadUInt16LittleEndian(changed.AsSpan(at));
            BinaryPrimitives.WriteUInt32LittleEndian(id, tag switch { User => Uid(stored), Group => Gid(stored), _ => stored });
        }

        return changed;
    }

    // struct vfs_ns_cap_data of linux/capability.h: magic and flags 4, four words of sets, the root's uid 4. The container's own
    // root is the one that a file without that word means.
    private byte[] Capabilities(byte[] value)
    {
        const uint Revision2 = 0x02000000, Revision3 = 0x03000000, RevisionMask = 0xff000000;
        uint magic = value.Length == 24 ? BinaryPrimitives.ReadUInt32LittleEndian(value) : 0;
        if ((magic & RevisionMask) != Revision3 || Uid(BinaryPrimitives.ReadUInt32LittleEndian(value.AsSpan(20))) != 0)
        {
            return value;
        }

        byte[] changed = value.AsSpan(0, 20).ToArray();
        BinaryPrimitives.WriteUInt32LittleEndian(changed, (magic & ~RevisionMask) | Revision2);
        return changed;
    }
}
