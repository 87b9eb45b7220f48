using System.Collections.Generic;
using System.Linq;
using Punnet.Plan;
using Punnet.Spec;
using Xunit;

namespace Punnet.Cgroup.Tests;

/// <summary>What a unit is told of limits, devices and annotations.</summary>
public sealed class UnitLimitTests
{
    [Theory]
    [InlineData("memory.max", "67108864", "MemoryMax uint64 67108864")]
    [InlineData("memory.max", "max", "MemoryMax uint64 18446744073709551615")]
    [InlineData("memory.low", "0", "MemoryLow uint64 0")]
    [InlineData("memory.swap.max", "0", "MemorySwapMax uint64 0")]
    [InlineData("pids.max", "5", "TasksMax uint64 5")]
    [InlineData("cpu.weight", "59", "CPUWeight uint64 59")]
    [InlineData("io.weight", "default 200", "IOWeight uint64 200")]
    [InlineData("io.weight", "8:0 200", "")]
    [InlineData("cpu.max", "50000 200000", "CPUQuotaPerSecUSec uint64 250000|CPUQuotaPeriodUSec uint64 200000")]
    [InlineData("cpu.max", "12345 100000", "CPUQuotaPerSecUSec uint64 130000|CPUQuotaPeriodUSec uint64 100000")]
    [InlineData("cpu.max", "max 100000", "CPUQuotaPerSecUSec uint64 18446744073709551615|CPUQuotaPeriodUSec uint64 100000")]
    [InlineData("cpu.max", "50000", "")]
    [InlineData("cpuset.cpus", "0,2,9-10", "AllowedCPUs @ay [byte 5, byte 6, byte 0, byte 0, byte 0, byte 0, byte 0, byte 0]")]
    [InlineData("cpuset.cpus", "\n", "AllowedCPUs @ay []")]
    [InlineData("cpuset.cpus", "5-", "")]
    [InlineData("memory.max", "much", "")]
    [InlineData("hugetlb.2MB.max", "5", "")]
    public void A_file_has_its_properties(string file, string value, string expected) =>
        Assert.Equal(expected, string.Join('|', UnitLimit.Of(file, value).Select(property => property.Name + " " + property.Value)));

    [Theory]
    [InlineData("1", "OOMPolicy kill")]
    [InlineData("1\n", "OOMPolicy kill")]
    [InlineData("0", "OOMPolicy continue")]
    [InlineData("7", "")]
    public void The_end_of_a_whole_group_is_a_policy(string value, string expected) =>
        Assert.Equal(expected, string.Join('|', UnitLimit.OomPolicy(value).Select(property => property.Name + " " + property.Value)));

    [Fact]
    public void Devices_are_those_that_are_allowed_and_never_less()
    {
        Assert.Equal(
            ["/dev/block/8:0 r", "char-5 rw", "char-* r", "char-* m", "block-* m"],
            Devices(new DeviceRule { Access = "rwm" }, Allow("b", 8, 0, "r"), Allow("c", 5, null, "rw"), Allow("c", null, 7, "r")).Take(5));
        Assert.Equal("char-* m", Devices(Allow("c", 5, 1, "r"), new DeviceRule { Allow = false })[0]);
    }

    [Fact]
    public void Where_everything_is_allowed_the_unit_says_nothing()
    {
        Assert.Null(Unit([new DeviceRule { Allow = true }], []).Devices);
        Assert.Null(Unit([new DeviceRule { Allow = true }, new DeviceRule { Type = "b", Major = 8 }], []).Devices);
    }

    [Theory]
    [InlineData("TimeoutStopSec", "7", "TimeoutStopUSec uint64 7000000")]
    [InlineData("TimeoutStopSec", "1.5", "TimeoutStopUSec uint64 1500000")]
    [InlineData("TimeoutStopUSec", "uint64 7", "TimeoutStopUSec uint64 7")]
    [InlineData("KillSignal", "15", "KillSignal int32 15")]
    public void An_annotation_is_a_property(string name, string text, string expected)
    {
        UnitProperty property = Assert.Single(Unit([], new() { ["org.systemd.property." + name] = text, ["other"] = "x" }).Properties);
        Assert.Equal((expected, $"annotations[\"org.systemd.property.{name}\"]"), (property.Name + " " + property.Value, property.Place));
    }

    [Theory]
    [InlineData("org.systemd.property.Ti", "7", "\"Ti\" is not the name of a property of a unit: expected three letters or more")]
    [InlineData("org.systemd.property.A=b", "7", "\"A=b\" is not the name of a property of a unit: expected three letters or more")]
    [InlineData("org.systemd.property.Slice", "'x.slice'", "the property Slice is punnet's to set")]
    [InlineData("org.systemd.property.TimeoutStopSec", "'7'", "7 is not a number of seconds")]
    [InlineData("org.systemd.property.TimeoutStopSec", "-1", "int32 -1 is not a number of seconds")]
    [InlineData("run.oci.systemd.subgroup", "../x", "../x is not the name of a cgroup")]
    [InlineData("run.oci.systemd.subgroup", "..", ".. is not the name of a cgroup")]
    public void What_cannot_be_is_refused_with_the_annotation(string key, string text, string expected) =>
        Assert.Equal($"annotations[\"{key}\"]: {expected}", Assert.Throws<SpecException>(() => Unit([], new() { [key] = text })).Message);

    [Fact]
    public void An_empty_subgroup_counts_as_absent()
    {
        Assert.Null(Unit([], new() { ["run.oci.systemd.subgroup"] = "" }).SubGroup);
        Assert.Equal("container", Unit([], new() { ["run.oci.systemd.subgroup"] = "container" }).SubGroup);
    }

    private static DeviceRule Allow(string type, long? major, long? minor, string access) =>
        new() { Allow = true, Type = type, Major = major, Minor = minor, Access = access };

    private static List<string> Devices(params DeviceRule[] rules) =>
        [.. Unit(rules, []).Devices!.Value.Select(device => device.Pattern + " " + device.Access)];

    private static SystemdUnit Unit(DeviceRule[] rules, Dictionary<string, string> annotations)
    {
        Config config = new()
        {
            Root = new Root { Path = "rootfs" },
            Process = new Process { Args = ["true"], Cwd = "/" },
            Linux = new Linux { Namespaces = [new Namespace("mount", null)], Resources = new Resources { Devices = rules } },
            Annotations = annotations,
        };
        HostFacts host = new(EffectiveUser: 0, LastCapability: 40, OwnCgroup: "/", Capabilities: ulong.MaxValue);
        return Planner.Plan(config, new PlanOptions("web1", "/bundle", NoPivot: false, NoNewKeyring: false, SystemdCgroup: true),
            host).Cgroup.Unit!;
    }
}
