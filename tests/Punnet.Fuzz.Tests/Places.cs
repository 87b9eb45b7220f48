using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Punnet.Spec;

namespace Punnet.Fuzz.Tests;

/// <summary>Whether a refusal names a place that its reader can find.</summary>
internal static partial class Places
{
    private const string Least =
        """{"root":{"path":"r"},"process":{"cwd":"/","args":["a"]},"linux":{"namespaces":[{"type":"mount"},{"type":"user"}]}}""";

    private static readonly HashSet<string> s_known = Known();

    /// <summary>The document with every property of the specification.</summary>
    public static byte[] Everything() => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "everything.json"));

    /// <summary>
    /// A part of it, cut up: each document has what a config must have and one more property. Short ones are fuzzed faster.
    /// </summary>
    public static List<byte[]> Pieces(params string[] names)
    {
        JsonObject part = JsonNode.Parse(Everything())!.AsObject();
        foreach (string name in names)
        {
            part = part[name]!.AsObject();
        }

        List<byte[]> pieces = [];
        foreach ((string name, JsonNode? value) in part)
        {
            foreach (JsonNode? one in name is "linux" or "process" ? Properties(value!.AsObject()) : [value])
            {
                JsonObject piece = names.Length == 0 ? JsonNode.Parse(Least)!.AsObject() : [];
                if (one is JsonObject single && piece[name] is JsonObject least)
                {
                    least[single.First().Key] = single.First().Value?.DeepClone();
                }
                else
                {
                    piece[name] = one?.DeepClone();
                }

                pieces.Add(Encoding.UTF8.GetBytes(piece.ToJsonString()));
            }
        }

        return pieces;
    }

    private static IEnumerable<JsonNode?> Properties(JsonObject holder)
    {
        foreach ((string name, JsonNode? value) in holder)
        {
            yield return new JsonObject { [name] = value?.DeepClone() };
        }
    }

    /// <summary>Fails where a refusal is no sentence, or names a place that the document does not have and could not have.</summary>
    /// <param name="refusal">The refusal.</param>
    /// <param name="document">What was refused.</param>
    public static void Check(SpecException refusal, byte[] document)
    {
        string text = refusal.Message;
        bool isCut = text.Trim().Length < 8 || text.EndsWith(": ", StringComparison.Ordinal);
        Fault.If(isCut || (text.EndsWith('.') && char.IsAsciiLetter(text[^2])), "no sentence: " + text);
        if (LineAndColumn().Match(text) is { Success: true } place)
        {
            int line = int.Parse(place.Groups["line"].ValueSpan, CultureInfo.InvariantCulture);
            Fault.If(line > 1 + document.AsSpan().Count((byte)'\n'), "no such line: " + text);
            return;
        }

        using JsonDocument? json = Parse(document);
        if (json is null)
        {
            return; // Refused before the place where it is no JSON.
        }

        // Several where a property stands there twice: any of them may be the one that was refused.
        List<JsonElement> here = [json.RootElement];
        int end = 0;
        foreach (Match segment in Segment().Matches(refusal.Place))
        {
            Fault.If(segment.Index != end, "no place: " + text);
            end = segment.Index + segment.Length;
            here = Step(here, segment, text);
        }

        Fault.If(end != refusal.Place.Length, "no place: " + text);
    }

    private static JsonDocument? Parse(byte[] document)
    {
        try
        {
            return JsonDocument.Parse(document, new JsonDocumentOptions { MaxDepth = 1000 });
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static List<JsonElement> Step(List<JsonElement> here, Match segment, string text)
    {
        if (segment.Groups["index"] is { Success: true } index)
        {
            int number = int.Parse(index.ValueSpan, CultureInfo.InvariantCulture);
            List<JsonElement> lists = here.FindAll(each => each.ValueKind == JsonValueKind.Array && number < each.GetArrayLength());
            Fault.If(lists.Count == 0, "no such element: " + text);
            return lists.ConvertAll(list => list[number]);
        }

        // A key is cut where it is long, and stands there as it was written.
        string name = segment.Groups["name"] is { Success: true, Value: string plain } ? plain : segment.Groups["key"].Value;
        List<JsonElement> objects = here.FindAll(each => each.ValueKind == JsonValueKind.Object);
        List<JsonElement> members =
            [.. objects.SelectMany(each => each.EnumerateObject()).Where(member => member.Name == name).Select(member => member.Value)];
        bool isKey = segment.Groups["key"].Success && objects.Count > 0;
        Fault.If(members.Count == 0 && !isKey && !s_known.Contains(name), "no such property: " + text);
        return members;
    }

    private static HashSet<string> Known()
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        using JsonDocument json = JsonDocument.Parse(Everything());
        Add(json.RootElement);
        return names;

        void Add(JsonElement element)
        {
            if (element.ValueKind == JsonValueKind.Array)
            {
                foreach (JsonElement item in element.EnumerateArray())
                {
                    Add(item);
                }
            }
            else if (element.ValueKind == JsonValueKind.Object)
            {
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    names.Add(property.Name);
                    Add(property.Value);
                }
            }
        }
    }

    [GeneratedRegex(@"\Aline (?<line>\d+), column \d+: ", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex LineAndColumn();

    [GeneratedRegex(
        @"\G(?:(?:\A|\.)(?<name>[A-Za-z0-9_]+)|\[(?<index>\d+)\]|\[""(?<key>.*?)""\](?=\z|\.|\[))",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Segment();
}

/// <summary>An answer that is wrong: what the fuzzer looks for.</summary>
internal sealed class Fault(string message) : Exception(message)
{
    /// <summary>Fails where something is wrong.</summary>
    public static void If(bool isWrong, string message)
    {
        if (isWrong)
        {
            throw new Fault(message);
        }
    }

    /// <summary>Fails where two texts differ.</summary>
    public static void Differ(string left, string right, string what)
    {
        if (left != right)
        {
            int at = 0;
            while (at < Math.Min(left.Length, right.Length) && left[at] == right[at])
            {
                at++;
            }

            throw new Fault(what + ": \"" + Around(left, at) + "\" and \"" + Around(right, at) + "\"");
        }
    }

    private static string Around(string text, int at) => text[Math.Max(at - 60, 0)..Math.Min(at + 60, text.Length)];
}
