using System;
using System.IO;
using System.Text.Json.Nodes;
using Punnet.Tests.Harness;
using Xunit;

namespace Punnet.Tests;

/// <summary>The config.json that <c>spec</c> writes.</summary>
public sealed class SpecTests : ContainerTest
{
    [Fact]
    public void The_file_is_written_into_the_working_directory()
    {
        string directory = NewContainer().Directory;
        Outcome outcome = new Command(Runtime.Path, ["spec"]) { WorkingDirectory = directory }.Run().Succeeds();
        Assert.Equal("", outcome.Stdout + outcome.Stderr);
        string text = File.ReadAllText(directory + "/config.json");
        Assert.StartsWith("{\n\t\"ociVersion\": \"1.", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--bundle")]
    [InlineData("-b")]
    public void A_bundle_can_be_named(string flag)
    {
        string directory = NewContainer().Directory;
        Runtime.Run("spec", flag, directory).Succeeds();
        Assert.True(File.Exists(directory + "/config.json"));
    }

    [Fact]
    public void An_existing_file_is_not_overwritten()
    {
        string directory = NewContainer().Directory;
        File.WriteAllText(directory + "/config.json", "mine");
        Runtime.Run("spec", "--bundle", directory).Fails("File config.json exists. Remove it first");
        Assert.Equal("mine", File.ReadAllText(directory + "/config.json"));
    }

    [Fact]
    public void The_template_is_a_shell_in_a_terminal_with_few_capabilities()
    {
        JsonNode config = Template();
        Assert.True((bool)config["process"]!["terminal"]!);
        Assert.Equal(["sh"], Texts(config["process"]!["args"]!));
        Assert.True((bool)config["process"]!["noNewPrivileges"]!);
        Assert.Equal("/", (string?)config["process"]!["cwd"]);
        Assert.True((bool)config["root"]!["readonly"]!);
        Assert.Equal("rootfs", (string?)config["root"]!["path"]);
        string[] capabilities = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"];
        foreach (string set in new[] { "bounding", "effective", "permitted" })
        {
            string[] names = Texts(config["process"]!["capabilities"]![set]!);
            Array.Sort(names, StringComparer.Ordinal);
            Assert.Equal(capabilities, names);
        }

        Assert.Null(config["process"]!["capabilities"]!["inheritable"]);
        Assert.Null(config["process"]!["capabilities"]!["ambient"]);
        Assert.Equal(1024, (int)config["process"]!["rlimits"]![0]!["soft"]!);
    }

    [Fact]
    public void The_template_has_six_namespaces_and_seven_mounts()
    {
        JsonNode config = Template();
        string[] types = Array.ConvertAll([.. config["linux"]!["namespaces"]!.AsArray()], static node => (string)node!["type"]!);
        Array.Sort(types, StringComparer.Ordinal);
        Assert.Equal(["cgroup", "ipc", "mount", "network", "pid", "uts"], types);
        string[] destinations = Array.ConvertAll([.. config["mounts"]!.AsArray()], static node => (string)node!["destination"]!);
        Assert.Equal(["/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys", "/sys/fs/cgroup"], destinations);
        Assert.False((bool)config["linux"]!["resources"]!["devices"]![0]!["allow"]!);
        Assert.Contains("/proc/kcore", Texts(config["linux"]!["maskedPaths"]!));
        Assert.Contains("/proc/sys", Texts(config["linux"]!["readonlyPaths"]!));
    }

    [Fact]
    public void The_template_runs()
    {
        Container container = NewContainer();
        Runtime.Run("spec", "--bundle", container.Bundle.Path).Succeeds();
        container.Bundle.Replace(File.ReadAllText(container.Bundle.Path + "/config.json"));
        container.Bundle.Set("process.terminal", "false");
        container.RunsScript("hostname; id -u; echo $$");
        string[] lines = container.RunToEnd().Split('\n');
        Assert.Equal((string?)container.Bundle.Config["hostname"], lines[0]);
        Assert.Equal(["0", "1"], lines[1..3]);
    }

    [Fact]
    public void The_rootless_template_has_a_user_namespace_and_no_network_namespace()
    {
        JsonNode config = Template("--rootless");
        string[] types = Array.ConvertAll([.. config["linux"]!["namespaces"]!.AsArray()], static node => (string)node!["type"]!);
        Assert.Contains("user", types);
        Assert.DoesNotContain("network", types);
        Assert.Equal("""[{"containerID":0,"hostID":0,"size":1}]""", config["linux"]!["uidMappings"]!.ToJsonString());
        Assert.Equal("""[{"containerID":0,"hostID":0,"size":1}]""", config["linux"]!["gidMappings"]!.ToJsonString());
        Assert.Null(config["linux"]!["resources"]);
        JsonNode sys = Array.Find([.. config["mounts"]!.AsArray()], static node => (string?)node!["destination"] == "/sys")!;
        Assert.Equal("/sys", (string?)sys["source"]);
        Assert.Contains("rbind", Texts(sys["options"]!));
        JsonNode pts = Array.Find([.. config["mounts"]!.AsArray()], static node => (string?)node!["destination"] == "/dev/pts")!;
        Assert.DoesNotContain("gid=5", Texts(pts["options"]!));
    }

    [Fact]
    public void The_rootless_template_runs_as_root_too()
    {
        Container container = NewContainer();
        Runtime.Run("spec", "--rootless", "--bundle", container.Bundle.Path).Succeeds();
        container.Bundle.Replace(File.ReadAllText(container.Bundle.Path + "/config.json"));
        container.Bundle.Set("process.terminal", "false");
        container.RunsScript("cat /proc/self/uid_map");
        Assert.Equal("0 0 1", string.Join(' ', container.RunToEnd().Split(' ', StringSplitOptions.RemoveEmptyEntries)).TrimEnd('\n'));
    }

    private JsonNode Template(params string[] flags)
    {
        string directory = NewContainer().Directory;
        Runtime.Run(["spec", .. flags, "--bundle", directory]).Succeeds();
        return JsonNode.Parse(File.ReadAllText(directory + "/config.json"))!;
    }

    private static string[] Texts(JsonNode list)
    {
        return Array.ConvertAll([.. list.AsArray()], static node => (string)node!);
    }
}
