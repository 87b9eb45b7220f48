using System;
using System.IO;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>Refusals of config.json: each names its place, and leaves nothing behind.</summary>
public sealed class ErrorTests : ContainerTest
{
    /// <summary>What is set (nothing: removed), to what, and the place that the refusal names.</summary>
    public static TheoryData<string, string, string> Broken => new()
    {
        { "root", "", "root" },
        { "root.path", "", "root" },
        { "root.path", "\"\"", "root" },
        { "root.path", "5", "root.path" },
        { "root.readonly", "\"yes\"", "root.readonly" },
        { "process", "", "process" },
        { "process.args", "", "process.args" },
        { "process.args", "[]", "process.args" },
        { "process.args", "\"sh\"", "process.args" },
        { "process.args[0]", "5", "process.args[0]" },
        { "process.cwd", "", "process.cwd" },
        { "process.cwd", "\"\"", "process.cwd" },
        { "process.cwd", "\"relative\"", "process.cwd" },
        { "process.env[1]", "\"NOEQUALS\"", "process.env[1]" },
        { "process.env[1]", "\"=value\"", "process.env[1]" },
        { "process.env[1]", "\"A=b\\u0000c\"", "process.env[1]" },
        { "process.rlimits[0].type", "\"RLIMIT_NOSUCH\"", "process.rlimits[0].type" },
        { "process.rlimits[0].soft", "-1", "process.rlimits[0].soft" },
        { "process.user.uid", "-1", "process.user.uid" },
        { "process.user.uid", "4294967296", "process.user.uid" },
        { "process.user.gid", "1.5", "process.user.gid" },
        { "process.user.additionalGids", "[-5]", "process.user.additionalGids[0]" },
        { "process.terminal", "\"yes\"", "process.terminal" },
        { "process.capabilities.bounding", "\"CAP_KILL\"", "process.capabilities.bounding" },
        { "process.oomScoreAdj", "\"much\"", "process.oomScoreAdj" },
        { "mounts", "5", "mounts" },
        { "mounts[0].destination", "", "mounts[0].destination" },
        { "mounts[3].options", "\"ro\"", "mounts[3].options" },
        { "mounts[6]", """{"destination":"/mnt","source":"/etc"}""", "mounts[6].type" },
        { "hostname", "5", "hostname" },
        { "annotations", """{"":"value"}""", "annotations" },
        { "annotations", """{"key":5}""", "annotations" },
        { "hooks.createRuntime", """[{"path":"relative"}]""", "hooks.createRuntime[0].path" },
        { "hooks.prestart", """[{"path":"/bin/true"},{"args":["x"]}]""", "hooks.prestart[1].path" },
        { "hooks.poststop", """[{"path":"/bin/true","timeout":0}]""", "hooks.poststop[0].timeout" },
        { "hooks.startContainer", """[{"path":"/bin/true","timeout":-1}]""", "hooks.startContainer[0].timeout" },
        { "linux.namespaces[1].type", "\"nett\"", "linux.namespaces[1].type" },
        { "linux.namespaces[1].type", "", "linux.namespaces[1].type" },
        { "linux.namespaces[1].type", "\"ipc\"", "linux.namespaces[2]" },
        { "linux.namespaces[1].path", "\"relative/path\"", "linux.namespaces[1].path" },
        { "linux.namespaces[4]", """{"type":"user"}""", "linux.namespaces" },
        { "linux.namespaces[5]", """{"type":"user"}""", "linux.uidMappings" },
        { "linux", """{"namespaces":[{"type":"mount"},{"type":"uts"},{"type":"user"}],"uidMappings":[{"containerID":0,"hostID":4294967295,"size":2}],"gidMappings":[{"containerID":0,"hostID":5,"size":1}]}""", "linux.uidMappings[0]" },
        { "linux", """{"namespaces":[{"type":"mount"},{"type":"uts"},{"type":"user"}],"uidMappings":[{"containerID":0,"hostID":5,"size":0}],"gidMappings":[{"containerID":0,"hostID":5,"size":1}]}""", "linux.uidMappings[0]" },
        { "linux",
            """{"namespaces":[{"type":"mount"},{"type":"uts"},{"type":"user"}],"uidMappings":[{"containerID":0,"hostID":5,"size":1}]}""",
            "linux.gidMappings" },
        { "linux.uidMappings", """[{"containerID":0,"hostID":-1,"size":2}]""", "linux.uidMappings[0].hostID" },
        { "linux.timeOffsets", """{"monotonic":{"secs":1}}""", "linux.timeOffsets" },
        { "linux.devices", """[{"type":"x","path":"/dev/x","major":1,"minor":3}]""", "linux.devices[0].type" },
        { "linux.devices", """[{"type":"c","path":"dev/x","major":1,"minor":3}]""", "linux.devices[0].path" },
        { "linux.devices", """[{"type":"c","major":1,"minor":3}]""", "linux.devices[0].path" },
        { "linux.rootfsPropagation", "\"sideways\"", "linux.rootfsPropagation" },
        { "linux.sysctl", """{"kernel.hostname":"x"}""", "linux.sysctl" },
        { "linux.resources.devices", """[{"allow":true,"type":"x","access":"rwm"}]""", "linux.resources.devices[0].type" },
        { "linux.resources.devices", """[{"allow":true,"type":"c","access":"xyz"}]""", "linux.resources.devices[0].access" },
        { "linux.maskedPaths", "\"/proc/kcore\"", "linux.maskedPaths" },
        { "linux", "5", "linux" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_broken_config_is_refused_at_its_place_and_leaves_nothing(string place, string value, string named)
    {
        Container container = NewContainer().Runs("true");
        if (value.Length == 0)
        {
            container.Bundle.Remove(place);
        }
        else
        {
            container.Bundle.Set(place, value);
        }

        Outcome outcome = container.TryCreate().Fails();
        if (Runtime.IsPunnet)
        {
            Assert.StartsWith($"punnet: create: config.json: {named}", outcome.Stderr, StringComparison.Ordinal);
        }

        Assert.Equal("", outcome.Stdout);
        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("{\n  \"ociVersion\": \"1.0.2\",\n  oops\n}\n", 3, 3)]
    [InlineData("{\n  \"ociVersion\": \"1.0.2\"\n  \"process\": {}\n}\n", 3, 3)]
    [InlineData("nonsense", 1, 1)]
    [InlineData("{\"a\": [1, 2,, 3]}", 1, 13)]
    public void Malformed_json_is_refused_with_line_and_column(string text, int line, int column)
    {
        Container container = NewContainer();
        File.WriteAllText(container.Bundle.Path + "/config.json", text);
        Outcome outcome = container.Call("create", "--bundle", container.Bundle.Path, container.Id).Fails();
        if (Runtime.IsPunnet)
        {
            Assert.StartsWith("punnet: create: config.json", outcome.Stderr, StringComparison.Ordinal);
            Assert.Matches($"line {line}\\b.*column {column}\\b|:{line}:{column}\\b", outcome.Stderr);
        }

        container.AssertNothingLeft();
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"ociVersion\": \"1.0.2\", ")]
    [InlineData("{} trailing")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"text\"")]
    public void A_document_that_is_not_a_json_object_is_refused(string text)
    {
        Container container = NewContainer();
        File.WriteAllText(container.Bundle.Path + "/config.json", text);
        Outcome outcome = container.Call("create", "--bundle", container.Bundle.Path, container.Id).Fails();
        if (Runtime.IsPunnet)
        {
            Assert.StartsWith("punnet: create: config.json", outcome.Stderr, StringComparison.Ordinal);
        }

        container.AssertNothingLeft();
    }

