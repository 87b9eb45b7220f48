using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Nodes;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>
/// Every string of config.json, keys included, may hold what forges a line, what commands a terminal, or what ends a text in the kernel:
/// it is refused or taken, and what punnet writes stays what it is.
/// </summary>
public sealed class ForgeryTests : ContainerTest
{
    private const string Escape = "a\npunnet: forged\r\n\u001b[31m\u009b1A\u2028";
    private const string Nul = "/a\0b";

    /// <summary>
    /// Each part of the document with everything that a config.json which works can get: alone, so that nothing stops before it is used.
    /// </summary>
    public static TheoryData<string> Parts => [.. Everything().SelectMany(static member => member.Key is "linux" or "process" or "hooks"
        ? member.Value!.AsObject().Select(inner => member.Key + "." + inner.Key) : [member.Key])];

    // One create for each string: the words are the same on every kernel.
    private static void MustBeFast()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("PUNNET_VM") == "uml",
            "a thousand creates are half an hour on User-Mode Linux's one slow CPU");
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public void Nothing_in_a_part_of_config_json_forges_a_line(string part)
    {
        MustBeFast();
        Container container = NewContainer().Runs("true");
        JsonObject good = container.Bundle.Config.DeepClone().AsObject();
        foreach (string evil in (string[])[Escape, Nul])
        {
            int count = Strings(Find(Everything(), part)!).Count;
            for (int i = 0; i < count; i++)
            {
                JsonObject document = good.DeepClone().AsObject();
                JsonNode changed = Find(Everything(), part)!.DeepClone();
                JsonNode box = new JsonObject { ["part"] = changed };
                Strings(box["part"]!)[i](evil);
                Put(document, part, box["part"]!.DeepClone());
                Check(container, document, $"{part}, string {i}");
            }
        }
    }

    [Fact]
    public void Nothing_in_a_whole_config_json_forges_a_line()
    {
        MustBeFast();
        Container container = NewContainer().Runs("true");
        JsonNode everything = Everything();
        for (int i = 0; i < Strings(everything).Count; i++)
        {
            JsonObject document = Everything();
            Strings(document)[i](i % 2 == 0 ? Escape : Nul);
            Check(container, document, $"string {i}");
        }
    }

    private static void Check(Container container, JsonObject document, string what)
    {
        container.Bundle.Replace(document.ToJsonString());
        container.Bundle.Write();
        string[] create = ["create", "--bundle", container.Bundle.Path, container.Id];
        Outcome plain = Runtime.Run(["--root", container.StateRoot, "--debug", .. create]);
        _ = container.Delete("--force");
        Clean(plain, what);
        string[] lines = plain.Stderr.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines.All(static line => line.StartsWith("punnet: ", StringComparison.Ordinal)
            || line.StartsWith("hint: ", StringComparison.Ordinal)
            || line.StartsWith("time=\"", StringComparison.Ordinal)), $"{what}: {plain.Stderr}");
        Assert.True(
            lines.Count(static line => line.StartsWith("punnet: ", StringComparison.Ordinal)) == plain.ExitCode, $"{what}: {plain.Stderr}");
        foreach (string format in (string[])["text", "json"])
        {
            string log = container.Directory + "/log." + format;
            Outcome logged = Runtime.Run(["--root", container.StateRoot, "--log", log, "--log-format", format, .. create]);
            if (logged.ExitCode == 0)
            {
                container.Call("list").Succeeds();
                Clean(container.Call("state", container.Id), what);
            }

            _ = container.Delete("--force");
            Clean(logged, what);
            string[] entries = File.Exists(log) ? File.ReadAllText(log).Split('\n', StringSplitOptions.RemoveEmptyEntries) : [];
            Assert.True(entries.Count(static entry => entry.Contains("error", StringComparison.Ordinal)
                && !entry.Contains("level=warning", StringComparison.Ordinal)
                && !entry.Contains("\"warning\"", StringComparison.Ordinal)) == logged.ExitCode, $"{what}: {string.Join('\n', entries)}");
            foreach (string entry in entries)
            {
                Assert.True(format == "text" ? entry.StartsWith("time=\"", StringComparison.Ordinal) : JsonNode.Parse(entry) is JsonObject,
                    $"{what}: {entry}");
                Assert.False(entry.Contains('\u001b', StringComparison.Ordinal), what);
            }

            File.Delete(log);
        }
    }

    private static void Clean(Outcome outcome, string what)
    {
        Assert.True(outcome.ExitCode is 0 or 1, $"{what}: status {outcome.ExitCode}, {outcome.Stderr}");
        Assert.False((outcome.Stderr + outcome.Stdout).Any(static character => char.IsControl(character)
            && character is not ('\n' or '\t')), $"{what}: {outcome.Stderr}{outcome.Stdout}");
    }

    private static JsonObject Everything() =>
        JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Profiles", "everything.json")))!.AsObject();

    private static JsonNode? Find(JsonNode root, string part) =>
        part.Split('.').Aggregate((JsonNode?)root, static (node, name) => node?[name]);

    private static void Put(JsonObject document, string part, JsonNode value)
    {
        string[] names = part.Split('.');
        if (names.Length == 1)
        {
            document[part] = value;
            return;
        }

        if (document[names[0]] is not JsonObject parent)
        {
            document[names[0]] = parent = [];
        }

        parent[names[1]] = value;
    }

    // What replaces each string below a node: a value, or a key.
    private static List<Action<string>> Strings(JsonNode node)
    {
        List<Action<string>> found = [];
        Walk(node, found);
        return found;
    }

    private static void Walk(JsonNode? node, List<Action<string>> found)
    {
        switch (node)
        {
            case JsonObject map:
                foreach ((string name, JsonNode? value) in map.ToArray())
                {
                    found.Add(evil =>
                    {
                        _ = map.Remove(name);
                        map[evil] = value;
                    });
                    Walk(value, found);
                }

                break;
            case JsonArray list:
                foreach (JsonNode? item in list.ToArray())
                {
                    Walk(item, found);
                }

                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                found.Add(evil => value.ReplaceWith(evil));
                break;
        }
    }
}
