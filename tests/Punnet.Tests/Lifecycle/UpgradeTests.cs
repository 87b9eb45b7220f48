using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>
/// Containers that another version of punnet has made. <c>Data/state-*.json</c> and <c>.init</c> are a state directory as that version has
/// written it; what differs from container to container has a name between two signs <c>@</c>. PUNNET_OLD names a binary of another version.
/// </summary>
public sealed class UpgradeTests : ContainerTest
{
    private const string Created = "2026-11-29T13:29:12.827136750Z";

    [Theory]
    [InlineData("state-0.1.0")]
    public void A_container_of_an_older_version_is_managed_by_every_command(string recorded)
    {
        Container container = Sleeping().CreateAndStart();
        Replace(container, recorded, ["init", "state.json"]);

        Manage(container);
        Assert.Equal("gone\n", File.ReadAllText(container.Bundle.Path + "/gone"));
    }

    [Theory]
    [InlineData("state-0.1.0")]
    public void A_container_that_an_older_version_has_created_is_started(string recorded)
    {
        Container container = Sleeping().Create();
        Replace(container, recorded, ["init", "result", "start", "state.json"]);

        Assert.Equal("created", container.Status);
        Manage(container.Start());
        Assert.Equal("gone\n", File.ReadAllText(container.Bundle.Path + "/gone"));
    }

    [Fact]
    public void A_container_that_an_older_binary_has_made_is_managed_by_this_one()
    {
        string old = Environment.GetEnvironmentVariable("PUNNET_OLD") ?? Runtime.Path;
        Container container = Sleeping();
        new Command(old, container.CreateCommand().Words[1..]).Run().Succeeds();
        new Command(old, container.Command("start", container.Id).Words[1..]).Run().Succeeds();

        Manage(container);
    }

    [Fact]
    public void A_record_says_which_punnet_has_written_it()
    {
        Container container = Sleeping().Create();

        JsonObject record = JsonNode.Parse(File.ReadAllText(RecordOf(container)))!.AsObject();
        Assert.StartsWith($"punnet version {record["punnet"]}\n", Runtime.Run("--version").Succeeds().Stdout, StringComparison.Ordinal);
        Assert.Equal("1", record["version"]!.ToString());
    }

    [Fact]
    public void Commands_that_need_the_record_of_a_newer_punnet_say_so_and_change_nothing()
    {
        Container container = Sleeping().CreateAndStart();
        string id = container.Id;
        MakeNewer(container);
        string mounts = container.Directory + "/mounts.json";
        File.WriteAllText(mounts, """[{"destination":"/tmp","type":"tmpfs","source":"tmpfs"}]""");

        string refusal = $"container {id}: its record {RecordOf(container)} is written by punnet 9.1.0 in version 2, this punnet reads version 1\n"
            + "hint: the newer punnet manages it; list, kill and delete --force work with this one\n";
        foreach (string[] call in (string[][])[["state", id], ["start", id], ["ps", id], ["pause", id], ["resume", id], ["delete", id], ["top", id],
            ["update", "--pids-limit", "5", id], ["events", "--stats", id], ["diff", id], ["commit", id, container.Directory + "/layer"],
            ["mounts", "add", id, mounts], ["checkpoint", id]])
        {
            container.Call(call).Fails($"punnet: {call[0]}: " + refusal);
        }

        container.Exec("true").FailsWith(255, "punnet: exec: " + refusal);
        Assert.Equal("0", CgroupTree.Value(container.Cgroup, "cgroup.events", "frozen"));
    }

    [Fact]
    public void A_container_of_a_newer_punnet_is_listed_killed_and_deleted_by_force()
    {
        Container container = Sleeping().CreateAndStart();
        int pid = container.Pid;
        MakeNewer(container);

        foreach (string format in (string[])["table", "json"])
        {
            Outcome list = container.Call("list", "--format", format).Succeeds();
            Assert.Contains(container.Id, list.Stdout, StringComparison.Ordinal);
            Assert.Contains("running", list.Stdout, StringComparison.Ordinal);
            Assert.Contains("written by punnet 9.1.0", list.Stderr, StringComparison.Ordinal);
        }

        container.Kill("KILL").Succeeds();
        Eventually.True(() => container.Call("list").Stdout.Contains("stopped", StringComparison.Ordinal), $"{pid} has ended");
        Outcome deletion = container.Delete("--force").Succeeds();
        Assert.Contains("only its processes and its cgroup are removed", deletion.Stderr, StringComparison.Ordinal);
        container.AssertNothingLeft();
    }

