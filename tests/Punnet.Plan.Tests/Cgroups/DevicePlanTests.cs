using System;
using System.Linq;
using Xunit;

namespace Punnet.Plan.Tests;

/// <summary>config-linux.md#devices and #default-devices.</summary>
public sealed class DevicePlanTests
{
    private static readonly string[] Defaults = ["1:3 /dev/null", "1:5 /dev/zero", "1:7 /dev/full", "1:8 /dev/random", "1:9 /dev/urandom",
        "5:0 /dev/tty"];

    [Fact]
    public void Every_container_has_the_default_devices_and_links() => Plans.AssertSection(
        string.Join(" | ", Defaults.Select(device => "c " + device + " mode 0666 owner 0:0"))
            + " | link /dev/fd to /proc/self/fd | link /dev/stdin to /proc/self/fd/0"
            + " | link /dev/stdout to /proc/self/fd/1 | link /dev/stderr to /proc/self/fd/2 | link /dev/ptmx to pts/ptmx",
        "devices",
        Plans.With("{}"));

    // While the host makes the network namespace; where a later mount leads to a device or covers one, the order stays as it is written.
    [Theory]
    [InlineData("/sys", true)]
    [InlineData("/dev/mqueue", true)]
    [InlineData("/dev/nullable", true)]
    [InlineData("/device", true)]
    [InlineData("/etc/hosts", true)]
    [InlineData("/dev", false)]
    [InlineData("/dev/null", false)]
    [InlineData("/dev/fd", false)]
    [InlineData("/dev/fd/3", false)]
    [InlineData("/dev/core", false)]
    [InlineData("/proc", false)]
    [InlineData("/srv", false)]
    [InlineData("/srv/fuse/below", false)]
    public void Devices_are_made_before_the_network_is_there_unless_a_later_mount_concerns_them(string destination, bool expected)
    {
        string mounts = """[{"destination":"/proc","type":"proc"},{"destination":"/sys","type":"sysfs"},{"destination":"DEST","type":"tmpfs"}]""".Replace("DEST", destination, StringComparison.Ordinal);
        ContainerPlan plan = Plans.With("{\"mounts\":" + mounts
            + ""","linux":{"namespaces":[{"type":"mount"},{"type":"network"}],"devices":[{"path":"/srv/fuse","type":"c","major":10,"minor":229}]}}""");

        Assert.Equal(expected, plan.DevicesBeforeNetwork);
    }

    [Theory]
    [InlineData("""{"path":"/dev/fuse","type":"c","major":10,"minor":229}""", "c 10:229 /dev/fuse mode 0666 owner 0:0 (linux.devices[0])")]
    [InlineData("""{"path":"/dev/fuse","type":"u","major":10,"minor":229}""", "c 10:229 /dev/fuse mode 0666 owner 0:0 (linux.devices[0])")]
    [InlineData("""{"path":"/dev/sda","type":"b","major":8,"minor":0,"fileMode":432,"uid":1,"gid":6}""",
        "b 8:0 /dev/sda mode 0660 owner 1:6 (linux.devices[0])")]
    [InlineData("""{"path":"/dev/sda","type":"b","major":4095,"minor":1048575}""",
        "b 4095:1048575 /dev/sda mode 0666 owner 0:0 (linux.devices[0])")]
    [InlineData("""{"path":"/dev/pipe","type":"p","fileMode":384}""", "p 0:0 /dev/pipe mode 0600 owner 0:0 (linux.devices[0])")]
    [InlineData("""{"path":"/dev/pipe","type":"p","major":5,"minor":5}""", "p 0:0 /dev/pipe mode 0666 owner 0:0 (linux.devices[0])")]
    // Podman gives the type's bits with the mode.
    [InlineData("""{"path":"/dev/fuse","type":"c","major":10,"minor":229,"fileMode":8630}""",
        "c 10:229 /dev/fuse mode 0666 owner 0:0 (linux.devices[0])")]
    [InlineData("""{"path":"/dev/fuse","type":"c","major":10,"minor":229,"fileMode":0}""",
        "c 10:229 /dev/fuse mode 0 owner 0:0 (linux.devices[0])")]
    [InlineData("""{"path":"/dev/fuse","type":"c","major":10,"minor":229,"fileMode":2484}""",
        "c 10:229 /dev/fuse mode 04664 owner 0:0 (linux.devices[0])")]
    [InlineData("""{"path":"//dev/./net/../fuse","type":"c","major":10,"minor":229}""",
        "c 10:229 /dev/fuse mode 0666 owner 0:0 (linux.devices[0])")]
    [InlineData("""{"path":"/srv/fuse","type":"c","major":10,"minor":229}""", "c 10:229 /srv/fuse mode 0666 owner 0:0 (linux.devices[0])")]
    public void A_device_becomes(string device, string expected) => Assert.Equal(expected, Assert.Single(Written(device)));

