using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Punnet.Fuzz.Tests;

/// <summary>Changes of a config.json in its structure: a value is left out, doubled, moved or replaced by another of its kind.</summary>
/// <param name="random">Decides.</param>
internal sealed class ConfigMutations(Random random)
{
    // Words that some property or other knows, and values at the edge of what numbers may be.
    private static readonly string[] s_words =
    [
        "", "/", "a", "..", "/proc", "/dev", "/sys/fs/cgroup", "rootfs", "bind", "rbind", "tmpfs", "proc", "cgroup", "ro", "rro",
        "size=64k", "mode=0755", "idmap", "shared", "rprivate", "tmpcopyup", "CAP_SYS_ADMIN", "CAP_NO_SUCH", "RLIMIT_NOFILE",
        "SCMP_ACT_ALLOW", "SCMP_ACT_NOTIFY", "SCMP_CMP_MASKED_EQ", "SCMP_ARCH_X32", "mount", "pid", "user", "network", "uts", "ipc",
        "time", "c", "b", "p", "rwm", "max", "0-3", "net.ipv4.ip_forward", "kernel.msgmax", "/proc/1/ns/net", "é", "a b", "a\nb",
        "SCHED_FIFO", "IOPRIO_CLASS_BE", "LINUX32", "MPOL_BIND", "x=y", "memory.max", "slice:prefix:name", "-1",
    ];

    private static readonly long[] s_numbers =
    [
        0, 1, -1, 2, 7, 10, 20, 64, 1000, 4095, 65535, 65536, 1048576, int.MaxValue, int.MinValue, uint.MaxValue, 4294967296,
        long.MaxValue, long.MinValue,
    ];

    /// <summary>The document with every property, changed.</summary>
    public JsonObject Next() => Change(JsonNode.Parse(Places.Everything())!.AsObject(), 1 + random.Next(8));

    /// <summary>A document, changed.</summary>
    public JsonObject Change(JsonObject root, int changes)
    {
        for (; changes > 0; changes--)
        {
            JsonNode[] all = [.. Descendants(root)];
            if (all.Length > 0)
            {
                Change(all[random.Next(all.Length)], all);
            }
        }

        return root;
    }

    private void Change(JsonNode node, JsonNode[] all)
    {
        JsonNode parent = node.Parent!;
        switch (random.Next(8))
        {
            case 0 when parent is JsonObject holder:
                holder.Remove(node.GetPropertyName());
                break;
            case 0:
                parent.AsArray().RemoveAt(node.GetElementIndex());
                break;
            case 1 when parent is JsonArray list:
                list.Insert(node.GetElementIndex(), node.DeepClone());
                break;
            case 2 when parent is JsonArray list:
                list.Insert(0, all[random.Next(all.Length)].DeepClone());
                break;
            case 3 when parent is JsonArray list:
                int from = node.GetElementIndex();
                list.RemoveAt(from);
                list.Insert(random.Next(list.Count + 1), node);
                break;
            case 4:
                node.ReplaceWith<JsonNode?>(null);
                break;
            case 5 when node is JsonArray or JsonObject:
                node.ReplaceWith<JsonNode>(node is JsonArray ? new JsonArray() : new JsonObject());
                break;
            case 6:
                node.ReplaceWith(all[random.Next(all.Length)].DeepClone());
                break;
            default:
                node.ReplaceWith(Other(node));
                break;
        }
    }

    private JsonNode? Other(JsonNode node) => node is not JsonValue value ? node.DeepClone() : value.GetValueKind() switch
    {
        JsonValueKind.String => random.Next(4) switch
        {
            0 => JsonValue.Create(value.GetValue<string>() + s_words[random.Next(s_words.Length)]),
            1 => JsonValue.Create(new string('a', random.Next(5000))),
            _ => JsonValue.Create(s_words[random.Next(s_words.Length)]),
        },
        JsonValueKind.Number => JsonValue.Create(s_numbers[random.Next(s_numbers.Length)]),
        JsonValueKind.True => JsonValue.Create(false),
        _ => JsonValue.Create(true),
    };

    private static IEnumerable<JsonNode> Descendants(JsonNode node)
    {
        IEnumerable<JsonNode?> children = node switch
        {
            JsonObject holder => holder.Select(static entry => entry.Value),
            JsonArray list => list,
            _ => [],
        };
        foreach (JsonNode? child in children)
        {
            if (child is not null)
            {
                yield return child;
                foreach (JsonNode below in Descendants(child))
                {
                    yield return below;
                }
            }
        }
    }
}
