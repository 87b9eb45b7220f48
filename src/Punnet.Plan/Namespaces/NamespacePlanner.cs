using System.Collections.Generic;
using System.Text;
using Punnet.Abi;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>config-linux.md#namespaces, #user-namespace-mappings and #offset-for-time-namespace.</summary>
internal static class NamespacePlanner
{
    // The kernel takes at most 340 lines, user_namespaces(7).
    private const int MapLimit = 340;


    /// <summary>Plans which namespaces are made and which are joined.</summary>
    /// <exception cref="SpecException">A namespace is unknown, named twice or lacks what it needs.</exception>
    public static NamespacePlan Plan(Linux linux, HostFacts facts)
    {
        CloneFlags made = CloneFlags.None;
        CloneFlags seen = CloneFlags.None;
        List<NamespaceJoin> joins = [];

        // The user namespace last: until then punnet has its rights over all that is joined. Without any, only it can give them.
        int user = (facts.Capabilities & (1UL << Capability.SysAdmin)) != 0 || facts.EffectiveUser == 0 ? 2 : -1;
        for (int i = 0; i < linux.Namespaces.Count; i++)
        {
            Namespace written = linux.Namespaces[i];
            string place = JsonPath.At("linux.namespaces", i);
            CloneFlags kind = Kind(written.Type, place + ".type");
            if ((seen & kind) != CloneFlags.None)
            {
                throw new SpecException(place + ".type", "\"" + written.Type + "\" is given twice");
            }

            seen |= kind;
            if (string.IsNullOrEmpty(written.Path))
            {
                made |= kind;
            }
            else if (written.Path.StartsWith('/'))
            {
                Add(joins, new NamespaceJoin(kind, JsonPath.Text(written.Path, place + ".path"), i), user);
            }
            else
            {
                throw new SpecException(place + ".path", "\"" + written.Path + "\" is not an absolute path");
            }
        }

        if ((seen & (CloneFlags.NewMount | CloneFlags.NewUser)) == CloneFlags.NewUser)
        {
            throw new SpecException(
                "linux.namespaces",
                "a user namespace has no right over the mounts of the host: with it goes a mount namespace ({\"type\": \"mount\"})");
        }

        bool makesUser = (made & CloneFlags.NewUser) != CloneFlags.None;
        bool makesTime = (made & CloneFlags.NewTime) != CloneFlags.None;
        CheckMappings(linux, seen, makesUser);
        return new NamespacePlan
        {
            New = made & ~(CloneFlags.NewCgroup | CloneFlags.NewTime),
            NewCgroup = (made & CloneFlags.NewCgroup) != CloneFlags.None,
            NewTime = makesTime,
            TimeOffsets = TimeOffsets(linux, seen, makesTime),
            Joins = [.. joins],
            Staged = joins.Exists(join => join.Kind is CloneFlags.NewUser or CloneFlags.NewPid || makesUser),
            UidMap = makesUser ? Map(linux.UidMappings, "linux.uidMappings") : default,
            GidMap = makesUser ? Map(linux.GidMappings, "linux.gidMappings") : default,
        };
    }

    // In the order in which they are joined.
    private static void Add(List<NamespaceJoin> joins, NamespaceJoin join, int user)
    {
        int place = joins.Count;
        while (place > 0 && Order(joins[place - 1], user) > Order(join, user))
        {
            place--;
        }

        joins.Insert(place, join);
    }

    private static CloneFlags Kind(string? type, string place)
    {
        CloneFlags kind = NamespaceKinds.Find(type ?? throw new SpecException(place, "is missing"));
        return kind != CloneFlags.None
            ? kind
            : throw new SpecException(
                place, "\"" + type + "\" is not a namespace (" + NamespaceKinds.Names() + ")", NearestKind(type));
    }

    private static string? NearestKind(string type)
    {
        string[] names = new string[NamespaceKinds.Count];
        for (int number = 0; number < names.Length; number++)
        {
            names[number] = NamespaceKinds.Name(number);
        }

        return NearestWord.Hint(type, names);
    }

    private static int Order(NamespaceJoin join, int user) => join.Kind switch
    {
        CloneFlags.NewUser => user,
        CloneFlags.NewMount => 1,
        _ => 0,
    };

