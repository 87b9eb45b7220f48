using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Text.Json.Nodes;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>All six hooks: moment, order, place, input, and what their failure does.</summary>
public sealed class HookTests : ContainerTest
{
    private static readonly string[] kinds = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"];

    // Hooks of the host write where the container's /hooks is bound from, so that all six have one place.
    private const string Place = "if [ -d /hooks ]; then d=/hooks; else d=HOST; fi; ";

    [Fact]
    public void Hooks_run_in_the_order_of_the_specification()
    {
        Container container = Recording("echo KIND >>$d/order").RunsScript("echo program >>/hooks/order; sleep 1000");
        container.Create();
        Assert.Equal(["prestart", "createRuntime", "createContainer"], Record(container, "order"));
        container.Start();
        Eventually.True(() => Record(container, "order").Length == 6, "the program ran");
        string[] order = Record(container, "order");
        Assert.Equal("startContainer", order[3]);
        Assert.Equal(["poststart", "program"], Sorted(order[4..]));
        container.Stop();
        Assert.Equal(6, Record(container, "order").Length);
        container.Delete().Succeeds();
        Assert.Equal("poststop", Record(container, "order")[6]);
    }

    [Fact]
    public void Run_runs_all_of_them()
    {
        Container container = Recording("echo KIND >>$d/order").RunsScript("sleep 0.2");
        container.RunToEnd();
        Assert.Equal(kinds, Record(container, "order"));
    }

    [Fact]
    public void Hooks_of_one_kind_run_in_the_order_that_is_written()
    {
        Container container = NewContainer().Runs("true");
        foreach (string name in new[] { "one", "two", "three" })
        {
            AddHook(container, "createRuntime", $"echo {name} >>{container.Directory}/order");
        }

        container.RunToEnd();
        Assert.Equal("one\ntwo\nthree\n", File.ReadAllText(container.Directory + "/order"));
    }

    [Theory]
    [InlineData("prestart", "creating")]
    [InlineData("createRuntime", "creating")]
    [InlineData("createContainer", "creating")]
    [InlineData("startContainer", "created")]
    [InlineData("poststart", "running")]
    [InlineData("poststop", "stopped")]
    public void The_state_is_on_stdin(string kind, string status)
    {
        Container container = Recording("cat >$d/KIND.json").Sleeps();
        container.Bundle.Set("annotations", """{"org.example":"value"}""");
        container.CreateAndStart();
        int pid = container.Pid;
        container.Stop().Delete().Succeeds();
        JsonNode state = JsonNode.Parse(File.ReadAllText($"{container.Directory}/hooks/{kind}.json"))!;
        Assert.StartsWith("1.", (string?)state["ociVersion"], StringComparison.Ordinal);
        Assert.Equal(container.Id, (string?)state["id"]);
        Assert.Equal(status, (string?)state["status"]);
        Assert.Equal(container.Bundle.Path, (string?)state["bundle"]);
        Assert.Equal("value", (string?)state["annotations"]!["org.example"]);
        if (kind is "prestart" or "createRuntime" or "poststart")
        {
            Assert.Equal(pid, (int)state["pid"]!);
        }
    }

    [Fact]
    public void Hooks_run_in_the_namespaces_that_the_specification_says()
    {
        Container container = Recording("readlink /proc/self/ns/mnt >$d/KIND.mnt; readlink /proc/self/ns/uts >$d/KIND.uts").Sleeps();
        container.CreateAndStart();
        string inside = ProcFile.Namespace(container.Pid, "mnt");
        string uts = ProcFile.Namespace(container.Pid, "uts");
        container.Stop().Delete().Succeeds();
        string outside = ProcFile.Namespace(Environment.ProcessId, "mnt");
        foreach (string kind in kinds)
        {
            bool isInside = kind is "createContainer" or "startContainer";
            Assert.Equal([isInside ? inside : outside], Record(container, kind + ".mnt"));
            Assert.Equal([isInside ? uts : ProcFile.Namespace(Environment.ProcessId, "uts")], Record(container, kind + ".uts"));
        }
    }