    [Fact]
    public void The_upper_directory_of_a_container_of_a_newer_punnet_is_not_given_to_another()
    {
        Container first = Sleeping();
        string upper = first.Directory + "/upper";
        Directory.CreateDirectory(upper);
        Directory.CreateDirectory(first.Directory + "/layer");
        string[] layers = ["--layer", first.Directory + "/layer", "--upper", upper];
        first.CreateAndStart(layers).Stop();
        MakeNewer(first);

        Container second = Sleeping();
        second.TryCreate(layers).Fails("it is in use by container " + first.Id);
    }

    private Container Sleeping()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("annotations", """{"org.example.key":"a value"}""");
        return container;
    }

    private static string RecordOf(Container container) => Path.Combine(container.StateRoot, container.Id, "state.json");

    // Puts what the other version has written in the place of what this one has: for the same process, bundle and cgroup.
    private static void Replace(Container container, string recorded, string[] names)
    {
        string directory = Path.Combine(container.StateRoot, container.Id);
        Assert.Equal(names, Directory.EnumerateFileSystemEntries(directory).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        JsonNode record = JsonNode.Parse(File.ReadAllText(RecordOf(container)))!;
        Dictionary<string, string> values = new(StringComparer.Ordinal)
        {
            ["@ID@"] = container.Id,
            ["@BUNDLE@"] = container.Bundle.Path,
            ["@CGROUP@"] = record["cgroup"]!.ToString(),
            ["@CREATED@"] = Created,
            ["@PROCESS@"] = new FileInfo(directory + "/init").LinkTarget!.Split('\n')[0],
        };
        string Filled(string file) => values.Aggregate(
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data", file)),
            static (text, value) => text.Replace(value.Key, value.Value, StringComparison.Ordinal));

        File.WriteAllText(directory + "/state.json", Filled(recorded + ".json").TrimEnd('\n'));
        File.Delete(directory + "/init");
        File.CreateSymbolicLink(directory + "/init", Filled(recorded + ".init"));
        Assert.Equal(Created, container.State().Created);
    }

    private static void MakeNewer(Container container)
    {
        string record = File.ReadAllText(RecordOf(container));
        int version = record.IndexOf("\"version\":1", StringComparison.Ordinal);
        Assert.True(version > 0, record);
        File.WriteAllText(RecordOf(container), $$"""{"punnet":"9.1.0","version":2{{record[(version + "\"version\":1".Length)..]}}""");
    }

    private static void Manage(Container container)
    {
        string id = container.Id;
        PrintedState state = container.State();
        Assert.Equal(("running", container.Bundle.Path), (state.Status, state.Bundle));
        Assert.Equal("a value", state.Annotations!["org.example.key"]);
        foreach (string[] list in (string[][])[["list"], ["list", "-f", "json"]])
        {
            string shown = container.Call(list).Succeeds().Stdout;
            Assert.All([id, "running", container.Bundle.Path, state.Created], word => Assert.Contains(word, shown, StringComparison.Ordinal));
        }

        Assert.Contains(state.Pid.ToString(CultureInfo.InvariantCulture), container.Call("ps", "--format", "json", id).Succeeds().Stdout,
            StringComparison.Ordinal);
        Assert.Equal("inside\n", container.Exec("echo", "inside").Succeeds().Stdout);
        container.Call("pause", id).Succeeds();
        Assert.Equal("paused", container.Status);
        container.Call("resume", id).Succeeds();
        Assert.Equal("running", container.Status);
        File.WriteAllText(container.Directory + "/update.json", """{"devices":[{"allow":true,"access":"rwm"}]}""");
        container.Call("update", "--devices", "--resources", container.Directory + "/update.json", id).Succeeds();
        Assert.Contains("\"stats\"", container.Call("events", "--stats", id).Succeeds().Stdout, StringComparison.Ordinal);
        container.Stop();
        container.Delete().Succeeds();
        container.AssertNothingLeft();
    }
}
