using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Punnet.Fuzz.Tests.Differential;

/// <summary>Every change of one value of a config.json that both runtimes can create a container from.</summary>
internal static class ConfigEdits
{
    /// <summary>Each with its name: the place, and what became of the value.</summary>
    public static IEnumerable<(string Name, string Document)> All(string text)
    {
        foreach (string place in Places(JsonNode.Parse(text)!, ""))
        {
            foreach (string word in Words(Find(JsonNode.Parse(text)!, place)))
            {
                JsonNode root = JsonNode.Parse(text)!;
                Apply(Find(root, place), word);
                yield return (place + " " + word, root.ToJsonString());
            }
        }
    }

    private static IEnumerable<string> Places(JsonNode node, string place)
    {
        IEnumerable<(string, JsonNode?)> children = node switch
        {
            JsonObject holder => holder.Select(entry => (place + "/" + entry.Key, entry.Value)),
            JsonArray list => list.Select((item, index) => (place + "/" + index.ToString(), item)),
            _ => [],
        };
        foreach ((string at, JsonNode? child) in children.ToArray())
        {
            yield return at;
            foreach (string below in Places(child!, at))
            {
                yield return below;
            }
        }
    }

    private static JsonNode Find(JsonNode root, string place)
    {
        JsonNode node = root;
        foreach (string step in place.Split('/').Skip(1))
        {
            node = node is JsonArray list ? list[int.Parse(step)]! : node[step]!;
        }

        return node;
    }

    private static string[] Words(JsonNode node) => node.GetValueKind() switch
    {
        JsonValueKind.String => ["removed", "null", "\"\"", "\"x\"", "\"/x/../y\"", "long", "5"],
        JsonValueKind.Number => ["removed", "null", "-1", "0", "4294967295", "4294967296", "9223372036854775807", "1.5", "\"1\""],
        JsonValueKind.True or JsonValueKind.False => ["removed", "null", "true", "false", "\"true\""],
        JsonValueKind.Array => ["removed", "null", "[]", "[null]", "{}", "doubled"],
        _ => ["removed", "null", "{}", "[]", "unknown"],
    };

    private static void Apply(JsonNode node, string word)
    {
        switch (word)
        {
            case "removed" when node.Parent is JsonArray list:
                list.RemoveAt(node.GetElementIndex());
                break;
            case "removed":
                node.Parent!.AsObject().Remove(node.GetPropertyName());
                break;
            case "doubled":
                foreach (JsonNode? item in node.AsArray().ToArray())
                {
                    node.AsArray().Add(item!.DeepClone());
                }

                break;
            case "unknown":
                node["noSuchProperty"] = 1;
                break;
            case "long":
                node.ReplaceWith(new string('a', 5000));
                break;
            default:
                node.ReplaceWith(JsonNode.Parse(word));
                break;
        }
    }
}
