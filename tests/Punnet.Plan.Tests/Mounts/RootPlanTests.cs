using System;
using Punnet.Spec;
using Xunit;

namespace Punnet.Plan.Tests;

/// <summary>What config.json must have, the root, the names, propagation and masks.</summary>
public sealed class RootPlanTests
{
    private const string Uts = """ "linux":{"namespaces":[{"type":"mount"},{"type":"uts"}]} """;

    [Theory]
    [InlineData("""{"root":null}""", "root: root must be specified")]
    [InlineData("""{"root":{"path":null}}""", "root.path: is missing")]
    [InlineData("""{"root":{"path":""}}""", "root.path: is missing")]
    [InlineData("""{"process":null}""", "process: process property must not be empty")]
    [InlineData("""{"linux":null}""", "linux: is missing: it says which namespaces the container has")]
    [InlineData("""{"annotations":{"a":"b","":"c"}}""", "annotations: a key is empty")]
    [InlineData("""{"ociVersion":"2.0.0"}""",
        "ociVersion: \"2.0.0\" is not a version of the runtime specification that punnet knows (1.x)")]
    public void A_config_is_refused(string config, string expected) => Assert.Equal(expected, Plans.Refusal(config));

    [Theory]
    [InlineData("rootfs", "/bundle/rootfs")]
    [InlineData(".", "/bundle")]
    [InlineData("../other/./rootfs/", "/other/rootfs")]
    [InlineData("/srv//rootfs/", "/srv/rootfs")]
    public void The_root_is_relative_to_the_bundle(string written, string expected) =>
        Plans.AssertSection("mount " + expected + " (root.path) | enter by pivot_root after the createContainer hooks", "root",
            Plans.With("{\"root\":{\"path\":\"" + written + "\"}}"));

    [Fact]
    public void A_read_only_root_becomes_so_at_the_end() =>
        Assert.Equal(
            "read-only", Plans.Section(Plans.With("""{"root":{"readonly":true},"linux":{"rootfsPropagation":"shared"}}"""), "root")[^1]);

    [Theory]
    [InlineData("null", "")]
    [InlineData("\"\"", "")]
    [InlineData("\"shared\"", "propagation shared")]
    [InlineData("\"rshared\"", "propagation rshared")]
    [InlineData("\"slave\"", "propagation slave")]
    [InlineData("\"rslave\"", "propagation rslave")]
    [InlineData("\"private\"", "propagation private")]
    [InlineData("\"rprivate\"", "propagation rprivate")]
    [InlineData("\"unbindable\"", "propagation unbindable")]
    [InlineData("\"runbindable\"", "propagation runbindable")]
    public void The_propagation_becomes(string written, string expected)
    {
        string line = Plans.Section(Plans.With("{\"linux\":{\"rootfsPropagation\":" + written + "}}"), "root")[^1];

        Assert.Equal(expected, line.StartsWith("propagation", StringComparison.Ordinal) ? line : "");
    }

    [Theory]
    [InlineData("Shared")]
    [InlineData("rro")]
    [InlineData("bind")]
    public void An_invalid_propagation_is_refused(string written) => Assert.Equal(
        "linux.rootfsPropagation: \"" + written
            + "\" is not a propagation (shared, slave, private or unbindable, each with an r before it for the whole tree)",
        Plans.Refusal("{\"linux\":{\"rootfsPropagation\":\"" + written + "\"}}"));

    [Theory]
    [InlineData("{}", "")]
    [InlineData("""{"hostname":"","domainname":""}""", "")]
    [InlineData("{" + Uts + ""","hostname":"web1"}""", "hostname web1")]
    [InlineData("{" + Uts + ""","domainname":"example.org","hostname":"web1"}""", "hostname web1 | domainname example.org")]
    [InlineData("""{"hostname":"web1","linux":{"namespaces":[{"type":"mount"},{"type":"uts","path":"/run/uts"}]}}""", "hostname web1")]
    [InlineData("{" + Uts + ""","hostname":"0123456789012345678901234567890123456789012345678901234567890123"}""",
        "hostname 0123456789012345678901234567890123456789012345678901234567890123")]
    public void Names_become(string config, string expected) => Plans.AssertSection(expected, "names", Plans.With(config));

