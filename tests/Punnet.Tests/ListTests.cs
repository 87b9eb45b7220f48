using System;
using System.IO;
using System.Text.Json.Nodes;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>What <c>list</c> prints.</summary>
public sealed class ListTests : ContainerTest
{
    [Fact]
    public void The_table_has_a_heading_and_a_line_for_each_container()
    {
        Container first = NewContainer().Sleeps().CreateAndStart();
        Container second = NewContainer(first.StateRoot).Sleeps().Create();
        string[] lines = first.Call("list").Succeeds().Stdout.TrimEnd('\n').Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.Equal(["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"], Words(lines[0]));
        string[] running = Words(Array.Find(lines, line => line.StartsWith(first.Id + " ", StringComparison.Ordinal))!);
        string[] created = Words(Array.Find(lines, line => line.StartsWith(second.Id + " ", StringComparison.Ordinal))!);
        Assert.Equal("running", running[2]);
        Assert.Equal(first.Bundle.Path, running[3]);
        Assert.Equal("root", running[5]);
        Assert.Equal("created", created[2]);
        Assert.Equal(second.Pid.ToString(System.Globalization.CultureInfo.InvariantCulture), created[1]);
    }

    [Fact]
    public void Columns_of_the_table_are_aligned()
    {
        Container container = NewContainer().Sleeps().Create();
        string[] lines = container.Call("list").Succeeds().Stdout.Split('\n');
        Assert.Equal(lines[0].IndexOf("STATUS", StringComparison.Ordinal), lines[1].IndexOf("created", StringComparison.Ordinal));
        Assert.Equal(lines[0].IndexOf("BUNDLE", StringComparison.Ordinal), lines[1].IndexOf(container.Bundle.Path, StringComparison.Ordinal));
    }

    [Fact]
    public void Json_is_one_array_on_one_line()
    {
        Container container = NewContainer().Sleeps().Create();
        string text = container.Call("list", "--format", "json").Succeeds().Stdout;
        Assert.DoesNotContain('\n', text.TrimEnd('\n'));
        JsonArray list = JsonNode.Parse(text)!.AsArray();
        JsonNode only = Assert.Single(list)!;
        Assert.Equal(container.Id, (string?)only["id"]);
        Assert.Equal(container.Pid, (int)only["pid"]!);
        Assert.Equal("created", (string?)only["status"]);
        Assert.Equal(container.Bundle.Path, (string?)only["bundle"]);
        Assert.Equal(container.Bundle.Rootfs, (string?)only["rootfs"]);
        Assert.Equal("root", (string?)only["owner"]);
    }

    // Directories as of many containers, with few descriptors to open them with.
    [Fact]
    public void There_may_be_more_containers_than_a_process_may_open_files()
    {
        Container container = NewContainer().Sleeps().Create();
        for (int i = 0; i < 60; i++)
        {
            string copy = Directory.CreateDirectory($"{container.StateRoot}/copy-{i}").FullName;
            File.Copy($"{container.StateRoot}/{container.Id}/state.json", copy + "/state.json");
        }

        Command list = new(Runtime.Path, ["--root", container.StateRoot, "list", "--quiet"]) { Before = "ulimit -n 24;" };
        Assert.Equal(61, list.Run().Succeeds().Stdout.TrimEnd('\n').Split('\n').Length);
    }

    [Fact]
    public void Json_of_no_container_is_null()
    {
        string root = Directory.CreateDirectory(NewContainer().StateRoot).FullName;
        Assert.Equal("null", Runtime.Run("--root", root, "list", "-f", "json").Succeeds().Stdout.TrimEnd('\n'));
    }

    [Fact]
    public void Quiet_prints_ids_only()
    {
        Container first = NewContainer().Sleeps().Create();
        Container second = NewContainer(first.StateRoot).Sleeps().Create();
        string[] lines = first.Call("list", "-q").Succeeds().Stdout.TrimEnd('\n').Split('\n');
        Array.Sort(lines, StringComparer.Ordinal);
        string[] expected = [first.Id, second.Id];
        Array.Sort(expected, StringComparer.Ordinal);
        Assert.Equal(expected, lines);
    }

    [Fact]
    public void Quiet_of_no_container_prints_nothing()
    {
        string root = Directory.CreateDirectory(NewContainer().StateRoot).FullName;
        Assert.Equal("", Runtime.Run("--root", root, "list", "--quiet").Succeeds().Stdout);
    }

    [Fact]
    public void A_stopped_container_is_listed_with_pid_0()
    {
        Container container = NewContainer().Runs("true").CreateAndStart().WaitFor("stopped");
        string[] words = Words(container.Call("list").Succeeds().Stdout.Split('\n')[1]);
        Assert.Equal([container.Id, "0", "stopped"], words[..3]);
    }

    [Fact]
    public void A_named_root_that_does_not_exist_is_an_error()
    {
        Assert.NotEqual(0, Runtime.Run("--root", NewContainer().Directory + "/nowhere", "list").ExitCode);
    }

    [Fact]
    public void An_unknown_format_is_an_error()
    {
        Container container = NewContainer().Sleeps().Create();
        container.Call("list", "--format", "yaml").Fails("format");
    }

    [Fact]
    public void Files_in_the_state_root_are_not_containers()
    {
        Container container = NewContainer().Sleeps().Create();
        File.WriteAllText(container.StateRoot + "/notes", "x");
        Assert.Equal(container.Id + "\n", container.Call("list", "-q").Succeeds().Stdout);
    }

    private static string[] Words(string line)
    {
        return line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }
}
