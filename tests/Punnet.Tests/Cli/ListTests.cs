using System;
using System.Globalization;
using System.IO;
using System.Text.Json.Nodes;
using Mono.Unix.Native;
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
        Assert.Equal(
            lines[0].IndexOf("BUNDLE", StringComparison.Ordinal), lines[1].IndexOf(container.Bundle.Path, StringComparison.Ordinal));
    }

    [Fact]
    public void Json_is_one_array_on_one_line()
    {
        Container container = NewContainer().Sleeps().Create();
        string text = container.Call("list", "--format", "json").Succeeds().Stdout;
        Assert.DoesNotContain('\n', text.TrimEnd('\n'));
        PrintedState only = Assert.Single(Printed.States(text));
        Assert.Equal(container.Id, only.Id);
        Assert.Equal(container.Pid, only.Pid);
        Assert.Equal("created", only.Status);
        Assert.Equal(container.Bundle.Path, only.Bundle);
        Assert.Equal(container.Bundle.Rootfs, only.Rootfs);
        Assert.Equal("root", only.Owner);
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

    [Theory]
    [InlineData]
    [InlineData("--quiet")]
    [InlineData("--format", "json")]
    public void A_container_that_the_caller_may_not_look_at_does_not_hide_the_others(params string[] options)
    {
        Container seen = NewContainer().Sleeps().Create();
        Container hidden = NewContainer(seen.StateRoot).Sleeps().Create();
        Assert.Equal(0, Syscall.chown($"{seen.StateRoot}/{hidden.Id}", 1, 1));
        const string Powers = "-dac_override,-dac_read_search";
        Outcome list = new Command(
            "/usr/bin/setpriv",
            ["--bounding-set", Powers, "--inh-caps", Powers, .. seen.Command(["list", .. options]).Words]).Run().Succeeds();
        Assert.Contains(seen.Id, list.Stdout, StringComparison.Ordinal);
        Assert.DoesNotContain(hidden.Id, list.Stdout, StringComparison.Ordinal);
        Assert.Contains(hidden.Id, list.Stderr, StringComparison.Ordinal);
        Assert.Contains("permission denied", list.Stderr, StringComparison.Ordinal);
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

    [Fact]
    public void Every_form_of_the_list_agrees_with_state()
    {
        Container created = NewContainer().Sleeps();
        created.Bundle.Set("annotations", """{"org.example":"a \"b\" \\ é","org.other":""}""");
        created.Create();
        Container frozen = NewContainer(created.StateRoot).Sleeps().Create();
        frozen.Call("pause", frozen.Id).Succeeds();
        Container running = NewContainer(created.StateRoot).Sleeps().CreateAndStart();
        Container paused = NewContainer(created.StateRoot).Sleeps().CreateAndStart();
        paused.Call("pause", paused.Id).Succeeds();
        Container stopped = NewContainer(created.StateRoot).Runs("true").CreateAndStart().WaitFor("stopped");
        Container killed = NewContainer(created.StateRoot).Sleeps().Create();
        Assert.Equal(0, Syscall.kill(killed.Pid, Signum.SIGKILL));
        killed.WaitFor("stopped");
        Container[] all = [created, frozen, running, paused, stopped, killed];
        Agree(all, ["created", "paused", "running", "paused", "stopped", "stopped"]);
        frozen.Call("resume", frozen.Id).Succeeds();
        paused.Call("resume", paused.Id).Succeeds();
        Agree(all, ["created", "created", "running", "running", "stopped", "stopped"]);
    }

    // What only a part of the ways to read a state directory can read is read in another way.
    [Theory]
    [InlineData("the record has hooks")]
    [InlineData("the path of the bundle has line ends")]
    [InlineData("the link names nothing but the process")]
    [InlineData("the record is longer than a buffer")]
    public void A_created_container_is_listed_as_it_is_also_where(string what)
    {
        Container container = NewContainer().Sleeps();
        switch (what)
        {
            case "the record has hooks":
                container.Bundle.Set("hooks", """{"poststop":[{"path":"/bin/true"}]}""");
                break;
            case "the path of the bundle has line ends":
                string odd = container.Directory + "/one\ntwo  \"é\"";
                Directory.Move(container.Bundle.Path, odd);
                Directory.CreateSymbolicLink(container.Bundle.Path, odd);
                container.Create("--bundle", odd);
                Assert.Equal(odd, container.State().Bundle);
                break;
            case "the record is longer than a buffer":
                container.Bundle.Set("annotations", $$"""{"org.example":"{{new string('x', 20000)}}"}""");
                break;
        }

        if (!Directory.Exists(container.StateRoot))
        {
            container.Create();
        }

        if (what.StartsWith("the link", StringComparison.Ordinal))
        {
            string link = $"{container.StateRoot}/{container.Id}/init";
            string process = new FileInfo(link).LinkTarget!.Split('\n')[0];
            File.Delete(link);
            File.CreateSymbolicLink(link, process);
        }

        Agree([container], ["created"]);
        container.Start();
        Agree([container], ["running"]);
    }

    [Fact]
    public void A_damaged_record_does_not_hide_the_other_containers()
    {
        Container first = NewContainer().Sleeps().CreateAndStart();
        Container second = NewContainer(first.StateRoot).Sleeps().CreateAndStart();
        string record = $"{first.StateRoot}/{first.Id}/state.json";
        string whole = File.ReadAllText(record);
        File.WriteAllText(record, whole[..^1]);
        string[] lines = first.Call("list").Succeeds().Stdout.TrimEnd('\n').Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.Equal([first.Id, first.Pid.ToString(CultureInfo.InvariantCulture), "running", "root"],
            Words(Array.Find(lines, line => line.StartsWith(first.Id + " ", StringComparison.Ordinal))!));
        Assert.Equal(second.Bundle.Path, Words(Array.Find(lines, line => line.StartsWith(second.Id + " ", StringComparison.Ordinal))!)[3]);
        File.WriteAllText(record, whole);
    }

    [Theory]
    [InlineData("table")]
    [InlineData("json")]
    public void Of_a_container_no_more_is_kept_than_its_text(string format)
    {
        const int count = 4000;
        Container container = NewContainer().Sleeps().CreateAndStart();
        string one = MakeCopies(container, 1), many = MakeCopies(container, count);
        string[] arguments = ["list", "--format", format];
        long text = Runtime.Run(["--root", many, .. arguments]).Succeeds().Stdout.Length;
        long kib = Peak(["--root", many, .. arguments]) - Peak(["--root", one, .. arguments]);
        Assert.InRange(kib * 1024, 0, text + (400 * count));
    }

    private static string MakeCopies(Container container, int count)
    {
        string root = $"{container.Directory}/copies-{count}", from = $"{container.StateRoot}/{container.Id}";
        for (int i = 0; i < count; i++)
        {
            string copy = Directory.CreateDirectory($"{root}/copy-{i}").FullName;
            File.Copy(from + "/state.json", copy + "/state.json");
            File.CreateSymbolicLink(copy + "/init", new FileInfo(from + "/init").LinkTarget!);
        }

        return root;
    }

    // KiB
    private static long Peak(string[] arguments)
    {
        Outcome outcome = new Command("/usr/bin/time", ["-f", "%M", Runtime.Path, .. arguments]).Run().Succeeds();
        return long.Parse(outcome.Stderr.TrimEnd('\n'), CultureInfo.InvariantCulture);
    }

    private static void Agree(Container[] containers, string[] statuses)
    {
        string table = containers[0].Call("list").Succeeds().Stdout;
        JsonArray list = JsonNode.Parse(containers[0].Call("list", "-f", "json").Succeeds().Stdout)!.AsArray();
        Assert.Equal(containers.Length, list.Count);
        Assert.Equal(containers.Length, containers[0].Call("list", "-q").Succeeds().Stdout.Split('\n').Length - 1);
        for (int i = 0; i < containers.Length; i++)
        {
            string text = containers[i].Call("state", containers[i].Id).Succeeds().Stdout;
            PrintedState state = Printed.State(text);
            Assert.Equal(statuses[i], state.Status);
            JsonNode? listed = null;
            foreach (JsonNode? one in list)
            {
                listed = (string?)one!["id"] == containers[i].Id ? one : listed;
            }

            // As text: with each member, in the same order.
            Assert.Equal(JsonNode.Parse(text)!.ToJsonString(), listed!.ToJsonString());
            string row = string.Join(' ', state.Id, state.Pid, state.Status, state.Bundle.Replace('\n', '?'), state.Created, "root");
            Assert.Contains(string.Join(' ', Words(row)),
                string.Join(' ', Words(table.Replace("root\n", "root ", StringComparison.Ordinal))), StringComparison.Ordinal);
        }
    }

    private static string[] Words(string line)
    {
        return line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }
}
