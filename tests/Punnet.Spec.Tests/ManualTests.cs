using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Xunit;

namespace Punnet.Spec.Tests;

/// <summary>The tables of docs/config.md, of which punnet-config(5) is made: they have what the reader has, and its types.</summary>
public sealed partial class ManualTests
{
    private static readonly Dictionary<string, string> s_manual = ReadManual();

    [Fact]
    public void Every_property_that_is_read_has_a_row()
    {
        IEnumerable<string> read = Documents.Properties(Documents.Parse(Documents.Everything)).Where(property => !property.InMap)
            .Select(property => Row(property.Place)).Distinct();

        Assert.Equal([], read.Except(s_manual.Keys));
    }

    [Fact]
    public void Every_name_that_the_reader_compares_is_in_a_row()
    {
        string[] read = [.. Directory.GetFiles(Checkout() + "/src/Punnet.Spec/Reading", "ConfigReader*.cs").SelectMany(File.ReadLines)
            .Where(line => line.Contains("case \"", StringComparison.Ordinal)).SelectMany(line => Word().Matches(line.Split(':')[0]))
            .Select(match => match.Groups["word"].Value).Distinct()];

        Assert.InRange(read.Length, 100, 300);
        Assert.Equal([], read.Except(s_manual.Keys.Select(row => row.Split('.')[^1].TrimEnd('[', ']'))));
    }

    [Fact]
    public void Every_row_is_a_property_that_is_read()
    {
        // One with a value of another type is refused at its place; one that is not read at all is unknown.
        foreach ((string row, string type) in s_manual)
        {
            string place = Concrete(row);
            JsonNode wrong = type is "boolean" or "ignored" ? JsonValue.Create("text") : JsonValue.Create(true);
            UnknownProperties unknown = new();
            string outcome = Outcome(place, wrong, unknown);

            Assert.True(unknown.Found.Count == 0, row + " is unknown");
            Assert.True(type == "ignored" ? outcome.Length == 0 : outcome.StartsWith(place + ": expected ", StringComparison.Ordinal),
                $"{row}: {outcome}");
        }
    }

    [Fact]
    public void The_type_of_every_row_is_what_the_reader_takes()
    {
        Assert.Equal([], s_manual.Where(row => row.Value != "ignored" && !Takes(Concrete(row.Key), row.Value)));
    }

    private static bool Takes(string place, string type)
    {
        string text = Outcome(place, type == "boolean" ? JsonValue.Create(1) : JsonValue.Create(false), new());
        return type switch
        {
            "boolean" => text == place + ": expected true or false, found a number",
            "string" => text == place + ": expected a string, found false",
            "object" => text == place + ": expected an object, found false",
            "map of strings" => Outcome(place + ".x", JsonValue.Create(1), new()) == place + ".x: expected a string, found a number",
            "map of objects" => Outcome(place + ".x", JsonValue.Create(1), new()) == place + ".x: expected an object, found a number",
            "list of strings" => Outcome(place, new JsonArray(1), new()) == place + "[0]: expected a string, found a number",
            "list of objects" => Outcome(place, new JsonArray(1), new()) == place + "[0]: expected an object, found a number",
            "list of uint32" => IsNumber(place + "[0]", number => Outcome(place, new JsonArray(number), new()), type[8..]),
            _ => IsNumber(place, number => Outcome(place, number, new()), type),
        };
    }

    // The refusal of a number that is too large names the range.
    private static bool IsNumber(string place, Func<JsonNode, string> read, string type)
    {
        string range = type switch
        {
            "uint16" => "0 to 65535",
            "uint32" => "0 to 4294967295",
            "uint64" => "0 to 18446744073709551615",
            "int32" => "-2147483648 to 2147483647",
            "int64" => "-9223372036854775808 to 9223372036854775807",
            _ => "none: " + type,
        };
        return read(JsonNode.Parse("1e30")!).EndsWith($"{place}: 1e30 is not a whole number from {range}", StringComparison.Ordinal);
    }

    private static string Outcome(string place, JsonNode value, UnknownProperties unknown)
    {
        JsonNode? document = value;
        foreach (string step in place.Replace("[0]", ".[0]", StringComparison.Ordinal).Split('.').Reverse())
        {
            document = step == "[0]" ? new JsonArray(document) : new JsonObject { [step] = document };
        }

        try
        {
            ConfigReader.ReadConfig(Documents.Bytes((JsonObject)document), unknown);
            return "";
        }
        catch (SpecException refusal)
        {
            return refusal.Message;
        }
    }

    // What stands for any name becomes one.
    private static string Concrete(string row) => row.Replace("hooks.*", "hooks.poststop", StringComparison.Ordinal)
        .Replace("throttle*", "throttleReadBpsDevice", StringComparison.Ordinal).Replace("*", "x", StringComparison.Ordinal)
        .Replace("[]", "[0]", StringComparison.Ordinal);

    private static string Row(string place)
    {
        string row = Index().Replace(place, "[]");
        row = Hook().Replace(row, "hooks.*[]");
        row = Throttle().Replace(row, "blockIO.throttle*[].");
        return MapKey().Replace(row, "${map}.*");
    }

    private static Dictionary<string, string> ReadManual()
    {
        Dictionary<string, string> rows = new(StringComparer.Ordinal);
        bool isTable = false;
        foreach (string line in File.ReadLines(Checkout() + "/docs/config.md"))
        {
            string[] cells = line.Split(" | ");
            isTable = line.StartsWith("| Property | Type |", StringComparison.Ordinal) || (isTable && line.StartsWith('|'));
            if (isTable && cells[0].StartsWith("| `", StringComparison.Ordinal))
            {
                foreach (string name in cells[0][2..].Split(", "))
                {
                    rows.Add(name.Trim('`'), cells[1]);
                }
            }
        }

        return rows;
    }

    private static string Checkout()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(directory.FullName + "/docs/config.md"))
        {
            directory = directory.Parent;
        }

        return directory?.FullName ?? throw new InvalidOperationException("there is no docs/config.md above " + AppContext.BaseDirectory);
    }

    [GeneratedRegex("\"(?<word>[A-Za-z0-9]+)\"", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Word();

    [GeneratedRegex(@"\[\d+\]", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Index();

    [GeneratedRegex(@"^hooks\.\w+\[\]", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Hook();

    [GeneratedRegex(@"blockIO\.throttle\w+\[\]\.", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Throttle();

    [GeneratedRegex(@"(?<map>\.(netDevices|rdma|timeOffsets))\.\w+", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex MapKey();
}
