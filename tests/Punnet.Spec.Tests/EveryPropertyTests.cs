using System;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Punnet.Spec.Tests;

/// <summary>What must hold for every single property of config.json; the properties come from cases/everything.</summary>
public sealed class EveryPropertyTests
{
    public static TheoryData<string> Places =>
        [.. Documents.Properties(Documents.Parse(Documents.Everything)).Select(property => property.Place)];

    public static TheoryData<string> KnownPlaces =>
        [.. Documents.Properties(Documents.Parse(Documents.Everything)).Where(property => !property.InMap).Select(property => property.Place)];

    [Theory]
    [InlineData("everything")]
    [InlineData("docker")]
    [InlineData("podman")]
    public void What_was_read_is_written_again(string name)
    {
        byte[] document = Documents.Case(name);

        byte[] written = ConfigWriter.Write(ConfigReader.ReadConfig(document));

        Assert.True(JsonNode.DeepEquals(Documents.Parse(document), Documents.Parse(written)), Encoding.UTF8.GetString(written));
    }

    [Fact]
    public void The_model_has_no_property_that_the_document_with_everything_leaves_out()
    {
        // The model keeps how many priorities a container has for the network, and nothing that could be written again.
        Assert.Equal(["NetworkResources.Priorities"], Structure.NeverSet(ConfigReader.ReadConfig(Documents.Everything)));
    }

    [Theory]
    [MemberData(nameof(Places))]
    public void A_value_of_a_wrong_type_is_refused_at_its_place(string place)
    {
        JsonObject document = Documents.Parse(Documents.Everything);
        Documents.Property property = Documents.Find(document, place);
        (string expected, JsonNode wrong, string found) = property.Value!.GetValueKind() switch
        {
            JsonValueKind.String => ("a string", (JsonNode)5, "a number"),
            JsonValueKind.Number => ("a number", (JsonNode)"5", "a string"),
            JsonValueKind.Object => ("an object", new JsonArray(), "a list"),
            JsonValueKind.Array => ("a list", (JsonNode)true, "true"),
            _ => ("true or false", new JsonObject(), "an object"),
        };
        property.Parent[property.Name] = wrong;

        string refusal = Documents.Refusal(() => ConfigReader.ReadConfig(Documents.Bytes(document)));

        Assert.Equal($"{EscapedAsWritten(place)}: expected {expected}, found {found}", refusal);
    }

    [Theory]
    [MemberData(nameof(KnownPlaces))]
    public void Null_is_the_same_as_absent(string place)
    {
        JsonObject withNull = Documents.Parse(Documents.Everything), without = Documents.Parse(Documents.Everything);
        Documents.Property property = Documents.Find(withNull, place);
        property.Parent[property.Name] = null;
        Documents.Property removed = Documents.Find(without, place);
        removed.Parent.Remove(removed.Name);

        Assert.Equal(Outcome(without), Outcome(withNull));
    }

    [Theory]
    [MemberData(nameof(KnownPlaces))]
    public void A_misspelt_property_is_found_and_the_right_one_suggested(string place)
    {
        JsonObject document = Documents.Parse(Documents.Everything);
        Documents.Property property = Documents.Find(document, place);
        property.Parent[property.Name + "x"] = property.Value!.DeepClone();
        UnknownProperties unknown = new();

        ConfigReader.ReadConfig(Documents.Bytes(document), unknown);

        Assert.Equal([new UnknownProperty(place + "x", property.Name)], unknown.Found);
    }

    [Fact]
    public void Of_equal_names_the_last_one_wins()
    {
        Config config = ConfigReader.ReadConfig("""
            {"hostname":"a","hostname":"b","root":{"path":"a","readonly":true},"root":{"path":"b"},"annotations":{"k":"1","k":"2"}}
            """u8);

        Assert.Equal("b", config.Hostname);
        Assert.Equal(new Root { Path = "b" }, config.Root);
        Assert.Equal("2", config.Annotations["k"]);
    }

    [Fact]
    public void Names_are_matched_exactly()
    {
        Config config = ConfigReader.ReadConfig("""{"Hostname":"a","HOSTNAME":"b","process":{"CWD":"/"}}"""u8);

        Assert.Null(config.Hostname);
        Assert.Null(config.Process!.Cwd);
    }

    private static string Outcome(JsonObject document)
    {
        try
        {
            return Structure.Of(ConfigReader.ReadConfig(Documents.Bytes(document)));
        }
        catch (SpecException refusal)
        {
            return refusal.Message;
        }
    }

    // System.Text.Json writes a quote as \u0022, and the place shows keys as they are written.
    private static string EscapedAsWritten(string place) => place.Replace("\\\"", "\\u0022", StringComparison.Ordinal);
}
