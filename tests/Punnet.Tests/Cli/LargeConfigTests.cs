using System.Text.Json.Nodes;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>A config.json of megabytes: more than a command takes without a collection of its memory.</summary>
public sealed class LargeConfigTests : ContainerTest
{
    [Theory]
    [InlineData(3_000)]
    [InlineData(30_000)]
    [InlineData(120_000)]
    public void Every_annotation_comes_back(int count)
    {
        Container container = NewContainer().Sleeps();
        JsonObject annotations = [];
        for (int i = 0; i < count; i++)
        {
            annotations.Add($"org.example.{i}", new string((char)('a' + (i % 26)), 60));
        }

        container.Bundle.Set("annotations", annotations.ToJsonString());
        _ = container.CreateAndStart();
        Assert.True(JsonNode.DeepEquals(annotations, container.State()["annotations"]));
        Assert.Equal("0\n", container.Exec("sh", "-c", "echo $?").Succeeds().Stdout);
        container.Call("delete", "--force", container.Id).Succeeds();
    }
}