    [Theory]
    [InlineData("""{"hostname":"web1"}""", "hostname: unable to set hostname without a private UTS namespace")]
    [InlineData("""{"domainname":"example.org"}""", "domainname: unable to set domainname without a private UTS namespace")]
    [InlineData("{" + Uts + ""","hostname":"01234567890123456789012345678901234567890123456789012345678901234"}""",
        "hostname: is 65 bytes long, and the kernel takes at most 64")]
    [InlineData("{" + Uts + ""","domainname":"ääääääääääääääääääääääääääääääääx"}""",
        "domainname: is 65 bytes long, and the kernel takes at most 64")]
    public void A_name_is_refused(string config, string expected) => Assert.Equal(expected, Plans.Refusal(config));

    [Theory]
    [InlineData("""{"readonlyPaths":["/proc/sys","/a/../b"],"maskedPaths":["/proc/kcore"]}""",
        "read-only /proc/sys | read-only /a/../b | hide /proc/kcore")]
    [InlineData("""{"readonlyPaths":["/a","/b","/a"],"maskedPaths":["/c","/c"]}""", "read-only /a | read-only /b | hide /c")]
    public void Masks_become(string linux, string expected) =>
        Plans.AssertSection(expected, "masks", Plans.With("{\"linux\":" + linux + "}"));

    [Theory]
    [InlineData("""{"readonlyPaths":["/a","proc/sys"]}""", "linux.readonlyPaths[1]: \"proc/sys\" is not an absolute path")]
    [InlineData("""{"maskedPaths":[""]}""", "linux.maskedPaths[0]: \"\" is not an absolute path")]
    public void A_mask_is_refused(string linux, string expected) => Assert.Equal(expected, Plans.Refusal("{\"linux\":" + linux + "}"));

    [Theory]
    [InlineData("/", "/")]
    [InlineData("", "/")]
    [InlineData("///", "/")]
    [InlineData("/a", "/a")]
    [InlineData("a", "/a")]
    [InlineData("/a/", "/a")]
    [InlineData("//a//b//", "/a/b")]
    [InlineData("/a/./b/.", "/a/b")]
    [InlineData("/a/../b", "/b")]
    [InlineData("/a/b/../../c", "/c")]
    [InlineData("/..", "/")]
    [InlineData("/../../a", "/a")]
    [InlineData("../a", "/a")]
    [InlineData("/a/...", "/a/...")]
    [InlineData("/a/..b/.c", "/a/..b/.c")]
    [InlineData("/a b/ /c", "/a b/ /c")]
    public void A_path_is_cleaned_by_its_letters_alone(string path, string expected)
    {
        Assert.Equal(expected, PathText.Clean(path));
        Assert.Equal(expected, PathText.Clean(PathText.Clean(path)));
    }

    [Theory]
    [InlineData("/bundle", "rootfs", "/bundle/rootfs")]
    [InlineData("/bundle", "/rootfs", "/rootfs")]
    [InlineData("/bundle/", "./a/../b", "/bundle/b")]
    [InlineData("/bundle", "..", "/")]
    [InlineData("/", "a", "/a")]
    public void A_relative_path_is_below_its_directory(string directory, string path, string expected) =>
        Assert.Equal(expected, PathText.Join(directory, path));

    // The reader of config.json refuses NUL already; a record that was made otherwise must not cut a text short.
    [Fact]
    public void A_nul_is_refused_at_its_place()
    {
        Process process = new() { Cwd = "/", Args = ["/bin/sh", "a\0b"] };

        Assert.Equal(
            "process.args[1]: holds a NUL character",
            Assert.Throws<SpecException>(() => Planner.PlanExec(new Config(), process, "process", Plans.Host, ownsUser: false)).Message);
    }
}
