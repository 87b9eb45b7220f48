using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Xml.Linq;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary><c>--trace</c>, and <c>punnet trace</c>, which draws it.</summary>
public sealed class StepTraceTests : RootlessTest
{
    [Fact]
    public void A_run_has_the_steps_of_both_processes_in_their_time()
    {
        Container container = NewContainer().Runs("sleep", "0.2");
        container.Bundle.Set("hooks", """{"createRuntime":[{"path":"/bin/sh","args":["sh","-c","sleep 0.1"]}]}""");
        string file = container.Directory + "/trace.json";
        Stopwatch watch = Stopwatch.StartNew();
        container.Run("--trace", file).Succeeds();
        double longest = watch.Elapsed.TotalMicroseconds;

        List<Step> steps = Chrome(file);
        Assert.Equal("run " + container.Id, steps[0].Name);
        Assert.InRange(steps[0].Duration, 300_000, longest);
        Assert.All(steps, step => Assert.InRange(step.Begin + step.Duration, 0, steps[0].Duration));
        foreach (string name in new[] { "read config.json", "plan", "make the cgroup", "clone3", "wait for the program", "remove the container" })
        {
            Assert.Contains(steps, step => step.Lane == 0 && step.Name.StartsWith(name, StringComparison.Ordinal));
        }

        foreach (string name in new[] { "mount /proc (mounts[0])", "enter the root", "capabilities", "mask /proc/keys", "find the program" })
        {
            Assert.Contains(steps, step => step.Lane == 1 && step.Name == name);
        }

        Assert.InRange(steps.Single(static step => step.Name == "hook /bin/sh").Duration, 100_000, longest);
        Assert.InRange(steps.Single(static step => step.Name == "wait for the program").Duration, 200_000, longest);
        Assert.All(steps.GroupBy(static step => step.Lane), static lane => AssertOneAfterTheOther([.. lane.Skip(lane.Key == 0 ? 1 : 0)]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_start_has_the_last_steps_of_a_container_whose_create_was_traced(bool isTraced)
    {
        Container container = NewContainer().Runs("true");
        string create = container.Directory + "/create.json", start = container.Directory + "/start.json";
        container.Create(isTraced ? ["--trace", create] : []);
        Assert.Equal(isTraced, File.Exists($"{container.StateRoot}/{container.Id}/trace"));
        container.Call("start", "--trace", start, container.Id).Succeeds();

        List<Step> steps = Chrome(start);
        Assert.Contains(steps, static step => step.Name == "wait until the program runs");
        Assert.Equal(isTraced, steps.Exists(static step => step.Lane > 0 && step.Name == "close descriptors"));
        Assert.DoesNotContain(steps, static step => step.Name.StartsWith("mount", StringComparison.Ordinal));
        if (isTraced)
        {
            Assert.Contains(Chrome(create), static step => step.Name == "mount /dev (mounts[1])");
        }

        container.Delete("--force").Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void An_exec_and_a_user_namespace_have_their_steps()
    {
        Container container = NewContainer().Sleeps();
        container.Bundle.UserNamespace();
        string create = container.Directory + "/create.json", exec = container.Directory + "/exec.json";
        container.CreateAndStart("--trace", create);
        container.ExecWith(["--trace", exec], "true").Succeeds();

        Assert.Contains(Chrome(create), static step => step.Name == "write the id maps");
        Assert.Contains(Chrome(create), static step => step.Name == "become root of the user namespace");
        List<Step> steps = Chrome(exec);
        Assert.Contains(steps, static step => step.Lane == 0 && step.Name == "find the container");
        Assert.Contains(steps, static step => step.Lane == 1 && step.Name == "join namespaces");
        Assert.Contains(steps, static step => step.Lane == 2 && step.Name == "tell punnet");
    }

    [Fact]
    public void A_failure_is_in_it_with_the_words_of_the_kernel()
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Mount("/mnt", "bind", "/nowhere-at-all", "bind");
        string file = container.Directory + "/trace.json";
        container.Run("--trace", file).Fails("/nowhere-at-all");

        Step failed = Chrome(file).Single(static step => step.Result != "ok");
        Assert.Equal(("mount /mnt (mounts[7])", 1, "no such file or directory (ENOENT)"), (failed.Name, failed.Lane, failed.Result));
        string drawn = Runtime.Run("trace", file).Succeeds().Stdout;
        Assert.Contains("mount /mnt (mounts[7]): no such", drawn, StringComparison.Ordinal);
        container.AssertNothingLeft();
    }

    [Fact]
    public void In_OTLP_the_steps_are_below_the_callers_span()
    {
        const string Trace = "0af7651916cd43dd8448eb211c80319c", Parent = "b7ad6b7169203331";
        Container container = NewContainer().Runs("true");
        string file = container.Directory + "/trace.json";
        container.Bundle.Write();
        long before = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        container.RunCommand("--trace", file, "--trace-format", "otlp").With("TRACEPARENT", $"00-{Trace}-{Parent}-01").Run().Succeeds();

        JsonElement spans = JsonDocument.Parse(File.ReadAllBytes(file)).RootElement
            .GetProperty("resourceSpans")[0].GetProperty("scopeSpans")[0].GetProperty("spans");
        Assert.All(spans.EnumerateArray(), static span => Assert.Equal(Trace, span.GetProperty("traceId").GetString()));
        Assert.Equal(Parent, spans[0].GetProperty("parentSpanId").GetString());
        string own = spans[0].GetProperty("spanId").GetString()!;
        Assert.All(spans.EnumerateArray().Skip(1), span => Assert.Equal(own, span.GetProperty("parentSpanId").GetString()));
        Assert.Equal(spans.GetArrayLength(), spans.EnumerateArray().Select(static span => span.GetProperty("spanId").GetString()).Distinct().Count());
        long began = long.Parse(spans[0].GetProperty("startTimeUnixNano").GetString()!) / 1_000_000;
        Assert.InRange(began, before - 1000, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
    }

    [Theory]
    [InlineData("00-00000000000000000000000000000000-b7ad6b7169203331-01")]
    [InlineData("nonsense")]
    [InlineData("")]
    public void Without_a_parent_it_is_a_trace_of_its_own(string parent)
    {
        Container container = NewContainer().Runs("true");
        string file = container.Directory + "/trace.json";
        container.Bundle.Write();
        container.RunCommand("--trace", file, "--trace-format", "otlp").With("TRACEPARENT", parent).Run().Succeeds();
        JsonElement first = JsonDocument.Parse(File.ReadAllBytes(file)).RootElement
            .GetProperty("resourceSpans")[0].GetProperty("scopeSpans")[0].GetProperty("spans")[0];
        Assert.Matches("^[0-9a-f]{32}$", first.GetProperty("traceId").GetString());
        Assert.False(first.TryGetProperty("parentSpanId", out _));
    }

    [Fact]
    public void It_is_drawn_as_text_and_as_a_picture()
    {
        Container container = NewContainer().Runs("true");
        string file = container.Directory + "/trace.json";
        container.Run("--trace", file).Succeeds();

        string[] lines = Runtime.Run("trace", file).Succeeds().Stdout.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("run " + container.Id + ": ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("read config.json ", lines[1], StringComparison.Ordinal);
        Assert.Contains(lines, static line => line.StartsWith("  mount /proc (mounts[0]) ", StringComparison.Ordinal));
        Assert.All(lines, static line => Assert.InRange(line.Length, 1, 120));

        XDocument picture = XDocument.Parse(Runtime.Run("trace", "--svg", file).Succeeds().Stdout);
        Assert.Contains(picture.Descendants(), static element => element.Value == "mount /proc (mounts[0])");
    }

    [Theory]
    [InlineData("{}", "traceEvents: is missing or empty")]
    [InlineData("""{"traceEvents":[{"ph":"X","name":"x"}]}""", "traceEvents[0]: is no step of punnet")]
    [InlineData("""{"traceEvents":[{"ph":"X","name":"x","tid":-1,"args":{"result":"ok","begin":1,"end":0}}]}""", "traceEvents[0]")]
    [InlineData("[]", "expected an object")]
    public void Another_document_is_refused(string text, string words)
    {
        Container container = NewContainer();
        string file = container.Directory + "/other.json";
        File.WriteAllText(file, text);
        Runtime.Run("trace", file).Fails(file, words);
    }

    [Fact]
    public void A_file_that_cannot_be_written_is_an_error_before_anything_is_made()
    {
        Container container = NewContainer().Runs("true");
        container.Run("--trace", container.Directory + "/no/such/trace").Fails("cannot open ", "no such file or directory (ENOENT)");
        container.Run("--trace-format", "otlp").Fails("--trace-format needs --trace");
        container.Run("--trace", "/dev/null", "--trace-format", "x").Fails("chrome or otlp is expected");
        container.AssertNothingLeft();
    }

    private sealed record Step(string Name, int Lane, double Begin, double Duration, string Result);

    private static List<Step> Chrome(string file)
    {
        JsonElement events = JsonDocument.Parse(File.ReadAllBytes(file)).RootElement.GetProperty("traceEvents");
        return [.. events.EnumerateArray().Where(static each => each.GetProperty("ph").GetString() == "X").Select(static each => new Step(
            each.GetProperty("name").GetString()!, each.GetProperty("tid").GetInt32(), each.GetProperty("ts").GetDouble(),
            each.GetProperty("dur").GetDouble(), each.GetProperty("args").GetProperty("result").GetString()!))];
    }

    private static void AssertOneAfterTheOther(List<Step> steps)
    {
        for (int i = 1; i < steps.Count; i++)
        {
            Assert.InRange(steps[i].Begin, steps[i - 1].Begin + steps[i - 1].Duration - 0.002, double.MaxValue);
        }
    }
}