    [Fact]
    public void Hooks_before_the_pivot_see_the_hosts_files_and_the_new_mounts()
    {
        Container container = NewContainer().Runs("true");
        AddHook(container, "createContainer",
            $"pwd >{container.Directory}/cwd; ls -d {container.Bundle.Rootfs}/proc/1 >{container.Directory}/proc; "
            + $"cat /proc/self/mountinfo | grep -c {container.Id} >{container.Directory}/mounts");
        container.RunToEnd();
        Assert.Equal(container.Bundle.Rootfs + "\n", File.ReadAllText(container.Directory + "/cwd"));
        Assert.Equal(container.Bundle.Rootfs + "/proc/1\n", File.ReadAllText(container.Directory + "/proc"));
        Assert.NotEqual("0\n", File.ReadAllText(container.Directory + "/mounts"));
    }

    [Fact]
    public void What_a_createContainer_hook_mounts_is_in_the_container()
    {
        Container container = NewContainer().Runs("cat", "/mnt/file");
        Directory.CreateDirectory(container.Bundle.Rootfs + "/mnt");
        Directory.CreateDirectory(container.Directory + "/source");
        File.WriteAllText(container.Directory + "/source/file", "by a hook");
        AddHook(container, "createContainer", $"mount --bind {container.Directory}/source {container.Bundle.Rootfs}/mnt");
        Assert.Equal("by a hook", container.RunToEnd());
    }

    [Fact]
    public void Hooks_of_the_runtime_find_the_new_namespaces_and_the_cgroup_of_the_pid()
    {
        Container container = NewContainer().Runs("true");
        string find = $"pid=$(sed 's/.*\"pid\":\\([0-9]*\\).*/\\1/'); readlink /proc/$pid/ns/net >{container.Directory}/KIND.net; "
            + $"grep ^0:: /proc/$pid/cgroup >{container.Directory}/KIND.cgroup";
        AddHook(container, "prestart", find.Replace("KIND", "prestart", StringComparison.Ordinal));
        AddHook(container, "createRuntime", find.Replace("KIND", "createRuntime", StringComparison.Ordinal));
        container.Create();
        foreach (string kind in new[] { "prestart", "createRuntime" })
        {
            Assert.Equal(ProcFile.Namespace(container.Pid, "net") + "\n", File.ReadAllText($"{container.Directory}/{kind}.net"));
            Assert.Equal("0::" + ProcFile.Cgroup(container.Pid) + "\n", File.ReadAllText($"{container.Directory}/{kind}.cgroup"));
        }
    }

    [Theory]
    [InlineData("prestart")]
    [InlineData("createRuntime")]
    public void The_working_directory_of_a_runtime_hook_at_create_is_the_bundle(string kind)
    {
        Container container = NewContainer().Runs("true");
        AddHook(container, kind, $"pwd >{container.Directory}/cwd");
        container.RunToEnd();
        Assert.Equal(container.Bundle.Path + "\n", File.ReadAllText(container.Directory + "/cwd"));
    }

