using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Punnet.Spec.Tests;

/// <summary>The documents that tests read, and the places in them.</summary>
internal static class Documents
{
    /// <summary>Every property of the specification that the model has, each with a value of its own.</summary>
    public static byte[] Everything => Case("everything");

    /// <summary>A property of a document, and where it stands.</summary>
    public sealed record Property(string Place, JsonObject Parent, string Name, bool InMap)
    {
        public JsonNode? Value => Parent[Name];
    }

    // Objects whose keys the user chooses.
    private static readonly string[] Maps = ["annotations", "sysctl", "timeOffsets", "netDevices", "rdma", "unified"];

    public static byte[] Case(string name) => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "cases", name, "config.json"));

    public static JsonObject Parse(byte[] utf8) => JsonNode.Parse(utf8)!.AsObject();

    public static byte[] Bytes(JsonNode node) => Encoding.UTF8.GetBytes(node.ToJsonString());

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static string Refusal(Action read) => Assert.Throws<SpecException>(read).Message;

    /// <summary>All properties below an object, with places as punnet should name them.</summary>
    public static IEnumerable<Property> Properties(JsonObject root) => Walk(root, string.Empty, inMap: false);

    /// <summary>Finds the property with a place in a fresh copy of the document.</summary>
    public static Property Find(JsonObject root, string place) => Properties(root).Single(property => property.Place == place);

    private static IEnumerable<Property> Walk(JsonNode? node, string place, bool inMap)
    {
        if (node is JsonArray list)
        {
            for (int index = 0; index < list.Count; index++)
            {
                foreach (Property property in Walk(list[index], $"{place}[{index}]", inMap: false))
                {
                    yield return property;
                }
            }
        }
        else if (node is JsonObject parent)
        {
            foreach (string name in parent.Select(entry => entry.Key).ToArray())
            {
                bool plain = name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');
                string own = !plain ? $"{place}[\"{name.Replace("\"", "\\\"", StringComparison.Ordinal)}\"]" : place.Length == 0
                    ? name : place + "." + name;
                yield return new Property(own, parent, name, inMap);
                foreach (Property property in Walk(parent[name], own, Maps.Contains(name)))
                {
                    yield return property;
                }
            }
        }
    }
}
