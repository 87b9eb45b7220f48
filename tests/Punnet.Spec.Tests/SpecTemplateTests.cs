using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Punnet.Spec.Tests;

public sealed class SpecTemplateTests
{
    [Fact]
    public void The_template_starts_with_a_tab_a_level_and_ends_without_a_line_end()
    {
        string text = Encoding.UTF8.GetString(ConfigWriter.Write(SpecTemplate.Default()));

        Assert.StartsWith("{\n\t\"ociVersion\": \"1.3.0\",\n\t\"process\": {\n\t\t\"terminal\": true,\n\t\t\"user\": {\n\t\t\t\"uid\": 0,",
            text, System.StringComparison.Ordinal);
        Assert.EndsWith("\"/proc/sysrq-trigger\"\n\t\t]\n\t}\n}", text, System.StringComparison.Ordinal);
    }

    [Fact]
    public void The_template_gives_no_inheritable_and_no_ambient_capabilities()
    {
        Capabilities capabilities = SpecTemplate.Default().Process!.Capabilities!;

        Assert.Empty(capabilities.Inheritable);
        Assert.Empty(capabilities.Ambient);
        Assert.Equal(["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"], capabilities.Bounding);
        Assert.Equal(capabilities.Bounding, capabilities.Effective);
        Assert.Equal(capabilities.Bounding, capabilities.Permitted);
    }

    [Fact]
    public void The_rootless_template_maps_the_user_and_leaves_network_and_limits_to_the_host()
    {
        Config config = SpecTemplate.Rootless(1000, 1001);

        Assert.Equal([new IdMapping(0, 1000, 1)], config.Linux!.UidMappings);
        Assert.Equal([new IdMapping(0, 1001, 1)], config.Linux.GidMappings);
        Assert.Equal(["pid", "ipc", "uts", "mount", "cgroup", "user"], config.Linux.Namespaces.Select(kind => kind.Type));
        Assert.Null(config.Linux.Resources);
        Mount sys = config.Mounts.Single(mount => mount.Destination == "/sys");
        Assert.Equal(("none", "/sys"), (sys.Type, sys.Source));
        Assert.Equal(["rbind", "nosuid", "noexec", "nodev", "ro"], sys.Options);
        Assert.DoesNotContain(
            config.Mounts.SelectMany(mount => mount.Options), option => option.StartsWith("gid=", System.StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_template_is_runcs_but_for_what_changed_since_runc_1_1(bool rootless)
    {
        string? runc = ((string[])["/usr/sbin/runc", "/usr/bin/runc"]).FirstOrDefault(File.Exists);
        Assert.SkipWhen(runc is null, "runc is not installed");
        JsonObject theirs = RuncSpec(runc!, rootless);
        Assert.SkipUnless(theirs["ociVersion"]!.GetValue<string>().StartsWith("1.0.", System.StringComparison.Ordinal),
            "this runc is not of the 1.1 series");
        uint uid = theirs["linux"]!["uidMappings"]?[0]!["hostID"]!.GetValue<uint>() ?? 0;
        uint gid = theirs["linux"]!["gidMappings"]?[0]!["hostID"]!.GetValue<uint>() ?? 0;

        JsonObject ours = Documents.Parse(ConfigWriter.Write(rootless ? SpecTemplate.Rootless(uid, gid) : SpecTemplate.Default()));

        theirs["ociVersion"] = "1.3.0";
        theirs["process"]!["capabilities"]!.AsObject().Remove("ambient");
        RemoveCgroupNamespace(theirs);
        RemoveCgroupNamespace(ours);
        Assert.Equal(theirs.ToJsonString(), ours.ToJsonString());
    }

    // runc 1.1 adds it only where the host has nothing but cgroup v2.
    private static void RemoveCgroupNamespace(JsonObject config)
    {
        JsonArray namespaces = config["linux"]!["namespaces"]!.AsArray();
        foreach (JsonNode? kind in namespaces.Where(kind => kind!["type"]!.GetValue<string>() == "cgroup").ToArray())
        {
            namespaces.Remove(kind);
        }
    }

    private static JsonObject RuncSpec(string runc, bool rootless)
    {
        DirectoryInfo bundle = Directory.CreateTempSubdirectory("punnet-spec");
        try
        {
            List<string> arguments = ["spec", "-b", bundle.FullName];
            if (rootless)
            {
                arguments.Add("--rootless");
            }

            using System.Diagnostics.Process process = System.Diagnostics.Process.Start(runc, arguments);
            process.WaitForExit();
            return Documents.Parse(File.ReadAllBytes(Path.Combine(bundle.FullName, "config.json")));
        }
        finally
        {
            bundle.Delete(recursive: true);
        }
    }
}
