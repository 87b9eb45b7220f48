using Punnet.Plan;
using Punnet.Spec;
using Xunit;

namespace Punnet.Cgroup.Tests;

public sealed class CgroupPlannerTests
{
    [Theory]
    // Absolute: below the mount, wherever the runtime is.
    [InlineData("/docker/web1", "/user.slice/session-1.scope", "/docker/web1")]
    [InlineData("/web1", "/", "/web1")]
    [InlineData("/a/b/c.d/e:f", "/", "/a/b/c.d/e:f")]
    [InlineData("/a:b:c", "/", "/a:b:c")]
    [InlineData("/...", "/", "/...")]
    [InlineData("/web1", "/../elsewhere", "/web1")]
    // Relative and absent: beside the runtime's own cgroup.
    [InlineData("web1", "/", "/web1")]
    [InlineData("web1", "/shell", "/web1")]
    [InlineData("pods/web1", "/user.slice/session-1.scope", "/user.slice/pods/web1")]
    [InlineData("a:b/c:d", "/x/y", "/x/a:b/c:d")]
    [InlineData("a:b", "/x/y", "/x/a:b")]
    [InlineData(null, "/user.slice/session-1.scope", "/user.slice/id1")]
    [InlineData("", "/", "/id1")]
    [InlineData(null, "/..x/y", "/..x/id1")]
    public void The_cgroup_lies_at(string? cgroupsPath, string ownPath, string expected)
    {
        CgroupPlan plan = CgroupPlanner.Plan(cgroupsPath, "id1", ownPath, systemd: false, rootless: false);
        Assert.Equal(new CgroupPlan(expected, null), plan);
    }

    [Theory]
    [InlineData("system.slice:docker:web1", false, "/system.slice/docker-web1.scope", "docker-web1.scope", "system.slice", false)]
    [InlineData(":docker:web1", false, "/system.slice/docker-web1.scope", "docker-web1.scope", "system.slice", false)]
    [InlineData(":docker:web1", true, "/user.slice/docker-web1.scope", "docker-web1.scope", "user.slice", false)]
    [InlineData("user.slice:libpod:web1", true, "/user.slice/libpod-web1.scope", "libpod-web1.scope", "user.slice", false)]
    [InlineData(null, false, "/system.slice/runc-id1.scope", "runc-id1.scope", "system.slice", false)]
    [InlineData("", true, "/user.slice/runc-id1.scope", "runc-id1.scope", "user.slice", false)]
    [InlineData("a-b-c.slice:x:y", false, "/a.slice/a-b.slice/a-b-c.slice/x-y.scope", "x-y.scope", "a-b-c.slice", false)]
    [InlineData("kubepods-besteffort-pod1_2.slice:cri-containerd:0f", false,
        "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod1_2.slice/cri-containerd-0f.scope", "cri-containerd-0f.scope",
        "kubepods-besteffort-pod1_2.slice", false)]
    [InlineData("-.slice:x:y", false, "/x-y.scope", "x-y.scope", "-.slice", false)]
    [InlineData("system.slice::web1", false, "/system.slice/-web1.scope", "-web1.scope", "system.slice", false)]
    [InlineData("machine.slice:x:a.b_c@d-e\\x2b", false, "/machine.slice/x-a.b_c@d-e\\x2b.scope", "x-a.b_c@d-e\\x2b.scope", "machine.slice",
        false)]
    // A name that is a slice is the unit itself, and says where it lies.
    [InlineData("pods.slice:ignored:pods-one.slice", false, "/pods.slice/pods-one.slice", "pods-one.slice", "pods.slice", true)]
    [InlineData("::pods-one.slice", false, "/pods.slice/pods-one.slice", "pods-one.slice", "pods.slice", true)]
    [InlineData("::pods.slice", false, "/pods.slice", "pods.slice", "-.slice", true)]
    [InlineData("-.slice::pods.slice", false, "/pods.slice", "pods.slice", "-.slice", true)]
    public void The_unit_is(string? cgroupsPath, bool rootless, string path, string unit, string slice, bool isSlice)
    {
        CgroupPlan plan = CgroupPlanner.Plan(cgroupsPath, "id1", "/anywhere", systemd: true, rootless);
        Assert.Equal(new CgroupPlan(path, new SystemdUnit(unit, slice, isSlice)), plan);
    }