    [Fact]
    public void The_environment_is_the_hooks_own()
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Add("hooks.createRuntime", $$"""{"path":"/bin/sh","args":["sh","-c","env | grep -v -e ^PWD -e ^_ -e ^SHLVL -e ^OLDPWD >{{container.Directory}}/env; true"],"env":["ONE=1","PATH=/bin:/usr/bin"]}""");
        container.RunToEnd();
        string[] lines = File.ReadAllLines(container.Directory + "/env");
        Assert.Equal(["ONE=1", "PATH=/bin:/usr/bin"], Sorted(lines));
    }

    [Fact]
    public void An_empty_environment_is_empty()
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Add("hooks.createRuntime",
            $$"""{"path":"/bin/sh","args":["sh","-c","tr '\\0' '\\n' </proc/self/environ >{{container.Directory}}/env"],"env":[]}""");
        container.RunToEnd();
        Assert.DoesNotContain("HOME=", File.ReadAllText(container.Directory + "/env"), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_an_environment_a_hook_has_the_runtimes()
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Add(
            "hooks.createRuntime", $$"""{"path":"/bin/sh","args":["sh","-c","echo $FROM_RUNTIME >{{container.Directory}}/env"]}""");
        container.Bundle.Write();
        Command command = new(Runtime.Path, ["--root", container.StateRoot, "run", "--bundle", container.Bundle.Path, container.Id])
        {
            Environment = new Dictionary<string, string?>(StringComparer.Ordinal) { ["FROM_RUNTIME"] = "yes" },
        };
        command.Run().Succeeds();
        Assert.Equal("yes\n", File.ReadAllText(container.Directory + "/env"));
    }

    [Fact]
    public void A_startContainer_hook_has_the_environment_of_the_process()
    {
        Container container = Recording("true").Runs("true");
        container.Bundle.SetList("process.env", "PATH=/bin", "OF_PROCESS=yes");
        container.Bundle.Add("hooks.startContainer", """{"path":"/bin/sh","args":["sh","-c","echo $OF_PROCESS >/hooks/env"]}""");
        container.RunToEnd();
        Assert.Equal(["yes"], Record(container, "env"));
    }

    [Fact]
    public void Arguments_start_with_argv_0_as_it_is_written()
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Add("hooks.createRuntime", $$"""{"path":"/bin/sh","args":["another name","-c","echo \"$0 $1\" >{{container.Directory}}/args; tr '\\0' '\\n' </proc/$$/cmdline | head -1 >>{{container.Directory}}/args","zero","one"]}""");
        container.RunToEnd();
        Assert.Equal("zero one\nanother name\n", File.ReadAllText(container.Directory + "/args"));
    }

    [Fact]
    public void A_hook_that_takes_too_long_is_killed()
    {
        Container container = NewContainer().Runs("true");
        // A number of seconds that no other process sleeps for.
        string seconds = "1000." + container.Id.Split('-')[1] + Environment.ProcessId;
        container.Bundle.Add("hooks.createRuntime", $$"""{"path":"/bin/sleep","args":["sleep","{{seconds}}"],"timeout":1}""");
        Stopwatch clock = Stopwatch.StartNew();
        container.TryCreate().Fails("hook ran past specified timeout of 1.0s");
        Assert.InRange(clock.Elapsed.TotalSeconds, 0.9, 10);
        container.AssertNothingLeft();
        Assert.Empty(ProcFile.Mentioning(seconds));
    }

    [Theory]
    [InlineData("prestart")]
    [InlineData("createRuntime")]
    [InlineData("createContainer")]
    public void A_failing_hook_of_create_fails_it_and_nothing_is_left(string kind)
    {
        Container container = NewContainer().Runs("true");
        AddHook(container, kind, "echo the reason >&2; exit 3");
        AddHook(container, kind, $"touch {container.Directory}/second");
        Outcome outcome = container.TryCreate().Fails("exit status 3", "the reason");
        if (Runtime.IsPunnet)
        {
            Assert.Contains(kind, outcome.Stderr, StringComparison.Ordinal);
        }

        Assert.False(File.Exists(container.Directory + "/second"));
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("createRuntime")]
    [InlineData("startContainer")]
    public void A_hook_that_a_signal_ends_is_told_with_the_signal(string kind)
    {
        Runtime.MustBePunnet();
        Container container = NewContainer().Runs("true");
        AddHook(container, kind, "kill -SYS $$");
        container.Run().Fails($"error running {kind} hook #0: exit status 159 (signal: bad system call)");
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_failing_create_runs_the_poststop_hooks()
    {
        Runtime.MustBePunnet();
        Container container = NewContainer().Runs("true");
        AddHook(container, "createRuntime", "exit 1");
        AddHook(container, "poststop", $"touch {container.Directory}/poststop");
        container.TryCreate().Fails();
        Assert.True(File.Exists(container.Directory + "/poststop"));
    }

    [Fact]
    public void A_failing_startContainer_hook_fails_start_and_stops_the_container()
    {
        Container container = Recording("true").RunsScript("touch /hooks/program");
        container.Bundle.Add("hooks.startContainer", """{"path":"/bin/false"}""");
        container.Create();
        Outcome start = container.Call("start", container.Id);
        if (Runtime.IsPunnet)
        {
            start.Fails("startContainer");
        }

        container.WaitFor("stopped");
        Assert.False(File.Exists(container.Directory + "/hooks/program"));
        container.Delete().Succeeds();
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_failing_poststart_hook_fails_start_and_destroys_the_container()
    {
        Container container = NewContainer().Sleeps();
        AddHook(container, "poststart", "echo the reason >&2; exit 3");
        AddHook(container, "poststop", $"touch {container.Directory}/poststop");
        container.Create();
        container.Call("start", container.Id).Fails("the reason");
        container.AssertNothingLeft();
        Assert.True(File.Exists(container.Directory + "/poststop"));
    }

    [Fact]
    public void A_failing_poststop_hook_is_only_a_warning_and_the_next_one_runs()
    {
        Container container = NewContainer().Runs("true");
        AddHook(container, "poststop", "exit 1");
        AddHook(container, "poststop", $"touch {container.Directory}/second");
        container.CreateAndStart().WaitFor("stopped");
        container.Delete().Succeeds();
        Assert.True(File.Exists(container.Directory + "/second"));
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_hook_that_does_not_exist_is_an_error_that_names_it()
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Add("hooks.createRuntime", """{"path":"/no/such/hook"}""");
        container.TryCreate().Fails("/no/such/hook", "no such file or directory");
        container.AssertNothingLeft();
    }

    [Fact]
    public void A_hook_may_leave_its_stdin_unread()
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Set("annotations", $$"""{"org.example.large":"{{new string('x', 200000)}}"}""");
        container.Bundle.Add("hooks.createRuntime", """{"path":"/bin/true"}""");
        container.RunToEnd();
    }

    [Fact]
    public void Force_runs_the_poststop_hooks()
    {
        Container container = NewContainer().Sleeps();
        AddHook(container, "poststop", $"touch {container.Directory}/poststop");
        container.CreateAndStart();
        container.Delete("--force").Succeeds();
        Assert.True(File.Exists(container.Directory + "/poststop"));
    }

    // A container whose six hooks all run this text; $d is the directory in which they may write, KIND the kind of the hook.
    private Container Recording(string script)
    {
        Container container = NewContainer();
        string directory = container.Directory + "/hooks";
        Directory.CreateDirectory(directory, (UnixFileMode)0x1FF);
        container.Bundle.Mount("/hooks", "bind", directory, "bind");
        foreach (string kind in kinds)
        {
            AddHook(container, kind,
                Place.Replace("HOST", directory, StringComparison.Ordinal) + script.Replace("KIND", kind, StringComparison.Ordinal));
        }

        return container;
    }

    private static void AddHook(Container container, string kind, string script)
    {
        JsonObject hook = new()
        {
            ["path"] = "/bin/sh",
            ["args"] = new JsonArray("sh", "-c", script),
            ["env"] = new JsonArray("PATH=/usr/sbin:/usr/bin:/sbin:/bin"),
        };
        container.Bundle.Add("hooks." + kind, hook.ToJsonString());
    }

    private static string[] Record(Container container, string name)
    {
        string path = $"{container.Directory}/hooks/{name}";
        return File.Exists(path) ? File.ReadAllLines(path) : [];
    }

    private static string[] Sorted(string[] lines)
    {
        Array.Sort(lines, StringComparer.Ordinal);
        return lines;
    }
}