    [Fact]
    public void A_refusal_is_one_lower_case_line_without_a_full_stop()
    {
        Runtime.MustBePunnet();
        Container container = NewContainer().Runs("true");
        container.Bundle.Set("linux.namespaces[2].type", "\"nett\"");
        Outcome outcome = container.TryCreate().Fails();
        Assert.StartsWith(
            "punnet: create: config.json: linux.namespaces[2].type: \"nett\" is not a namespace", outcome.Stderr, StringComparison.Ordinal);
        string line = outcome.Stderr.TrimEnd('\n');
        Assert.DoesNotContain('\n', line);
        Assert.False(line.EndsWith('.'));
    }

    [Fact]
    public void Run_says_its_own_verb()
    {
        Runtime.MustBePunnet();
        Container container = NewContainer().Runs("true");
        container.Bundle.Set("process.cwd", "\"relative\"");
        container.Run().Fails("punnet: run: config.json: process.cwd");
    }

    [Fact]
    public void Unknown_properties_are_ignored()
    {
        Container container = NewContainer().Runs("echo", "fine");
        container.Bundle.Set("unknown", """{"deep":[1,2,{"er":null}]}""");
        container.Bundle.Set("process.unknown", "true");
        container.Bundle.Set("linux.unknown", "[]");
        container.Bundle.Set("windows", """{"layerFolders":["x"]}""");
        Assert.Equal("fine\n", container.RunToEnd());
    }

    [Fact]
    public void Null_is_the_same_as_absent()
    {
        Container container = NewContainer().Runs("echo", "fine");
        container.Bundle.Set("annotations", "null");
        container.Bundle.Set("hooks", "null");
        container.Bundle.Set("linux.seccomp", "null");
        container.Bundle.Set("linux.maskedPaths", "null");
        container.Bundle.Set("process.oomScoreAdj", "null");
        Assert.Equal("fine\n", container.RunToEnd());
    }

    [Theory]
    [InlineData("1.0.0")]
    [InlineData("1.0.2-dev")]
    [InlineData("1.1.0+dev")]
    [InlineData("1.3.0")]
    public void Every_version_1_of_the_specification_is_accepted(string version)
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Set("ociVersion", $"\"{version}\"");
        container.RunToEnd();
    }

    [Fact]
    public void A_broken_process_file_of_exec_names_the_file_and_the_place()
    {
        Runtime.MustBePunnet();
        Container container = NewContainer().Sleeps().CreateAndStart();
        string file = container.Directory + "/process.json";
        File.WriteAllText(file, """{"args":["true"],"cwd":"relative","user":{"uid":0,"gid":0}}""");
        Outcome outcome = container.Call("exec", "--process", file, container.Id);
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Contains("process.json", outcome.Stderr, StringComparison.Ordinal);
        Assert.Contains("cwd", outcome.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_handed_to_the_new_process_is_an_error_and_no_wait()
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Write();
        string[] words = ["sendmsg=12", "--", Runtime.Path, "--root", container.StateRoot, "run", "--bundle", container.Bundle.Path,
            container.Id];
        new Command(Workplace.Program("refuse"), words).Run().Fails("cannot hand the network namespace to the new process: ");
        container.AssertNothingLeft();
    }

    [Fact]
    public void The_time_namespace_takes_either_a_path_or_offsets()
    {
        Container container = NewContainer().Runs("true");
        container.Bundle.Namespace("time", $"/proc/{Environment.ProcessId}/ns/time");
        container.Bundle.Set("linux.timeOffsets", """{"boottime":{"secs":1}}""");
        container.TryCreate()
            .Fails("time namespace enabled, but both namespace path and time offsets specified -- you may only provide one");
        container.AssertNothingLeft();
    }
}