    [Theory]
    [InlineData("/", "\"/\" is the root of all cgroups, which no container can have")]
    [InlineData("//", "\"//\" is the root of all cgroups, which no container can have")]
    [InlineData("/..", "\"/..\" has the component .., which is not the name of a cgroup")]
    [InlineData("/a/../..", "\"/a/../..\" has the component .., which is not the name of a cgroup")]
    [InlineData("../x", "\"../x\" has the component .., which is not the name of a cgroup")]
    [InlineData("a/..", "\"a/..\" has the component .., which is not the name of a cgroup")]
    [InlineData(".", "\".\" has the component ., which is not the name of a cgroup")]
    [InlineData("/a/./b", "\"/a/./b\" has the component ., which is not the name of a cgroup")]
    [InlineData("/a//b", "\"/a//b\" has an empty component")]
    [InlineData("//a", "\"//a\" has an empty component")]
    [InlineData("a/", "\"a/\" has an empty component")]
    [InlineData("/a/", "\"/a/\" has an empty component")]
    [InlineData("/a\nb", "\"/a\nb\" has a line break or NUL in a name")]
    [InlineData("/a\0b", "\"/a\0b\" has a line break or NUL in a name")]
    [InlineData("system.slice:docker:web1",
        "\"system.slice:docker:web1\" has the form slice:prefix:name, which only the systemd driver takes: use --systemd-cgroup, "
        + "or give a path")]
    [InlineData(":runc:web1",
        "\":runc:web1\" has the form slice:prefix:name, which only the systemd driver takes: use --systemd-cgroup, or give a path")]
    public void An_invalid_path_is_refused(string cgroupsPath, string expected) =>
        Assert.Equal("linux.cgroupsPath: " + expected,
            Assert.Throws<SpecException>(() => CgroupPlanner.Plan(cgroupsPath, "id1", "/own", systemd: false, rootless: false)).Message);

    [Theory]
    [InlineData("/docker/web1",
        "expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got \"/docker/web1\" instead")]
    [InlineData("a:b", "expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got \"a:b\" instead")]
    [InlineData("a:b:c:d", "expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got \"a:b:c:d\" instead")]
    [InlineData("a.slice:b:", "\"a.slice:b:\" has an empty name: expected slice:prefix:name")]
    [InlineData("a:b:c", "\"a:b:c\": \"a\" is not the name of a slice: expected a name such as system.slice or a-b.slice")]
    [InlineData(".slice:b:c", "\".slice:b:c\": \".slice\" is not the name of a slice: expected a name such as system.slice or a-b.slice")]
    [InlineData("a--b.slice:b:c",
        "\"a--b.slice:b:c\": \"a--b.slice\" is not the name of a slice: expected a name such as system.slice or a-b.slice")]
    [InlineData("-a.slice:b:c",
        "\"-a.slice:b:c\": \"-a.slice\" is not the name of a slice: expected a name such as system.slice or a-b.slice")]
    [InlineData("a-.slice:b:c",
        "\"a-.slice:b:c\": \"a-.slice\" is not the name of a slice: expected a name such as system.slice or a-b.slice")]
    [InlineData("a/b.slice:b:c", "\"a/b.slice:b:c\": \"a/b.slice\" is not the name of a systemd unit")]
    [InlineData("../x.slice:b:c", "\"../x.slice:b:c\": \"../x.slice\" is not the name of a systemd unit")]
    [InlineData("a.slice:../b:c", "\"a.slice:../b:c\": \"../b-c.scope\" is not the name of a systemd unit")]
    [InlineData("a.slice:b:c/../d", "\"a.slice:b:c/../d\": \"b-c/../d.scope\" is not the name of a systemd unit")]
    [InlineData("a.slice:b:c+d", "\"a.slice:b:c+d\": \"b-c+d.scope\" is not the name of a systemd unit")]
    [InlineData("a.slice:b:c d", "\"a.slice:b:c d\": \"b-c d.scope\" is not the name of a systemd unit")]
    [InlineData("a.slice:b:c@", "\"a.slice:b:c@\": \"b-c@.scope\" is not the name of a systemd unit")]
    [InlineData("a.slice:@b:c", "\"a.slice:@b:c\": \"@b-c.scope\" is not the name of a systemd unit")]
    [InlineData("b.slice:x:a-c.slice", "\"b.slice:x:a-c.slice\" puts a-c.slice into b.slice, but its name puts it into a.slice")]
    [InlineData("::-.slice", "\"::-.slice\" is the root slice, which no container can have")]
    public void An_invalid_unit_is_refused(string cgroupsPath, string expected) =>
        Assert.Equal("linux.cgroupsPath: " + expected,
            Assert.Throws<SpecException>(() => CgroupPlanner.Plan(cgroupsPath, "id1", "/own", systemd: true, rootless: false)).Message);

    [Theory]
    [InlineData("/..")]
    [InlineData("/../other")]
    [InlineData("/../../x/y")]
    [InlineData("")]
    public void A_runtime_outside_of_its_cgroup_namespace_needs_an_absolute_path(string ownPath)
    {
        const string Problem = " is outside of this cgroup namespace: give an absolute path";
        SpecException refusal = Assert.Throws<SpecException>(() => CgroupPlanner.Plan(null, "id1", ownPath, systemd: false,
            rootless: false));
        Assert.Equal("linux.cgroupsPath: the runtime's own cgroup \"" + ownPath + "\"" + Problem, refusal.Message);
    }

    [Fact]
    public void A_name_longer_than_a_file_name_is_refused()
    {
        string longest = new('x', 255);
        Assert.Equal("/" + longest, CgroupPlanner.Plan("/" + longest, "id1", "/", systemd: false, rootless: false).Path);
        Assert.Throws<SpecException>(() => CgroupPlanner.Plan("/" + longest + "x", "id1", "/", systemd: false, rootless: false));
        Assert.Throws<SpecException>(() => CgroupPlanner.Plan(":x:" + longest, "id1", "/", systemd: true, rootless: false));
    }
}
