using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using System.Text.RegularExpressions;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>A config.json of megabytes: more than a command takes without a collection of its memory.</summary>
public sealed partial class LargeConfigTests : ContainerTest
{
    [Theory]
    [InlineData(3_000)]
    [InlineData(30_000)]
    [InlineData(120_000)]
    public void Every_annotation_comes_back(int count)
    {
        Container container = NewContainer().Sleeps();
        Dictionary<string, string> annotations = [];
        for (int i = 0; i < count; i++)
        {
            annotations.Add($"org.example.{i}", new string((char)('a' + (i % 26)), 60));
        }

        container.Bundle.Set("annotations", JsonSerializer.Serialize(annotations));
        _ = container.CreateAndStart();
        Assert.Equal(annotations, container.State().Annotations);
        Assert.Equal("0\n", container.Exec("sh", "-c", "echo $?").Succeeds().Stdout);
        container.Call("delete", "--force", container.Id).Succeeds();
    }

    [Fact]
    public void Only_a_large_config_makes_punnet_collect_its_memory()
    {
        Runtime.MustHaveStartup("it collects once at its start");
        Container container = NewContainer().Runs("true");
        container.Bundle.Write();
        Assert.Equal("0", Collections(container));
        container.Bundle.SetText("annotations.large", new string('x', 16_000_000));
        container.Bundle.Write();
        Assert.NotEqual("0", Collections(container));
    }

    private static string Collections(Container container)
    {
        string log = container.Directory + "/log";
        File.Delete(log);
        new Command(Runtime.Path, ["--debug", "--log", log, .. container.RunCommand().Words[1..]]).Run().Succeeds();
        return CollectionsLine().Match(File.ReadAllText(log)).Groups["count"].Value;
    }

    [GeneratedRegex(@"collections of memory: (?<count>\d+)", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex CollectionsLine();
}
