using System.Collections.Generic;
using System.Globalization;
using Punnet.Spec;

namespace Punnet.Plan;

/// <summary>Ids of a container with its own user namespace that nothing on the host stands for: user_namespaces(7).</summary>
internal static class IdReview
{
    /// <summary>Reviews the ids of the process and of the mounts.</summary>
    public static void Of(CheckedDocument document, Config config, ContainerPlan plan)
    {
        if (plan.Namespaces.UidMap.IsNull)
        {
            return;
        }

        IReadOnlyList<IdMapping> users = config.Linux!.UidMappings, groups = config.Linux.GidMappings;
        User user = config.Process!.User;
        const string Root = "punnet becomes root of the user namespace first";
        Check(document, "linux.uidMappings", "user", 0, users, Root);
        Check(document, "linux.gidMappings", "group", 0, groups, Root);
        Check(document, "process.user.uid", "user", user.Uid, users);
        Check(document, "process.user.gid", "group", user.Gid, groups);
        for (int i = 0; i < user.AdditionalGids.Count && !plan.Process.KeepsGroups; i++)
        {
            Check(document, JsonPath.At("process.user.additionalGids", i), "group", user.AdditionalGids[i], groups);
        }

        foreach (MountStep mount in plan.Mounts)
        {
            foreach (MountParameter parameter in mount.Parameters)
            {
                string key = parameter.Key.ToString();
                if (key is "uid" or "gid" && !parameter.Value.IsNull && mount.Type.ToString() is "tmpfs" or "devpts"
                    && uint.TryParse(parameter.Value.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out uint id))
                {
                    Check(
                        document, Option(config.Mounts[mount.Index], mount.Index, key), key == "uid" ? "user" : "group", id,
                        key == "uid" ? users : groups);
                }
            }
        }
    }

    private static string Option(Mount mount, int index, string key)
    {
        string place = JsonPath.At("mounts", index) + ".options";
        for (int i = mount.Options.Count - 1; i >= 0; i--)
        {
            if (mount.Options[i].StartsWith(key + "=", System.StringComparison.Ordinal))
            {
                return JsonPath.At(place, i);
            }
        }

        return place;
    }

    private static void Check(
        CheckedDocument document, string place, string what, uint id, IReadOnlyList<IdMapping> mappings, string? hint = null)
    {
        foreach (IdMapping mapping in mappings)
        {
            if (id >= mapping.ContainerId && id - mapping.ContainerId < mapping.Size)
            {
                return;
            }
        }

        document.Error(
            place,
            what + " " + id.ToString() + " is not mapped: no range of linux." + (what == "user" ? "uid" : "gid") + "Mappings has it", hint);
    }
}
