using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text.Json.Nodes;
using Mono.Unix.Native;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>What <c>state</c> prints.</summary>
public sealed class StateTests : ContainerTest
{
    [Fact]
    public void State_is_json_indented_by_two_spaces_that_starts_with_the_version()
    {
        Container container = NewContainer().Sleeps().Create();
        string text = container.Call("state", container.Id).Succeeds().Stdout;
        Assert.StartsWith("{\n  \"ociVersion\": \"1.", text, StringComparison.Ordinal);
        List<string> names = [];
        foreach (KeyValuePair<string, JsonNode?> property in JsonNode.Parse(text)!.AsObject())
        {
            names.Add(property.Key);
        }

        Assert.Equal(["ociVersion", "id", "pid", "status", "bundle", "rootfs", "created", "owner"], names);
    }

    [Fact]
    public void State_names_the_bundle_and_the_root_by_absolute_path()
    {
        Container container = NewContainer().Sleeps().Create();
        PrintedState state = container.State();
        Assert.Equal(container.Id, state.Id);
        Assert.Equal(container.Bundle.Path, state.Bundle);
        Assert.Equal(container.Bundle.Rootfs, state.Rootfs);
    }

    [Fact]
    public void The_pid_of_a_created_container_is_a_process_on_the_host()
    {
        Container container = NewContainer().Sleeps().Create();
        Assert.True(ProcFile.IsAlive(container.Pid));
        Assert.Equal(["1"], ProcFile.Status(container.Pid, "NSpid").Split('\t')[1..]);
    }

    [Fact]
    public void The_time_of_creation_is_rfc_3339_and_now()
    {
        DateTimeOffset before = DateTimeOffset.UtcNow.AddSeconds(-2);
        Container container = NewContainer().Sleeps().Create();
        string created = container.State().Created;
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$", created);
        DateTimeOffset time = DateTimeOffset.Parse(created[..19] + "Z", CultureInfo.InvariantCulture);
        Assert.InRange(time, before, DateTimeOffset.UtcNow);
        Assert.Equal(created, container.Start().State().Created);
    }

    [Fact]
    public void Annotations_are_shown_as_they_were_written()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.Set("annotations", """{"org.example.one":"1","org.example.quoted":"a \"b\" \u00e9\n"}""");
        container.Create();
        Dictionary<string, string> annotations = container.State().Annotations!;
        Assert.Equal("1", annotations["org.example.one"]);
        Assert.Equal("a \"b\" é\n", annotations["org.example.quoted"]);
    }

    [Fact]
    public void A_container_whose_init_is_killed_from_outside_is_stopped()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        int pid = container.Pid;
        Assert.Equal(0, Syscall.kill(pid, Signum.SIGKILL));
        container.WaitFor("stopped");
        Assert.Equal(0, container.Pid);
        container.Delete().Succeeds();
    }

    [Fact]
    public void A_created_container_whose_init_is_killed_is_stopped()
    {
        Container container = NewContainer().Sleeps().Create();
        Assert.Equal(0, Syscall.kill(container.Pid, Signum.SIGKILL));
        container.WaitFor("stopped");
        container.Delete().Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void Where_proc_does_not_show_it_a_running_container_is_not_taken_for_a_stopped_one()
    {
        Runtime.MustBePunnet();
        Container container = NewContainer().Sleeps().CreateAndStart();
        string words = $"cannot look at process {container.Pid}: it is there, but /proc does not show it\n";
        foreach (string[] call in (string[][])[["state", container.Id], ["kill", container.Id, "KILL"], ["delete", container.Id],
            ["exec", container.Id, "true"]])
        {
            const string Script = "mount -t tmpfs none /proc && exec \"$@\"";
            Command hidden = new("/usr/bin/unshare",
                ["--mount", "--propagation", "private", "/bin/sh", "-c", Script, "sh", .. container.Command(call).Words]);
            hidden.Run().FailsWith(call[0] == "exec" ? 255 : 1, words);
        }

        Assert.Equal("running", container.Status);
    }

    [Fact]
    public void State_does_not_need_the_bundle()
    {
        Container container = NewContainer().Sleeps().CreateAndStart();
        System.IO.File.Delete(container.Bundle.Path + "/config.json");
        Assert.Equal("running", container.Status);
        container.Stop().Delete().Succeeds();
    }

    [Fact]
    public void State_goes_to_the_root_that_is_named()
    {
        Container container = NewContainer().Sleeps().Create();
        Runtime.Run("--root", container.Directory + "/other", "state", container.Id).Fails("does not exist");
    }
}
