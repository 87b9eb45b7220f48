using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>What <c>make release</c> writes beside the packages: the bill of materials, and the tables of README.md.</summary>
public sealed class ReleaseTests : PackageTest
{
    private const string Place = "<!-- row: sid --> | ";

    [Fact]
    public void The_bill_of_materials_has_what_the_schema_of_CycloneDX_requires_and_nothing_that_it_does_not_know()
    {
        JsonObject bom = Bom();

        AssertMembers(bom, ["bomFormat", "specVersion", "serialNumber", "version", "metadata", "components", "dependencies", "$schema"]);
        Assert.Equal(("CycloneDX", "1.6", 1), ((string?)bom["bomFormat"], (string?)bom["specVersion"], (int?)bom["version"]));
        Assert.Matches("^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", (string?)bom["serialNumber"]);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", (string?)bom["metadata"]!["timestamp"]);
        List<string> known = [];
        foreach (JsonObject component in Components(bom))
        {
            AssertMembers(component, ["type", "name", "bom-ref", "version", "description", "licenses", "hashes", "purl"]);
            Assert.Contains((string?)component["type"], (string[])["application", "library"]);
            Assert.All(["name", "version"], member => Assert.NotEmpty((string?)component[member] ?? ""));
            Assert.StartsWith("pkg:", (string?)component["purl"], StringComparison.Ordinal);
            JsonObject license = Assert.Single(component["licenses"]!.AsArray())!.AsObject();
            Assert.True(license.Count == 1 && (license["expression"] is not null || license["license"]!["id"] is not null), license.ToJsonString());
            known.Add((string)component["bom-ref"]!);
        }

        Assert.Equal(known, known.Distinct(StringComparer.Ordinal));
        foreach (JsonNode? dependency in bom["dependencies"]!.AsArray())
        {
            Assert.Contains((string)dependency!["ref"]!, known);
            Assert.All(dependency["dependsOn"]!.AsArray(), reference => Assert.Contains((string)reference!, known));
        }
    }

    [Fact]
    public void The_bill_of_materials_names_the_program_its_runtime_and_its_C_library()
    {
        JsonObject bom = Bom();

        JsonNode program = bom["metadata"]!["component"]!;
        Assert.StartsWith($"punnet version {program["version"]}\n", Runtime.Run("--version").Succeeds().Stdout, StringComparison.Ordinal);
        Assert.Equal(
            Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Runtime.Path))), (string?)program["hashes"]![0]!["content"]);
        string[] parts = [.. Components(bom).Select(component => (string)component["name"]!)];
        Assert.Contains(Runtime.IsPlain ? "glibc" : "musl", parts);
        Assert.DoesNotContain(Runtime.IsPlain ? "musl" : "glibc", parts);
        Assert.Contains(parts, part => part.EndsWith(".Microsoft.DotNet.ILCompiler", StringComparison.Ordinal));

        // The packages with the version that the project is locked to.
        string locked = File.ReadAllText(Checkout + "/src/Punnet/packages.lock.json");
        foreach (JsonObject package in Components(bom).Where(component => ((string)component["purl"]!).StartsWith("pkg:nuget/", StringComparison.Ordinal)))
        {
            Assert.Contains($"\"resolved\": \"{package["version"]}\"", locked, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_tables_of_the_readme_take_what_a_run_has_written_and_nothing_else()
    {
        string work = NewContainer().Directory, readme = work + "/README.md";
        Directory.CreateDirectory(work + "/results/conformance");
        Directory.CreateDirectory(work + "/results/bench");
        File.WriteAllText(work + "/results/conformance/docker.sid.tsv", "docker\tsid\ta\tpass\tpass\t\ndocker\tsid\tb\tpass\tfail\t\n");
        File.WriteAllText(work + "/results/bench/results", """
            run 2030-01-02, Linux 9.9
            program punnet 7.7.7
            program crun 1.0
            program runc 2.0
            program plain 7.7.7
            row run `run` of a test
            time run punnet 1
            time run crun 2
            time run runc 4
            time run plain 1.5
            memory run punnet 1024

            """);
        string[] before = File.ReadAllLines(Checkout + "/README.md");
        File.WriteAllLines(readme, before);

        WriteTables(readme, work + "/results");
        string[] after = File.ReadAllLines(readme);
        WriteTables(readme, work + "/results");

        Assert.Equal(after, File.ReadAllLines(readme));
        string row = Assert.Single(after, line => line.Contains(Place, StringComparison.Ordinal));
        Assert.Contains(Place + "1 as with runc, 1 not, 0 skipped | ", row, StringComparison.Ordinal);
        Assert.Contains("| `run` of a test | 1.00 (1.00) | 2.00 (2.00) | 4.00 (4.00) | 0.50 | 0.25 | 0.75 |", after);
        Assert.Contains("| | punnet 7.7.7 | crun 1.0 | runc 2.0 | to crun | to runc | plain build to crun |", after);
        Assert.Equal(Outside(before), Outside(after));
    }

    [Fact]
    public void The_tables_of_the_readme_stay_as_they_are_without_a_run()
    {
        string work = NewContainer().Directory, readme = work + "/README.md";
        File.Copy(Checkout + "/README.md", readme);

        WriteTables(readme, work + "/nothing");

        Assert.Equal(File.ReadAllText(Checkout + "/README.md"), File.ReadAllText(readme));
        string text = File.ReadAllText(readme);
        foreach (string marker in (string[])["row: native", "row: plain", "row: vm", "row: engines", "row: sid", "table: speed", "end"])
        {
            Assert.Equal(2, text.Split($"<!-- {marker} -->").Length);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("1.0")]
    [InlineData("v1.0.0")]
    [InlineData("1.0.0; true")]
    public void A_release_has_a_version(string version)
    {
        new Command(Checkout + "/.ci/release/run", [version]).Run().Fails($"make release: VERSION \"{version}\" is no version such as 1.0.0-rc.1\n");
    }

    private static void WriteTables(string readme, string results) =>
        new Command(Checkout + "/.ci/release/tables", [readme]).With("RESULTS", results).Run().Succeeds();

    // What no table has; "the same" in a row below a changed one becomes what it was the same as.
    private static IEnumerable<string> Outside(string[] lines)
    {
        bool inside = false;
        foreach (string line in lines)
        {
            inside = line != "<!-- end -->" && (inside || line == "<!-- table: speed -->");
            if (!inside && !line.Contains("<!-- row: ", StringComparison.Ordinal))
            {
                yield return line;
            }
        }
    }

    private static JsonObject Bom()
    {
        Runtime.MustBePunnet();
        return JsonNode.Parse(new Command(Checkout + "/.ci/release/sbom", [Runtime.Path]).Run().Succeeds().Stdout)!.AsObject();
    }

    private static IEnumerable<JsonObject> Components(JsonObject bom) =>
        bom["components"]!.AsArray().Append(bom["metadata"]!["component"]!.DeepClone()).Select(component => component!.AsObject());

    private static void AssertMembers(JsonObject value, string[] known) => Assert.All(value, member => Assert.Contains(member.Key, known));
}