    private static void CheckMappings(Linux linux, CloneFlags seen, bool makesUser)
    {
        if ((seen & CloneFlags.NewUser) == CloneFlags.None)
        {
            if (linux.UidMappings.Count > 0 || linux.GidMappings.Count > 0)
            {
                string which = linux.UidMappings.Count > 0 ? "linux.uidMappings" : "linux.gidMappings";
                throw new SpecException(which, "ids are mapped only in a user namespace, and linux.namespaces has none");
            }
        }
        else if (makesUser && (linux.UidMappings.Count == 0 || linux.GidMappings.Count == 0))
        {
            string which = linux.UidMappings.Count == 0 ? "linux.uidMappings" : "linux.gidMappings";
            throw new SpecException(which, "is missing: a new user namespace needs at least one mapping");
        }
    }

    /// <summary>Text for uid_map or gid_map.</summary>
    /// <exception cref="SpecException">A range is invalid.</exception>
    internal static CString Map(IReadOnlyList<IdMapping> mappings, string place)
    {
        if (mappings.Count > MapLimit)
        {
            throw new SpecException(place, mappings.Count.ToString() + " mappings, and the kernel takes at most 340");
        }

        StringBuilder text = new();
        for (int i = 0; i < mappings.Count; i++)
        {
            IdMapping mapping = mappings[i];
            string here = JsonPath.At(place, i);
            if (mapping.Size == 0)
            {
                throw new SpecException(here + ".size", "0 maps nothing: expected 1 or more");
            }

            // 4294967295 is not an id: the kernel takes it for "none".
            if ((ulong)mapping.ContainerId + mapping.Size > uint.MaxValue || (ulong)mapping.HostId + mapping.Size > uint.MaxValue)
            {
                throw new SpecException(here + ".size", mapping.Size.ToString() + " ids go beyond the largest, 4294967294");
            }

            RefuseOverlap(mappings, i, place);
            text.Append(mapping.ContainerId).Append(' ').Append(mapping.HostId).Append(' ').Append(mapping.Size).Append('\n');
        }

        return CString.Of(text.ToString());
    }

    // The kernel would only say EINVAL, for the table as a whole.
    private static void RefuseOverlap(IReadOnlyList<IdMapping> mappings, int index, string place)
    {
        IdMapping mapping = mappings[index];
        for (int i = 0; i < index; i++)
        {
            IdMapping earlier = mappings[i];
            (string Whose, uint First)? overlap =
                Overlap(mapping.ContainerId, mapping.Size, earlier.ContainerId, earlier.Size) ? ("container", mapping.ContainerId)
                : Overlap(mapping.HostId, mapping.Size, earlier.HostId, earlier.Size) ? ("host", mapping.HostId)
                : null;
            if (overlap is (string whose, uint first))
            {
                string ids = mapping.Size == 1
                    ? " id " + first.ToString() + " is one"
                    : " ids " + first.ToString() + " to " + (first + mapping.Size - 1).ToString() + " overlap those";
                throw new SpecException(JsonPath.At(place, index), "the " + whose + "'s" + ids + " of " + JsonPath.At(place, i));
            }
        }
    }

    private static bool Overlap(uint first, uint size, uint otherFirst, uint otherSize) =>
        first < (ulong)otherFirst + otherSize && otherFirst < (ulong)first + size;

    private static CString TimeOffsets(Linux linux, CloneFlags seen, bool makesTime)
    {
        if (linux.TimeOffsets.Count == 0)
        {
            return default;
        }

        if ((seen & CloneFlags.NewTime) == CloneFlags.None)
        {
            throw new SpecException("linux.timeOffsets", "clocks are shifted only in a time namespace, and linux.namespaces has none");
        }

        if (!makesTime)
        {
            throw new SpecException(
                "linux.timeOffsets",
                "time namespace enabled, but both namespace path and time offsets specified -- you may only provide one");
        }

        StringBuilder text = new();
        foreach (KeyValuePair<string, TimeOffset> offset in linux.TimeOffsets)
        {
            string place = "linux.timeOffsets." + offset.Key;
            if (offset.Key is not ("monotonic" or "boottime"))
            {
                throw new SpecException(
                    place, "is not a clock of a time namespace (monotonic or boottime)",
                    NearestWord.Hint(offset.Key, ["boottime", "monotonic"]));
            }

            if (offset.Value.Nanoseconds > 999_999_999)
            {
                throw new SpecException(
                    place + ".nanosecs", offset.Value.Nanoseconds.ToString() + " is a second or more: expected 0 to 999999999");
            }

            text.Append(offset.Key).Append(' ').Append(offset.Value.Seconds).Append(' ').Append(offset.Value.Nanoseconds).Append('\n');
        }

        return CString.Of(text.ToString());
    }
}
