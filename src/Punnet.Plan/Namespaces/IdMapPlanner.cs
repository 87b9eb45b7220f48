using System;
using System.Collections.Generic;
using System.Globalization;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>mounts[].uidMappings and gidMappings, and the options idmap and ridmap: config.md#mounts.</summary>
internal static class IdMapPlanner
{
    /// <summary>Plans the mapping of one mount.</summary>
    /// <param name="mount">As written.</param>
    /// <param name="option">Its option idmap or ridmap, or null.</param>
    /// <param name="place">Its place.</param>
    /// <param name="isBind">Whether it is a bind.</param>
    /// <param name="linux">The container's own mappings, which a mapping may be relative to.</param>
    /// <param name="hasUser">Whether the container has a user namespace.</param>
    /// <returns>Null for a mount whose ids stay what they are.</returns>
    /// <exception cref="SpecException">It cannot be as it is written.</exception>
    public static IdMapPlan? Plan(Mount mount, IdMapOption? option, string place, bool isBind, Linux linux, bool hasUser)
    {
        bool hasMappings = mount.UidMappings.Count > 0 || mount.GidMappings.Count > 0;
        if (!hasMappings && option is null)
        {
            return null;
        }

        string where = option?.Place ?? place + (mount.UidMappings.Count > 0 ? ".uidMappings" : ".gidMappings");
        if (!isBind)
        {
            throw new SpecException(where, "only the ids of a bind mount can be mapped");
        }

        bool isTree = option is { IsTree: true };
        if (hasMappings)
        {
            if (option is { Mapping.Length: > 0 })
            {
                throw new SpecException(option.Place, "the mount has uidMappings and gidMappings already");
            }

            string? missing = mount.UidMappings.Count == 0 ? "uidMappings" : mount.GidMappings.Count == 0 ? "gidMappings" : null;
            return missing is null
                ? Mapped(isTree, mount.UidMappings, mount.GidMappings, place)
                : throw new SpecException(place + "." + missing, "is missing: ids of users and of groups are mapped together");
        }

        if (option!.Mapping.Length > 0)
        {
            return Written(option, linux);
        }

        // config.md#mounts: without its own mappings the mount takes the container's, which must exist.
        return hasUser
            ? new IdMapPlan(isTree, default, default)
            : throw new SpecException(
                where, "\"" + (isTree ? "ridmap" : "idmap") + "\" needs uidMappings and gidMappings, or a user namespace");
    }

    private static IdMapPlan Mapped(bool isTree, IReadOnlyList<IdMapping> users, IReadOnlyList<IdMapping> groups, string place) => new(
        isTree, NamespacePlanner.Map(users, place + ".uidMappings"), NamespacePlanner.Map(groups, place + ".gidMappings"));

    // crun's form: uids=0-1-10#10-11-10;gids=@0-100-10.
    private static IdMapPlan Written(IdMapOption option, Linux linux)
    {
        List<IdMapping> users = [];
        List<IdMapping> groups = [];
        foreach (string part in option.Mapping.Split(';'))
        {
            if (part.StartsWith("uids=", StringComparison.Ordinal))
            {
                Add(users, part["uids=".Length..], linux.UidMappings, "linux.uidMappings", option.Place);
            }
            else if (part.StartsWith("gids=", StringComparison.Ordinal))
            {
                Add(groups, part["gids=".Length..], linux.GidMappings, "linux.gidMappings", option.Place);
            }
            else
            {
                throw new SpecException(option.Place, "\"" + part + "\" is neither uids=… nor gids=…");
            }
        }

        return users.Count == 0 || groups.Count == 0
            ? throw new SpecException(option.Place, "needs both uids=… and gids=…")
            : new IdMapPlan(option.IsTree, NamespacePlanner.Map(users, option.Place), NamespacePlanner.Map(groups, option.Place));
    }

    private static void Add(List<IdMapping> mappings, string text, IReadOnlyList<IdMapping> own, string ownPlace, string place)
    {
        // "@": the second number is an id in the container, not on the host. Said once, before the first range, or before each.
        bool isRelative = text.StartsWith('@');
        foreach (string range in text.Split('#'))
        {
            isRelative |= range.StartsWith('@');
            string[] numbers = range.TrimStart('@').Split('-');
            if (numbers.Length != 3 || !TryParse(numbers[0], out uint file) || !TryParse(numbers[1], out uint host)
                || !TryParse(numbers[2], out uint size))
            {
                throw new SpecException(
                    place, "\"" + range + "\" is not a mapping such as 0-1000-10: id in the file system, id on the host, number of ids");
            }

            mappings.Add(new IdMapping(file, isRelative ? OnHost(host, size, own, ownPlace, place) : host, size));
        }
    }

    private static uint OnHost(uint id, uint size, IReadOnlyList<IdMapping> own, string ownPlace, string place)
    {
        foreach (IdMapping mapping in own)
        {
            if (id >= mapping.ContainerId && (ulong)id + size <= (ulong)mapping.ContainerId + mapping.Size)
            {
                return mapping.HostId + (id - mapping.ContainerId);
            }
        }

        throw new SpecException(
            place, "no range of " + ownPlace + " has the ids " + id.ToString() + " to " + ((ulong)id + size - 1).ToString());
    }

    private static bool TryParse(string digits, out uint number) =>
        uint.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}

/// <summary>The option idmap or ridmap as written.</summary>
/// <param name="IsTree">ridmap.</param>
/// <param name="Mapping">What follows <c>=</c>; empty without.</param>
/// <param name="Place">Its place.</param>
internal sealed record IdMapOption(bool IsTree, string Mapping, string Place);

/// <summary>A mount whose files belong to other ids than the file system says: mount_setattr(2), MOUNT_ATTR_IDMAP.</summary>
/// <param name="Recursive">The whole tree.</param>
/// <param name="UidMap">Text for uid_map; null for the mapping of the container's user namespace.</param>
/// <param name="GidMap">Text for gid_map.</param>
public sealed record IdMapPlan(bool Recursive, CString UidMap, CString GidMap);
