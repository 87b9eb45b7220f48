using System;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>crun's <c>--regex</c> of delete and kill.</summary>
public sealed class IdPatternTests : ContainerTest
{
    [Fact]
    public void A_pattern_kills_and_deletes_every_container_whose_id_matches()
    {
        Container first = NewContainer().Sleeps().CreateAndStart();
        Container second = Beside(first).Sleeps().CreateAndStart();
        Container other = Beside(first).Sleeps().CreateAndStart();

        first.Call("kill", "--regex", $"^({first.Id}|{second.Id})$", "KILL").Succeeds();
        first.WaitFor("stopped");
        second.WaitFor("stopped");
        Assert.Equal("running", other.Status);

        first.Call("delete", "--regex", $"^({first.Id}|{second.Id})$").Succeeds();
        Assert.Equal([other.Id], first.Call("list", "--quiet").Succeeds().Stdout.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void One_that_cannot_be_deleted_does_not_keep_the_others()
    {
        Container running = NewContainer().Sleeps().CreateAndStart();
        Container created = Beside(running).Sleeps().Create();

        running.Call("delete", "--regex", "pt").Fails(
            $"punnet: delete: {running.Id}: cannot delete container {running.Id} that is not stopped: running\n");

        Assert.Equal("running", running.Status);
        Assert.False(Directory.Exists($"{created.StateRoot}/{created.Id}"));
    }

    [Fact]
    public void A_pattern_without_a_match_does_nothing()
    {
        Container container = NewContainer().Sleeps().Create();
        container.Call("delete", "--force", "--regex", "^no-such-id$").Succeeds();
        Assert.Equal("created", container.Status);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("(")]
    [InlineData("a{2,1}")]
    public void An_invalid_pattern_is_refused_with_the_reason(string pattern)
    {
        Container container = NewContainer().Sleeps().Create();
        container.Call("delete", "--force", "--regex", pattern).Fails($"punnet: delete: \"{pattern}\" (--regex) is not a pattern: ");
        Assert.Equal("created", container.Status);
    }

    private Container Beside(Container first) => NewContainer(first.StateRoot);
}