    [Fact]
    public void A_device_takes_the_place_of_a_default_one_with_its_path()
    {
        string[] lines = [.. Plans.Section(Plans.With("""{"linux":{"devices":[{"path":"/dev/tty/","type":"c","major":9,"minor":9}]}}"""),
            "devices").Where(line => line.Contains("tty", StringComparison.Ordinal))];

        Assert.Equal("c 9:9 /dev/tty mode 0666 owner 0:0 (linux.devices[0])", Assert.Single(lines));
    }

    [Fact]
    public void Of_two_devices_with_one_path_the_last_one_counts() => Assert.Equal(
        "p 0:0 /dev/a mode 0666 owner 0:0 (linux.devices[1])",
        Assert.Single(Written("""{"path":"/dev/a","type":"c","major":1,"minor":1},{"path":"/dev/a","type":"p"}""")));

    [Theory]
    [InlineData("""{"type":"p"}""", "linux.devices[0].path: is missing")]
    [InlineData("""{"path":"","type":"p"}""", "linux.devices[0].path: is missing")]
    [InlineData("""{"path":"dev/a","type":"p"}""", "linux.devices[0].path: \"dev/a\" is not an absolute path")]
    [InlineData("""{"path":"/dev/..","type":"p"}""", "linux.devices[0].path: \"/dev/..\" is the container's root itself")]
    [InlineData("""{"path":"/dev/a"}""", "linux.devices[0].type: is missing")]
    [InlineData("""{"path":"/dev/a","type":""}""", "linux.devices[0].type: \"\" is not a kind of device (c, b, u or p)")]
    [InlineData("""{"path":"/dev/a","type":"a"}""", "linux.devices[0].type: \"a\" is not a kind of device (c, b, u or p)")]
    [InlineData("""{"path":"/dev/a","type":"p"},{"path":"/dev/a","type":"C"}""",
        "linux.devices[1].type: \"C\" is not a kind of device (c, b, u or p)")]
    [InlineData("""{"path":"/dev/a","type":"c","minor":1}""", "linux.devices[0].major: is missing")]
    [InlineData("""{"path":"/dev/a","type":"b","major":1}""", "linux.devices[0].minor: is missing")]
    [InlineData("""{"path":"/dev/a","type":"c","major":-1,"minor":1}""", "linux.devices[0].major: -1 is not from 0 to 4095")]
    [InlineData("""{"path":"/dev/a","type":"c","major":4096,"minor":1}""", "linux.devices[0].major: 4096 is not from 0 to 4095")]
    [InlineData("""{"path":"/dev/a","type":"c","major":1,"minor":1048576}""", "linux.devices[0].minor: 1048576 is not from 0 to 1048575")]
    [InlineData("""{"path":"/dev/a","type":"c","major":1,"minor":9223372036854775807}""",
        "linux.devices[0].minor: 9223372036854775807 is not from 0 to 1048575")]
    [InlineData("""{"path":"/dev/a","type":"p","uid":4294967295}""",
        "linux.devices[0].uid: 4294967295 is not an id: expected 0 to 4294967294")]
    [InlineData("""{"path":"/dev/a","type":"p","gid":4294967295}""",
        "linux.devices[0].gid: 4294967295 is not an id: expected 0 to 4294967294")]
    public void A_device_is_refused(string devices, string expected) =>
        Assert.Equal(expected, Plans.Refusal("{\"linux\":{\"devices\":[" + devices + "]}}"));

    private static string[] Written(string devices) =>
        [.. Plans.Section(Plans.With("{\"linux\":{\"devices\":[" + devices + "]}}"), "devices").Where(line => line.EndsWith(')'))];
}
